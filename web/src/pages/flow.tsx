// flow.tsx - one flow as a story: who with whom, what it was, how it went; then every fact.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, get, type One } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import { certainty, clientBecause, timeline, toldBy, verdict } from "../lib/story.ts";
import type { ExporterDetail, Flow, Hop } from "../lib/types.ts";
import { collects, flowsOf, tick, to } from "../lib/state.ts";
import { fieldsReady, flowFields, groupOrder, groupTitle, valueOf } from "../fields.ts";
import type { PageProps } from "../pages.ts";
import { Ago, App, flowHref, Moment, Peer, Value } from "../parts/cells.tsx";
import { Fact } from "../parts/facts.tsx";
import { useGet, useTopic } from "../parts/hooks.ts";
import { Icon } from "../parts/icons.tsx";
import { copy } from "../parts/menu.tsx";
import { Breakdown, Figure, Num, Spark, Trend, Val } from "../parts/num.tsx";
import { Fields, ToldList, useTold } from "./told.tsx";

interface Problem {
  status?: number;
  title?: string;
  detail?: string;
}

const num = (f: Flow, k: string) => (typeof f[k] === "number" ? (f[k] as number) : 0);

function Latency({ f }: { f: Flow }) {
  const parts = [
    { k: "client_nw_ms", cls: "lat-cli", name: "Client network", tip: "Half-way between Weir and the client" },
    { k: "server_nw_ms", cls: "lat-srv", name: "Server network", tip: "Half-way between Weir and the server" },
    { k: "appl_ms", cls: "lat-app", name: "Application", tip: "From the request to the first answer" },
  ].map((p) => ({ ...p, ms: num(f, p.k) }));
  const sum = parts.reduce((a, p) => a + p.ms, 0);
  if (sum <= 0) return null;
  return (
    <section class="section latency" aria-label="Latency">
      <header><h2>Where the time went</h2><span class="lead">until the first answer</span></header>
      <div class="legend">
        {parts.map((p) => (
          <span key={p.k} title={p.tip}><i class={"dot " + p.cls} />{p.name} <Num w={N.duration(p.ms || null)} href={flowsOf((flowFields.value.find((x) => x.id === p.k)?.operand ?? p.k) + ">=" + Math.max(1, Math.floor(p.ms)) + "ms")} /></span>
        ))}
        <span class="muted">of <Figure w={N.duration(sum)} /></span>
      </div>
      <div class="track" role="img" aria-label={parts.map((p) => p.name + " " + N.text(N.duration(p.ms))).join(", ")}>
        {parts.filter((p) => p.ms > 0).map((p) => <i key={p.k} class={p.cls} style={{ flexGrow: p.ms / sum, flexBasis: 0 }} title={p.name + " " + N.text(N.duration(p.ms))} />)}
      </div>
    </section>
  );
}

function Mismatch({ f }: { f: Flow }) {
  if (!f.tls_mismatch && f.problem !== "certificate_mismatch") return null;
  const asked = String(f.sni ?? f.http_host ?? "");
  const is = String(f.tls_cert ?? f.tls_subject ?? "");
  return (
    <div class="warnbox error" role="note">
      <h2>Certificates don't match</h2>
      <dl>
        <dt>Client requested</dt><dd>{asked ? <Val f="sni" v={asked} mono /> : "a name that was not seen"}</dd>
        <dt>Certificate is for</dt><dd>{is ? <Val f="tls.cert" v={is} mono /> : "another name"}</dd>
      </dl>
      <p class="muted">Either the server is set up wrongly, or somebody stands between. Ask whose certificate it is before trusting it.</p>
    </div>
  );
}

function Ask({ f }: { f: Flow }) {
  if (typeof f.http_method === "string" || typeof f.http_url === "string")
    return <p>It asked <b>{String(f.http_method ?? "")}</b> <span class="mono">{String(f.http_host ?? "") + String(f.http_url ?? "")}</span>{f.http_code ? <> and was answered <b>{String(f.http_code)}</b></> : null}.</p>;
  if (typeof f.dns_query === "string")
    return <p>It asked for the {f.dns_type ? String(f.dns_type) + " record of " : "name "}<span class="mono">{f.dns_query}</span>{f.dns_answer ? <> and got <span class="mono">{String(f.dns_answer)}</span></> : f.dns_rcode ? <> and got an error ({String(f.dns_rcode)})</> : null}.</p>;
  if (typeof f.sni === "string") return <p>It asked for <Val f="sni" v={f.sni} mono />{f.tls_version ? " over " + String(f.tls_version) : ""}.</p>;
  if (typeof f.info === "string") return <p>It said <Val f="info" v={f.info} mono />.</p>;
  return null;
}

/** An interface of an exporter, by its name where somebody has told it. */
function Face({ hop, way, index }: { hop: Hop; way: "in" | "out"; index: number }) {
  const detail = useGet<One<ExporterDetail>>("exporters/" + hop.exporter).data?.data;
  const name = detail?.interfaces.find((i) => i.index === index)?.name;
  return <span><span class="muted">{way}</span> <a class="val" href={flowsOf("exporter=" + hop.exporter + " and " + way + "=" + index)} title={"Interface " + index}>{name || "interface " + index}</a></span>;
}

