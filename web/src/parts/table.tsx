// table.tsx - the live table: sorted and paged by the engine, some forty rows in the page.
//
// The scroll height is that of all rows; only a window of them is asked for and drawn. While the
// pointer is over the rows or one is selected their order stands still: values go on changing in
// place, rows that are gone are dimmed, and a chip counts those that wait.

import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { List } from "../lib/api.ts";
import { query } from "../lib/url.ts";
import { go, live, rowHeight } from "../lib/state.ts";
import { useTopic } from "./hooks.ts";
import { lendRows } from "./keys.ts";

export interface Column<R> {
  id: string;
  title: string;
  tip?: string | undefined;
  /** Pixels; a column with `grow` takes its share of what is left. */
  w: number;
  grow?: boolean;
  right?: boolean;
  /** Id to sort by, when the engine can. */
  sort?: string | undefined;
  /** Place on a phone: a and b are the first line, c and d the second; none is left out. */
  phone?: "a" | "b" | "c" | "d" | undefined;
  cell: (r: R) => ComponentChildren;
}

interface Props<R> {
  label: string;
  path: string;
  params: Record<string, string | number | undefined>;
  columns: Column<R>[];
  sort: string;
  onSort: (sort: string) => void;
  keyOf: (r: R) => string;
  hrefOf?: (r: R) => string;
  empty: ComponentChildren;
  /** Hears each frame: for sums and sentences above the table. */
  onFrame?: (f: List<R>) => void;
  rowClass?: (r: R) => string;
}

const MOST = 10_000; // rows of one answer, offset included
const CHUNK = 8; // rows by which the window moves

interface Held<R> {
  key: string;
  row: R;
  gone: boolean;
}

