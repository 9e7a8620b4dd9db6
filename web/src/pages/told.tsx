// told.tsx - what exporters told that is no traffic: firewall events, messages of probes, with every field.

import { useSignal } from "@preact/signals";
import type { List } from "../lib/api.ts";
import * as C from "../lib/clock.ts";
import { toldTitle } from "../lib/exporters.ts";
import * as N from "../lib/numbers.ts";
import { both } from "../lib/filter.ts";
import type { Told } from "../lib/types.ts";
import { query } from "../lib/url.ts";
import { flowsOf, ifParam, place, setParams, zone } from "../lib/state.ts";
import { hostHref, ipTerm } from "../parts/cells.tsx";
import { Export } from "../parts/export.tsx";
import { useTopic } from "../parts/hooks.ts";
import { Val } from "../parts/num.tsx";
import { exporterHref } from "./exporters.tsx";

function End({ e }: { e: Told["src"] }) {
  if (!e.ip) return null;
  return <span class="peer"><Val f="ip" v={e.ip} href={hostHref(e.ip)} mono />{e.port > 0 && <span class="port mono">:{e.port}</span>}</span>;
}

function value(v: unknown): string {
  return v !== null && typeof v === "object" ? JSON.stringify(v) : String(v);
}

/** Every field of the record, under the names of the exports. */
export function Fields({ of }: { of: Record<string, unknown> }) {
  return (
    <dl class="told-fields">
      {Object.entries(of).map(([k, v]) => (
        <div key={k}><dt class="muted">{k}</dt><dd class="mono">{value(v)}</dd></div>
      ))}
    </dl>
  );
}

function key(r: Told, i: number, rows: Told[]): string {
  const id = r.t + r.exporter + r.domain + r.what + r.src.ip + r.src.port + r.dst.ip + r.dst.port;
  // The same may be told twice in a millisecond; rows before it count.
  return id + "#" + rows.slice(i + 1).filter((x) => x.t === r.t && x.what === r.what && x.src.port === r.src.port && x.src.ip === r.src.ip).length;
}

/** Events of an exporter, of an address or of all, newest first, as they come. */
export function useTold(params: Record<string, string | undefined>, limit: number): List<Told> | null {
  return useTopic<List<Told>>("told" + query({ ...params, if: ifParam(), limit })).value;
}

/** The list by itself: also on the page of an exporter and of a flow. */
export function ToldList({ rows }: { rows: Told[] | undefined }) {
  const open = useSignal("");
  return (
    <ul class="told" aria-label="What exporters told">
      {rows?.map((r, i) => {
        const k = key(r, i, rows);
        const shown = open.value === k;
        const behind = both(r.src.ip ? ipTerm(r.src.ip) : "", r.dst.ip ? ipTerm(r.dst.ip) : "");
        return (
          <li key={k}>
            <div class="told-line">
              <button type="button" class="told-open" aria-expanded={shown} title="Every field" onClick={() => (open.value = shown ? "" : k)}>{shown ? "\u2212" : "+"}</button>
              <time class="mono muted" title={C.exact(r.t, zone.value)}>{C.clock(r.t, zone.value)}</time>
              <span class={"told-what " + r.what}>{toldTitle(r.what)}</span>
              <span class="told-ends">
                {r.src.ip || r.dst.ip ? <><End e={r.src} /><span class="via">{"\u2192"}</span><End e={r.dst} />{r.l4 && <span class="muted">{r.l4.toUpperCase()}</span>}{behind && <a class="muted hide-phone" href={flowsOf(behind)}>flows</a>}</> : <span class="muted cut">{Object.entries(r.fields).slice(0, 6).map(([n, v]) => n + " " + value(v)).join(", ")}</span>}
              </span>
              <span class="told-who"><Val f="exporter" v={r.exporter} href={exporterHref(r.exporter)} mono /></span>
            </div>
            {shown && <Fields of={r.fields} />}
          </li>
        );
      })}
      {rows?.length === 0 && <li class="note">Nothing has been told.</li>}
    </ul>
  );
}

export default function ToldPage() {
  const { exporter, ip } = place.value.params;
  const frame = useTold({ exporter, ip }, 256);
  const n = frame?.page?.total ?? 0;
  const about = [exporter ? "from " + exporter : "", ip ? "about " + ip : ""].filter(Boolean).join(" ");
  const head = n === 0 ? "No event" : n === 1 ? "One event" : "The last " + N.text(N.count(n)) + " events";
  return (
    <div class="page">
      <div class="bar">
        <h1 class="sentence"><span>{frame ? head + (about ? " " + about : " that exporters told") + "." : "Exporter log"}<span class="lead"> Records that are no traffic: of firewalls, address translators, probes.</span></span></h1>
        {about && <button type="button" class="button" onClick={() => setParams({ exporter: undefined, ip: undefined })}>Show all</button>}
        <Export path="told" params={{ if: ifParam(), exporter, ip }} />
      </div>
      {frame?.data && n === 0 ? <NothingTold /> : <ToldList rows={frame?.data} />}
    </div>
  );
}

function NothingTold() {
  return (
    <div class="empty">
      <h2>Nothing but traffic has been told</h2>
      <p>Firewalls (Cisco ASA NSEL), address translators and probes send records that are no traffic: a connection denied, a translation made, a line of a log. Each appears here with all its fields; the last 256 of each worker are kept.</p>
    </div>
  );
}
