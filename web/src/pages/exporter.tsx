// exporter.tsx - one exporter: what it sends and how whole it came, its interfaces, its flows.

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ApiError, get, type One } from "../lib/api.ts";
import { exporterFaults, exporterLevel, isSkewed, lossOf, lossText, samplingTip, skewText } from "../lib/exporters.ts";
import { both } from "../lib/filter.ts";
import * as N from "../lib/numbers.ts";
import { rateOf, remember } from "../lib/rates.ts";
import type { ExporterDetail, ExporterInterface, ExporterStream } from "../lib/types.ts";
import { query } from "../lib/url.ts";
import { flowsOf, ifParam, path, tick, to } from "../lib/state.ts";
import type { PageProps } from "../pages.ts";
import { Ago, hostHref, Moment } from "../parts/cells.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { useTopic } from "../parts/hooks.ts";
import { Num, Share, Spark, Val } from "../parts/num.tsx";
import { PlainTable, type Column } from "../parts/table.tsx";
import { Announced } from "./layouts.tsx";
import { CountersOf, FaceName } from "./counters.tsx";
import { Sampling } from "./exporters.tsx";
import { FlowTable } from "./flows.tsx";
import { ToldList, useTold } from "./told.tsx";

type Faulty = { status?: number; detail?: string };

function streams(): Column<ExporterStream>[] {
  const fault = (n: number, what: string) => <Num w={N.count(n, what)} href={path.value} tone={n ? "warning" : "muted"} />;
  return [
    { id: "domain", title: "Domain", tip: "Observation domain, source id or sub-agent", w: 84, right: true, sort: "domain", phone: "a", cell: (s) => <Val f="exporter.domain" v={String(s.domain)} mono /> },
    { id: "protocol", title: "Protocol", w: 110, sort: "protocol", phone: "b", cell: (s) => <span>{s.protocol}</span> },
    { id: "datagrams", title: "Messages", w: 88, right: true, sort: "datagrams", cell: (s) => <Num w={N.count(s.datagrams, "messages")} href={path.value} /> },
    { id: "records", title: "Records", w: 88, right: true, sort: "records", phone: "c", cell: (s) => <Num w={N.count(s.records, "records")} href={path.value} /> },
    { id: "lost", title: "Lost", tip: "By sequence numbers", w: 80, right: true, sort: "lost", phone: "d", cell: (s) => <Num w={N.count(s.lost, s.lost_unit)} href={path.value} tone={s.lost ? "error" : "muted"} /> },
    { id: "late", title: "Late / twice", tip: "Messages out of order, and messages that came twice", w: 104, right: true, sort: "reordered", cell: (s) => <span>{fault(s.reordered, "messages out of order")} <span class="muted">/</span> {fault(s.duplicate, "messages twice")}</span> },
    { id: "no_template", title: "No template", tip: "Sets whose template did not come in time", w: 104, right: true, sort: "no_template", cell: (s) => fault(s.no_template, "sets without template") },
    { id: "malformed", title: "Malformed", w: 104, right: true, sort: "malformed", cell: (s) => fault(s.malformed, "could not be read") },
    { id: "restarts", title: "Restarts", w: 80, right: true, sort: "restarts", cell: (s) => fault(s.restarts, "restarts") },
    { id: "sampling", title: "Sampling", w: 108, right: true, sort: "sampling", cell: (s) => <Sampling x={s} /> },
    { id: "skew", title: "Clock", w: 124, right: true, sort: "skew_ms", cell: (s) => <span class={isSkewed(s.skew_ms) ? "notok" : "muted"}>{skewText(s.skew_ms)}</span> },
    { id: "last", title: "Heard", w: 92, grow: true, sort: "last_seen", cell: (s) => <Ago t={s.last_seen} /> },
  ];
}

