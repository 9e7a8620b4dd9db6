// menu.tsx - the value menu: one popover for all values of the page, by event delegation.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { notTerm, term, withTerm } from "../lib/filter.ts";
import { flowsOf, go, place, q, setParams, to } from "../lib/state.ts";
import { operandNames } from "../fields.ts";
import { pageOf } from "../pages.ts";
import { say } from "./toast.tsx";

interface Open {
  x: number;
  y: number;
  f: string;
  v: string;
  href: string | null;
  from: HTMLElement;
}

const open = signal<Open | null>(null);
const caret = signal<{ x: number; y: number; el: HTMLElement } | null>(null);

export function closeMenu(): boolean {
  if (!open.value) return false;
  const el = open.value.from;
  open.value = null;
  if (el.isConnected) el.focus({ preventScroll: true });
  return true;
}

/** Adds a condition: on a page that filters to its own address, elsewhere by going to the flows. */
export function applyTerm(t: string, only = false): void {
  const next = only ? t : withTerm(q.value, t);
  if (pageOf(place.value.path)?.filters) setParams({ q: next });
  else go(to("/flows", { q: next }));
}

export function includeValue(f: string, v: string): void {
  applyTerm(term(f, v, operandNames));
}

export function excludeValue(f: string, v: string): void {
  applyTerm(notTerm(f, v, operandNames));
}

function show(el: HTMLElement, x: number, y: number): void {
  const f = el.dataset.f ?? "";
  const v = el.dataset.v ?? "";
  caret.value = null;
  open.value = { x, y, f, v, href: el.getAttribute("href"), from: el };
}

function valueAt(t: EventTarget | null): HTMLElement | null {
  return t instanceof Element ? t.closest<HTMLElement>("[data-f]") : null;
}

export function Menu() {
  useEffect(() => {
    const click = (e: MouseEvent) => {
      const el = valueAt(e.target);
      if (open.value && !(e.target instanceof Element && e.target.closest(".menu"))) open.value = null;
      if (el && el.tagName === "BUTTON" && e.button === 0 && !(e.target as Element).closest(".menu")) {
        const r = el.getBoundingClientRect();
        show(el, r.left, r.bottom + 2);
        e.preventDefault();
        e.stopPropagation();
      }
    };
    const context = (e: MouseEvent) => {
      const el = valueAt(e.target);
      if (!el) return;
      e.preventDefault();
      const r = el.getBoundingClientRect();
      if (e.clientX || e.clientY) show(el, e.clientX, e.clientY);
      else show(el, r.left, r.bottom + 2);
    };
    const over = (e: PointerEvent) => {
      if (e.pointerType === "touch") return;
      const el = valueAt(e.target);
      if (el && el.tagName === "A") {
        const r = el.getBoundingClientRect();
        const cell = el.closest("td, .cell")?.getBoundingClientRect();
        const right = Math.min(r.right, cell ? cell.right - 18 : r.right, innerWidth - 20);
        caret.value = { x: right, y: r.top + r.height / 2 - 8, el };
      } else if (!(e.target instanceof Element && e.target.closest(".value-caret"))) caret.value = null;
    };
    const gone = () => (caret.value = null);
    document.addEventListener("click", click, true);
    document.addEventListener("contextmenu", context);
    document.addEventListener("pointerover", over);
    document.addEventListener("scroll", gone, true);
    return () => {
      document.removeEventListener("click", click, true);
      document.removeEventListener("contextmenu", context);
      document.removeEventListener("pointerover", over);
      document.removeEventListener("scroll", gone, true);
    };
  }, []);

  const c = caret.value;
  return (
    <>
      {c && !open.value && (
        <button type="button" class="value-caret" tabIndex={-1} aria-label="Value menu" style={{ left: c.x + "px", top: c.y + "px" }}
          onClick={() => show(c.el, c.x, c.y + 18)}>
          <svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true"><path d="M1 2.5 4 6l3-3.5" fill="none" stroke="currentColor" stroke-width="1.4" /></svg>
        </button>
      )}
      {open.value && <Popover o={open.value} />}
    </>
  );
}

function Popover({ o }: { o: Open }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const r = el.getBoundingClientRect();
    el.style.left = Math.max(4, Math.min(o.x, innerWidth - r.width - 4)) + "px";
    el.style.top = (o.y + r.height + 4 > innerHeight ? Math.max(4, o.y - r.height - 24) : o.y) + "px";
    el.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
  }, [o]);

  const t = term(o.f, o.v, operandNames);
  const done = (f: () => void) => () => {
    open.value = null;
    f();
  };
  const keys = (e: KeyboardEvent) => {
    const items = [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (e.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
    else if (e.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
    else if (e.key === "Escape" || e.key === "Tab") closeMenu();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div class="menu" role="menu" aria-label={o.f + " " + o.v} ref={box} onKeyDown={keys}>
      <div class="menu-head"><span class="muted">{o.f}</span> <span class="mono">{o.v}</span></div>
      {o.href && o.href !== place.value.path && <a role="menuitem" tabIndex={-1} href={o.href} onClick={() => (open.value = null)}>Open its page</a>}
      <button type="button" role="menuitem" tabIndex={-1} onClick={done(() => includeValue(o.f, o.v))}>Include <kbd>i</kbd></button>
      <button type="button" role="menuitem" tabIndex={-1} onClick={done(() => excludeValue(o.f, o.v))}>Exclude <kbd>e</kbd></button>
      <button type="button" role="menuitem" tabIndex={-1} onClick={done(() => applyTerm(t, true))}>Only this</button>
      <a role="menuitem" tabIndex={-1} href={flowsOf(t)} target="_blank" rel="noopener" onClick={() => (open.value = null)}>Its flows in a new tab</a>
      <button type="button" role="menuitem" tabIndex={-1} onClick={done(() => copy(o.v))}>Copy</button>
    </div>
  );
}

export function copy(text: string): void {
  const ok = () => say("Copied " + (text.length > 60 ? text.slice(0, 57) + "\u2026" : text));
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(ok, () => copyOld(text, ok));
  else copyOld(text, ok);
}

/** Pages that are not served over TLS or from this machine have no clipboard object. */
function copyOld(text: string, ok: () => void): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "off";
  document.body.append(area);
  area.select();
  if (document.execCommand("copy")) ok();
  area.remove();
}
