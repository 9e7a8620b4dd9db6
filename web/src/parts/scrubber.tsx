// scrubber.tsx - the last hour under the header: what the window shows, and how wide it is.
//
// The right edge is now. The left edge of the window can be dragged or moved with the arrow keys.
// There is no stored past yet, so the window cannot leave now; the strip says so.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { squeeze } from "../lib/series.ts";
import { spanText } from "../lib/url.ts";
import { live, place, setParams, windowSeconds, zone } from "../lib/state.ts";
import * as C from "../lib/clock.ts";
import { traffic, trafficTick } from "./traffic.ts";

const HOUR = 3600;
const STEPS = [60, 120, 300, 600, 900, 1800, 3600];
export const WINDOWS = [60, 300, 900, 1800, 3600];

export function setWindow(seconds: number): void {
  setParams({ last: seconds === 900 ? undefined : spanText(seconds) }, true);
}

export function widen(by: 1 | -1): void {
  const now = windowSeconds.value;
  const next = by > 0 ? STEPS.find((s) => s > now) : [...STEPS].reverse().find((s) => s < now);
  if (next) setWindow(next);
}

export function Scrubber() {
  const strip = useRef<HTMLDivElement>(null);
  const drag = useSignal<number | null>(null);
  void trafficTick.value;
  void place.value;

  const up = traffic.last("upload", HOUR);
  const down = traffic.last("download", HOUR);
  const inside = traffic.last("internal", HOUR);
  const all = squeeze(up.map((x, i) => (x === null ? null : x + (down[i] ?? 0) + (inside[i] ?? 0))), 600);
  let max = 1;
  for (const x of all) if (x !== null && x > max) max = x;
  let d = "";
  let open = false;
  all.forEach((x, i) => {
    if (x === null) {
      if (open) d += "V28Z";
      open = false;
      return;
    }
    // A square root, so that quiet hours still have a shape.
    const y = (27 - Math.sqrt(x / max) * 23).toFixed(1);
    d += open ? "L" + (i + 1) + " " + y : "M" + i + " 28V" + y;
    open = true;
  });
  if (open) d += "V28Z";

  const width = drag.value ?? windowSeconds.value;
  const left = (1 - width / HOUR) * 100;
  const end = traffic.end * 1000;
  const move = (e: PointerEvent) => {
    const r = strip.current?.getBoundingClientRect();
    if (!r) return;
    const want = (1 - (e.clientX - r.left) / r.width) * HOUR;
    drag.value = STEPS.reduce((a, b) => (Math.abs(b - want) < Math.abs(a - want) ? b : a));
  };
  const grab = (e: PointerEvent) => {
    (e.currentTarget as HTMLElement).setPointerCapture(e.pointerId);
    drag.value = windowSeconds.value;
  };
  const done = () => {
    if (drag.value !== null) setWindow(drag.value);
    drag.value = null;
  };
  const why = "The window ends now: this version keeps one hour in memory and no stored past to go back to.";
  return (
    <div class={"scrubber" + (live.value ? "" : " stopped")} aria-label="The last hour" role="group">
      <span class="scrub-label" title={why}>{end ? C.minute(end - HOUR * 1000, zone.value) : "\u2013"}</span>
      <div class="strip" ref={strip} title={why}
        onClick={(e) => {
          const r = strip.current?.getBoundingClientRect();
          if (!r || (e.target as Element).closest(".grip")) return;
          const want = (1 - (e.clientX - r.left) / r.width) * HOUR;
          setWindow(STEPS.reduce((a, b) => (Math.abs(b - want) < Math.abs(a - want) ? b : a)));
        }}>
        <svg viewBox="0 0 600 28" preserveAspectRatio="none" aria-hidden="true"><path d={d || "M0 28"} /></svg>
        <div class="window" style={{ left: left + "%" }} />
        <div class="grip" role="slider" tabIndex={0} style={{ left: left + "%" }} aria-label="Width of the window" aria-valuemin={60} aria-valuemax={HOUR} aria-valuenow={width} aria-valuetext={"last " + spanText(width)}
          onPointerDown={grab} onPointerMove={(e) => drag.value !== null && move(e)} onPointerUp={done} onPointerCancel={done}
          onKeyDown={(e) => {
            if (e.key === "ArrowLeft" || e.key === "ArrowUp") widen(1);
            else if (e.key === "ArrowRight" || e.key === "ArrowDown") widen(-1);
            else return;
            e.preventDefault();
            e.stopPropagation();
          }} />
      </div>
      <span class="scrub-label now">{live.value ? "now" : "stopped"}</span>
    </div>
  );
}
