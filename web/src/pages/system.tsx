// system.tsx - where did it go? The ledger with every counter, then memory, threads and options.

import { useSignal } from "@preact/signals";
import type { One } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import type { Export, Ledger, System as Sys, Totals } from "../lib/types.ts";
import { query } from "../lib/url.ts";
import { chosen, ifParam, path, tick, to } from "../lib/state.ts";
import { Fact } from "../parts/facts.tsx";
import { useGet, useTopic } from "../parts/hooks.ts";
import { Figure, Num, Share } from "../parts/num.tsx";
import { PlainTable, type Column } from "../parts/table.tsx";

type Line = Ledger["lines"][number];
type Reason = Ledger["reasons"][number];
type Loss = Ledger["losses"][number];

const GROUPS: [string, string, string][] = [
  ["FLOW", "In flows", "frames whose IP packet belongs to a flow"],
  ["OTHER", "Other frames", "whole frames without IP"],
  ["MALFORMED", "Malformed", "frames that could not be read as far as an IP header"],
  ["UNTRACKED", "Untracked", "IP packets that found no room"],
  ["EXPORT", "Exports of flows", "frames and messages that carried records of exporters"],
  ["RECORD", "Records that are no traffic", "what became of records that were handed on and not counted at flows"],
  ["NOTE", "Worth knowing", "notes about frames counted above"],
];

function figure(unit: string, n: number) {
  return unit.includes("byte") ? N.bytes(n) : N.count(n, unit);
}

function Equation({ l }: { l: Line }) {
  const sum = Math.max(1, l.terms.reduce((a, t) => a + (t.minus ? 0 : t.value), 0));
  const colours = ["--cat-0", "--cat-4", "--cat-2", "--cat-1", "--cat-3", "--cat-6", "--cat-8", "--cat-9"];
  return (
    <div class="equation">
      <div class="line1">
        <b>{l.id}</b><span>{l.text}</span><span class="grow" />
        <span class={l.gap === 0 ? "ok" : "notok"}>{l.gap === 0 ? "closes to the unit" : "gap of " + N.text(figure(l.unit, l.gap))}</span>
      </div>
      <div class="flowbar" aria-hidden="true">
        {l.terms.map((t, i) => (t.minus || t.value <= 0 ? null : <i key={t.name} style={{ flexGrow: t.value / sum, flexBasis: 0, background: "var(" + (colours[i % colours.length] as string) + ")" }} title={t.name} />))}
      </div>
      <div class="terms">
        <span>{l.left_name} <Num w={figure(l.unit, l.left)} href={to("/system")} /> =</span>
        {l.terms.map((t, i) => (
          <span key={t.name}>{!t.minus && <i class="dot" style={{ background: "var(" + (colours[i % colours.length] as string) + ")" }} aria-hidden="true" />}{t.minus ? "\u2212 " : i > 0 ? "+ " : ""}{t.name} <Num w={figure(l.unit, t.value)} href={to("/system")} tone={t.value ? undefined : "muted"} /></span>
        ))}
      </div>
    </div>
  );
}

const REASONS: Column<Reason>[] = [
  { id: "title", title: "Reason", w: 220, phone: "a", sort: "title", cell: (r) => <span title={r.name}>{r.title}</span> },
  { id: "text", title: "What it means", w: 240, grow: true, cell: (r) => <span class="muted" title={r.text}>{r.text}</span> },
  { id: "packets", title: "Packets", w: 104, right: true, sort: "packets", phone: "b", cell: (r) => <Num w={N.count(r.packets, "packets")} href={path.value} tone={r.packets === 0 ? "muted" : r.group === "malformed" || r.group === "untracked" ? "warning" : undefined} /> },
  { id: "bytes", title: "Bytes", w: 104, right: true, sort: "bytes", phone: "c", cell: (r) => <Num w={N.bytes(r.bytes)} href={path.value} tone={r.bytes === 0 ? "muted" : undefined} /> },
];

const LOSS_GROUPS: Record<string, string> = { malformed: "Malformed", no_template: "Without template", denied: "Denied", duplicate: "Sent twice", note: "Worth knowing" };

const LOSSES: Column<Loss>[] = [
  { id: "title", title: "Reason", w: 220, phone: "a", sort: "title", cell: (r) => <span title={r.name}>{r.title}</span> },
  { id: "group", title: "Counts as", w: 140, sort: "group", cell: (r) => <span class="muted">{LOSS_GROUPS[r.group] ?? r.group}</span> },
  { id: "text", title: "What it means", w: 240, grow: true, cell: (r) => <span class="muted" title={r.text}>{r.text}</span> },
  { id: "records", title: "Records", w: 104, right: true, sort: "records", phone: "b", cell: (r) => <Num w={N.count(r.records)} href={to("/exporters", { q: undefined })} tone={r.records === 0 ? "muted" : r.group === "note" ? undefined : "warning"} /> },
];

