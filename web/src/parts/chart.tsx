// chart.tsx - time charts on uPlot: stacked areas above and below zero, gaps, cursor, keys.
//
// A series is drawn on one side of zero and stacked on those before it on that side. uPlot sees
// cumulative sums; the tooltip shows what was given.

import uPlot from "uplot";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import * as C from "../lib/clock.ts";
import * as N from "../lib/numbers.ts";
import { dark, phone, zone } from "../lib/state.ts";

export interface ChartSeries {
  name: string;
  label: string;
  colour: string; // name of a token: "--sent"
  side: 1 | -1;
  v: (number | null)[];
}

interface Props {
  label: string;
  times: number[]; // epoch seconds, one per value
  series: ChartSeries[];
  height: number;
  write: (x: number) => N.Written;
  /** Charts of one key share the cursor. */
  sync?: string;
}

interface Drawn {
  data: (number | null)[][];
  bands: { series: [number, number] }[];
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Cumulative sums per side, and which pairs of lines enclose an area. */
function stack(p: Props): Drawn {
  const data: (number | null)[][] = [p.times];
  const bands: { series: [number, number] }[] = [];
  const last: Record<number, number> = {};
  p.series.forEach((s, i) => {
    const below = last[s.side] !== undefined ? data[last[s.side] as number] : undefined;
    data.push(
      s.v.map((x, k) => {
        const b = below?.[k] ?? null;
        if (x === null && b === null) return null;
        return (b ?? 0) + (x ?? 0) * s.side;
      }),
    );
    if (below) bands.push({ series: s.side > 0 ? [i + 1, last[s.side] as number] : [last[s.side] as number, i + 1] });
    last[s.side] = i + 1;
  });
  return { data, bands };
}

function alpha(hex: string, a: number): string {
  const m = /^#(..)(..)(..)$/.exec(hex);
  if (!m) return hex;
  return "rgba(" + [m[1], m[2], m[3]].map((x) => parseInt(x as string, 16)).join(",") + "," + a + ")";
}

/** Width of the longest label, so that none is cut. */
function widest(ctx: CanvasRenderingContext2D, labels: string[] | null, font: string): number {
  if (!labels) return 56;
  ctx.save();
  ctx.font = font;
  const w = Math.max(30, ...labels.map((l) => ctx.measureText(l).width));
  ctx.restore();
  return Math.ceil(w);
}

export function TimeChart(p: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const at = useSignal<{ i: number; x: number; left: boolean } | null>(null);
  const now = useRef(p);
  now.current = p;
  const shape = p.series.map((s) => s.name + s.colour + s.side).join("|") + dark.value + zone.value + p.height + phone.value;

  useEffect(() => {
    const el = host.current;
    if (!el) return;
    const { data, bands } = stack(now.current);
    const muted = token("--muted");
    const hair = token("--hairline");
    const font = "11px " + token("--font");
    const fmt = (x: number) => N.text(now.current.write(Math.abs(x)));
    const mirrored = now.current.series.some((s) => s.side < 0);
    const u = new uPlot(
      {
        width: el.clientWidth || 600,
        height: now.current.height,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, ...(now.current.sync ? { sync: { key: now.current.sync } } : {}) },
        tzDate: (ts) => (zone.peek() === "utc" ? uPlot.tzDate(new Date(ts * 1e3), "Etc/UTC") : new Date(ts * 1e3)),
        scales: {
          x: { time: true, range: (_u, min, max) => [min, max] },
          y: {
            range: (_u, min, max) => {
              const top = Math.max(max ?? 0, 0) * 1.06;
              const low = mirrored ? Math.min(min ?? 0, 0) * 1.06 : 0;
              const least = top - low > 0 ? 0 : 1000;
              return [mirrored ? Math.min(low, -top * 0.08) - least : 0, Math.max(top, -low * 0.08) + least];
            },
          },
        },
        axes: [
          { stroke: muted, font, size: 24, gap: 4, ticks: { show: false }, grid: { stroke: hair, width: 1 }, space: 72,
            values: (_u, splits, _a, _s, incr) => splits.map((s) => (incr < 60 ? C.clock(s * 1000, zone.peek()) : C.minute(s * 1000, zone.peek()))) },
          { stroke: muted, font, size: (v, labels) => widest(v.ctx, labels, font) + 10, gap: 6, ticks: { show: false }, grid: { stroke: hair, width: 1 }, space: 34, values: (_u, splits) => splits.map(fmt) },
        ],
        series: [
          {},
          ...now.current.series.map((s): uPlot.Series => {
            const c = token(s.colour);
            return { stroke: c, width: mirrored ? 1 : 0.5, fill: alpha(c, mirrored ? 0.28 : 0.72), points: { show: false }, spanGaps: false };
          }),
        ],
        bands: bands as uPlot.Band[],
        hooks: {
          setCursor: [
            (v) => {
              const i = v.cursor.idx;
              if (i === null || i === undefined || (v.cursor.left ?? -1) < 0) at.value = null;
              else at.value = { i, x: (v.cursor.left ?? 0) + v.bbox.left / devicePixelRatio, left: (v.cursor.left ?? 0) > v.over.clientWidth / 2 };
            },
          ],
          draw: [
            (v) => {
              if (!mirrored) return;
              const y = Math.round(v.valToPos(0, "y", true)) + 0.5;
              v.ctx.save();
              v.ctx.strokeStyle = token("--edge");
              v.ctx.lineWidth = 1;
              v.ctx.beginPath();
              v.ctx.moveTo(v.bbox.left, y);
              v.ctx.lineTo(v.bbox.left + v.bbox.width, y);
              v.ctx.stroke();
              v.ctx.restore();
            },
          ],
        },
      },
      data as uPlot.AlignedData,
      el,
    );
    plot.current = u;
    const o = new ResizeObserver(() => u.setSize({ width: el.clientWidth, height: now.current.height }));
    o.observe(el);
    return () => {
      o.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [shape]);

  const stamp = p.times[p.times.length - 1];
  useEffect(() => {
    plot.current?.setData(stack(now.current).data as uPlot.AlignedData);
  }, [stamp, p.times.length, p.series]);

  const step = (by: number) => {
    const u = plot.current;
    if (!u) return;
    const n = p.times.length;
    const i = Math.max(0, Math.min(n - 1, (at.value?.i ?? n) + by));
    const x = u.valToPos(p.times[i] ?? 0, "x");
    u.setCursor({ left: x, top: 10 });
  };
  const a = at.value;
  const t = a ? p.times[a.i] : undefined;
  const spoken = p.series.map((s) => s.label + " " + N.text(p.write(s.v[a ? a.i : s.v.length - 1] ?? 0))).join(", ");
  return (
    <div class="chart">
      <div class="plot" ref={host} style={{ height: p.height + "px" }} tabIndex={0} role="img" aria-label={p.label + ". " + spoken + ". Arrow keys move the cursor."}
        onKeyDown={(e) => {
          if (e.key === "ArrowLeft") step(e.shiftKey ? -10 : -1);
          else if (e.key === "ArrowRight") step(e.shiftKey ? 10 : 1);
          else if (e.key === "Escape") plot.current?.setCursor({ left: -10, top: -10 });
          else return;
          e.preventDefault();
          e.stopPropagation();
        }} />
      {a && t !== undefined && (
        <div class="tip-box" aria-live="polite" style={a.left ? { right: "calc(100% - " + (a.x - 10) + "px)", top: "4px" } : { left: a.x + 10 + "px", top: "4px" }}>
          <div class="muted">{C.clock(t * 1000, zone.value)} {C.zoneName(t * 1000, zone.value)}</div>
          <table>
            <tbody>
              {p.series.filter((s) => s.v[a.i] !== null && (p.series.length < 5 || (s.v[a.i] ?? 0) > 0)).map((s) => (
                <tr key={s.name}>
                  <td><i class="dot" style={{ background: "var(" + s.colour + ")" }} /> {s.label}</td>
                  <td>{N.text(p.write(s.v[a.i] ?? 0))}</td>
                </tr>
              ))}
              {p.series.every((s) => s.v[a.i] === null) && <tr><td>no data for this second</td></tr>}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