/** The way of the flow over those who told of it. */
function Path({ hops }: { hops: Hop[] }) {
  return (
    <section class="section" aria-label="Path">
      <header><h2>Seen on its way by</h2><span class="lead">{hops.length === 1 ? "one exporter" : hops.length + " exporters; the first is counted"}</span></header>
      <ol class="hops">
        {hops.map((h) => (
          <li key={h.exporter + h.domain + h.in_if + h.out_if}>
            <span><Val f="exporter" v={h.exporter} href={to("/exporters/" + h.exporter, { q: undefined })} mono />{h.domain > 0 && <span class="muted"> domain {h.domain}</span>}</span>
            <span class="faces"><Face hop={h} way="in" index={h.in_if} /><span class="muted">{"\u2192"}</span><Face hop={h} way="out" index={h.out_if} /></span>
            <span class="muted"><Ago t={h.last_seen} /></span>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface SentRecord {
  t: number;
  exporter: string;
  fields: Record<string, unknown>;
}

/** The latest record about it, elements that have no column included: kept while somebody looks. */
function AsSent({ r }: { r: SentRecord }) {
  return (
    <section class="section" aria-label="As sent">
      <header><h2>The latest record about it</h2><span class="lead">as {r.exporter} sent it, not scaled; <Ago t={r.t} /></span></header>
      <Fields of={r.fields} />
    </section>
  );
}

/** What firewalls and address translators told of the same two ends and ports. */
function Events({ f }: { f: Flow }) {
  const told = useTold({ ip: f.cli?.ip }, 256);
  const is = (a: { ip: string; port: number }, b: Flow["cli"]) => a.ip === b?.ip && a.port === (b?.port ?? 0);
  const rows = told?.data.filter((t) => (is(t.src, f.cli) && is(t.dst, f.srv)) || (is(t.src, f.srv) && is(t.dst, f.cli)));
  if (!rows?.length) return null;
  return (
    <section class="section" aria-label="Events">
      <header><h2>What was told of it beside traffic</h2></header>
      <ToldList rows={rows} />
    </section>
  );
}

/** Fields the story has told already, and those that only other fields show. */
const TOLD = new Set(["flow_id", "trend"]);

export default function FlowPage({ id }: PageProps) {
  void tick.value;
  void fieldsReady.value;
  const frame = useTopic<One<Flow> & Problem>("flows/" + id).value;
  const first = useSignal<Flow | null>(null);
  const gone = useSignal<Problem | null>(null);
  const rate = useSignal<(number | null)[]>([]);
  useEffect(() => {
    first.value = null;
    gone.value = null;
    rate.value = [];
    get<One<Flow>>("flows/" + id)
      .then((r) => (first.value = r.data))
      .catch((e: unknown) => (gone.value = { status: e instanceof ApiError ? e.status : 0, detail: (e as Error).message }));
  }, [id]);
  useEffect(() => {
    if (frame?.data) {
      first.value = { ...first.value, ...frame.data };
      rate.value = [...rate.value.slice(-299), num(frame.data, "bps")];
      gone.value = null;
    } else if (frame?.status) gone.value = frame;
  }, [frame]);
  const f = first.value;
  if (!f)
    return gone.value ? (
      <div class="page"><div class="empty">
        <h1>This flow is not here any more</h1>
        <p>It has ended and left the memory, or never was. <a href={to("/flows")}>The flows that are alive</a> are; <code>--flow-idle 3600</code> keeps them for an hour.</p>
        <p class="mono">{id}</p>
      </div></div>
    ) : <div class="page" aria-busy="true" />;

  const told = verdict(f);
  const both = [f.cli?.ip, f.srv?.ip].filter(Boolean).map((x) => "ip=" + String(x)).join(" and ");
  const groups = new Map<string, { id: string; node: preact.ComponentChildren; title: string; tip: string }[]>();
  for (const x of flowFields.value) {
    if (TOLD.has(x.id)) continue;
    const v = valueOf(f, x.id);
    if (v === undefined || v === null || v === "" || (Array.isArray(v) && v.length === 0)) continue;
    const g = x.group;
    const list = groups.get(g) ?? [];
    list.push({ id: x.id, title: x.title, tip: x.tip, node: x.kind === "time" ? <Moment t={Number(v)} /> : x.kind === "app" ? <App r={f} /> : <Value f={x} v={v} href={flowHref(f)} /> });
    groups.set(g, list);
  }
  const stops = timeline(f);
  const state = String(f.state ?? "");
  return (
    <div class="page">
      <div class="bar">
        <h1 class="ends grow">
          <Peer e={f.cli} side="cli" vlan={f.vlan} />
          <span class="via">{"\u2192"} {String(f.l4 ?? "").toUpperCase()} {"\u2192"}</span>
          <Peer e={f.srv} side="srv" vlan={f.vlan} />
        </h1>
        {both && <a class="button" href={flowsOf(both)}>All between the two</a>}
        <a class="button" href={"/api/v1/flows/" + id} download={"flow-" + id.slice(0, 8) + ".json"}><Icon name="export" /> JSON</a>
        {typeof f.community_id === "string" && <button type="button" class="button hide-phone" title={"Copy the community id " + f.community_id} onClick={() => copy(String(f.community_id))}>Community id</button>}
      </div>
      <div class="story">
        <p>
          {f.cli?.name ? <><b>{f.cli.name}</b> (<span class="mono">{f.cli.ip}</span>)</> : <b class="mono">{f.cli?.ip ?? "Somebody"}</b>} spoke first
          {clientBecause(f) && <span class="muted"> ({clientBecause(f)})</span>} to {f.srv?.name ? <><b>{f.srv.name}</b> (<span class="mono">{f.srv.ip}</span>)</> : <b class="mono">{f.srv?.ip ?? "somebody"}</b>}.{" "}
          It was <b>{String(f.app ?? "Unknown")}</b>{f.category ? <span class="muted"> ({String(f.category)})</span> : null}, {certainty(f)}.{" "}
          <Figure w={N.count(num(f, "packets"))} /> packets carried <Figure w={N.bytes(num(f, "bytes"))} /> in <Figure w={N.duration(num(f, "duration_ms"))} />.
        </p>
        <Ask f={f} />
        {toldBy(f) && <p>{toldBy(f)}</p>}
        <p class="verdict sentence"><i class={"level " + told.level} role="img" aria-label={told.level} /><span>{told.text}</span></p>
      </div>
      <Mismatch f={f} />
      <Latency f={f} />
      <div class="two">
        <section class="section" aria-label="Traffic">
          <header><h2>Traffic</h2><span class="lead">{state}</span><span class="grow" />{rate.value.length > 2 && <Spark v={rate.value} w={120} label="Throughput while this page is open" />}<span class="rate"><Figure w={N.rate(num(f, "bps"))} /><Trend t={f.trend as string | undefined} /></span></header>
          <div class="bars">
            <div class="row"><span>Client to server</span><Breakdown sent={num(f, "c2s_bytes")} rcvd={0} label={["client to server", ""]} /><Num w={N.bytes(num(f, "c2s_bytes"))} href={flowHref(f)} tone="sent" /><Num w={N.count(num(f, "c2s_packets"), "packets")} href={flowHref(f)} tone="muted" /></div>
            <div class="row"><span>Server to client</span><Breakdown sent={0} rcvd={num(f, "s2c_bytes")} label={["", "server to client"]} /><Num w={N.bytes(num(f, "s2c_bytes"))} href={flowHref(f)} tone="rcvd" /><Num w={N.count(num(f, "s2c_packets"), "packets")} href={flowHref(f)} tone="muted" /></div>
            <div class="row"><span>Breakdown</span><Breakdown sent={num(f, "c2s_bytes")} rcvd={num(f, "s2c_bytes")} label={["client to server", "server to client"]} /><Num w={N.bytes(num(f, "bytes"))} href={flowHref(f)} q={"flow_id=" + id} sum="bytes" /><Num w={N.count(num(f, "packets"), "packets")} href={flowHref(f)} tone="muted" /></div>
            {num(f, "sampling") > 1 && <div class="row" title="Before scaling by the sampling rate"><span>As it was sent</span><Breakdown sent={num(f, "raw_c2s_bytes")} rcvd={num(f, "raw_s2c_bytes")} label={["client to server", "server to client"]} /><Num w={N.bytes(num(f, "raw_c2s_bytes") + num(f, "raw_s2c_bytes"))} href={flowHref(f)} tone="muted" /><Num w={N.count(num(f, "raw_c2s_packets") + num(f, "raw_s2c_packets"), "packets")} href={flowHref(f)} tone="muted" /></div>}
          </div>
        </section>
        <section class="section" aria-label="Time line">
          <header><h2>Time line</h2>{typeof f.first_seen === "number" && <span class="lead"><Moment t={f.first_seen} /></span>}</header>
          <ol class="timeline">
            {stops.map((s, i) => (
              <li key={i}><span class="when muted">{s.ms === 0 ? "0" : "+" + N.text(N.duration(s.ms))}</span><span class="knot" aria-hidden="true" /><span>{s.text}</span></li>
            ))}
          </ol>
        </section>
      </div>
      {Array.isArray(f.path) && f.path.length > 0 && <Path hops={f.path as Hop[]} />}
      {f.record ? <AsSent r={f.record as SentRecord} /> : null}
      {collects.value && f.cli?.ip && <Events f={f} />}
      <div class="facts">
        {[...groups].sort((a, b) => groupOrder(a[0], b[0])).map(([g, list]) => (
          <section class="section" key={g} aria-label={groupTitle(g)}>
            <header><h2>{groupTitle(g)}</h2></header>
            <dl>{list.map((x) => <Fact key={x.id} t={x.title} tip={x.tip}>{x.node}</Fact>)}</dl>
          </section>
        ))}
      </div>
      {f.raw !== undefined && (
        <details>
          <summary>Raw fields, under the names of the exports</summary>
          <pre>{JSON.stringify(f.raw, null, 2)}</pre>
        </details>
      )}
    </div>
  );
}
