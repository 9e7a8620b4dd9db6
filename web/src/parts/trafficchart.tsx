// trafficchart.tsx - the mirrored throughput of the chosen interface, and its applications below.

import { useEffect } from "preact/hooks";
import { colourIndex } from "../lib/colour.ts";
import * as N from "../lib/numbers.ts";
import { ranked } from "../lib/series.ts";
import { flowsOf, phone, to, windowSeconds } from "../lib/state.ts";
import { appTerm } from "./cells.tsx";
import { TimeChart, type ChartSeries } from "./chart.tsx";
import { Figure, Num, Val } from "./num.tsx";
import { apps, appsTick, followApps, spanOf, traffic, trafficTick } from "./traffic.ts";

const bits = (v: (number | null)[]) => v.map((x) => (x === null ? null : x * 8));

/** The newest known value of a row. */
export function lastOf(v: (number | null)[]): number | null {
  for (let i = v.length - 1; i >= 0 && i >= v.length - 3; i--) {
    const x = v[i];
    if (x !== null && x !== undefined) return x;
  }
  return null;
}

export function TrafficChart({ height = 200 }: { height?: number }) {
  void trafficTick.value;
  const n = spanOf(traffic, ["packets"], windowSeconds.value);
  const up = bits(traffic.last("upload", n));
  const down = bits(traffic.last("download", n));
  const inside = bits(traffic.last("internal", n));
  const anyInside = inside.some((x) => x !== null && x > 0);
  const series: ChartSeries[] = [
    { name: "upload", label: "Upload", colour: "--sent", side: 1, v: up },
    ...(anyInside ? [{ name: "internal", label: "Internal", colour: "--cat-6", side: 1, v: inside } as ChartSeries] : []),
    { name: "download", label: "Download", colour: "--rcvd", side: -1, v: down },
  ];
  const peak = (v: (number | null)[]) => v.reduce((a: number, x) => (x !== null && x > a ? x : a), 0);
  return (
    <>
      <div class="legend">
        <span><i class="line" style={{ background: "var(--sent)" }} />Upload <Num w={N.rate(lastOf(up))} href={flowsOf("local=l2r")} /><span class="muted">peak <Figure w={N.rate(peak(up))} /></span></span>
        <span><i class="line" style={{ background: "var(--rcvd)" }} />Download <Num w={N.rate(lastOf(down))} href={flowsOf("local=l2r or local=r2l")} /><span class="muted">peak <Figure w={N.rate(peak(down))} /></span></span>
        {anyInside && <span><i class="line" style={{ background: "var(--cat-6)" }} />Internal <Num w={N.rate(lastOf(inside))} href={flowsOf("local=l2l")} /></span>}
      </div>
      <TimeChart label="Throughput, upload above and download below zero" times={traffic.times(n)} series={series} height={height} write={N.rate} sync="traffic" />
    </>
  );
}

/** Ten largest applications, stacked, and what is left of them. */
export function AppsChart({ height = 130 }: { height?: number }) {
  useEffect(followApps, []);
  void appsTick.value;
  const n = spanOf(traffic, ["packets"], windowSeconds.value);
  const names = apps.names().filter((x) => x !== "app:other");
  const order = ranked(apps, names, n).filter((x) => x.sum > 0).slice(0, 10);
  const series: ChartSeries[] = order.map((x) => {
    const i = colourIndex(x.name);
    return { name: x.name, label: x.name.slice(4), colour: i < 0 ? "--cat-none" : "--cat-" + i, side: 1, v: bits(apps.last(x.name, n)) };
  });
  const other = bits(apps.last("app:other", n));
  if (other.some((x) => x !== null && x > 0)) series.push({ name: "app:other", label: "other", colour: "--cat-none", side: 1, v: other });
  return (
    <>
      <TimeChart label="Throughput by application" times={apps.times(n)} series={series} height={height} write={N.rate} sync="traffic" />
      <div class="legend">
        {series.slice(0, phone.value ? 6 : 11).map((s) => (
          <span key={s.name}>
            <i class="dot" style={{ background: "var(" + s.colour + ")" }} />
            {s.name === "app:other" ? <a href={to("/protocols")} class="val">other</a> : <Val f="app" v={s.label} href={to("/protocols/" + encodeURIComponent(s.label), { q: undefined })} />}
            <Num w={N.rate(lastOf(s.v))} href={s.name === "app:other" ? to("/flows") : flowsOf(appTerm(s.label))} tone="muted" />
          </span>
        ))}
      </div>
    </>
  );
}
