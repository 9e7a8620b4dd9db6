// cells.tsx - how a value of the field table looks, by its kind; used by every list and page.

import type { ComponentChildren } from "preact";
import * as N from "../lib/numbers.ts";
import * as C from "../lib/clock.ts";
import { colourOf } from "../lib/colour.ts";
import { term } from "../lib/filter.ts";
import { engineNow, flowsOf, to, zone } from "../lib/state.ts";
import type { End, Flow } from "../lib/types.ts";
import { operandNames, valueOf, type Field } from "../fields.ts";
import type { Column } from "./table.tsx";
import { Breakdown, Dot, Num, Sign, Trend, Val } from "./num.tsx";

const NUMBERS = new Set(["count", "packets", "bytes", "bps", "pps", "ratio", "duration", "usec"]);
const WIDTH: Record<string, number> = {
  addr: 168, mac: 150, port: 72, number: 84, count: 84, packets: 92, bytes: 86, bps: 112, pps: 96, ratio: 84, duration: 100, usec: 96, time: 96,
  tcp_flags: 148, flag: 72, app: 148,
  string: 200, id: 270, list: 180, word: 104,
};

export function isNumber(f: Field): boolean {
  return NUMBERS.has(f.kind);
}

export function hostHref(ip: string, vlan?: unknown): string {
  return to("/hosts/" + ip + (typeof vlan === "number" && vlan > 0 ? "@" + vlan : ""), { q: undefined });
}

/** Relative time that ticks; the exact one on hover. */
export function Ago({ t }: { t: number }) {
  return <time class="ago" title={C.exact(t, zone.value)}>{N.ago(engineNow() - t)}</time>;
}

/** "14:11:59, 3 s ago" */
export function Moment({ t }: { t: number }) {
  return <time title={C.exact(t, zone.value)}>{C.moment(t, engineNow(), zone.value)} <span class="u">{C.zoneName(t, zone.value)}</span></time>;
}

/** The best name of a flow's end, or its address; the port in a lighter tone. */
export function Peer({ e, side, vlan }: { e: End | undefined; side: "cli" | "srv"; vlan?: unknown }) {
  const ip = e?.ip;
  if (!ip) return <span class="muted">{"\u2013"}</span>;
  return (
    <span class="peer">
      <Val f={side + ".ip"} v={ip} href={hostHref(ip, vlan)} mono={!e?.name} title={e?.name ? e.name + " (" + ip + ")" : ip}>{e?.name || ip}</Val>
      {e?.port !== undefined && e.port > 0 && <Val f={side + ".port"} v={String(e.port)} mono title={"Port " + e.port}><span class="port">:{e.port}</span></Val>}
    </span>
  );
}

const SURE: Record<string, string> = { port: "Guessed from the port", ip: "Guessed from the address", dpi_partial: "Partly seen in the packets", partial: "Partly seen in the packets", none: "Not recognised" };

export function App({ r, dot = true }: { r: Flow; dot?: boolean }) {
  const app = typeof r.app === "string" ? r.app : "";
  if (!app) return <span class="muted">{"\u2013"}</span>;
  const guess = r.not_inspected ? "Not inspected: named by its port" : SURE[String(r.confidence ?? "")];
  const risks = Array.isArray(r.risk) ? (r.risk as unknown[]).map(String) : [];
  const problem = typeof r.problem === "string" && r.problem !== "none" ? r.problem.replace(/_/g, " ") : "";
  const wrong = [problem, ...risks].filter(Boolean).join("; ");
  const locked = r.tls_version !== undefined || /^(TLS|QUIC|DTLS|SSH)\b/.test(app);
  return (
    <span class="app">
      {dot && <Dot colour={colourOf(app)} />}
      <Val f="app" v={app} href={to("/protocols/" + encodeURIComponent(app), { q: undefined })}>{app}</Val>
      {guess && app !== "Unknown" && <Sign kind="guess" text={guess} />}
      {locked && <Sign kind="lock" text="Encrypted" />}
      {r.tunnels !== undefined && r.tunnels !== "" && <Sign kind="tunnel" text={"Taken out of a tunnel: " + String(Array.isArray(r.tunnels) ? r.tunnels.join(", ") : r.tunnels)} />}
      {wrong && <Sign kind="risk" text={wrong} />}
    </span>
  );
}

function words(v: unknown): string {
  if (Array.isArray(v)) return v.map(String).join(", ");
  if (typeof v === "boolean") return v ? "yes" : "no";
  if (v !== null && typeof v === "object") return JSON.stringify(v);
  return String(v);
}

