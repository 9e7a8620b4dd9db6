// keys.ts - one listener for all keys of the page. None works while somebody types.

import { go, live, place, to } from "../lib/state.ts";
import { PAGES } from "../pages.ts";
import { switchTheme } from "./frame.tsx";
import { helpOpen } from "./help.tsx";
import { closeMenu, copy, excludeValue, includeValue } from "./menu.tsx";
import { paletteOpen } from "./palette.tsx";
import { widen } from "./scrubber.tsx";

/** A table lends its row keys while it is on the page. */
export interface RowKeys {
  move: (by: number) => void;
  open: () => boolean;
  current: () => HTMLElement | null;
  leave: () => boolean;
}
let rows: RowKeys | null = null;
export function lendRows(r: RowKeys): () => void {
  rows = r;
  return () => {
    if (rows === r) rows = null;
  };
}

function typing(t: EventTarget | null): boolean {
  return t instanceof HTMLElement && (t.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName));
}

/** The value that i and e mean: the one in focus, or the first of the row in focus. */
function focusedValue(): HTMLElement | null {
  const el = document.activeElement;
  return el?.closest<HTMLElement>("[data-f]") ?? (rows?.current() ?? el?.closest("tr"))?.querySelector<HTMLElement>("[data-f]") ?? null;
}

const NEVER = -1e9;
let afterG = NEVER;

export function listenKeys(): void {
  document.addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
      paletteOpen.value = !paletteOpen.value;
      e.preventDefault();
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "Escape") {
      if (closeMenu() || rows?.leave()) e.preventDefault();
      return;
    }
    if (typing(e.target) || document.querySelector("dialog[open]")) return;
    if (performance.now() - afterG < 1200) {
      afterG = NEVER;
      const p = PAGES.find((x) => x.key === e.key.toLowerCase());
      if (p) {
        go(to(p.path));
        e.preventDefault();
        return;
      }
    }
    if (press(e)) e.preventDefault();
  });
}

function press(e: KeyboardEvent): boolean {
  const v = focusedValue();
  switch (e.key) {
    case "/":
    case "q":
    case "Q":
      document.getElementById("filter")?.focus();
      return true;
    case "?":
      helpOpen.value = true;
      return true;
    case ".":
      switchTheme();
      return true;
    case "g":
    case "G":
      afterG = performance.now();
      return true;
    case "l":
    case "L":
      live.value = true;
      return true;
    case "t":
    case "T":
      document.getElementById("window")?.focus();
      return true;
    case "[":
      widen(1);
      return true;
    case "]":
      widen(-1);
      return true;
    case "y":
    case "Y":
      copy(location.origin + place.value.path + location.search);
      return true;
    case "j":
    case "J":
      rows?.move(1);
      return rows !== null;
    case "k":
    case "K":
      rows?.move(-1);
      return rows !== null;
    case "o":
    case "O":
      return rows?.open() ?? false;
    case "Enter":
      return e.target instanceof HTMLTableRowElement || e.target === document.body ? (rows?.open() ?? false) : false;
    case "i":
    case "I":
      if (v) includeValue(v.dataset.f ?? "", v.dataset.v ?? "");
      return v !== null;
    case "e":
    case "E":
      if (v) excludeValue(v.dataset.f ?? "", v.dataset.v ?? "");
      return v !== null;
    case " ":
      // A button or link in focus keeps its own meaning of Space.
      if (e.target instanceof HTMLElement && /^(BUTTON|A|SUMMARY)$/.test(e.target.tagName)) return false;
      live.value = !live.value;
      return true;
    default:
      return false;
  }
}
