// uptime.ts - how long Weir has been running: asked once, then counted.

import { get, type One } from "../lib/api.ts";
import type { System } from "../lib/types.ts";

let started = 0;

export function askUptime(): void {
  get<One<System>>("system?fields=uptime_s")
    .then((s) => (started = performance.now() - s.data.uptime_s * 1000))
    .catch(() => undefined);
}

/** Milliseconds, or null while unknown. */
export function uptime(): number | null {
  return started ? Math.floor((performance.now() - started) / 1000) * 1000 : null;
}
