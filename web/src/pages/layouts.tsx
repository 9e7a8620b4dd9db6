// layouts.tsx - what an exporter announced: the templates of its records and the rates it samples at.

import * as N from "../lib/numbers.ts";
import type { ExporterDetail, Layout, SamplingRate } from "../lib/types.ts";
import { Ago } from "../parts/cells.tsx";
import { Figure } from "../parts/num.tsx";
import { PlainTable, type Column } from "../parts/table.tsx";

const VARIABLE = 65535;

function fieldName(f: Layout["fields"][number]): string {
  return (f.name || (f.pen ? f.pen + "." + f.id : String(f.id))) + (f.scope ? " (scope)" : "");
}

/** One field a line, with its width. */
function fieldLines(t: Layout): string {
  return t.fields.map((f) => fieldName(f) + ": " + (f.octets === VARIABLE ? "variable" : f.octets + " octets")).join("\n");
}

const TEMPLATES: Column<Layout>[] = [
  { id: "domain", title: "Domain", w: 84, right: true, sort: "domain", cell: (t) => <span class="mono">{t.domain}</span> },
  { id: "id", title: "Template", w: 84, right: true, sort: "id", phone: "a", cell: (t) => <span class="mono">{t.id}</span> },
  { id: "kind", title: "Of", w: 76, phone: "b", cell: (t) => <span class={t.options ? "muted" : ""}>{t.options ? "options" : "data"}</span> },
  { id: "fields", title: "Fields", w: 300, grow: true, cell: (t) => <span title={fieldLines(t)}>{t.fields.map(fieldName).join(", ")}</span> },
  { id: "n", title: "Count", tip: "Fields of a record", w: 64, right: true, phone: "c", cell: (t) => <Figure w={N.count(t.fields.length, "fields")} /> },
  { id: "octets", title: "Octets", tip: "Of a record; at least, where a field has no fixed width", w: 72, right: true, sort: "octets", cell: (t) => <span>{t.variable && <span class="muted">{"\u2265 "}</span>}{t.octets}</span> },
  { id: "records", title: "Records", w: 92, right: true, sort: "records", phone: "d", cell: (t) => <Figure w={N.count(t.records, "records")} tone={t.records ? undefined : "muted"} /> },
  { id: "changes", title: "Changed", tip: "How often its number was given another layout", w: 92, right: true, sort: "changes", cell: (t) => <Figure w={N.count(t.changes)} tone={t.changes ? "warning" : "muted"} /> },
  { id: "used", title: "Used", tip: "When it was last announced or needed", w: 92, sort: "used", cell: (t) => (t.heard ? <Ago t={t.used} /> : <span class="muted" title="Kept from before the start">remembered</span>) },
];

const MODES: Record<string, string> = { count: "every so many", time: "at moments", random: "by chance", match: "by content", unknown: "" };

const RATES: Column<SamplingRate>[] = [
  { id: "domain", title: "Domain", w: 84, right: true, sort: "domain", cell: (r) => <span class="mono">{r.domain}</span> },
  { id: "id", title: "Of", tip: "Sampler, selector or, of sFlow, interface", w: 180, grow: true, phone: "a", cell: (r) => <span>{r.id === undefined ? <span class="muted">all that it sends</span> : <span class="mono">{r.id}</span>}{r.name && " " + r.name}</span> },
  { id: "rate", title: "Rate", w: 120, right: true, sort: "rate", phone: "b", cell: (r) => <span>1 in {N.grouped(r.rate)}</span> },
  { id: "mode", title: "How", w: 120, phone: "c", cell: (r) => <span class="muted">{MODES[r.mode] ?? r.mode}</span> },
  { id: "source", title: "Said by", w: 110, sort: "source", phone: "d", cell: (r) => <span>{r.source === "config" ? "configuration" : r.source}</span> },
  { id: "before", title: "Before", w: 110, right: true, sort: "before", cell: (r) => (r.before ? <span class="notok">1 in {N.grouped(r.before)}</span> : <span class="muted">{"\u2013"}</span>) },
  { id: "changed", title: "Since", w: 100, sort: "changed", cell: (r) => (r.changed ? <Ago t={r.changed} /> : null) },
];

export function Announced({ x }: { x: ExporterDetail }) {
  return (
    <>
      {x.rates.length > 0 && (
        <section class="section" aria-label="Sampling">
          <header><h2>Sampling</h2><span class="lead">one packet that was looked at stands for so many</span></header>
          <PlainTable label="Sampling" columns={RATES} rows={x.rates} keyOf={(r) => r.domain + r.protocol + (r.id ?? "")} />
        </section>
      )}
      {x.layouts.length > 0 && (
        <section class="section" aria-label="Templates">
          <header><h2>Templates</h2><span class="lead">what its records consist of</span></header>
          <PlainTable label="Templates" columns={TEMPLATES} rows={x.layouts} keyOf={(t) => t.domain + t.protocol + t.id} />
        </section>
      )}
    </>
  );
}