export function LiveTable<R>(p: Props<R>) {
  const wrap = useRef<HTMLDivElement>(null);
  const range = useSignal({ offset: 0, limit: 40 });
  const hover = useSignal(false);
  const cursor = useSignal<string | null>(null);
  const held = useRef<Held<R>[]>([]);
  const heldAt = useRef("");
  const waiting = useSignal(0);
  const h = rowHeight.value;

  const identity = p.path + query({ ...p.params, sort: p.sort });
  useLayoutEffect(() => {
    // Another question: from the top.
    wrap.current?.scrollTo({ top: 0 });
    range.value = { ...range.peek(), offset: 0 };
    cursor.value = null;
  }, [identity]);

  const topic = p.path + query({ ...p.params, sort: p.sort, offset: range.value.offset, limit: range.value.limit });
  const frame = useTopic<List<R>>(topic);
  const f = frame.value;
  const bad = f as unknown as { title?: string; detail?: string; status?: number } | null;
  const rows = f?.data ?? [];
  const offset = f?.page?.offset ?? 0;
  const total = Math.min(f?.page?.total ?? 0, MOST);
  const onFrame = useRef(p.onFrame);
  onFrame.current = p.onFrame;
  useEffect(() => {
    if (f?.data) onFrame.current?.(f);
  }, [f]);

  const frozen = (hover.value || cursor.value !== null) && live.value;
  const shown = useMemo(() => {
    const now = new Map(rows.map((r) => [p.keyOf(r), r]));
    const same = heldAt.current === topic && frozen && held.current.length > 0;
    if (!same) {
      held.current = rows.map((row) => ({ key: p.keyOf(row), row, gone: false }));
      heldAt.current = f ? topic : "";
      waiting.value = 0;
    } else {
      let here = 0;
      held.current = held.current.map((x) => {
        const row = now.get(x.key);
        if (row !== undefined) here++;
        return row !== undefined ? { key: x.key, row, gone: false } : { ...x, gone: true };
      });
      waiting.value = now.size - here;
    }
    return held.current;
  }, [f, frozen, topic]);

  const measure = () => {
    const el = wrap.current;
    if (!el) return;
    const seen = Math.ceil(el.clientHeight / h);
    const limit = Math.min(1000, Math.ceil((seen + 1.5 * CHUNK) / CHUNK) * CHUNK);
    const first = Math.floor(el.scrollTop / h);
    const at = Math.max(0, Math.min(MOST - limit, Math.floor((first - CHUNK / 2) / CHUNK) * CHUNK));
    const r = range.peek();
    if (r.offset !== at || r.limit !== limit) range.value = { offset: at, limit };
  };
  useLayoutEffect(() => {
    measure();
    const el = wrap.current;
    if (!el) return;
    const o = new ResizeObserver(measure);
    o.observe(el);
    return () => o.disconnect();
  }, [h]);

  const focusRow = (key: string) => {
    const row = wrap.current?.querySelector<HTMLElement>('tr[data-key="' + CSS.escape(key) + '"]');
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  };
  useEffect(
    () =>
      lendRows({
        move: (by) => {
          const list = held.current;
          if (list.length === 0) return;
          const at = list.findIndex((x) => x.key === cursor.peek());
          const first = Math.max(0, Math.floor((wrap.current?.scrollTop ?? 0) / h) - (range.peek().offset));
          const next = list[at < 0 ? first : Math.max(0, Math.min(list.length - 1, at + by))];
          if (!next) return;
          cursor.value = next.key;
          focusRow(next.key);
        },
        open: () => {
          const x = held.current.find((y) => y.key === cursor.peek());
          if (!x || !p.hrefOf) return false;
          go(p.hrefOf(x.row));
          return true;
        },
        current: () => {
          const key = cursor.peek();
          return key === null ? null : (wrap.current?.querySelector<HTMLElement>('tr[data-key="' + CSS.escape(key) + '"]') ?? null);
        },
        leave: () => {
          if (cursor.peek() === null) return false;
          cursor.value = null;
          (document.activeElement as HTMLElement | null)?.blur();
          return true;
        },
      }),
    [h, p.hrefOf],
  );

  useEffect(() => {
    const down = (e: Event) => {
      if (!(e.target instanceof Element && e.target.closest("tbody, .menu, .value-caret"))) cursor.value = null;
    };
    document.addEventListener("pointerdown", down);
    return () => document.removeEventListener("pointerdown", down);
  }, []);

  const sortBy = (c: Column<R>) => {
    if (!c.sort) return;
    const largestFirst = "-" + c.sort;
    p.onSort(p.sort === largestFirst ? c.sort : p.sort === c.sort ? largestFirst : c.right ? largestFirst : c.sort);
  };
  const order = (c: Column<R>) => (!c.sort ? undefined : p.sort === "-" + c.sort ? "descending" : p.sort === c.sort ? "ascending" : "none");
  const min = p.columns.reduce((a, c) => a + c.w, 0);
  const drawn = shown.length;
  const after = Math.max(0, total - offset - drawn);
  const empty = f !== null && f.data !== undefined && total === 0;
  return (
    <div class="livetable">
      {waiting.value > 0 && frozen && (
        <button type="button" class="newchip" onClick={() => {
          hover.value = false;
          cursor.value = null;
        }}>{waiting.value} new</button>
      )}
      <div class="tablewrap" ref={wrap} onScroll={measure} tabIndex={-1}>
        <table class="table" style={{ minWidth: min + "px" }} aria-rowcount={total + 1} aria-label={p.label}>
          <colgroup>
            {p.columns.map((c) => <col key={c.id} style={{ width: c.grow ? "auto" : c.w + "px" }} />)}
          </colgroup>
          <thead>
            <tr>
              {p.columns.map((c) => (
                <th key={c.id} scope="col" class={(c.right ? "r" : "") + (c.phone ? " ph-" + c.phone : "")} aria-sort={order(c)} title={c.tip}>
                  {c.sort ? (
                    <button type="button" onClick={() => sortBy(c)}>
                      <span>{c.title}</span>
                      <svg class="order" width="8" height="8" viewBox="0 0 8 8" aria-hidden="true"><path d={order(c) === "ascending" ? "M1 5.5 4 2l3 3.5" : "M1 2.5 4 6l3-3.5"} fill="none" stroke="currentColor" stroke-width="1.4" /></svg>
                    </button>
                  ) : <span>{c.title}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody onPointerEnter={(e) => e.pointerType !== "touch" && (hover.value = true)} onPointerLeave={() => (hover.value = false)}>
            {offset > 0 && <tr class="pad" aria-hidden="true"><td colSpan={p.columns.length} style={{ height: offset * h + "px" }} /></tr>}
            {shown.map((x, i) => (
              <tr key={x.key} data-key={x.key} tabIndex={-1} aria-rowindex={offset + i + 2} class={(x.gone ? "gone " : "") + (cursor.value === x.key ? "cur " : "") + (p.rowClass?.(x.row) ?? "")}
                onFocus={() => (cursor.value = x.key)}
                onBlur={(e) => {
                  // Without a next element the row was only moved by the page itself.
                  if (e.relatedTarget instanceof Element && !e.relatedTarget.closest("tbody")) cursor.value = null;
                }}
                onClick={(e) => {
                  if (!p.hrefOf || (e.target as Element).closest("a,button") || getSelection()?.toString()) return;
                  go(p.hrefOf(x.row));
                }}>
                {p.columns.map((c) => (
                  <td key={c.id} class={(c.right ? "r" : "") + (c.phone ? " ph-" + c.phone : "")}>{c.cell(x.row)}</td>
                ))}
              </tr>
            ))}
            {after > 0 && <tr class="pad" aria-hidden="true"><td colSpan={p.columns.length} style={{ height: after * h + "px" }} /></tr>}
          </tbody>
        </table>
        {empty && <div class="empty">{p.empty}</div>}
        {bad?.status !== undefined && <div class="empty bad"><h2>{bad.title}</h2><p>{bad.detail}</p></div>}
      </div>
      {(f?.page?.total ?? 0) > MOST && <p class="note">The first {MOST.toLocaleString("en").replace(",", "\u202f")} rows by this order; a filter shows the others.</p>}
    </div>
  );
}

/** A small table whose rows are all here. */
export function PlainTable<R>({ label, columns, rows, keyOf, empty, quiet }: { label: string; columns: Column<R>[]; rows: R[]; keyOf: (r: R) => string; empty?: ComponentChildren; quiet?: boolean }) {
  const sort = useSignal("");
  if (rows.length === 0 && empty) return <div class="empty">{empty}</div>;
  const by = sort.value.replace(/^-/, "");
  const sign = sort.value.startsWith("-") ? -1 : 1;
  const list = by
    ? [...rows].sort((a, b) => {
        const x = (a as Record<string, unknown>)[by];
        const y = (b as Record<string, unknown>)[by];
        return sign * (typeof x === "number" && typeof y === "number" ? x - y : String(x ?? "").localeCompare(String(y ?? ""), "en", { numeric: true }));
      })
    : rows;
  return (
    <div class="plainwrap">
      <table class="table plain" aria-label={label}>
        <colgroup>{columns.map((c) => <col key={c.id} style={{ width: c.grow ? "auto" : c.w + "px" }} />)}</colgroup>
        <thead class={quiet ? "quiet" : ""}>
          <tr>
            {columns.map((c) => {
              const o = !c.sort ? undefined : sort.value === "-" + c.sort ? "descending" : sort.value === c.sort ? "ascending" : "none";
              return (
                <th key={c.id} scope="col" class={(c.right ? "r" : "") + (c.phone ? " ph-" + c.phone : "")} title={c.tip} aria-sort={o}>
                  {c.sort ? (
                    <button type="button" onClick={() => (sort.value = sort.value === "-" + c.sort ? (c.sort ?? "") : "-" + c.sort)}>
                      <span>{c.title}</span>
                      <svg class="order" width="8" height="8" viewBox="0 0 8 8" aria-hidden="true"><path d={o === "ascending" ? "M1 5.5 4 2l3 3.5" : "M1 2.5 4 6l3-3.5"} fill="none" stroke="currentColor" stroke-width="1.4" /></svg>
                    </button>
                  ) : <span>{c.title}</span>}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {list.map((r) => (
            <tr key={keyOf(r)}>{columns.map((c) => <td key={c.id} class={(c.right ? "r" : "") + (c.phone ? " ph-" + c.phone : "")}>{c.cell(r)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
