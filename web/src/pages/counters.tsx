// counters.tsx - what the interfaces of an exporter counted themselves: not sampled, not scaled, all traffic.

import type { One } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import type { SeriesFrame } from "../lib/series.ts";
import type { ExporterDetail, ExporterInterface, InterfaceCounters } from "../lib/types.ts";
import { query } from "../lib/url.ts";
import { ifParam, place, setParams } from "../lib/state.ts";
import { Ago } from "../parts/cells.tsx";
import { TimeChart, type ChartSeries } from "../parts/chart.tsx";
import { useGet } from "../parts/hooks.ts";
import { Figure, Share } from "../parts/num.tsx";
import { PlainTable, type Column } from "../parts/table.tsx";

/** Name and description of an interface, as far as anybody told. */
export function FaceName({ i }: { i: ExporterInterface }) {
  if (!i.index) return <span class="muted" title="Records that do not say through which interface; 0 is what exporters send then">not told</span>;
  if (!i.name && !i.description) return <span class="muted" title="Options records or counters of the exporter would name it">not named</span>;
  return <span title={i.description || undefined}>{i.name || i.description}{i.name && i.description && i.description !== i.name && <span class="muted"> {i.description}</span>}</span>;
}

type Counted = ExporterInterface & { counters: InterfaceCounters };

function Load({ bps, speed, colour }: { bps: number | undefined; speed: number; colour: string }) {
  if (!speed || bps === undefined) return null;
  return <Share x={bps / speed} colour={colour} label={N.text(N.ratio(bps / speed)) + " of " + N.text(N.rate(speed))} />;
}

function columns(chosen: number): Column<Counted>[] {
  const faults = (i: Counted) => i.counters.total.in_errors + i.counters.total.out_errors;
  const discards = (i: Counted) => i.counters.total.in_discards + i.counters.total.out_discards;
  return [
    { id: "index", title: "Index", w: 64, right: true, sort: "index", phone: "a", cell: (i) => <button type="button" class={"pick" + (i.index === chosen ? " on" : "")} aria-pressed={i.index === chosen} title="Show its last hour" onClick={() => setParams({ sel: String(i.index) }, true)}>{i.index}</button> },
    { id: "name", title: "Interface", w: 150, grow: true, sort: "name", phone: "b", cell: (i) => <FaceName i={i} /> },
    { id: "state", title: "State", w: 72, cell: (i) => <span class={i.counters.oper_up ? "" : i.counters.admin_up ? "notok" : "muted"}>{i.counters.oper_up ? "up" : i.counters.admin_up ? "down" : "switched off"}</span> },
    { id: "speed", title: "Speed", w: 92, right: true, sort: "speed_bps", cell: (i) => (i.speed_bps ? <Figure w={N.rate(i.speed_bps)} /> : <span class="muted">{"\u2013"}</span>) },
    { id: "in", title: "In", tip: "Between its last two samples", w: 104, right: true, phone: "c", cell: (i) => <Figure w={N.rate(i.counters.in_bps)} tone="rcvd" /> },
    { id: "inload", title: "", w: 80, cell: (i) => <Load bps={i.counters.in_bps} speed={i.speed_bps} colour="var(--rcvd)" /> },
    { id: "out", title: "Out", tip: "Between its last two samples", w: 104, right: true, phone: "d", cell: (i) => <Figure w={N.rate(i.counters.out_bps)} tone="sent" /> },
    { id: "outload", title: "", w: 80, cell: (i) => <Load bps={i.counters.out_bps} speed={i.speed_bps} colour="var(--sent)" /> },
    { id: "total", title: "In / out", tip: "Bytes since the first sample", w: 140, right: true, cell: (i) => <span><Figure w={N.bytes(i.counters.total.in_octets)} /> <span class="muted">/</span> <Figure w={N.bytes(i.counters.total.out_octets)} /></span> },
    { id: "errors", title: "Errors", w: 72, right: true, cell: (i) => <Figure w={N.count(faults(i), "packets with errors")} tone={faults(i) ? "error" : "muted"} /> },
    { id: "discards", title: "Discards", w: 80, right: true, cell: (i) => <Figure w={N.count(discards(i), "packets discarded")} tone={discards(i) ? "warning" : "muted"} /> },
    { id: "at", title: "Sampled", w: 88, cell: (i) => <Ago t={i.counters.t} /> },
  ];
}

/** The last hour of one interface in half minutes. */
function Hour({ ip, i }: { ip: string; i: Counted }) {
  const f = useGet<One<SeriesFrame>>("timeseries" + query({ schema: "exporter:counters", exporter: ip, index: i.index, if: ifParam() }), 15_000).data?.data;
  if (!f || f.series.length === 0) return null;
  const step = f.step_ms / 1000;
  // The newest half minute is not over yet.
  const bits = (name: string) => (f.series.find((s) => s.name === name)?.v ?? []).slice(0, -1).map((x) => (x === null ? null : (x * 8) / step));
  const n = Math.max(0, (f.series[0]?.v.length ?? 0) - 1);
  const times = Array.from({ length: n }, (_, k) => f.end / 1000 - (n - k) * step);
  const series: ChartSeries[] = [
    { name: "in", label: "In", colour: "--rcvd", side: -1, v: bits("in_octets") },
    { name: "out", label: "Out", colour: "--sent", side: 1, v: bits("out_octets") },
  ];
  return <TimeChart label={"Interface " + i.index + ", out above and in below zero"} times={times} series={series} height={150} write={N.rate} />;
}

export function CountersOf({ x }: { x: ExporterDetail }) {
  const rows = x.interfaces.filter((i): i is Counted => i.counters !== undefined);
  if (rows.length === 0) return null;
  const busiest = rows.reduce((a, b) => ((b.counters.in_bps ?? 0) + (b.counters.out_bps ?? 0) > (a.counters.in_bps ?? 0) + (a.counters.out_bps ?? 0) ? b : a));
  const chosen = rows.find((i) => String(i.index) === place.value.params.sel) ?? busiest;
  return (
    <section class="section" aria-label="Counters">
      <header><h2>Counters of its interfaces</h2><span class="lead">as it counted them: all packets, not sampled</span></header>
      <PlainTable label="Counters of its interfaces" columns={columns(chosen.index)} rows={rows} keyOf={(i) => String(i.index)} />
      <div class="hour">
        <p class="legend"><span>Interface {chosen.index}{chosen.name ? ", " + chosen.name : ""}: the last hour</span><span><i class="line" style={{ background: "var(--sent)" }} />Out</span><span><i class="line" style={{ background: "var(--rcvd)" }} />In</span></p>
        <Hour key={chosen.index} ip={x.ip} i={chosen} />
      </div>
    </section>
  );
}
