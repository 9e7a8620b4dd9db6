// look.mjs - what is looked for in a page: runs inside the browser, returns sentences about faults.

export function look() {
  const faults = [];
  const name = (el) => {
    const cls = typeof el.className === "string" && el.className ? "." + el.className.trim().split(/\s+/).join(".") : "";
    return el.tagName.toLowerCase() + cls + ' "' + (el.textContent ?? "").trim().slice(0, 40) + '"';
  };
  const say = (what, el) => {
    if (faults.length < 40) faults.push(what + ": " + name(el));
  };
  const hidden = (el) => !el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || el.closest(".off, [hidden], .toast:not(.on), svg");

  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
  const main = document.getElementById("main");
  if (main && main.scrollWidth > main.clientWidth + 1) faults.push("the content scrolls sideways: " + main.scrollWidth + " > " + main.clientWidth);

  // --- nothing sticks out of what holds it ---
  const clips = (el) => /(auto|scroll|hidden|clip)/.test(getComputedStyle(el).overflowX);
  for (const el of document.querySelectorAll("#app *")) {
    if (hidden(el) || el.closest("canvas, .uplot, .skip")) continue;
    const s = getComputedStyle(el);
    const block = s.display !== "inline" && s.display !== "contents";
    if (block && s.overflowX === "visible" && el.clientWidth > 0 && el.scrollWidth > el.clientWidth + 1 && ![...el.children].some((c) => /absolute|fixed/.test(getComputedStyle(c).position)) && s.position !== "absolute" && el.tagName !== "TR" && el.tagName !== "TBODY" && el.tagName !== "TABLE" && el.tagName !== "THEAD") say("content is wider than its box (" + el.scrollWidth + " > " + el.clientWidth + ")", el);
    if (block && s.overflowY === "visible" && s.position !== "absolute" && el.clientHeight > 0 && el.scrollHeight > el.clientHeight + 3 && /grid|flex|block/.test(s.display) && !/sticky/.test(s.position) && [...el.children].every((c) => !/absolute|fixed/.test(getComputedStyle(c).position)) && el.closest("main") && !el.closest("thead")) say("content is higher than its box (" + el.scrollHeight + " > " + el.clientHeight + ")", el);
    const r = el.getBoundingClientRect();
    if (r.width > 0 && r.right > innerWidth + 1) {
      let up = el.parentElement;
      while (up && !clips(up)) up = up.parentElement;
      if (!up || up === document.body || up === document.documentElement) say("sticks out of the window", el);
    }
  }

  // --- every number leads somewhere, everything that can be pressed has a name ---
  for (const el of document.querySelectorAll(".num")) if (!el.getAttribute("href")) say("number without a link", el);
  for (const el of document.querySelectorAll("button, a[href], input, select, [role=slider]")) {
    if (hidden(el)) continue;
    const label = el.getAttribute("aria-label") || el.textContent?.trim() || el.getAttribute("title") || el.getAttribute("placeholder") || (el.id && document.querySelector('label[for="' + el.id + '"]')?.textContent) || el.closest("label")?.textContent?.trim();
    if (!label) say("no accessible name", el);
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((x) => x === id).length > 1) faults.push("id twice: " + id);
  if (!document.querySelector("h1")) faults.push("no heading of first order");
  for (const el of document.querySelectorAll("[style]")) if (el.getAttribute("style")?.includes("url(")) say("style with an address", el);

  // --- contrast ---
  const parse = (c) => {
    const m = /rgba?\(([\d.]+),? ([\d.]+),? ([\d.]+)(?:,? \/? ?([\d.]+))?\)/.exec(c);
    return m ? [Number(m[1]), Number(m[2]), Number(m[3]), m[4] === undefined ? 1 : Number(m[4])] : null;
  };
  const lum = ([r, g, b]) => {
    const f = (x) => {
      x /= 255;
      return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const behind = (el) => {
    const layers = [];
    for (let e = el; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c && c[3] > 0) {
        layers.push(c);
        if (c[3] === 1) break;
      }
    }
    let out = [255, 255, 255];
    for (const c of layers.reverse()) out = out.map((x, i) => x * (1 - c[3]) + c[i] * c[3]);
    return out;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const done = new Set();
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (!el || !walker.currentNode.data.trim() || done.has(el) || hidden(el) || el.closest("noscript, script, style, option, tr.gone, .stale")) continue;
    done.add(el);
    const r = el.getBoundingClientRect();
    if (r.width < 1 || r.height < 1) continue;
    const s = getComputedStyle(el);
    const fg = parse(s.color);
    if (!fg) continue;
    const bg = behind(el);
    const mixed = fg.slice(0, 3).map((x, i) => x * fg[3] + bg[i] * (1 - fg[3]));
    const [a, b] = [lum(mixed), lum(bg)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(s.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.01) say("contrast " + ratio.toFixed(2), el);
  }
  return faults;
}

/** Numbers that claim to be the sum of the flows behind them. */
export function claims() {
  return [...document.querySelectorAll("[data-sum]")].map((el) => ({
    q: el.dataset.q ?? "",
    sum: el.dataset.sum,
    value: Number((el.getAttribute("title") ?? "").replace(/^.*: /, "").replace(/[^\d]/g, "")),
    text: el.textContent,
  }));
}
