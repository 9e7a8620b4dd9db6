// groups.tsx - one list for everything that sums flows by something: protocols, categories, devices,
// VLANs, networks. The columns follow from what the rows have.

import { useSignal } from "@preact/signals";
import type { List } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import { colourOf } from "../lib/colour.ts";
import type { Group } from "../lib/types.ts";
import { flowsOf, ifParam, path, place, setParams, tick, to } from "../lib/state.ts";
import { pageOf } from "../pages.ts";
import { Ago } from "../parts/cells.tsx";
import { Export } from "../parts/export.tsx";
import { Breakdown, Dot, Num, Share, Trend, Val } from "../parts/num.tsx";
import { LiveTable, type Column } from "../parts/table.tsx";

const OPERAND: Record<string, string> = { protocols: "app", categories: "category", devices: "mac", vlans: "vlan", networks: "net" };
const EMPTY: Record<string, string> = {
  protocols: "Each application that is recognised, or guessed, becomes a row.",
  categories: "Applications are grouped by what they are for: web, mail, streaming.",
  devices: "Each MAC address that is seen on an Ethernet becomes a row; files without a link layer have none.",
  vlans: "802.1Q tags become rows; traffic without a tag is VLAN 0.",
  networks: "Local networks come from --local-networks and the watched interfaces.",
};

function Seen({ t }: { t: number | undefined }) {
  void tick.value;
  return t ? <Ago t={t} /> : null;
}

export default function Groups() {
  const page = pageOf(path.value);
  const kind = (page?.path ?? "/protocols").slice(1);
  const operand = OPERAND[kind] ?? "app";
  const sums = useSignal<{ kind: string; f: List<Group> } | null>(null);
  const s = sums.value?.kind === kind ? sums.value.f : null;
  const sort = place.value.params.sort ?? "-bytes";
  const total = s?.data.reduce((a, g) => a + g.bytes, 0) ?? 0;
  const max = s?.data.reduce((a, g) => Math.max(a, g.bytes), 1) ?? 1;
  const href = (g: Group) => to("/" + kind + "/" + encodeURIComponent(g.key), { q: undefined });
  const coloured = kind === "protocols" || kind === "categories";
  const columns: Column<Group>[] = [
    { id: "name", title: page?.title.replace(/ies$/, "y").replace(/s$/, "") ?? "Name", w: 180, grow: true, phone: "a",
      cell: (g) => <span class="app">{coloured && <Dot colour={colourOf(g.name)} />}<Val f={operand} v={g.key} href={href(g)} title={g.name}>{g.name || g.key}</Val></span> },
    ...(kind === "devices" ? [
      { id: "mac", title: "MAC", w: 150, cell: (g: Group) => <Val f="mac" v={g.mac ?? g.key} mono /> },
      { id: "vendor", title: "Manufacturer", w: 140, cell: (g: Group) => <span class={g.vendor ? "" : "muted"}>{g.vendor || "\u2013"}</span> },
      { id: "hosts", title: "Hosts", w: 72, right: true, cell: (g: Group) => <Num w={N.count(g.hosts)} href={to("/hosts", { q: g.filter })} /> },
      { id: "arp", title: "ARP asked", tip: "ARP requests and replies sent", w: 96, right: true, cell: (g: Group) => <Num w={N.count((g.arp?.requests_sent ?? 0) + (g.arp?.replies_sent ?? 0))} href={href(g)} /> },
    ] : []),
    { id: "share", title: "Share", tip: "Share of all bytes of this list", w: 150, cell: (g) => <Share x={g.bytes / max} {...(coloured ? { colour: colourOf(g.name) } : {})} label={N.text(N.ratio(total ? g.bytes / total : 0)) + " of the bytes"} /> },
    { id: "part", title: "", w: 72, right: true, phone: "c", cell: (g) => <Num w={N.ratio(total ? g.bytes / total : 0)} href={flowsOf(g.filter)} tone="muted" /> },
    { id: "breakdown", title: "Breakdown", tip: kind === "devices" ? "Sent against received" : "Client to server against server to client", w: 96, cell: (g) => <Breakdown sent={g.bytes_sent} rcvd={g.bytes_rcvd} {...(kind === "devices" ? {} : { label: ["client to server", "server to client"] as [string, string] })} /> },
    { id: "flows", title: "Flows", tip: "Active flows", w: 80, right: true, sort: "flows", cell: (g) => <Num w={N.count(g.flows, "flows")} href={flowsOf(g.filter)} q={g.filter} sum="flows" /> },
    { id: "bps", title: "Throughput", w: 116, right: true, sort: "bps", phone: "b", cell: (g) => <span class="rate"><Num w={N.rate(g.bps)} href={flowsOf(g.filter)} tone={g.bps ? undefined : "muted"} /><Trend t={g.trend} /></span> },
    { id: "bytes", title: "Traffic", tip: "Bytes since the start, ended flows included", w: 92, right: true, sort: "bytes", phone: "d", cell: (g) => <Num w={N.bytes(g.bytes)} href={flowsOf(g.filter)} /> },
    { id: "packets", title: "Packets", w: 92, right: true, sort: "packets", cell: (g) => <Num w={N.count(g.packets, "packets")} href={flowsOf(g.filter)} /> },
    { id: "last_seen", title: "Last seen", w: 96, sort: "last_seen", cell: (g) => <Seen t={g.last_seen} /> },
  ];
  const first = s?.data[0];
  return (
    <div class="page fill">
      <div class="bar">
        <h1 class="sentence">
          <span>
            {s ? N.text(N.count(s.page.total)) + " " + (page?.title ?? "").replace(/^./, (c) => (kind === "vlans" ? c : c.toLowerCase())) : page?.title}
            {first && total > 0 && sort === "-bytes" && <span class="lead">; {first.name || first.key} makes {N.text(N.ratio(first.bytes / total))} of {N.text(N.bytes(total))}</span>}
          </span>
        </h1>
        <Export path={kind} params={{ if: ifParam(), sort }} />
      </div>
      <LiveTable<Group> key={kind} label={page?.title ?? kind} path={kind} params={{ if: ifParam() }} columns={columns} sort={sort}
        onSort={(x) => setParams({ sort: x === "-bytes" ? undefined : x }, true)} keyOf={(g) => g.key} hrefOf={href} onFrame={(f) => (sums.value = { kind, f })}
        empty={<><h2>Nothing here yet</h2><p>{EMPTY[kind]}</p></>} />
    </div>
  );
}
