// hosts.tsx - who is here: all, local or remote hosts.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { List } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import type { HostRow } from "../lib/types.ts";
import { flowsOf, ifParam, place, q, setParams, tick, to } from "../lib/state.ts";
import { fieldsReady, hostField, hostFields, valueOf, type Field } from "../fields.ts";
import { Ago, ipTerm, isNumber, Value } from "../parts/cells.tsx";
import { Chooser } from "../parts/chooser.tsx";
import { EmptyHosts } from "../parts/empty.tsx";
import { Export } from "../parts/export.tsx";
import { Breakdown, Num, Trend, Val } from "../parts/num.tsx";
import { LiveTable, type Column } from "../parts/table.tsx";

const FIRST = ["ip", "location", "flows", "alerted_flows", "name", "first_seen", "breakdown", "bps", "traffic"];

export function hostUrl(r: HostRow): string {
  return to("/hosts/" + r.host_id, { q: undefined });
}

/** Columns that are made of several fields. */
const MADE: Record<string, Column<HostRow>> = {
  location: { id: "location", title: "Location", tip: "Local hosts are in a network of this site", w: 84, sort: "local",
    cell: (r) => (r.multicast ? <span class="muted">Multicast</span> : r.local ? <Val f="net" v={r.network || "local"}>Local</Val> : <span class="muted">Remote</span>) },
  flows: { id: "flows", title: "Flows", tip: "Active flows, as client and as server", w: 72, right: true, sort: "flows_client",
    cell: (r) => <Num w={N.count((r.flows_client ?? 0) + (r.flows_server ?? 0), "flows")} href={flowsOf(ipTerm(r.ip))} /> },
  name: { id: "name", title: "Name", tip: "The best name known, and where it comes from", w: 160, grow: true, phone: "c",
    cell: (r) => (
      <span class="app">
        {r.name ? <Val f="host" v={r.name} href={hostUrl(r)} title={r.name + (r.name_source ? ", from " + r.name_source : "")} /> : null}
        {r.name && r.ip.includes(":") && <span class="muted">[IPv6]</span>}
        {r.os && <span class="muted">{r.os}</span>}
      </span>
    ) },
  breakdown: { id: "breakdown", title: "Breakdown", tip: "Sent against received", w: 112, cell: (r) => <Breakdown sent={r.bytes_sent ?? 0} rcvd={r.bytes_rcvd ?? 0} /> },
  traffic: { id: "traffic", title: "Traffic", tip: "Bytes sent and received since first seen", w: 92, right: true, sort: "bytes", phone: "d",
    cell: (r) => <Num w={N.bytes(r.bytes)} href={flowsOf(ipTerm(r.ip))} /> },
};

function column(id: string): Column<HostRow> | null {
  const made = MADE[id];
  if (made) return made;
  const f = hostField(id);
  if (!f) return null;
  const base = { id, title: f.title, tip: f.tip, w: 110, right: isNumber(f), sort: f.sortable ? id : undefined };
  switch (id) {
    case "ip":
      return { ...base, w: 190, grow: true, phone: "a", cell: (r) => (
        <span class="peer"><Val f="ip" v={r.ip} href={hostUrl(r)} mono />{r.vlan ? <span class="muted">@{r.vlan}</span> : null}</span>
      ) };
    case "bps":
      return { ...base, w: 116, phone: "b", cell: (r) => <span class="rate"><Num w={N.rate(r.bps ?? 0)} href={flowsOf(ipTerm(r.ip))} /><Trend t={r.trend} /></span> };
    case "alerted_flows":
      return { ...base, w: 72, cell: (r) => <Num w={N.count(r.alerted_flows ?? 0)} href={flowsOf(ipTerm(r.ip) + " and problem!=none")} tone={r.alerted_flows ? "warning" : "muted"} /> };
    case "first_seen":
      return { ...base, title: "Seen since", w: 104, cell: (r) => (r.first_seen ? <Since t={r.first_seen} /> : null) };
    default:
      return { ...base, cell: (r) => <Value f={f as Field} v={valueOf(r, id)} href={flowsOf(ipTerm(r.ip))} /> };
  }
}

function Since({ t }: { t: number }) {
  void tick.value;
  return <Ago t={t} />;
}

export default function Hosts() {
  void fieldsReady.value;
  const sums = useSignal<List<HostRow> | null>(null);
  const local = place.value.params.local;
  const find = place.value.params.find ?? "";
  const sort = place.value.params.sort ?? "-bps";
  const ids = place.value.params.cols?.split(",") ?? FIRST;
  const columns = useMemo(() => ids.map(column).filter((c): c is Column<HostRow> => c !== null), [ids.join(), fieldsReady.value]);
  const wait = useRef<ReturnType<typeof setTimeout> | 0>(0);
  useEffect(() => () => clearTimeout(wait.current || undefined), []);
  const s = sums.value;
  const kind = local === "1" ? "local " : local === "0" ? "remote " : "";
  const first = s?.data[0];
  const all = s?.data.reduce((a, r) => a + (r.bps ?? 0), 0) ?? 0;
  const busiest = sort === "-bps" && first && (first.bps ?? 0) > 0 && all > 0 ? first : null;
  return (
    <div class="page fill">
      <div class="bar">
        <h1 class="sentence">
          <span>
            {s ? N.text(N.count(s.page.total)) + " " + kind + (s.page.total === 1 ? "host" : "hosts") + (q.value ? " with matching flows" : "") : "Hosts"}
            {busiest && <span class="lead">; the busiest is {busiest.name || busiest.ip} with {N.text(N.rate(busiest.bps))}</span>}
          </span>
        </h1>
        <div class="seg" role="group" aria-label="Which hosts">
          {([[undefined, "All"], ["1", "Local"], ["0", "Remote"]] as const).map(([v, label]) => (
            <button type="button" key={label} aria-pressed={local === v} onClick={() => setParams({ local: v })}>{label}</button>
          ))}
        </div>
        <input class="input" type="search" placeholder="Address or name" aria-label="Find a host" value={find}
          onInput={(e) => {
            const v = e.currentTarget.value;
            clearTimeout(wait.current || undefined);
            wait.current = setTimeout(() => setParams({ find: v }, true), 200);
          }} />
        <Chooser fields={hostFields.value} extra={Object.values(MADE).map((c) => ({ id: c.id, title: c.title }))} ids={ids} first={FIRST} />
        <Export path="hosts" params={{ q: q.value, if: ifParam(), local, find, sort }} />
      </div>
      {columns.length > 0 ? (
        <LiveTable<HostRow> label="Hosts" path="hosts" params={{ q: q.value, if: ifParam(), local, find }} columns={columns} sort={sort}
          onSort={(x) => setParams({ sort: x === "-bps" ? undefined : x }, true)} keyOf={(r) => r.host_id} hrefOf={hostUrl} empty={<EmptyHosts />} onFrame={(f) => (sums.value = f)} />
      ) : <div class="livetable" aria-busy="true" />}
    </div>
  );
}
