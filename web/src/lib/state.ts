// state.ts - what the whole page knows: where we are, what is chosen, what time it is.

import { computed, effect, signal } from "@preact/signals";
import { carry, parse, write, type Place } from "./url.ts";
import { span } from "./url.ts";
import type { Zone } from "./clock.ts";
import type { Interface, Totals } from "./types.ts";

function remembered(key: string): string | null {
  try {
    return localStorage.getItem("weir." + key);
  } catch {
    return null; // storage may be forbidden; everything has a default
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem("weir." + key, value);
  } catch {
    // Not kept then.
  }
}

// --- place ---

export const place = signal<Place>(parse(location.pathname + location.search));
export const path = computed(() => place.value.path);
export const q = computed(() => place.value.params.q ?? "");
export const iface = computed(() => place.value.params.if ?? "");
/** Seconds of the charts' window. */
export const windowSeconds = computed(() => span(place.value.params.last, 900));

addEventListener("popstate", () => {
  place.value = parse(location.pathname + location.search);
});

export function go(url: string, replace = false): void {
  const before = place.value.path;
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  place.value = parse(location.pathname + location.search);
  if (place.value.path !== before) document.getElementById("main")?.scrollTo(0, 0);
}

/** Changes parameters of this page's address; undefined removes one. */
export function setParams(change: Record<string, string | undefined>, replace = false): void {
  const params = { ...place.value.params };
  for (const [k, v] of Object.entries(change)) {
    if (v === undefined || v === "") delete params[k];
    else params[k] = v;
  }
  go(write({ path: place.value.path, params }), replace);
}

/** Address of another page with filter, interface and span kept. */
export function to(pathname: string, more: Record<string, string | undefined> = {}): string {
  return carry(place.value, pathname, more);
}

/** Address of the flows behind an expression. */
export function flowsOf(expression: string): string {
  return carry(place.value, "/flows", { q: expression });
}

/** Parameter `if` of API calls, only when one interface is chosen. */
export function ifParam(): string | undefined {
  return iface.value === "" ? undefined : iface.value;
}

// --- choices of this browser ---

export type Theme = "auto" | "light" | "dark";
export const theme = signal<Theme>((remembered("theme") as Theme | null) ?? "auto");
export const density = signal<"compact" | "comfortable">(remembered("density") === "comfortable" ? "comfortable" : "compact");
export const zone = signal<Zone>(remembered("zone") === "utc" ? "utc" : "local");

const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(darkQuery.matches);
darkQuery.addEventListener("change", (e) => (systemDark.value = e.matches));
export const dark = computed(() => (theme.value === "auto" ? systemDark.value : theme.value === "dark"));

effect(() => {
  document.documentElement.dataset.theme = dark.value ? "dark" : "light";
  remember("theme", theme.value);
});
effect(() => {
  document.documentElement.dataset.density = density.value;
  remember("density", density.value);
});
effect(() => remember("zone", zone.value));

const phoneQuery = matchMedia("(max-width: 719px)");
export const phone = signal(phoneQuery.matches);
phoneQuery.addEventListener("change", (e) => (phone.value = e.matches));
export const rowHeight = computed(() => (phone.value ? 48 : density.value === "comfortable" ? 36 : 28));

// --- live ---

/** False while the reader has stopped the clock with Space. */
export const live = signal(true);
export const totals = signal<Totals | null>(null);
export const interfaces = signal<Interface[]>([]);

/** The interface that is looked at, or undefined for all. */
export const chosen = computed(() => interfaces.value.find((i) => String(i.id) === iface.value));

/** Whether any interface hears exporters, or found exports in its packets. */
export const collects = computed(() => interfaces.value.some((i) => isCollector(i)));

export function isCollector(i: Interface): boolean {
  return /^(udp|zmq|ipfix)$/.test(i.kind) || (i.totals?.datagrams ?? 0) > 0;
}

let engineT = 0;
let engineAt = 0;
/** Engine time of the newest frame: packet time for files, wall time live. */
export function heardTime(t: number | undefined): void {
  if (typeof t === "number" && t > 0) {
    engineT = t;
    engineAt = performance.now();
  }
}

const allFiles = computed(() => {
  const c = chosen.value ? [chosen.value] : interfaces.value;
  return c.length > 0 && c.every((i) => i.is_file);
});

/** What "now" means for relative times: the engine's clock, run on since its last word. */
export function engineNow(): number {
  if (engineT === 0) return Date.now();
  return allFiles.value ? engineT : engineT + (performance.now() - engineAt);
}

/** Ticks once a second for what shows a relative time. */
export const tick = signal(0);
setInterval(() => {
  if (live.value && !document.hidden) tick.value++;
}, 1000);
