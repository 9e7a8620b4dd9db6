// toplist.tsx - the largest of something under a condition: key, bar, rate and bytes.

import * as N from "../lib/numbers.ts";
import { colourOf } from "../lib/colour.ts";
import { both } from "../lib/filter.ts";
import type { Top } from "../lib/types.ts";
import { flowsOf, to } from "../lib/state.ts";
import { Dot, Num, Val } from "./num.tsx";

export type TopKind = "host" | "app" | "other";

export function TopList({ title, rows, base, kind, operand = "", lead = "active flows" }: { title: string; rows: Top[] | undefined; base: string; kind: TopKind; operand?: string; lead?: string }) {
  const max = rows?.reduce((a, r) => Math.max(a, r.bytes), 1) ?? 1;
  const name = (r: Top) => {
    const shown = r.label || r.key;
    if (kind === "host") return <Val f="ip" v={r.key.replace(/@\d+$/, "")} href={to("/hosts/" + r.key, { q: undefined })} mono={shown === r.key} title={shown === r.key ? r.key : shown + " (" + r.key + ")"}>{shown}</Val>;
    if (kind === "app") return <><Dot colour={colourOf(r.key)} /><Val f="app" v={r.key} href={to("/protocols/" + encodeURIComponent(r.key), { q: undefined })} /></>;
    return <Val f={operand} v={r.key}>{shown}</Val>;
  };
  return (
    <section class="section" aria-label={title}>
      <header><h2>{title}</h2><span class="lead">{lead}</span></header>
      <ol class="ranked pairs">
        {(rows ?? []).map((r) => (
          <li key={r.key} class="cell">
            <span class="name">{name(r)}</span>
            <Num w={N.rate(r.bps)} href={flowsOf(both(base, r.filter))} tone={r.bps ? undefined : "muted"} />
            <Num w={N.bytes(r.bytes)} href={flowsOf(both(base, r.filter))} q={both(base, r.filter)} sum="bytes" />
            <span class="under" style={{ width: (r.bytes / max) * 100 + "%" }}>
              <i class="s" style={{ width: (r.bytes ? (r.bytes_sent / r.bytes) * 100 : 0) + "%" }} />
              <i class="r" style={{ width: (r.bytes ? (r.bytes_rcvd / r.bytes) * 100 : 0) + "%" }} />
            </span>
          </li>
        ))}
      </ol>
      {rows && rows.length === 0 && <p class="note">No active flow.</p>}
    </section>
  );
}
