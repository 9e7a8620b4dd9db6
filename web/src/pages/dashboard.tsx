// dashboard.tsx - the page to leave open: one sentence, the key figures, who and what right now.

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { get, type List, type One } from "../lib/api.ts";
import { KEPT, rateOf, remember, replaceRates } from "../lib/rates.ts";
import type { SeriesFrame } from "../lib/series.ts";
import * as N from "../lib/numbers.ts";
import * as C from "../lib/clock.ts";
import { both } from "../lib/filter.ts";
import { colourOf } from "../lib/colour.ts";
import type { Flow, Summary, Top, WeirEvent } from "../lib/types.ts";
import { query } from "../lib/url.ts";
import { engineNow, flowsOf, ifParam, q, tick, to, totals, zone } from "../lib/state.ts";
import { App, flowHref, hostHref } from "../parts/cells.tsx";
import { Icon } from "../parts/icons.tsx";
import { Dot, Num, Spark, Val } from "../parts/num.tsx";
import { useTopic } from "../parts/hooks.ts";
import { AppsChart, TrafficChart } from "../parts/trafficchart.tsx";
import { apps, traffic, trafficTick } from "../parts/traffic.ts";
import { EmptyTraffic } from "../parts/empty.tsx";

/** A talker that comes into view brings its last minute with it, when the engine keeps one. */
async function past(host: string, t: number): Promise<void> {
  try {
    const f = (await get<One<SeriesFrame>>("timeseries" + query({ schema: "host:traffic", host, if: ifParam(), seconds: KEPT }))).data;
    const sum = new Array<number | null>(KEPT).fill(null);
    for (const s of f.series)
      s.v.slice(-KEPT).forEach((x, i, v) => {
        const at = KEPT - v.length + i;
        if (x !== null) sum[at] = (sum[at] ?? 0) + x * 8;
      });
    replaceRates("talkers", host, sum, t);
  } catch {
    // The line starts now, then.
  }
}
function Sentence() {
  const s = useTopic<One<Summary>>("summary" + query({ if: ifParam(), q: q.value })).value?.data;
  return (
    <h1 class="sentence">
      <i class={"level " + (s?.level ?? "")} role="img" aria-label={s?.level ?? "unknown"} />
      <span>{s?.sentence ?? "Listening\u2026"}</span>
    </h1>
  );
}

function Kpi({ title, children, spark, tone }: { title: ComponentChildren; children: ComponentChildren; spark: string | null; tone?: string }) {
  return (
    <div class="kpi">
      <h3>{title}</h3>
      <div>{children}</div>
      <Spark v={spark ? traffic.last(spark, 120) : []} w={120} h={20} tone={tone ?? "muted"} />
    </div>
  );
}

function Kpis() {
  void trafficTick.value;
  const t = totals.value;
  const drops = t ? t.kernel_dropped + t.interface_dropped : null;
  const within = t ? Math.max(0, t.bps - t.upload_bps - t.download_bps) : 0;
  // Where nothing leaves the site, up and down would be two zeros beside the traffic.
  const inside = t !== null && t.upload_bytes + t.download_bytes < t.ip_bytes / 10;
  return (
    <section class="kpis" aria-label="Key figures">
      {inside ? (
        <>
          <Kpi title="Throughput" spark="packets" tone="accent"><Num w={N.rate(t?.bps)} href={to("/flows")} /></Kpi>
          <Kpi title="Internal" spark="internal" tone="accent"><Num w={N.rate(within)} href={flowsOf("local=l2l")} /></Kpi>
        </>
      ) : (
        <>
          <Kpi title="Upload" spark="upload" tone="sent"><Num w={N.rate(t?.upload_bps)} href={flowsOf("local=l2r")} /></Kpi>
          <Kpi title="Download" spark="download" tone="rcvd"><Num w={N.rate(t?.download_bps)} href={flowsOf("local=l2r or local=r2l")} /></Kpi>
        </>
      )}
      <Kpi title="Packets" spark="packets"><Num w={N.packetRate(t?.pps)} href={to("/flows")} /></Kpi>
      <Kpi title="Flows" spark="flows"><Num w={N.count(t?.flows_active)} href={to("/flows")} sum={q.value ? undefined : "flows"} q="" /></Kpi>
      <Kpi title={<>Hosts <a class="muted" href={to("/hosts", { local: "1" })} title="Local hosts">{t ? N.count(t.hosts_local).v + " local" : ""}</a></>} spark="hosts"><Num w={N.count(t?.hosts_active)} href={to("/hosts")} /></Kpi>
      <Kpi title="Retransmitted" spark="retrans"><Num w={N.count(t?.retrans, "TCP segments sent again")} href={flowsOf("retrans>0")} /></Kpi>
      <Kpi title="Flows with alerts" spark={null}><Num w={N.count(t?.alerted_flows)} href={flowsOf("problem!=none")} tone={t && t.alerted_flows > 0 ? "warning" : undefined} /></Kpi>
      <Kpi title="Dropped" spark="drops" tone="warning"><Num w={N.count(drops, "packets that the kernel or the interface dropped")} href={to("/system")} tone={drops ? "error" : undefined} /></Kpi>
    </section>
  );
}