function interfaces(x: ExporterDetail): Column<ExporterInterface>[] {
  const most = Math.max(1, ...x.interfaces.flatMap((i) => [i.bytes_in, i.bytes_out]));
  const of = (word: string, i: ExporterInterface) => flowsOf(both(x.filter, word + "=" + i.index));
  const either = (i: ExporterInterface) => flowsOf(x.filter + " and (in=" + i.index + " or out=" + i.index + ")");
  return [
    { id: "index", title: "Index", tip: "SNMP index of the interface", w: 64, right: true, sort: "index", phone: "a", cell: (i) => <Num w={{ v: String(i.index), u: "", full: "interface " + i.index }} href={either(i)} /> },
    { id: "name", title: "Interface", w: 150, grow: true, sort: "name", phone: "b", cell: (i) => <FaceName i={i} /> },
    { id: "line", title: "", w: 72, cell: (i) => <Spark v={rateOf("exporter-if " + x.ip, String(i.index))} w={56} /> },
    { id: "bps", title: "Throughput", tip: "In and out, of the records of the last second", w: 112, right: true, sort: "bps", cell: (i) => <Num w={N.rate(i.bps)} href={either(i)} tone={i.bps ? undefined : "muted"} /> },
    { id: "in", title: "In", tip: "What its flows brought in, scaled", w: 92, right: true, sort: "bytes_in", phone: "c", cell: (i) => <Num w={N.bytes(i.bytes_in)} href={of("in", i)} tone="rcvd" /> },
    { id: "inbar", title: "", w: 96, cell: (i) => <Share x={i.bytes_in / most} colour="var(--rcvd)" label={"in " + N.text(N.bytes(i.bytes_in))} /> },
    { id: "out", title: "Out", tip: "What its flows took out, scaled", w: 92, right: true, sort: "bytes_out", phone: "d", cell: (i) => <Num w={N.bytes(i.bytes_out)} href={of("out", i)} tone="sent" /> },
    { id: "outbar", title: "", w: 96, cell: (i) => <Share x={i.bytes_out / most} colour="var(--sent)" label={"out " + N.text(N.bytes(i.bytes_out))} /> },
    { id: "pin", title: "Packets in", w: 92, right: true, sort: "packets_in", cell: (i) => <Num w={N.count(i.packets_in, "packets")} href={of("in", i)} tone="muted" /> },
    { id: "pout", title: "Packets out", w: 104, right: true, sort: "packets_out", cell: (i) => <Num w={N.count(i.packets_out, "packets")} href={of("out", i)} tone="muted" /> },
    { id: "last", title: "Heard", w: 92, sort: "last_seen", cell: (i) => (i.last_seen ? <Ago t={i.last_seen} /> : null) },
  ];
}

function Traffic({ x }: { x: ExporterDetail }) {
  const scaled = x.sampling > 1;
  return (
    <section class="section"><header><h2>Traffic</h2><span class="lead">{scaled ? "scaled by its sampling" : "as it was sent"}</span></header>
      <dl>
        <Fact t="Throughput" tip="What the records of the last second told of"><span class="rate"><Spark v={rateOf("exporters", x.ip)} w={96} /><Num w={N.rate(x.bps)} href={flowsOf(x.filter)} /></span></Fact>
        <Fact t="Bytes" tip="Counted for this exporter since the start"><Num w={N.bytes(x.bytes)} href={flowsOf(x.filter)} /></Fact>
        <Fact t="Packets"><Num w={N.count(x.packets, "packets")} href={flowsOf(x.filter)} /></Fact>
        <Fact t="Sampling" tip={samplingTip(x)}><Sampling x={x} /></Fact>
        <Fact t="Bytes as sent" tip="Before scaling"><Num w={N.bytes(x.raw_bytes)} href={flowsOf(x.filter)} tone="muted" /></Fact>
        <Fact t="Packets as sent" tip="Before scaling"><Num w={N.count(x.raw_packets, "packets")} href={flowsOf(x.filter)} tone="muted" /></Fact>
        <Fact t="Counted elsewhere" tip="It told of these bytes, too, but another exporter, or the flow's other interface, had told them: they count once (--dedup)"><Num w={N.bytes(x.dup_bytes)} href={flowsOf(x.filter)} tone="muted" /></Fact>
      </dl>
    </section>
  );
}

function Received({ x }: { x: ExporterDetail }) {
  const loss = lossOf(x);
  const fault = (n: number, what: string) => <Num w={N.count(n, what)} href={path.value} tone={n ? "warning" : "muted"} />;
  return (
    <section class="section"><header><h2>Received</h2><span class="lead">of its messages</span></header>
      <dl>
        <Fact t="Messages"><Num w={N.count(x.datagrams, "messages")} href={path.value} /></Fact>
        <Fact t="Their bytes"><Num w={N.bytes(x.export_bytes)} href={path.value} /></Fact>
        <Fact t="Data records"><Num w={N.count(x.records, "records")} href={path.value} /></Fact>
        <Fact t="Options records" tip="They tell sampling rates and names"><Num w={N.count(x.options, "records")} href={path.value} /></Fact>
        <Fact t="Never came" tip="By sequence numbers"><span class={loss.lost ? "notok" : "muted"}>{lossText(loss)}</span></Fact>
        <Fact t="Came late / twice"><span>{fault(x.reordered, "messages")} <span class="muted">/</span> {fault(x.duplicate, "messages")}</span></Fact>
        <Fact t="Could not be read">{fault(x.malformed, "messages, sets and records")}</Fact>
        <Fact t="Without template / waiting" tip="Sets whose template did not come within a minute, and those that still wait for theirs"><span>{fault(x.no_template, "sets")} <span class="muted">/</span> {fault(x.parked, "sets")}</span></Fact>
      </dl>
    </section>
  );
}

const STATE: Record<string, string> = { sends: "sends", silent: "silent", remembered: "known from before the start" };

