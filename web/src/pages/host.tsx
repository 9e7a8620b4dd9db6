// host.tsx - one host, by tabs; ?tab= is a deep link.

import type { ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { List, One } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import { SeriesBuffer, type SeriesFrame } from "../lib/series.ts";
import type { Group, Host, HostApp, HostIcmp, L4, NameCount, Top } from "../lib/types.ts";
import { colourOf } from "../lib/colour.ts";
import { query } from "../lib/url.ts";
import { flowsOf, ifParam, path, phone, place, tick, to, windowSeconds } from "../lib/state.ts";
import { appTerm, hostHref, ipTerm, Moment } from "../parts/cells.tsx";
import { quote } from "../lib/filter.ts";
import type { PageProps } from "../pages.ts";
import { TimeChart } from "../parts/chart.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { useGet, useTopic } from "../parts/hooks.ts";
import { Icon } from "../parts/icons.tsx";
import { Breakdown, Dot, Num, Share, Sign, Trend, Val } from "../parts/num.tsx";
import { PlainTable, type Column } from "../parts/table.tsx";
import { TopList } from "../parts/toplist.tsx";
import { spanOf } from "../parts/traffic.ts";
import { FlowTable } from "./flows.tsx";

const TABS = ["Home", "Traffic", "Packets", "Ports", "Peers", "ICMP", "Protocols", "DNS", "HTTP", "Flows"] as const;
type Tab = (typeof TABS)[number];
const OTHERS = "::@4095"; // who has no row of its own

interface TabProps {
  h: Host;
  ip: string; // condition: ip=...
}

/** A pair of figures, sent and received. */
function Pair({ a, b, href, write = N.count }: { a: number | undefined; b: number | undefined; href: string; write?: (n: number | undefined) => N.Written }) {
  return (
    <span><Num w={write(a)} href={href} tone="sent" title="Sent" /> <span class="muted">/</span> <Num w={write(b)} href={href} tone="rcvd" title="Received" /></span>
  );
}

function HostChart({ h, height = 170 }: { h: Host; height?: number }) {
  const buffer = useMemo(() => new SeriesBuffer(3600), [h.host_id]);
  const taken = useRef<unknown>(null);
  // The whole hour is asked once by the host's own series, then seconds come by topic.
  const whole = useGet<One<SeriesFrame>>("timeseries" + query({ schema: "host:traffic", host: h.host_id, if: ifParam(), seconds: 3600 })).data;
  const frame = useTopic<One<SeriesFrame>>("timeseries" + query({ schema: "host:traffic", host: h.host_id, if: ifParam(), seconds: 4 })).value;
  if (whole?.data?.series && taken.current !== whole) {
    taken.current = whole;
    buffer.clear();
    buffer.merge(whole.data);
  }
  if (frame?.data?.series && buffer.names().length > 0) buffer.merge(frame.data);
  const names = buffer.names();
  const sent = names.find((n) => /sent|upload/.test(n));
  const rcvd = names.find((n) => /rcvd|received|download/.test(n));
  if (!sent || !rcvd) return <p class="note">No second-by-second series is kept for this host; the largest hosts have one.</p>;
  const n = spanOf(buffer, [sent, rcvd], windowSeconds.value);
  const bits = (v: (number | null)[]) => v.map((x) => (x === null ? null : x * 8));
  return (
    <TimeChart label="Throughput, sent above and received below zero" times={buffer.times(n)} height={height} write={N.rate}
      series={[
        { name: "sent", label: "Sent", colour: "--sent", side: 1, v: bits(buffer.last(sent, n)) },
        { name: "rcvd", label: "Received", colour: "--rcvd", side: -1, v: bits(buffer.last(rcvd, n)) },
      ]} />
  );
}

function Home({ h, ip }: TabProps) {
  const flows = (side: "client" | "server", now: number | undefined, all: number | undefined, low: number | undefined) => (
    <>
      <Num w={N.count(now)} href={flowsOf((side === "client" ? "cli.ip=" : "srv.ip=") + quote(h.ip))} q={(side === "client" ? "cli.ip=" : "srv.ip=") + quote(h.ip)} sum="flows" title="Active" />
      <span class="muted"> of </span><Num w={N.count(all)} href={flowsOf((side === "client" ? "cli.ip=" : "srv.ip=") + quote(h.ip))} title="Since first seen" />
      {low !== undefined && <span class="muted"> ({N.text(N.count(low))} with low goodput)</span>}
    </>
  );
  return (
    <>
      <HostChart h={h} />
      <Facts>
        <dl>
          <Fact t="IP address"><Val f="ip" v={h.ip} mono /> {h.network && <span class="muted">[{h.network}]</span>}</Fact>
          <Fact t={h.router_mac ? "Router or access point MAC" : "MAC address"} tip={h.router_mac ? "Several addresses come from this MAC, so it is a router's" : undefined}>{h.mac ? <Val f="mac" v={h.mac} href={to("/devices/" + h.mac, { q: undefined })} mono /> : <span class="muted">{"\u2013"}</span>}{h.vendor ? <span class="muted"> {h.vendor}</span> : null}</Fact>
          <Fact t="Name">{h.name ? <Val f="host" v={h.name}>{h.name}{h.ip.includes(":") ? " [IPv6]" : ""}</Val> : <span class="muted">unknown</span>} {h.name_source && <span class="muted">from {h.name_source}</span>}</Fact>
          <Fact t="Operating system">{h.os ? <>{h.os} <Sign kind="guess" text="Guessed from DHCP or the browser's words" /></> : <span class="muted">unknown</span>}</Fact>
          <Fact t="VLAN"><Val f="vlan" v={String(h.vlan ?? 0)} /></Fact>
          <Fact t="Location">{h.multicast ? "Multicast or broadcast" : h.local ? "Local host" : "Remote host"}</Fact>
          {h.first_seen && <Fact t="First seen"><Moment t={h.first_seen} /></Fact>}
          {h.last_seen && <Fact t="Last seen"><Moment t={h.last_seen} /></Fact>}
        </dl>
        <dl>
          <Fact t="Throughput"><span class="rate"><Num w={N.rate(h.bps ?? 0)} href={flowsOf(ip)} /><Trend t={h.trend} /></span></Fact>
          <Fact t="Peak"><Num w={N.rate(h.peak_bps as number | undefined)} href={flowsOf(ip)} /></Fact>
          <Fact t="Sent / received"><Breakdown sent={h.bytes_sent ?? 0} rcvd={h.bytes_rcvd ?? 0} /></Fact>
          <Fact t="Traffic sent"><Num w={N.bytes(h.bytes_sent)} href={flowsOf(ip)} tone="sent" /> <span class="muted">in {N.text(N.count(h.packets_sent as number))} packets</span></Fact>
          <Fact t="Traffic received"><Num w={N.bytes(h.bytes_rcvd)} href={flowsOf(ip)} tone="rcvd" /> <span class="muted">in {N.text(N.count(h.packets_rcvd as number))} packets</span></Fact>
          {h.goodput && <Fact t="Goodput sent / received" tip="Payload above the transport header"><Pair a={h.goodput.sent} b={h.goodput.rcvd} href={flowsOf(ip)} write={(n) => N.bytes(n)} /></Fact>}
          <Fact t="Active flows as client">{flows("client", h.flows_client, h.total_flows_client as number, h.low_goodput?.client)}</Fact>
          <Fact t="Active flows as server">{flows("server", h.flows_server, h.total_flows_server as number, h.low_goodput?.server)}</Fact>
        </dl>
        <dl>
          <Fact t="Unanswered as client / server" tip="Ended flows that nobody answered"><Pair a={h.unanswered?.client} b={h.unanswered?.server} href={flowsOf(ip + " and problem=no_answer")} /></Fact>
          <Fact t="Retransmitted sent / received"><Pair a={h.tcp?.retrans_sent} b={h.tcp?.retrans_rcvd} href={flowsOf(ip + " and retrans>0")} /></Fact>
          <Fact t="Out of order sent / received"><Pair a={h.tcp?.ooo_sent} b={h.tcp?.ooo_rcvd} href={flowsOf(ip)} /></Fact>
          <Fact t="Lost sent / received"><Pair a={h.tcp?.lost_sent} b={h.tcp?.lost_rcvd} href={flowsOf(ip)} /></Fact>
          <Fact t="Flows with alerts"><Num w={N.count(h.alerted_flows)} href={flowsOf(ip + " and problem!=none")} tone={h.alerted_flows ? "warning" : undefined} /></Fact>
          <Fact t="Score"><Num w={N.count(h.score as number)} href={flowsOf(ip + " and score>0")} /></Fact>
        </dl>
      </Facts>
      {h.host_id === OTHERS && <Networks />}
      {h.names && h.names.length > 0 && <Names title="Further names" lead="asked for or shown in TLS and QUIC" rows={h.names} operand="info" ip={ip} />}
    </>
  );
}

/** Where those come from who have no row of their own. */
function Networks() {
  const rows = useGet<List<Group>>("prefixes" + query({ if: ifParam(), sort: "-bytes", limit: 50 }), 5000).data;
  const max = rows?.data.reduce((a, r) => Math.max(a, r.bytes), 1) ?? 1;
  return (
    <section class="section" aria-label="Networks">
      <header><h2>Networks</h2><span class="lead">{rows ? N.text(N.count(rows.page.total)) + " of those who found no room among the hosts or made room for others" : "asking"}</span></header>
      <div class="bars">
        {rows?.data.map((r) => (
          <div class="row" key={r.key}><Val f="ip" v={r.key} mono>{r.name}</Val><Share x={r.bytes / max} label={N.text(N.bytes(r.bytes))} /><Num w={N.bytes(r.bytes)} href={flowsOf(r.filter)} /><span class="muted">{N.text(N.count(r.hosts ?? 0, "hosts"))}</span></div>
        ))}
      </div>
    </section>
  );
}

function Names({ title, lead, rows, operand, ip }: { title: string; lead?: string; rows: NameCount[]; operand: string; ip: string }) {
  const max = rows.reduce((a, r) => Math.max(a, r.count), 1);
  return (
    <section class="section" aria-label={title}>
      <header><h2>{title}</h2>{lead && <span class="lead">{lead}</span>}</header>
      <div class="bars">
        {[...rows].sort((a, b) => b.count - a.count).map((r) => (
          <div class="row names" key={r.name}><Val f={operand} v={r.name}>{r.name}</Val><Share x={r.count / max} label={r.count + " times"} /><Num w={N.count(r.count, "times")} href={flowsOf(ip + " and " + operand + "=" + quote(r.name))} /></div>
        ))}
      </div>
    </section>
  );
}

const l4Columns = (ip: string): Column<L4>[] => [
  { id: "l4", title: "Protocol", w: 90, phone: "a", sort: "l4", cell: (r) => (r.l4 === "other" ? <span>other</span> : <Val f="l4" v={r.l4}>{r.l4.toUpperCase()}</Val>) },
  { id: "share", title: "Breakdown", w: 140, grow: true, cell: (r) => <Breakdown sent={r.bytes_sent} rcvd={r.bytes_rcvd} /> },
  { id: "bs", title: "Sent", w: 96, right: true, sort: "bytes_sent", phone: "b", cell: (r) => <Num w={N.bytes(r.bytes_sent)} href={flowsOf(r.l4 === "other" ? ip : ip + " and l4=" + r.l4)} tone="sent" /> },
  { id: "br", title: "Received", w: 96, right: true, sort: "bytes_rcvd", phone: "c", cell: (r) => <Num w={N.bytes(r.bytes_rcvd)} href={flowsOf(r.l4 === "other" ? ip : ip + " and l4=" + r.l4)} tone="rcvd" /> },
  { id: "ps", title: "Packets sent", w: 110, right: true, sort: "packets_sent", cell: (r) => <Num w={N.count(r.packets_sent)} href={flowsOf(ip)} /> },
  { id: "pr", title: "Packets received", w: 130, right: true, sort: "packets_rcvd", cell: (r) => <Num w={N.count(r.packets_rcvd)} href={flowsOf(ip)} /> },
];

function Traffic({ h, ip }: TabProps) {
  return (
    <>
      <HostChart h={h} height={220} />
      <section class="section"><header><h2>By transport protocol</h2></header><PlainTable label="Transport protocols" columns={l4Columns(ip)} rows={h.l4 ?? []} keyOf={(r) => r.l4} /></section>
    </>
  );
}

function Packets({ h, ip }: TabProps) {
  const s = h.sizes;
  const max = s ? Math.max(1, ...s.sent, ...s.rcvd) : 1;
  const t = h.tcp ?? {};
  return (
    <div class="two">
      <section class="section" aria-label="Packet sizes">
        <header><h2>Packet sizes</h2><span class="lead">bytes of the IP packet</span></header>
        <div class="bars">
          <div class="row head"><span>Up to</span><span /><span>Sent</span><span>Received</span></div>
          {s?.bins.map((b, i) => (
            <div class="row" key={b}>
              <span>{b >= 65535 ? "larger" : N.grouped(b)}</span>
              <span class="two-way" aria-hidden="true">
                <i style={{ width: ((s.sent[i] ?? 0) / max) * 100 + "%", background: "var(--sent)" }} />
                <i style={{ width: ((s.rcvd[i] ?? 0) / max) * 100 + "%", background: "var(--rcvd)" }} />
              </span>
              <Num w={N.count(s.sent[i])} href={flowsOf(ip)} tone="sent" />
              <Num w={N.count(s.rcvd[i])} href={flowsOf(ip)} tone="rcvd" />
            </div>
          ))}
        </div>
      </section>
      <div>
        <section class="section" aria-label="TCP">
          <header><h2>TCP</h2><span class="lead">packets sent / received</span></header>
          <dl>
            <Fact t="SYN"><Pair a={t.syn_sent} b={t.syn_rcvd} href={flowsOf(ip + " and l4=tcp")} /></Fact>
            <Fact t="FIN"><Pair a={t.fin_sent} b={t.fin_rcvd} href={flowsOf(ip + " and l4=tcp")} /></Fact>
            <Fact t="RST"><Pair a={t.rst_sent} b={t.rst_rcvd} href={flowsOf(ip + " and l4=tcp")} /></Fact>
            <Fact t="Retransmitted"><Pair a={t.retrans_sent} b={t.retrans_rcvd} href={flowsOf(ip + " and retrans>0")} /></Fact>
            <Fact t="Out of order"><Pair a={t.ooo_sent} b={t.ooo_rcvd} href={flowsOf(ip + " and l4=tcp")} /></Fact>
            <Fact t="Lost"><Pair a={t.lost_sent} b={t.lost_rcvd} href={flowsOf(ip + " and l4=tcp")} /></Fact>
          </dl>
        </section>
        <section class="section" aria-label="ARP">
          <header><h2>ARP</h2><span class="lead">of its MAC, sent / received</span></header>
          <dl>
            <Fact t="Requests"><Pair a={h.arp?.requests_sent} b={h.arp?.requests_rcvd} href={h.mac ? to("/devices/" + h.mac, { q: undefined }) : path.value} /></Fact>
            <Fact t="Replies"><Pair a={h.arp?.replies_sent} b={h.arp?.replies_rcvd} href={h.mac ? to("/devices/" + h.mac, { q: undefined }) : path.value} /></Fact>
          </dl>
        </section>
      </div>
    </div>
  );
}

function useTop(by: string, q: string, limit = 20): Top[] | undefined {
  // Protocols without ports have port 0, which is no port.
  return useTopic<List<Top>>("top" + query({ by, q, if: ifParam(), limit })).value?.data.filter((r) => r.key !== "0");
}

function Ports({ h }: TabProps) {
  const mine = useTop("srv.port", "srv.ip=" + quote(h.ip));
  const theirs = useTop("srv.port", "cli.ip=" + quote(h.ip));
  const own = useTop("cli.port", "cli.ip=" + quote(h.ip));
  return (
    <div class="cols">
      <TopList title="Ports it serves" rows={mine} base={"srv.ip=" + quote(h.ip)} kind="other" operand="srv.port" />
      <TopList title="Ports it asks" rows={theirs} base={"cli.ip=" + quote(h.ip)} kind="other" operand="srv.port" />
      <TopList title="Its own ports as client" rows={own} base={"cli.ip=" + quote(h.ip)} kind="other" operand="cli.port" />
    </div>
  );
}

function Peers({ h, ip }: TabProps) {
  const peers = useTop("host", ip, 25)?.filter((r) => r.key.replace(/@\d+$/, "") !== h.ip);
  const apps = useTop("app", ip, 25);
  return (
    <div class="two">
      <TopList title="Peers" rows={peers} base={ip} kind="host" />
      <TopList title="What they speak" rows={apps} base={ip} kind="app" />
    </div>
  );
}

function Icmp({ h }: TabProps) {
  const peer = (p: string | null | undefined) => (p ? <Val f="ip" v={p} href={hostHref(p)} mono /> : <span class="muted">{"\u2013"}</span>);
  const href = flowsOf(ipTerm(h.ip) + " and l4 in (icmp,icmpv6)");
  const columns: Column<HostIcmp>[] = [
    { id: "name", title: "ICMP message", w: 200, grow: true, phone: "a", sort: "name", cell: (r) => <span>{r.name || "Type " + r.type + ", code " + r.code}{r.version === 6 && <span class="muted"> v6</span>}</span> },
    { id: "type", title: "Type.code", w: 84, right: true, cell: (r) => <span class="muted">{r.type}.{r.code}</span> },
    { id: "sent", title: "Packets sent", w: 110, right: true, sort: "sent", phone: "b", cell: (r) => <Num w={N.count(r.sent)} href={href} tone="sent" /> },
    { id: "lsp", title: "Last sent peer", w: 170, cell: (r) => peer(r.last_sent_peer) },
    { id: "rcvd", title: "Packets received", w: 130, right: true, sort: "rcvd", phone: "c", cell: (r) => <Num w={N.count(r.rcvd)} href={href} tone="rcvd" /> },
    { id: "lrp", title: "Last received peer", w: 170, cell: (r) => peer(r.last_rcvd_peer) },
    { id: "bd", title: "Breakdown", w: 110, cell: (r) => <Breakdown sent={r.sent} rcvd={r.rcvd} /> },
    { id: "total", title: "Total", w: 84, right: true, cell: (r) => <Num w={N.count(r.sent + r.rcvd)} href={href} /> },
  ];
  return <PlainTable label="ICMP messages" columns={columns} rows={h.icmp ?? []} keyOf={(r) => r.version + "." + r.type + "." + r.code} empty={<><h2>No ICMP</h2><p>Echoes, unreachable ports and other control messages of this host are counted here, with who got the last one.</p></>} />;
}

function Protocols({ h, ip }: TabProps) {
  const apps = h.apps ?? [];
  const total = apps.reduce((a, r) => a + r.bytes_sent + r.bytes_rcvd, 0);
  const cats = new Map<string, { category: string; bytes: number; sent: number; rcvd: number; flows: number }>();
  for (const a of apps) {
    const k = a.category ?? "Unspecified";
    const c = cats.get(k) ?? { category: k, bytes: 0, sent: 0, rcvd: 0, flows: 0 };
    c.sent += a.bytes_sent;
    c.rcvd += a.bytes_rcvd;
    c.bytes = c.sent + c.rcvd;
    c.flows += a.flows;
    cats.set(k, c);
  }
  const columns: Column<HostApp>[] = [
    { id: "app", title: "Application", w: 160, grow: true, phone: "a", sort: "app", cell: (r) => <span class="app"><Dot colour={colourOf(r.app)} /><Val f="app" v={r.app} href={to("/protocols/" + encodeURIComponent(r.app), { q: undefined })} /></span> },
    { id: "cat", title: "Category", w: 120, sort: "category", cell: (r) => (r.category ? <Val f="category" v={r.category} /> : null) },
    { id: "dur", title: "Seen for", tip: "Seconds in which it was seen", w: 96, right: true, sort: "seconds", cell: (r) => <Num w={N.duration(r.seconds * 1000)} href={flowsOf(ip + " and " + appTerm(r.app))} /> },
    { id: "flows", title: "Flows", w: 72, right: true, sort: "flows", cell: (r) => <Num w={N.count(r.flows)} href={flowsOf(ip + " and " + appTerm(r.app))} /> },
    { id: "sent", title: "Sent", w: 92, right: true, sort: "bytes_sent", phone: "b", cell: (r) => <Num w={N.bytes(r.bytes_sent)} href={flowsOf(ip + " and " + appTerm(r.app))} tone="sent" /> },
    { id: "rcvd", title: "Received", w: 92, right: true, sort: "bytes_rcvd", phone: "c", cell: (r) => <Num w={N.bytes(r.bytes_rcvd)} href={flowsOf(ip + " and " + appTerm(r.app))} tone="rcvd" /> },
    { id: "bd", title: "Breakdown", w: 100, cell: (r) => <Breakdown sent={r.bytes_sent} rcvd={r.bytes_rcvd} /> },
    { id: "total", title: "Total", w: 92, right: true, cell: (r) => <Num w={N.bytes(r.bytes_sent + r.bytes_rcvd)} href={flowsOf(ip + " and " + appTerm(r.app))} /> },
    { id: "share", title: "", w: 72, right: true, cell: (r) => <Num w={N.ratio(total ? (r.bytes_sent + r.bytes_rcvd) / total : 0)} href={flowsOf(ip + " and " + appTerm(r.app))} tone="muted" /> },
  ];
  const rows = [...cats.values()].sort((a, b) => b.bytes - a.bytes);
  return (
    <>
      <section class="section"><header><h2>Applications</h2></header><PlainTable label="Applications" columns={columns} rows={apps} keyOf={(r) => r.app} /></section>
      <section class="section">
        <header><h2>Categories</h2></header>
        <div class="bars">
          {rows.map((c) => (
            <div class="row" key={c.category}><Val f="category" v={c.category} href={to("/categories/" + encodeURIComponent(c.category), { q: undefined })} /><Breakdown sent={c.sent} rcvd={c.rcvd} /><Num w={N.bytes(c.bytes)} href={flowsOf(ip + " and category=" + quote(c.category))} /><Num w={N.ratio(total ? c.bytes / total : 0)} href={flowsOf(ip + " and category=" + quote(c.category))} tone="muted" /></div>
          ))}
        </div>
      </section>
    </>
  );
}

function Dns({ h, ip }: TabProps) {
  const d = h.dns;
  const href = flowsOf(ip + " and app=DNS");
  if (!d || !["queries_sent", "queries_rcvd", "ok_rcvd", "ok_sent", "error_rcvd", "error_sent"].some((k) => Number(d[k] ?? 0) > 0))
    return <div class="empty"><h2>No DNS</h2><p>Questions this host asks or answers, and the names it asks for, are counted here.</p></div>;
  const failed = d.queries_sent ? (d.error_rcvd ?? 0) / d.queries_sent : 0;
  return (
    <>
      <p>{N.text(N.count(d.queries_sent))} questions asked{failed > 0 ? ", " + N.text(N.ratio(failed)) + " answered with an error" : ""}; {N.text(N.count(d.queries_rcvd))} questions answered as a server.</p>
      <div class="two">
        <section class="section"><header><h2>Messages</h2><span class="lead">sent / received</span></header>
          <dl>
            <Fact t="Queries"><Pair a={d.queries_sent} b={d.queries_rcvd} href={href} /></Fact>
            <Fact t="Replies without error"><Pair a={d.ok_sent} b={d.ok_rcvd} href={href} /></Fact>
            <Fact t="Replies with error"><Pair a={d.error_sent} b={d.error_rcvd} href={flowsOf(ip + " and dns.rcode!=0")} /></Fact>
          </dl>
        </section>
        <Names title="Names asked for" rows={d.names ?? []} operand="dns.query" ip={ip} />
      </div>
    </>
  );
}

function Http({ h, ip }: TabProps) {
  const d = h.http;
  const any = d && ((d.requests_sent ?? 0) > 0 || (d.requests_rcvd ?? 0) > 0);
  if (!any) return <div class="empty"><h2>No HTTP in the clear</h2><p>Requests, answers and virtual hosts of unencrypted HTTP are counted here. What goes over TLS shows as names on the Home tab.</p></div>;
  const href = flowsOf(ip + " and app=HTTP");
  return (
    <div class="two">
      <section class="section"><header><h2>Messages</h2><span class="lead">sent / received</span></header>
        <dl>
          <Fact t="Requests"><Pair a={d.requests_sent} b={d.requests_rcvd} href={href} /></Fact>
          {[1, 2, 3, 4, 5].map((c) => <Fact key={c} t={"Answers " + c + "xx"}><Pair a={d.codes_sent?.[c - 1]} b={d.codes_rcvd?.[c - 1]} href={flowsOf(ip + " and http.code>=" + c + "00 and http.code<" + (c + 1) + "00")} /></Fact>)}
        </dl>
      </section>
      <Names title="Hosts asked for" rows={d.names ?? []} operand="http.host" ip={ip} />
    </div>
  );
}

const VIEW: Record<Exclude<Tab, "Flows">, (p: TabProps) => ComponentChildren> = { Home, Traffic, Packets, Ports, Peers, ICMP: Icmp, Protocols, DNS: Dns, HTTP: Http };

export default function HostPage({ id }: PageProps) {
  void tick.value;
  const frame = useTopic<One<Host> & { status?: number; detail?: string }>("hosts/" + id + query({ if: ifParam() })).value;
  const last = useRef<Host | null>(null);
  if (last.current && last.current.host_id !== id && last.current.ip !== id) last.current = null;
  if (frame?.data) last.current = frame.data;
  const h = last.current;
  const asked = place.value.params.tab?.toLowerCase() ?? "home";
  const tab = TABS.find((t) => t.toLowerCase() === asked) ?? "Home";
  if (!h)
    return frame?.status ? (
      <div class="page"><div class="empty">
        <h1>{id.replace(/@0$/, "")} is not here</h1>
        <p>It has been silent for long enough to be forgotten (local-host-idle, remote-host-idle), or was never seen. <a href={to("/hosts", { q: undefined })}>All hosts</a> that are here.</p>
      </div></div>
    ) : <div class="page" aria-busy="true" />;
  const ip = ipTerm(h.ip) + (h.vlan ? " and vlan=" + h.vlan : "");
  const badge: Partial<Record<Tab, number>> = {
    Flows: (h.flows_client ?? 0) + (h.flows_server ?? 0),
    ICMP: h.icmp?.length ?? 0,
    Protocols: h.apps?.length ?? 0,
    HTTP: (h.http?.requests_sent ?? 0) + (h.http?.requests_rcvd ?? 0),
    DNS: Number(h.dns?.queries_sent ?? 0) + Number(h.dns?.queries_rcvd ?? 0),
  };
  const top = h.apps?.[0];
  const View = tab === "Flows" ? null : VIEW[tab];
  return (
    <div class={"page" + (tab === "Flows" ? " fill" : "")}>
      <div class="bar">
        <h1 class="sentence">
          <i class={"level " + (h.alerted_flows ? "warning" : "good")} role="img" aria-label={h.alerted_flows ? "has alerts" : "fine"} />
          <span>
            {h.name ? <>{h.name} <span class="mono lead">{h.ip}</span></> : <span class="mono">{h.ip}</span>}
            <span class="lead"> {h.multicast ? "is a group, not a machine; what goes to it is mostly" : (h.local ? "is a local host" : "is a remote host") + "; it mostly " + ((h.bytes_rcvd ?? 0) > (h.bytes_sent ?? 0) ? "receives" : "sends")}{top ? " " + top.app : ""}{h.alerted_flows ? "; " + N.text(N.count(h.alerted_flows)) + (h.alerted_flows === 1 ? " flow has" : " flows had") + " a problem" : "; nothing is wrong"}.</span>
          </span>
        </h1>
        <a class="button" href={"/api/v1/hosts/" + h.host_id} download={"host-" + h.ip.replace(/:/g, "_") + ".json"}><Icon name="export" /> JSON</a>
      </div>
      <nav class="tabs" aria-label="Tabs of the host">
        {TABS.map((t) => (
          <a key={t} href={to("/hosts/" + id, { tab: t === "Home" ? undefined : t.toLowerCase() })} aria-current={t === tab ? "page" : undefined}>
            {t}{badge[t] ? <span class="badge">{N.text(N.count(badge[t]))}</span> : null}
          </a>
        ))}
      </nav>
      {View ? <View key={tab + String(phone.value)} h={h} ip={ip} /> : <FlowTable condition={ip} />}
    </div>
  );
}
