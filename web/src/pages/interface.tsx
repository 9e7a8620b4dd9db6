// interface.tsx - one interface: its chart, sizes, transports, directions and where frames went.

import { useEffect } from "preact/hooks";
import type { One } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import type { Interface, Totals } from "../lib/types.ts";
import { flowsOf, iface, isCollector, setParams, tick, to } from "../lib/state.ts";
import type { PageProps } from "../pages.ts";
import { Moment } from "../parts/cells.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { useTopic } from "../parts/hooks.ts";
import { Breakdown, Num, Share } from "../parts/num.tsx";
import { AppsChart, TrafficChart } from "../parts/trafficchart.tsx";
import { ifState, ifUp } from "./interfaces.tsx";

/** What a live interface or a file handed over. */
function Frames({ t, id }: { t: Totals; id: string }) {
  const system = to("/system", { if: id });
  return (
    <dl>
      <Fact t="Frames" tip="Delivered by the source"><Num w={N.count(t.received)} href={system} /></Fact>
      <Fact t="Wire bytes"><Num w={N.bytes(t.received_bytes)} href={system} /></Fact>
      <Fact t="Dropped by the kernel"><Num w={N.count(t.kernel_dropped)} href={system} tone={t.kernel_dropped ? "error" : undefined} /></Fact>
      <Fact t="Dropped by the interface"><Num w={N.count(t.interface_dropped)} href={system} tone={t.interface_dropped ? "error" : undefined} /></Fact>
      <Fact t="Damaged"><Num w={N.count(t.damaged)} href={system} tone={t.damaged ? "warning" : undefined} /></Fact>
      <Fact t="IP packets"><Num w={N.count(t.ip_packets)} href={flowsOf("")} /></Fact>
      <Fact t="IP bytes"><Num w={N.bytes(t.ip_bytes)} href={flowsOf("")} /></Fact>
      <Fact t="Overhead around them"><Num w={N.bytes(t.overhead_bytes)} href={system} /></Fact>
    </dl>
  );
}

/** What exporters sent, and how much of it became traffic. */
function Messages({ t, id }: { t: Totals; id: string }) {
  const system = to("/system", { if: id });
  const refused = t.records - t.records_accepted;
  return (
    <dl>
      <Fact t="Messages" tip="Datagrams of exporters, or messages of probes"><Num w={N.count(t.datagrams, "messages")} href={to("/exporters", { if: id })} /></Fact>
      <Fact t="Their bytes"><Num w={N.bytes(t.received_bytes)} href={to("/exporters", { if: id })} /></Fact>
      <Fact t="Dropped by the kernel" tip="Messages for which the socket had no room"><Num w={N.count(t.kernel_dropped)} href={system} tone={t.kernel_dropped ? "error" : undefined} /></Fact>
      <Fact t="Data records"><Num w={N.count(t.records, "records")} href={to("/exporters", { if: id })} /></Fact>
      <Fact t="Refused of them" tip="Malformed, without template, denied or sent twice"><Num w={N.count(refused, "records")} href={system} tone={refused ? "warning" : "muted"} /></Fact>
      <Fact t="Counted at flows" tip="Records and sampled frames"><Num w={N.count(t.records_counted, "records and sampled frames")} href={flowsOf("")} /></Fact>
      <Fact t="Options records"><Num w={N.count(t.records_options, "records")} href={to("/exporters", { if: id })} /></Fact>
      <Fact t="Sampled frames / counters"><span><Num w={N.count(t.sampled_frames, "frames")} href={system} /> <span class="muted">/</span> <Num w={N.count(t.counter_samples, "samples of interface counters")} href={system} /></span></Fact>
      <Fact t="Traffic told of" tip="Scaled by sampling, each flow once"><Num w={N.bytes(t.ip_bytes)} href={flowsOf("")} /></Fact>
    </dl>
  );
}

const WAYS: [string, string][] = [["l2l", "Local to local"], ["l2r", "Local to remote"], ["r2l", "Remote to local"], ["r2r", "Remote to remote"]];