function Device({ x }: { x: ExporterDetail }) {
  const usual = Math.min(...x.streams.map((s) => s.usual_ms).filter((ms) => ms > 0));
  return (
    <section class="section"><header><h2>Device</h2></header>
      <dl>
        <Fact t="Address"><Val f="exporter" v={x.ip} href={hostHref(x.ip)} mono /></Fact>
        {x.name && <Fact t="Name">{x.name}</Fact>}
        <Fact t="Protocols">{x.protocol}</Fact>
        <Fact t="State"><span class={x.state === "silent" ? "notok" : ""}>{STATE[x.state] ?? x.state}</span></Fact>
        <Fact t="Heard last"><Moment t={x.last_seen} /></Fact>
        {Number.isFinite(usual) && <Fact t="Usually every" tip="How long it mostly is between its messages"><span>{N.text(N.duration(usual))}</span></Fact>}
        <Fact t="Heard first"><Moment t={x.first_seen} /></Fact>
        <Fact t="Its clock" tip="Times inside its records are by this clock; impossible ones are moved and counted"><span class={isSkewed(x.skew_ms) ? "notok" : "muted"}>{skewText(x.skew_ms)}</span></Fact>
        <Fact t="Restarts"><Num w={N.count(x.restarts)} href={path.value} tone={x.restarts ? "warning" : "muted"} /></Fact>
        <Fact t="Templates"><Num w={N.count(x.templates)} href={path.value} /></Fact>
      </dl>
    </section>
  );
}

export default function ExporterPage({ id }: PageProps) {
  void tick.value;
  const url = "exporters/" + encodeURIComponent(id) + query({ if: ifParam() });
  const frame = useTopic<One<ExporterDetail> & Faulty>(url).value;
  const told = useTold({ exporter: id }, 6);
  const gone = useSignal<Faulty | null>(null);
  useEffect(() => {
    gone.value = null;
    get(url).catch((e: unknown) => (gone.value = { status: e instanceof ApiError ? e.status : 0, detail: (e as Error).message }));
  }, [url]);
  const x = frame?.data ?? null;
  useEffect(() => {
    const t = frame?.meta?.t;
    if (!x || !t) return;
    remember("exporters", [{ key: x.ip, bps: x.bps }], t);
    remember("exporter-if " + x.ip, x.interfaces.map((i) => ({ key: String(i.index), bps: i.bps })), t);
  }, [frame]);
  if (!x)
    return gone.value ? (
      <div class="page"><div class="empty">
        <h1>Nothing has come from {id}</h1>
        <p>It has not sent a message since Weir was started, or {id} is not the address that it sends from. <a href={to("/exporters", { q: undefined })}>Those who have</a> are listed.</p>
      </div></div>
    ) : <div class="page" aria-busy="true" />;
  const faults = exporterFaults(x);
  const level = exporterLevel(x);
  return (
    <div class="page">
      <div class="bar">
        <h1 class="sentence">
          <i class={"level " + level} role="img" aria-label={level} />
          <span><Val f="exporter" v={x.ip} mono={!x.name}>{x.name || x.ip}</Val><span class="lead"> sends {x.protocol || "nothing now"}; {faults.length ? faults.join("; ") : "nothing is wrong with it"}.</span></span>
        </h1>
        <a class="button" href={flowsOf(x.filter)}>Its flows</a>
        <a class="button" href={"/api/v1/exporters/" + x.ip} download={"exporter-" + x.ip + ".json"}>JSON</a>
      </div>
      <Facts><Traffic x={x} /><Received x={x} /><Device x={x} /></Facts>
      <section class="section" aria-label="Interfaces">
        <header><h2>Interfaces</h2><span class="lead">by its records; a number opens the flows behind it</span></header>
        <PlainTable label="Interfaces" columns={interfaces(x)} rows={x.interfaces} keyOf={(i) => String(i.index)} empty={<p>Its records name no interface.</p>} />
      </section>
      <CountersOf x={x} />
      <section class="section" aria-label="Streams">
        <header><h2>Streams</h2><span class="lead">each observation domain and protocol numbers its own messages</span></header>
        <PlainTable label="Streams" columns={streams()} rows={x.streams} keyOf={(s) => s.domain + s.protocol + s.if} />
      </section>
      <Announced x={x} />
      {told !== null && told.data.length > 0 && (
        <section class="section" aria-label="Log">
          <header><h2>What it told beside traffic</h2><span class="lead">the latest of {N.text(N.count(told.page.total))}</span><span class="grow" /><a href={to("/told", { q: undefined, exporter: x.ip })}>all of it</a></header>
          <ToldList rows={told.data} />
        </section>
      )}
      <section class="section tall" aria-label="Active flows"><header><h2>Active flows</h2></header><FlowTable condition={x.filter} /></section>
    </div>
  );
}
