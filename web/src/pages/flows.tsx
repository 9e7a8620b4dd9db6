// flows.tsx - the flows that are alive, as the engine sorts and pages them.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { List } from "../lib/api.ts";
import * as N from "../lib/numbers.ts";
import type { Flow } from "../lib/types.ts";
import { ifParam, place, q, setParams } from "../lib/state.ts";
import { fieldsReady, flowField, flowFields } from "../fields.ts";
import { breakdownColumn, flowColumn, flowHref } from "../parts/cells.tsx";
import { Chooser } from "../parts/chooser.tsx";
import { EmptyFlows } from "../parts/empty.tsx";
import { Export } from "../parts/export.tsx";
import { Figure } from "../parts/num.tsx";
import { LiveTable, type Column } from "../parts/table.tsx";

const FIRST = ["app", "l4", "cli.ip", "srv.ip", "duration_ms", "breakdown", "bps", "bytes", "info"];
const NARROW = ["app", "l4", "cli.ip", "srv.ip", "duration_ms", "breakdown", "bps", "bytes"];

/** The table by itself: also on the pages of a host and of an application, with their condition. */
export function FlowTable({ condition, onSums }: { condition?: string; onSums?: (f: List<Flow>) => void }) {
  void fieldsReady.value;
  const chosen = place.value.params.cols;
  const ids = chosen ? chosen.split(",") : condition ? NARROW : FIRST;
  const columns = useMemo(() => {
    const out: Column<Flow>[] = [];
    for (const id of ids) {
      if (id === "breakdown") out.push(breakdownColumn);
      else {
        const f = flowField(id);
        if (f) out.push(flowColumn(f));
      }
    }
    return out;
  }, [ids.join(), fieldsReady.value]);
  const sort = place.value.params.sort ?? "-bytes";
  if (columns.length === 0) return <div class="livetable" aria-busy="true" />;
  return (
    <LiveTable<Flow> label="Active flows" path="flows" params={{ q: condition ?? q.value, if: ifParam() }} columns={columns} sort={sort}
      onSort={(s) => setParams({ sort: s === "-bytes" ? undefined : s }, true)} keyOf={(r) => r.flow_id} hrefOf={flowHref} empty={<EmptyFlows />} {...(onSums ? { onFrame: onSums } : {})} />
  );
}

export function flowColumnIds(): string[] {
  return place.value.params.cols?.split(",") ?? FIRST;
}

const QUICK: [string, string, string?][] = [
  ["local=l2r", "Local to remote"],
  ["local=r2l", "Remote to local"],
  ["local=l2l", "Local only", "less"],
  ["problem!=none", "With problems"],
  ["ip.version=6", "IPv6", "less"],
  ["status=active", "Talking"],
];

export default function Flows() {
  const sums = useSignal<List<Flow> | null>(null);
  const s = sums.value;
  return (
    <div class="page fill">
      <div class="bar">
        <h1 class="sentence">
          <span>
            {s ? (
              <>
                <span class="fig" data-flows>{N.text(N.count(s.page.total))}</span> {s.page.total === 1 ? "flow" : "flows"}{q.value ? " match" : " are alive"}
                <span class="lead"> with <Figure w={N.bytes(s.meta.sum_bytes)} /> so far, <Figure w={N.rate(s.meta.sum_bps)} /> now</span>
              </>
            ) : "Flows"}
          </span>
        </h1>
        <div class="seg hide-phone" role="group" aria-label="Quick filters">
          {QUICK.map(([f, label, cls]) => (
            <button type="button" key={f} class={cls} aria-pressed={q.value === f} title={f} onClick={() => setParams({ q: q.value === f ? undefined : f })}>{label}</button>
          ))}
        </div>
        <Chooser fields={flowFields.value} extra={[{ id: "breakdown", title: "Breakdown" }]} ids={flowColumnIds()} first={FIRST} />
        <Export path="flows" params={{ q: q.value, if: ifParam(), sort: place.value.params.sort ?? "-bytes" }} />
      </div>
      <FlowTable onSums={(f) => (sums.value = f)} />
    </div>
  );
}
