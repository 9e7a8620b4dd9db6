// interfaces.tsx - what Weir reads from: live interfaces and capture files, with what each has seen.

import { useTopic } from "../parts/hooks.ts";
import type { List } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import type { Interface } from "../lib/types.ts";
import { isCollector, to } from "../lib/state.ts";
import { Num } from "../parts/num.tsx";
import { PlainTable, type Column } from "../parts/table.tsx";

export function ifHref(i: Interface): string {
  return to("/interfaces/" + i.id, { q: undefined });
}
export function ifFlows(i: Interface): string {
  return to("/flows", { q: undefined, if: String(i.id) });
}
export function ifState(i: Interface): string {
  return i.is_file ? (i.done ? "read to its end" : "being read") : i.state;
}
/** "up", "up: zero copy, 4 queues", "up, now called eth1"; whatever else is told is not. */
export function ifUp(i: Interface): boolean {
  return i.is_file || /^up\b/.test(i.state);
}

const COLUMNS: Column<Interface>[] = [
  { id: "name", title: "Interface", w: 200, grow: true, phone: "a", sort: "name", cell: (i) => <a href={ifHref(i)} class="val">{i.name}</a> },
  { id: "kind", title: "Kind", w: 96, cell: (i) => <span class="muted">{i.is_file ? "file" : i.kind}</span> },
  { id: "state", title: "State", w: 140, cell: (i) => (i.damage ? <span class="notok" title={i.damage}>damaged</span> : <span class={ifUp(i) ? "" : "notok"} title={ifState(i)}>{ifState(i)}</span>) },
  { id: "workers", title: "Workers", w: 84, right: true, cell: (i) => <span class="muted">{i.workers}</span> },
  { id: "bps", title: "Throughput", w: 112, right: true, phone: "b", cell: (i) => <Num w={N.rate(i.totals?.bps)} href={ifFlows(i)} /> },
  { id: "pps", title: "Packets/s", w: 96, right: true, cell: (i) => <Num w={N.packetRate(i.totals?.pps)} href={ifFlows(i)} /> },
  { id: "packets", title: "Received", tip: "Frames, or messages of exporters", w: 96, right: true, cell: (i) => <Num w={N.count(i.totals?.received, isCollector(i) ? "messages of exporters" : "frames")} href={ifHref(i)} /> },
  { id: "records", title: "Records", tip: "Data records of exporters", w: 92, right: true, cell: (i) => (isCollector(i) ? <Num w={N.count(i.totals?.records, "records")} href={to("/exporters", { if: String(i.id), q: undefined })} /> : null) },
  { id: "bytes", title: "IP bytes", w: 96, right: true, phone: "c", cell: (i) => <Num w={N.bytes(i.totals?.ip_bytes)} href={ifFlows(i)} /> },
  { id: "flows", title: "Flows", w: 84, right: true, cell: (i) => <Num w={N.count(i.totals?.flows_active)} href={ifFlows(i)} /> },
  { id: "hosts", title: "Hosts", w: 84, right: true, cell: (i) => <Num w={N.count(i.totals?.hosts_active)} href={to("/hosts", { if: String(i.id), q: undefined })} /> },
  { id: "drops", title: "Drops", w: 84, right: true, cell: (i) => <Num w={N.count((i.totals?.kernel_dropped ?? 0) + (i.totals?.interface_dropped ?? 0))} href={to("/system", { if: String(i.id) })} tone={(i.totals?.kernel_dropped ?? 0) + (i.totals?.interface_dropped ?? 0) > 0 ? "error" : undefined} /> },
];

export default function Interfaces() {
  const rows = useTopic<List<Interface>>("interfaces").value?.data;
  const down = rows?.filter((i) => !ifUp(i)).length ?? 0;
  const drops = rows?.reduce((a, i) => a + (i.totals?.kernel_dropped ?? 0) + (i.totals?.interface_dropped ?? 0), 0) ?? 0;
  return (
    <div class="page">
      <h1 class="sentence">
        <i class={"level " + (down || drops ? "warning" : "good")} role="img" aria-label={down || drops ? "look" : "fine"} />
        <span>{rows ? (rows.length === 1 ? "One interface" : rows.length + " interfaces") + (down ? ", " + down + " not up" : "") + (drops ? ", " + N.text(N.count(drops)) + " dropped" : ", nothing dropped") + "." : "Interfaces"}</span>
      </h1>
      {rows && <PlainTable label="Interfaces" columns={COLUMNS} rows={rows} keyOf={(i) => String(i.id)} empty={<><h2>No interface</h2><p>Start Weir with one: <code>weir -i eth0</code>, with a file, <code>weir -i file.pcap</code>, or as the collector of routers: <code>weir -i udp://:2055</code>.</p></>} />}
    </div>
  );
}