/** What became of records of exporters that were not handed on. */
function Losses({ rows, zeros }: { rows: Loss[]; zeros: boolean }) {
  const shown = zeros ? rows : rows.filter((r) => r.records > 0);
  return (
    <section class="section" aria-label="Records of exporters">
      <header><h2>Records of exporters</h2><span class="lead">{shown.length ? "that were not handed on, and notes about others" : "all were handed on"}</span></header>
      {shown.length > 0 && <PlainTable label="Records of exporters" columns={LOSSES} rows={shown} keyOf={(r) => r.name} />}
    </section>
  );
}

const EXPORTS: Column<Export>[] = [
  { id: "name", title: "To", w: 220, grow: true, phone: "a", sort: "name", cell: (x) => <span class="mono" title={x.name}>{x.name}</span> },
  { id: "state", title: "State", w: 300, phone: "c", sort: "state", cell: (x) => <span class={/^(sending|publishing)/.test(x.state) ? "" : "notok"} title={x.state}>{x.state}</span> },
  { id: "offered", title: "Records", tip: "Offered by the workers", w: 92, right: true, sort: "offered", cell: (x) => <Figure w={N.count(x.offered, "records")} /> },
  { id: "sent", title: "Sent", w: 92, right: true, sort: "sent", phone: "b", cell: (x) => <Figure w={N.count(x.sent, "records")} /> },
  { id: "queued", title: "Waiting", w: 84, right: true, sort: "queued", cell: (x) => <Figure w={N.count(x.queued, "records")} tone={x.queued ? undefined : "muted"} /> },
  { id: "dropped", title: "Dropped", w: 92, right: true, sort: "dropped", phone: "d", cell: (x) => <Figure w={N.count(x.dropped, "records")} tone={x.dropped ? "error" : "muted"} /> },
  { id: "why", title: "Why", w: 150, cell: (x) => <span class="muted">{Object.entries(x.drops).filter(([, n]) => n > 0).map(([k, n]) => k.replace(/_/g, " ") + " " + N.text(N.count(n))).join(", ")}</span> },
  { id: "messages", title: "Messages", w: 92, right: true, sort: "messages", cell: (x) => <Figure w={N.count(x.messages, "messages")} /> },
  { id: "bytes", title: "Bytes", w: 92, right: true, sort: "bytes", cell: (x) => <Figure w={N.bytes(x.bytes)} /> },
];

/** Where this Weir exports its flows to. */
function Exports() {
  const rows = useTopic<{ data: Export[] }>("exports").value?.data;
  if (!rows?.length) return null;
  const dropped = rows.reduce((a, x) => a + x.dropped, 0);
  return (
    <section class="section" aria-label="Exports">
      <header><h2>Exports</h2><span class="lead">{dropped ? N.text(N.count(dropped)) + " records did not leave" : "every record left or waits"}</span></header>
      <PlainTable label="Exports" columns={EXPORTS} rows={rows} keyOf={(x) => x.name} />
    </section>
  );
}

/** Whatever a list of records has, as a table: threads and questions may grow new columns. */
function Loose({ label, v }: { label: string; v: unknown }) {
  if (Array.isArray(v) && v.length > 0 && typeof v[0] === "object") {
    const keys = [...new Set(v.flatMap((r) => Object.keys(r as object)))];
    const columns: Column<Record<string, unknown>>[] = keys.map((k, i) => ({
      id: k, title: k.replace(/_/g, " "), w: 120, grow: i === 0, sort: k, right: typeof (v[0] as Record<string, unknown>)[k] === "number", ...(i < 3 ? { phone: (["a", "b", "c"] as const)[i] } : {}),
      cell: (r) => (typeof r[k] === "number" ? <Figure w={loose(k, r[k] as number)} /> : <span>{String(r[k] ?? "")}</span>),
    }));
    return <PlainTable label={label} columns={columns} rows={v as Record<string, unknown>[]} keyOf={(r) => String((v as unknown[]).indexOf(r))} />;
  }
  if (v !== null && typeof v === "object")
    return <dl>{Object.entries(v as Record<string, unknown>).map(([k, x]) => <Fact key={k} t={k.replace(/_/g, " ")}>{typeof x === "number" ? <Figure w={loose(k, x)} /> : typeof x === "object" ? JSON.stringify(x) : String(x)}</Fact>)}</dl>;
  return <p class="muted">{v === undefined || v === null ? "none" : String(v)}</p>;
}

function loose(k: string, n: number): N.Written {
  if (/_ms$/.test(k)) return N.duration(n);
  if (/_us$/.test(k)) return N.duration(n / 1000);
  if (/_ns$/.test(k)) return N.duration(n / 1e6);
  if (/_s$/.test(k)) return N.duration(n * 1000);
  if (/bytes/.test(k)) return N.bytes(n);
  return N.count(n);
}

function optionText(v: string | number | boolean | string[]): string {
  return Array.isArray(v) ? v.join(", ") : typeof v === "boolean" ? (v ? "on" : "off") : String(v);
}

const OPTIONS: Column<Sys["options"][number]>[] = [
  { id: "name", title: "Option", w: 170, phone: "a", sort: "name", cell: (o) => <span class="mono">{o.name}</span> },
  { id: "value", title: "Value", w: 180, phone: "b", sort: "value", cell: (o) => <span class="mono" title={optionText(o.value)}>{optionText(o.value) || "\u2013"}</span> },
  { id: "source", title: "From", w: 110, phone: "c", sort: "source", cell: (o) => <span class={o.source === "default" ? "muted" : ""}>{o.source}</span> },
  { id: "text", title: "What it does", w: 240, grow: true, cell: (o) => <span class="muted" title={o.text}>{o.text}</span> },
];

