// exporters.tsx - who exports flows to Weir: what each sends, what of it never came, whose clock is wrong.

import { useSignal } from "@preact/signals";
import type { List } from "../lib/api.ts";
import { exporterFaults, exporterLevel, isSkewed, lossOf, lossText, samplingText, samplingTip, skewText } from "../lib/exporters.ts";
import * as N from "../lib/numbers.ts";
import { rateOf, remember } from "../lib/rates.ts";
import type { Exporter } from "../lib/types.ts";
import { flowsOf, ifParam, place, setParams, to } from "../lib/state.ts";
import { Ago } from "../parts/cells.tsx";
import { Export } from "../parts/export.tsx";
import { Num, Sign, Spark, Val } from "../parts/num.tsx";
import { LiveTable, type Column } from "../parts/table.tsx";

export function exporterHref(ip: string): string {
  return to("/exporters/" + ip, { q: undefined });
}

/** "1 in 100", marked when nobody has said it. */
export function Sampling({ x }: { x: Pick<Exporter, "sampling" | "sampling_source"> & { ip?: string } }) {
  const text = samplingText(x);
  return (
    <span class={text === "not sampled" ? "muted" : ""} title={samplingTip(x)}>
      {text}{text === "not told" && <Sign kind="guess" text={samplingTip(x)} />}
    </span>
  );
}

const COLUMNS: Column<Exporter>[] = [
  { id: "ip", title: "Exporter", w: 190, grow: true, sort: "ip", phone: "a",
    cell: (x) => <span class="app"><i class={"level " + exporterLevel(x)} role="img" aria-label={exporterLevel(x)} title={exporterFaults(x).join("; ") || "nothing is wrong"} /><Val f="exporter" v={x.ip} href={exporterHref(x.ip)} mono={!x.name} title={x.name ? x.name + " (" + x.ip + ")" : x.ip}>{x.name || x.ip}</Val></span> },
  { id: "protocol", title: "Sends", w: 120, sort: "protocol", phone: "c", cell: (x) => <span title={x.domains > 1 ? N.text(N.count(x.domains)) + " domains" : undefined}>{x.protocol}{lossOf(x).lost > 0 && <span class="only-phone notok">{" " + N.text(N.ratio(lossOf(x).share))} lost</span>}</span> },
  { id: "line", title: "", w: 72, cell: (x) => <Spark v={rateOf("exporters", x.ip)} w={56} /> },
  { id: "bps", title: "Throughput", tip: "What the records of the last second told of, scaled by the sampling rate", w: 112, right: true, sort: "bps", phone: "b", cell: (x) => <Num w={N.rate(x.bps)} href={flowsOf(x.filter)} tone={x.bps ? undefined : "muted"} /> },
  { id: "bytes", title: "Traffic", tip: "Counted for it since the start, scaled by the sampling rate", w: 92, right: true, sort: "bytes", phone: "d", cell: (x) => <Num w={N.bytes(x.bytes)} href={flowsOf(x.filter)} tone={x.bytes ? undefined : "muted"} /> },
  { id: "raw", title: "As sent", tip: "The same bytes as they were sent, before scaling", w: 92, right: true, sort: "raw_bytes", cell: (x) => <Num w={N.bytes(x.raw_bytes)} href={exporterHref(x.ip)} tone="muted" /> },
  { id: "sampling", title: "Sampling", tip: "One packet that it looked at stands for so many", w: 104, right: true, sort: "sampling", cell: (x) => (x.bytes > 0 || x.sampling > 1 ? <Sampling x={x} /> : <span class="muted">{"\u2013"}</span>) },
  { id: "records", title: "Records", tip: "Data records received", w: 92, right: true, sort: "records", cell: (x) => <Num w={N.count(x.records, "records")} href={exporterHref(x.ip)} /> },
  { id: "lost", title: "Lost", tip: "What never came, by sequence numbers", w: 92, right: true, sort: "lost_messages",
    cell: (x) => { const l = lossOf(x); return <Num w={l.lost ? N.ratio(l.share) : N.count(0)} href={exporterHref(x.ip)} title={lossText(l)} tone={l.share >= 0.001 ? "error" : l.lost ? "warning" : "muted"} />; } },
  { id: "skew", title: "Clock", tip: "Its clock against that of Weir", w: 124, right: true, sort: "skew_ms", cell: (x) => <span class={isSkewed(x.skew_ms) ? "notok" : "muted"}>{skewText(x.skew_ms)}</span> },
  { id: "last", title: "Heard", w: 96, sort: "last_seen", cell: (x) => <Ago t={x.last_seen} /> },
];

/** The sentence above the list. */
function said(list: Exporter[], total: number): { level: string; text: string } {
  const bad = list.filter((x) => ["error", "warning"].includes(exporterLevel(x)));
  const head = total === 1 ? "One exporter" : N.text(N.count(total)) + " exporters";
  const first = bad[0];
  if (!first) return { level: "good", text: head + ", and nothing is wrong with " + (total === 1 ? "it" : "them") + "." };
  const level = bad.some((x) => exporterLevel(x) === "error") ? "error" : "warning";
  const who = first.name || first.ip;
  return { level, text: head + (bad.length > 1 ? ", " + bad.length + " of them with faults" : "") + "; " + who + ": " + exporterFaults(first).join(", ") + "." };
}

export default function Exporters() {
  const frame = useSignal<List<Exporter> | null>(null);
  const sort = place.value.params.sort ?? "-bytes";
  const s = frame.value && frame.value.page.total > 0 ? said(frame.value.data, frame.value.page.total) : null;
  const take = (f: List<Exporter>) => {
    if (f.meta.t) remember("exporters", f.data.map((x) => ({ key: x.ip, bps: x.bps })), f.meta.t);
    frame.value = f;
  };
  return (
    <div class="page fill">
      <div class="bar">
        <h1 class="sentence">
          {s && <i class={"level " + s.level} role="img" aria-label={s.level} />}
          <span>{s?.text ?? "Exporters"}</span>
        </h1>
        <a class="button" href={to("/told", { q: undefined })}>Their log</a>
        <Export path="exporters" params={{ if: ifParam(), sort }} />
      </div>
      <LiveTable<Exporter> label="Exporters" path="exporters" params={{ if: ifParam() }} columns={COLUMNS} sort={sort}
        onSort={(x) => setParams({ sort: x === "-bytes" ? undefined : x }, true)} keyOf={(x) => x.ip} hrefOf={(x) => exporterHref(x.ip)} onFrame={take}
        empty={<NoExporter />} />
    </div>
  );
}

function NoExporter() {
  return (
    <>
      <h2>Nobody exports flows to Weir</h2>
      <p>Routers, switches, firewalls and probes send what they see as NetFlow, IPFIX or sFlow. Start Weir with <code>-i udp://:2055</code> and name this machine and that port to them as their collector; probes over ZeroMQ are heard with <code>-i tcp://host:5556</code>. Each sender becomes a row.</p>
    </>
  );
}
