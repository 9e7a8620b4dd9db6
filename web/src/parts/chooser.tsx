// chooser.tsx - which columns a table shows; the choice stands in the address.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { groupOrder, groupTitle, type Field } from "../fields.ts";
import { setParams } from "../lib/state.ts";
import { Icon } from "./icons.tsx";

/** Closes something when the pointer goes down elsewhere or Escape is pressed. */
export function useAway(open: boolean, close: () => void) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const down = (e: Event) => {
      if (!box.current?.contains(e.target as Node)) close();
    };
    const key = (e: KeyboardEvent) => {
      if (e.key === "Escape") close();
    };
    document.addEventListener("pointerdown", down);
    document.addEventListener("keydown", key);
    return () => {
      document.removeEventListener("pointerdown", down);
      document.removeEventListener("keydown", key);
    };
  }, [open]);
  return box;
}

export function Chooser({ fields, extra, ids, first }: { fields: Field[]; extra: { id: string; title: string }[]; ids: string[]; first: string[] }) {
  const open = useSignal(false);
  const find = useSignal("");
  const box = useAway(open.value, () => (open.value = false));
  const set = (next: string[]) => setParams({ cols: next.join() === first.join() || next.length === 0 ? undefined : next.join() }, true);
  const all: { id: string; title: string; tip?: string; group: string }[] = [...extra.map((e) => ({ ...e, group: "together" })), ...fields.map((f) => ({ id: f.id, title: f.title, tip: f.tip, group: f.group }))];
  const hit = all.filter((f) => f.title && (f.title + f.id).toLowerCase().includes(find.value.toLowerCase()));
  const groups = [...new Set(hit.map((f) => f.group))].sort(groupOrder);
  return (
    <div class="drop hide-phone" ref={box}>
      <button type="button" class="button" aria-expanded={open.value} onClick={() => (open.value = !open.value)}><Icon name="columns" /> Columns</button>
      {open.value && (
        <div class="checks" role="group" aria-label="Columns">
          <div class="bar">
            <input class="input grow" type="search" placeholder="Find a field" aria-label="Find a field" onInput={(e) => (find.value = e.currentTarget.value)} />
            <button type="button" class="button" onClick={() => set(first)}>Reset</button>
          </div>
          {groups.map((g) => (
            <div key={g}>
              <h3>{groupTitle(g)}</h3>
              {hit.filter((f) => f.group === g).map((f) => (
                <label key={f.id} title={f.tip}>
                  <input type="checkbox" checked={ids.includes(f.id)} onChange={(e) => set(e.currentTarget.checked ? [...ids, f.id] : ids.filter((x) => x !== f.id))} />
                  {f.title}
                </label>
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