export default function System() {
  void tick.value;
  const ledger = useTopic<One<Ledger>>("ledger" + query({ if: ifParam() })).value?.data;
  const totals = useTopic<One<Totals>>("totals" + query({ if: ifParam() })).value?.data;
  const sys = useGet<One<Sys>>("system", 2000).data?.data;
  const zeros = useSignal(false);
  const accounts = sys?.memory?.accounts ?? [];
  const most = accounts.reduce((a, x) => Math.max(a, x.bytes, x.peak), 1);
  const used = accounts.reduce((a, x) => a + x.bytes, 0);
  const set = sys?.options.filter((o) => o.source !== "default").length ?? 0;
  const lost = ledger?.reasons.filter((r) => r.group === "malformed" || r.group === "untracked").reduce((a, r) => a + r.packets, 0) ?? 0;
  return (
    <div class="page">
      <h1 class="sentence">
        <i class={"level " + (ledger && !ledger.closes ? "error" : lost ? "notice" : "good")} role="img" aria-label={ledger?.closes === false ? "does not close" : "closes"} />
        <span>{ledger ? (ledger.closes ? "Every packet is accounted for" : "The books do not close") + (lost ? "; " + N.text(N.count(lost)) + " could not be read or kept" : "") + "." : "System"}</span>
      </h1>
      <section class="section" aria-label="Where did it go">
        <header><h2>Where did it go?</h2><span class="lead">{chosen.value ? chosen.value.name : "all interfaces"}</span></header>
        <div class="equations">{ledger?.lines.map((l) => <Equation key={l.id + l.text + l.unit + l.left_name} l={l} />)}</div>
      </section>
      <section class="section" aria-label="Reasons">
        <header><h2>Every counter</h2><span class="grow" />
          <label class="muted"><input type="checkbox" checked={zeros.value} onChange={(e) => (zeros.value = e.currentTarget.checked)} /> zeros too</label>
        </header>
        {GROUPS.map(([g, title, text]) => {
          const rows = ledger?.reasons.filter((r) => r.group.toUpperCase() === g) ?? [];
          const shown = zeros.value ? rows : rows.filter((r) => r.packets > 0 || r.bytes > 0);
          return (
            <div key={g} class="reasons">
              <h3>{title} <span class="lead">{text}{rows.length > shown.length ? "; " + (rows.length - shown.length) + " at zero" : ""}</span></h3>
              {shown.length > 0 && <PlainTable quiet={g !== "FLOW"} label={title} columns={REASONS} rows={shown} keyOf={(r) => r.name} />}
            </div>
          );
        })}
      </section>
      {ledger && ledger.losses?.length > 0 && <Losses rows={ledger.losses} zeros={zeros.value} />}
      <Exports />
      {sys && (
        <>
          {(totals?.emergency ?? 0) > 0 && <p class="note"><i class="level warning" role="img" aria-label="warning" /> The flow table is full of flows that nobody answered: they make room for each other, and only who is answered becomes a host. Totals are exact; <a href={to("/hosts/::@4095", { q: undefined })}>Other hosts</a> has the rest.</p>}
          <div class="two">
            <section class="section" aria-label="Memory">
              <header><h2>Memory</h2><span class="lead">{N.text(N.bytes(used))} in accounts, {N.text(N.bytes(sys.memory.rss_bytes))} resident{sys.memory.limit_bytes > 0 ? " of " + N.text(N.bytes(sys.memory.limit_bytes)) + " allowed" : ""}, {N.text(N.bytes(sys.memory.huge_bytes))} in huge pages</span></header>
              <div class="bars">
                <div class="row head"><span>Account</span><span /><span>Now</span><span>Peak</span></div>
                {accounts.map((a) => (
                  <div class="row" key={a.name} title={a.text}><span>{a.name}</span><Share x={a.bytes / most} label={a.text} /><Figure w={N.bytes(a.bytes)} /><span class="muted"><Figure w={N.bytes(a.peak)} /></span></div>
                ))}
              </div>
            </section>
            <section class="section" aria-label="Program">
              <header><h2>Program</h2></header>
              <dl>
                <Fact t="Version">{sys.version}</Fact>
                <Fact t="Process">{sys.pid}</Fact>
                <Fact t="Up for"><Figure w={N.duration(sys.uptime_s * 1000)} /></Fact>
              </dl>
              <header><h2>Threads</h2></header>
              <Loose label="Threads" v={sys.threads} />
              <header><h2>Questions</h2></header>
              <Loose label="Questions" v={sys.questions} />
            </section>
          </div>
          <section class="section" aria-label="Options">
            <header><h2>Options</h2><span class="lead">{set} set by hand</span></header>
            <PlainTable label="Options" columns={OPTIONS} rows={sys.options} keyOf={(o) => o.name} />
          </section>
        </>
      )}
    </div>
  );
}