function Head({ title, href, lead }: { title: string; href: string; lead?: string }) {
  return (
    <header><h2>{title}</h2>{lead && <span class="lead">{lead}</span>}<span class="grow" /><a href={href}>all</a></header>
  );
}

/** A wall shows more than a laptop. */
const ROWS = innerHeight > 950 ? 12 : 10;

function Ranked({ list, by, title, href, row }: { list: string; by: string; title: string; href: string; row: (t: Top) => ComponentChildren }) {
  const frame = useTopic<List<Top>>("top" + query({ by, q: q.value, if: ifParam(), limit: ROWS })).value;
  const rows = frame?.data ?? [];
  useMemo(() => frame?.meta?.t && remember(list, rows, frame.meta.t, list === "talkers" ? (key) => void past(key, frame.meta.t as number) : undefined), [frame]);
  const max = rows.reduce((a, r) => Math.max(a, r.bytes), 1);
  return (
    <section class="section" aria-label={title}>
      <Head title={title} href={href} lead="active flows" />
      <ol class="ranked">
        {rows.map((r) => (
          <li key={r.key} class="cell">
            <span class="name">{row(r)}</span>
            <Spark v={list === "apps" && apps.has("app:" + r.key) ? apps.last("app:" + r.key, KEPT) : rateOf(list, r.key)} w={56} tone={list === "talkers" ? "accent" : "muted"} />
            <Num w={N.rate(r.bps)} href={flowsOf(both(q.value, r.filter))} tone={r.bps ? undefined : "muted"} />
            <Num w={N.bytes(r.bytes)} href={flowsOf(both(q.value, r.filter))} q={both(q.value, r.filter)} sum="bytes" />
            <span class="under" style={{ width: (r.bytes / max) * 100 + "%" }} title={N.text(N.bytes(r.bytes_sent)) + " sent, " + N.text(N.bytes(r.bytes_rcvd)) + " received"}>
              {list === "talkers" ? (
                <>
                  <i class="s" style={{ width: (r.bytes ? (r.bytes_sent / r.bytes) * 100 : 0) + "%" }} />
                  <i class="r" style={{ width: (r.bytes ? (r.bytes_rcvd / r.bytes) * 100 : 0) + "%" }} />
                </>
              ) : <i style={{ width: "100%", background: colourOf(r.key) }} />}
            </span>
          </li>
        ))}
      </ol>
      {frame && rows.length === 0 && <p class="note">No active flow{q.value ? " matches the filter" : ""}.</p>}
    </section>
  );
}

