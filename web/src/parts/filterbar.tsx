// filterbar.tsx - the universal filter: chips for what holds, a combobox for what comes.
//
// The server parses and completes; here are only keys and focus (ARIA 1.2 combobox with a list).

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, get } from "../lib/api.ts";
import { both, chips, withoutChip } from "../lib/filter.ts";
import { query } from "../lib/url.ts";
import { place, q, setParams, go, to } from "../lib/state.ts";
import { pageOf } from "../pages.ts";
import { Icon } from "./icons.tsx";

interface Completion {
  kind: string;
  text: string;
  title?: string;
  tip?: string;
  from: number;
  to: number;
}

interface Wrong {
  text: string;
  at: number | null;
}

/** Offsets of the server count bytes of UTF-8. */
function byteAt(s: string, i: number): number {
  return new TextEncoder().encode(s.slice(0, i)).length;
}
function charAt(s: string, byte: number): number {
  let n = 0;
  let i = 0;
  for (const c of s) {
    if (n >= byte) break;
    n += new TextEncoder().encode(c).length;
    i += c.length;
  }
  return i;
}

export function FilterBar() {
  const input = useRef<HTMLInputElement>(null);
  const text = useSignal("");
  const list = useSignal<Completion[]>([]);
  const at = useSignal(-1);
  const focused = useSignal(false);
  const wrong = useSignal<Wrong | null>(null);
  const asked = useRef(0);

  const have = chips(q.value);
  const filters = pageOf(place.value.path)?.filters ?? false;

  // A filter that came by address or click is checked too.
  useEffect(() => {
    wrong.value = null;
    if (!q.value) return;
    const stop = new AbortController();
    get("filter/parse" + query({ q: q.value }), stop.signal).catch((e: unknown) => {
      if (e instanceof ApiError && e.status === 400) wrong.value = { text: e.message, at: e.at };
    });
    return () => stop.abort();
  }, [q.value]);

  const complete = async () => {
    const el = input.current;
    if (!el) return;
    const mine = ++asked.current;
    try {
      const r = await get<{ data: Completion[] }>("filter/complete" + query({ q: el.value || " ", at: byteAt(el.value, el.selectionStart ?? el.value.length) }));
      if (mine !== asked.current) return;
      list.value = r.data.slice(0, 12);
      at.value = -1;
    } catch {
      list.value = [];
    }
  };

  const apply = (next: string) => {
    if (filters) setParams({ q: next });
    else go(to("/flows", { q: next }));
  };

  const commit = async () => {
    const more = text.value.trim();
    list.value = [];
    if (!more) return;
    try {
      await get("filter/parse" + query({ q: more }));
    } catch (e) {
      if (e instanceof ApiError && e.status === 400) {
        wrong.value = { text: e.message, at: e.at };
        const el = input.current;
        if (el && e.at !== null) {
          const i = charAt(more, e.at);
          el.setSelectionRange(i, Math.min(el.value.length, i + 1));
        }
        return;
      }
    }
    wrong.value = null;
    text.value = "";
    if (input.current) input.current.value = "";
    apply(both(q.value, more));
  };

  const take = (c: Completion) => {
    const el = input.current;
    if (!el) return;
    const from = charAt(el.value, c.from);
    const end = charAt(el.value, c.to);
    const gap = c.kind === "value" || c.kind === "keyword" ? " " : "";
    el.value = el.value.slice(0, from) + c.text + gap + el.value.slice(end);
    text.value = el.value;
    const caret = from + c.text.length + gap.length;
    el.focus();
    el.setSelectionRange(caret, caret);
    void complete();
  };

  const edit = (n: number) => {
    const c = have[n];
    const el = input.current;
    if (!c || !el) return;
    el.value = c.text;
    text.value = c.text;
    apply(withoutChip(q.value, n));
    el.focus();
    void complete();
  };

  const keys = (e: KeyboardEvent) => {
    const n = list.value.length;
    if (e.key === "ArrowDown" && n) at.value = (at.value + 1) % n;
    else if (e.key === "ArrowDown") void complete();
    else if (e.key === "ArrowUp" && n) at.value = (at.value - 1 + n + 1) % (n + 1) === n ? n - 1 : Math.max(0, at.value - 1);
    else if (e.key === "Enter") {
      const c = list.value[at.value];
      if (c) take(c);
      else void commit();
    } else if (e.key === "Tab" && n && !e.shiftKey && at.value >= 0) {
      const c = list.value[at.value];
      if (c) take(c);
    } else if (e.key === "Escape") {
      if (n) list.value = [];
      else input.current?.blur();
    } else if (e.key === "Backspace" && !text.value && have.length) edit(have.length - 1);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };

  const shown = focused.value && list.value.length > 0;
  const chosen = list.value[at.value];
  return (
    <div class={"filterbar" + (wrong.value ? " wrong" : "")} role="search">
      <Icon name="search" />
      <div class="chips">
        {have.map((c, i) => (
          <span class={"chip" + (c.negative ? " not" : "")} key={c.text}>
            <button type="button" class="chip-text" title={"Edit " + c.text} onClick={() => edit(i)}>{c.text}</button>
            <button type="button" class="chip-x" aria-label={"Remove " + c.text} onClick={() => apply(withoutChip(q.value, i))}>
              <Icon name="close" size={10} />
            </button>
          </span>
        ))}
        <input ref={input} id="filter" type="text" role="combobox" aria-label="Filter" aria-expanded={shown} aria-controls="filter-list" aria-autocomplete="list"
          aria-activedescendant={chosen ? "filter-" + at.value : undefined} aria-invalid={wrong.value !== null} aria-describedby="filter-wrong"
          placeholder={have.length ? "and \u2026" : "Filter: app=TLS, 10.0.0.0/8, bytes>1M"} autocomplete="off" autocapitalize="off" spellcheck={false} enterkeyhint="search"
          onInput={(e) => {
            text.value = e.currentTarget.value;
            wrong.value = null;
            void complete();
          }}
          onFocus={() => {
            focused.value = true;
            void complete();
          }}
          onBlur={() => (focused.value = false)} onKeyDown={keys} />
      </div>
      {have.length > 0 && (
        <button type="button" class="ghost" aria-label="Clear the filter" title="Clear the filter" onClick={() => apply("")}>
          <Icon name="close" size={12} />
        </button>
      )}
      <kbd class="hint" aria-hidden="true">/</kbd>
      <div id="filter-wrong" class="filter-wrong" role="alert" hidden={!wrong.value}>
        {wrong.value ? "Filter: " + wrong.value.text + (wrong.value.at !== null ? " (at " + (wrong.value.at + 1) + ")" : "") : ""}
      </div>
      <ul id="filter-list" class="complete" role="listbox" aria-label="Completions" hidden={!shown}>
        {shown && list.value.map((c, i) => (
          <li id={"filter-" + i} role="option" aria-selected={i === at.value} class={i === at.value ? "on" : ""}
            onPointerDown={(e) => {
              e.preventDefault();
              take(c);
            }}>
            <span class={"kind k-" + c.kind}>{c.kind}</span>
            <span class="mono word">{c.text}</span>
            <span class="muted tip">{c.title && c.title !== c.text ? c.title : c.tip}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