/** A value of a field, the way its kind wants it. `behind` is the expression its number leads to. */
export function Value({ f, v, behind, href }: { f: Field; v: unknown; behind?: string; href?: string }): ComponentChildren {
  if (v === undefined || v === null || v === "") return <span class="muted">{"\u2013"}</span>;
  const link = href ?? (behind !== undefined ? flowsOf(behind) : undefined);
  if (NUMBERS.has(f.kind)) {
    const w = N.byUnit(typeof v === "number" ? v : Number(v), f.unit, f.kind);
    return <Num w={w} href={link ?? flowsOf(f.operand + ">=" + String(v))} title={f.title} />;
  }
  const op = f.operand || f.id;
  if (f.id === "exporter") return <Val f={op} v={String(v)} href={to("/exporters/" + String(v), { q: undefined })} mono />;
  if (f.id === "trend") return <Trend t={String(v)} />;
  if (f.id === "flow_id") return <a class="mono" href={to("/flows/" + String(v))}>{String(v)}</a>;
  switch (f.kind) {
    case "time":
      return <Ago t={Number(v)} />;
    case "addr":
      return <Val f={op} v={String(v)} href={hostHref(String(v))} mono />;
    case "mac":
      return <Val f={op} v={String(v)} href={to("/devices/" + String(v), { q: undefined })} mono />;
    case "app":
      return <App r={{ flow_id: "", cli: {}, srv: {}, app: String(v) }} />;
    case "list":
      return <span class="risks">{(Array.isArray(v) ? v : [v]).map((x) => <Val key={String(x)} f={op} v={String(x)} />)}</span>;
    case "flag":
      return <Val f={op} v={v === true || v === 1 ? "1" : "0"}>{v === true || v === 1 ? "yes" : "no"}</Val>;
    case "id":
    case "port":
      return <Val f={op} v={words(v)} mono />;
    case "tcp_flags":
      return <span class="flags" title={f.title}>{words(v).replace(/,/g, "")}</span>;
    case "word":
      return <Val f={op} v={words(v)}>{words(v).replace(/_/g, " ")}</Val>;
    default:
      return <Val f={op} v={words(v)} />;
  }
}

export function flowHref(r: Flow): string {
  return to("/flows/" + r.flow_id);
}

const PHONE: Record<string, "a" | "b" | "c" | "d"> = { app: "a", bps: "b", "cli.ip": "c", bytes: "d" };

/** A column of the flow table from its field; ends, application and throughput have their own look. */
export function flowColumn(f: Field): Column<Flow> {
  const base = {
    id: f.id,
    title: f.title,
    tip: f.tip,
    w: WIDTH[f.kind] ?? 120,
    right: isNumber(f),
    sort: f.sortable ? f.id : undefined,
    phone: PHONE[f.id],
  };
  switch (f.id) {
    case "l4":
    case "trend":
      return { ...base, w: 60, cell: (r) => <Value f={f} v={r[f.id]} /> };
    case "cli.ip":
      return { ...base, w: 164, grow: true, cell: (r) => (
        <>
          <Peer e={r.cli} side="cli" vlan={r.vlan} />
          <span class="only-phone to">{"\u2192"} <Peer e={r.srv} side="srv" vlan={r.vlan} /></span>
        </>
      ) };
    case "srv.ip":
      return { ...base, w: 164, grow: true, cell: (r) => <Peer e={r.srv} side="srv" vlan={r.vlan} /> };
    case "app":
      return { ...base, w: 172, cell: (r) => <App r={r} /> };
    case "bps":
      return { ...base, w: 116, cell: (r) => (
        <span class="rate"><Num w={N.rate(Number(r.bps ?? 0))} href={flowHref(r)} title={f.title} tone={r.bps ? undefined : "muted"} /><Trend t={r.trend as string | undefined} /></span>
      ) };
    case "info":
      return { ...base, w: 120, grow: true, cell: (r) => (typeof r.info === "string" && r.info ? <Val f={f.operand} v={r.info} /> : null) };
    default:
      return { ...base, cell: (r) => {
        const v = valueOf(r, f.id);
        // A count that is absent has nothing to say; its column stays quiet.
        if (v === undefined) return null;
        return <Value f={f} v={v} href={flowHref(r)} />;
      } };
  }
}

export const breakdownColumn: Column<Flow> = {
  id: "breakdown",
  title: "Breakdown",
  tip: "Share of client to server and server to client in the bytes",
  w: 96,
  cell: (r) => <Breakdown sent={Number(r.c2s_bytes ?? 0)} rcvd={Number(r.s2c_bytes ?? 0)} label={["client to server", "server to client"]} />,
};

export function appTerm(app: string): string {
  return term("app", app, operandNames);
}
export function ipTerm(ip: string): string {
  return term("ip", ip, operandNames);
}
