// boot.ts - runs before the first paint so that the chosen theme does not flash.

(() => {
  let theme: string | null = null;
  let density: string | null = null;
  try {
    theme = localStorage.getItem("weir.theme");
    density = localStorage.getItem("weir.density");
  } catch {
    // Storage may be forbidden; the defaults do.
  }
  const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.dataset.density = density === "comfortable" ? "comfortable" : "compact";
})();
