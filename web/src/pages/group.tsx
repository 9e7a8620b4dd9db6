// group.tsx - one application, category, device, VLAN or network: its figures, who uses it, its flows.

import type { List } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import { colourOf } from "../lib/colour.ts";
import { term } from "../lib/filter.ts";
import type { Group as Row, Top } from "../lib/types.ts";
import { query } from "../lib/url.ts";
import { flowsOf, ifParam, path, tick, to } from "../lib/state.ts";
import { operandNames } from "../fields.ts";
import { pageOf, type PageProps } from "../pages.ts";
import { Moment } from "../parts/cells.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { useTopic } from "../parts/hooks.ts";
import { Breakdown, Dot, Num, Spark, Val } from "../parts/num.tsx";
import { useApps } from "../parts/useapps.ts";
import { TopList } from "../parts/toplist.tsx";
import { FlowTable } from "./flows.tsx";

const OPERAND: Record<string, string> = { protocols: "app", categories: "category", devices: "mac", vlans: "vlan", networks: "net" };

export default function Group({ id }: PageProps) {
  void tick.value;
  const page = pageOf(path.value);
  const kind = (page?.path ?? "/protocols").slice(1);
  const operand = OPERAND[kind] ?? "app";
  const list = useTopic<List<Row>>(kind + query({ if: ifParam(), limit: 1000 })).value;
  const g = list?.data.find((x) => x.key === id || x.name === id || x.mac === id);
  const filter = g?.filter || term(operand, id, operandNames);
  const total = list?.data.reduce((a, x) => a + x.bytes, 0) ?? 0;
  const series = useApps(kind === "protocols" ? "app:" + id : null);
  const users = useTopic<List<Top>>("top" + query({ by: "host", q: filter, if: ifParam(), limit: 8 })).value;
  const servers = useTopic<List<Top>>("top" + query({ by: kind === "protocols" ? "srv.ip" : "app", q: filter, if: ifParam(), limit: 8 })).value;
  return (
    <div class="page">
      <div>
        <h1 class="sentence">
          {(kind === "protocols" || kind === "categories") && <Dot colour={colourOf(id)} />}
          <span><Val f={operand} v={id}>{g?.name || id}</Val>
            {g && <span class="lead"> made {N.text(N.bytes(g.bytes))}{total ? ", " + N.text(N.ratio(g.bytes / total)) + " of all" : ""}; {g.flows === 1 ? "1 flow is" : N.text(N.count(g.flows)) + " flows are"} alive.</span>}
            {list && !g && <span class="lead"> has not been seen{kind === "protocols" ? " as an application of its own" : ""}; what matches it is below.</span>}
          </span>
        </h1>
      </div>
      {g && (
        <Facts>
          <dl>
            <Fact t="Throughput"><span class="rate">{series && <Spark v={series} w={96} />}<Num w={N.rate(g.bps)} href={flowsOf(filter)} /></span></Fact>
            <Fact t="Traffic"><Num w={N.bytes(g.bytes)} href={flowsOf(filter)} /></Fact>
            <Fact t={kind === "devices" ? "Sent" : "Client to server"}><Num w={N.bytes(g.bytes_sent)} href={flowsOf(filter)} tone="sent" /></Fact>
            <Fact t={kind === "devices" ? "Received" : "Server to client"}><Num w={N.bytes(g.bytes_rcvd)} href={flowsOf(filter)} tone="rcvd" /></Fact>
          </dl>
          <dl>
            <Fact t="Breakdown"><Breakdown sent={g.bytes_sent} rcvd={g.bytes_rcvd} /></Fact>
            <Fact t="Packets"><Num w={N.count(g.packets, "packets")} href={flowsOf(filter)} /></Fact>
            <Fact t="Active flows"><Num w={N.count(g.flows, "flows")} href={flowsOf(filter)} q={filter} sum="flows" /></Fact>
            <Fact t="All flows"><Num w={N.count(g.total_flows, "flows")} href={flowsOf(filter)} /></Fact>
          </dl>
          <dl>
            {g.first_seen && <Fact t="First seen"><Moment t={g.first_seen} /></Fact>}
            {g.last_seen && <Fact t="Last seen"><Moment t={g.last_seen} /></Fact>}
            {kind === "devices" && <Fact t="Manufacturer">{g.vendor || <span class="muted">unknown</span>}</Fact>}
            {kind === "devices" && <Fact t="Hosts behind it"><Num w={N.count(g.hosts)} href={to("/hosts", { q: filter })} /></Fact>}
            {g.arp && <Fact t="ARP requests sent / received"><Num w={N.count(g.arp.requests_sent)} href={path.value} /> / <Num w={N.count(g.arp.requests_rcvd)} href={path.value} /></Fact>}
            {g.arp && <Fact t="ARP replies sent / received"><Num w={N.count(g.arp.replies_sent)} href={path.value} /> / <Num w={N.count(g.arp.replies_rcvd)} href={path.value} /></Fact>}
          </dl>
        </Facts>
      )}
      <div class="two">
        <TopList title="Hosts" rows={users?.data} base={filter} kind="host" />
        <TopList title={kind === "protocols" ? "Servers" : "Applications"} rows={servers?.data} base={filter} kind={kind === "protocols" ? "host" : "app"} />
      </div>
      <section class="section tall"><header><h2>Active flows</h2></header><FlowTable condition={filter} /></section>
    </div>
  );
}