function Conversations() {
  const frame = useTopic<List<Flow>>("flows" + query({ q: q.value, if: ifParam(), sort: "-bytes", offset: 0, limit: ROWS })).value;
  const rows = frame?.data ?? [];
  const num = (r: Flow, k: string) => Number(r[k] ?? 0);
  const max = rows.reduce((a, r) => Math.max(a, num(r, "bytes")), 1);
  return (
    <section class="section" aria-label="Conversations">
      <Head title="Conversations" href={to("/flows", { sort: "-bytes" })} lead="active flows" />
      <ol class="ranked pairs">
        {rows.map((r) => (
          <li key={r.flow_id} class="cell">
            <span class="pair">
              <button type="button" class="val" data-f="app" data-v={String(r.app ?? "")} title={String(r.app ?? "")} aria-label={String(r.app ?? "")} aria-haspopup="menu"><Dot colour={colourOf(String(r.app ?? ""))} /></button>
              {r.cli?.ip && <Val f="cli.ip" v={r.cli.ip} href={hostHref(r.cli.ip, r.vlan)} title={(r.cli.name ? r.cli.name + " " : "") + r.cli.ip}>{r.cli.name || r.cli.ip}</Val>}
              <span class="arrow" aria-label="to">{"\u2192"}</span>
              {r.srv?.ip && <Val f="srv.ip" v={r.srv.ip} href={hostHref(r.srv.ip, r.vlan)} title={(r.srv.name ? r.srv.name + " " : "") + r.srv.ip}>{r.srv.name || r.srv.ip}</Val>}
              <span class="tag"><App r={r} dot={false} /></span>
            </span>
            <Num w={N.rate(num(r, "bps"))} href={flowHref(r)} tone={num(r, "bps") ? undefined : "muted"} />
            <Num w={N.bytes(num(r, "bytes"))} href={flowHref(r)} />
            <span class="under" style={{ width: (num(r, "bytes") / max) * 100 + "%" }}>
              <i class="s" style={{ width: (num(r, "c2s_bytes") / Math.max(1, num(r, "bytes"))) * 100 + "%" }} />
              <i class="r" style={{ width: (num(r, "s2c_bytes") / Math.max(1, num(r, "bytes"))) * 100 + "%" }} />
            </span>
          </li>
        ))}
      </ol>
      {frame && rows.length === 0 && <p class="note">No active flow{q.value ? " matches the filter" : ""}.</p>}
    </section>
  );
}

const EVENT_ICON: Record<string, string> = { new_host: "hosts", new_device: "devices", new_application: "protocols", big_flow: "flows", problem: "warn", interface: "interfaces", emergency: "warn", exporter: "exporters" };

function eventHref(e: WeirEvent): string | undefined {
  if (e.link) {
    if (/^[0-9a-f]{32}$/.test(e.link)) return to("/flows/" + e.link);
    if (e.kind === "new_device") return to("/devices/" + e.link, { q: undefined });
    if (e.kind === "new_application") return to("/protocols/" + encodeURIComponent(e.link), { q: undefined });
    if (/[.:]/.test(e.link) && e.kind === "exporter") return to("/exporters/" + e.link, { q: undefined });
    if (/[.:]/.test(e.link) && e.kind === "new_host") return to("/hosts/" + e.link, { q: undefined });
  }
  return e.filter ? flowsOf(e.filter) : undefined;
}

function Events() {
  const frame = useTopic<List<WeirEvent>>("events" + query({ if: ifParam(), limit: 40 })).value;
  const rows = frame?.data ?? [];
  void tick.value;
  return (
    <section class="section changes" aria-label="What changed">
      <header><h2>What changed</h2></header>
      <ul class="events">
        {rows.map((e) => {
          const href = eventHref(e);
          return (
            <li key={e.t + e.kind + e.text} class={e.kind}>
              <Icon name={EVENT_ICON[e.kind] ?? "flows"} size={13} label={e.kind.replace(/_/g, " ")} />
              {href ? <a class="what" href={href} title={e.text}>{e.text}</a> : <span class="what">{e.text}</span>}
              <time title={C.exact(e.t, zone.value)}>{N.ago(engineNow() - e.t)}</time>
            </li>
          );
        })}
      </ul>
      {frame && rows.length === 0 && <p class="note">Nothing yet. New hosts, new applications, large finished flows and problems are told here.</p>}
    </section>
  );
}

export default function Dashboard() {
  const t = totals.value;
  if (t && t.received === 0 && t.ip_packets === 0 && !q.value)
    return <div class="page"><EmptyTraffic /></div>;
  return (
    <div class="page">
      <Sentence />
      <Kpis />
      <div class="dash">
        <div class="section">
          <TrafficChart height={172} />
          <AppsChart height={112} />
        </div>
        <Events />
      </div>
      <div class="cols">
        <Ranked list="talkers" by="host" title="Talkers" href={to("/hosts", { sort: "-bps" })}
          row={(r) => <Val f="ip" v={r.key.replace(/@\d+$/, "")} href={to("/hosts/" + r.key, { q: undefined })} mono={r.label === r.key} title={r.label === r.key ? r.key : r.label + " (" + r.key + ")"}>{r.label || r.key}</Val>} />
        <Ranked list="apps" by="app" title="Applications" href={to("/protocols")}
          row={(r) => <><Dot colour={colourOf(r.key)} /><Val f="app" v={r.key} href={to("/protocols/" + encodeURIComponent(r.key), { q: undefined })} /></>} />
        <Conversations />
      </div>
    </div>
  );
}