export default function InterfacePage({ id }: PageProps) {
  void tick.value;
  // The charts of the frame follow the chosen interface, so this page chooses its own.
  useEffect(() => {
    if (iface.value !== id) setParams({ if: id }, true);
  }, [id]);
  const frame = useTopic<One<Interface> & { status?: number }>("interfaces/" + id).value;
  const i = frame?.data;
  if (!i)
    return frame?.status ? <div class="page"><div class="empty"><h1>There is no interface {id}</h1><p><a href={to("/interfaces", { if: undefined })}>Those that are read</a></p></div></div> : <div class="page" aria-busy="true" />;
  const t = i.totals;
  const drops = t.kernel_dropped + t.interface_dropped;
  const sizes = t.sizes;
  const most = sizes ? Math.max(1, ...sizes.packets) : 1;
  const all = sizes ? Math.max(1, sizes.packets.reduce((a, b) => a + b, 0)) : 1;
  const l4 = t.l4 ?? [];
  const l4max = l4.reduce((a, x) => Math.max(a, x.bytes_sent + x.bytes_rcvd), 1);
  const way = (k: string): number => {
    const v = (t.locality as Record<string, number | { bytes: number }> | undefined)?.[k];
    return typeof v === "number" ? v : (v?.bytes ?? 0);
  };
  const ways = Math.max(1, ...WAYS.map(([k]) => way(k)));
  const collector = isCollector(i);
  const here = (q: string) => flowsOf(q);
  return (
    <div class="page">
      <h1 class="sentence">
        <i class={"level " + (i.damage || !ifUp(i) ? "error" : drops ? "warning" : "good")} role="img" aria-label={i.state} />
        <span>{i.name} <span class="lead">{ifState(i)}{i.damage ? "; damaged: " + i.damage : ""}; {collector ? N.text(N.count(t.records)) + " records in " + N.text(N.count(t.datagrams)) + " messages told of " + N.text(N.bytes(t.ip_bytes)) : N.text(N.bytes(t.ip_bytes)) + " in " + N.text(N.count(t.ip_packets)) + " IP packets"}, {drops ? N.text(N.count(drops)) + " dropped" : "none dropped"}.</span></span>
      </h1>
      <TrafficChart height={200} />
      <AppsChart height={120} />
      <Facts>
        <section class="section"><header><h2>Received</h2>{collector && <a class="lead" href={to("/exporters", { if: id })}>from whom</a>}</header>
          {collector ? <Messages t={t} id={id} /> : <Frames t={t} id={id} />}
        </section>
        <section class="section"><header><h2>Flows and hosts</h2></header>
          <dl>
            <Fact t="Active flows"><Num w={N.count(t.flows_active)} href={here("")} /></Fact>
            <Fact t="Ended flows"><Num w={N.count(t.flows_ended)} href={to("/system", { if: id })} /></Fact>
            <Fact t="Flows with alerts"><Num w={N.count(t.alerted_flows)} href={here("problem!=none")} tone={t.alerted_flows ? "warning" : undefined} /></Fact>
            <Fact t="Hosts, local of them"><Num w={N.count(t.hosts_active)} href={to("/hosts", { if: id })} /> <span class="muted">/</span> <Num w={N.count(t.hosts_local)} href={to("/hosts", { if: id, local: "1" })} /></Fact>
            <Fact t="Devices"><Num w={N.count(t.devices)} href={to("/devices", { if: id })} /></Fact>
            <Fact t="Retransmitted"><Num w={N.count(t.retrans)} href={here("retrans>0")} /></Fact>
            <Fact t="Out of order / lost"><Num w={N.count(t.ooo)} href={here("")} /> <span class="muted">/</span> <Num w={N.count(t.lost)} href={here("")} /></Fact>
            {t.first > 0 && <Fact t={collector ? "First message" : "First packet"}><Moment t={t.first} /></Fact>}
          </dl>
        </section>
        <section class="section"><header><h2>Transport</h2></header>
          <div class="bars">
            {l4.map((x) => (
              <div class="row names" key={x.l4}><span>{x.l4.toUpperCase()}</span><span style={{ width: Math.max(4, ((x.bytes_sent + x.bytes_rcvd) / l4max) * 100) + "%" }}><Breakdown sent={x.bytes_sent} rcvd={x.bytes_rcvd} label={["client to server", "server to client"]} /></span><Num w={N.bytes(x.bytes_sent + x.bytes_rcvd)} href={here(x.l4 === "other" ? "not l4 in (tcp,udp,icmp)" : "l4=" + x.l4)} /></div>
            ))}
          </div>
          <header><h2>Direction</h2></header>
          <div class="bars">
            {WAYS.map(([k, name]) => (
              <div class="row names" key={k}><span>{name}</span><Share x={way(k) / ways} label={name} /><Num w={N.bytes(way(k))} href={here("local=" + k)} /></div>
            ))}
          </div>
        </section>
        <section class="section"><header><h2>Packet sizes</h2><span class="lead">bytes of the IP packet</span></header>
          <div class="bars">
            {sizes?.bins.map((b, k) => (
              <div class="row" key={b}><span>{b >= 65535 ? "larger" : "up to " + N.grouped(b)}</span><Share x={(sizes.packets[k] ?? 0) / most} label={N.grouped(sizes.packets[k] ?? 0) + " packets"} /><Num w={N.count(sizes.packets[k])} href={here("")} /><Num w={N.ratio((sizes.packets[k] ?? 0) / all)} href={here("")} tone="muted" /></div>
            ))}
          </div>
        </section>
      </Facts>
    </div>
  );
}
