// palette.tsx - Ctrl K: pages, hosts, applications and commands by a few letters.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, type List } from "../lib/api.ts";
import type { Group, HostRow } from "../lib/types.ts";
import { query } from "../lib/url.ts";
import { density, go, ifParam, live, to, zone } from "../lib/state.ts";
import { PAGES } from "../pages.ts";
import { Dialog } from "./dialog.tsx";
import { switchTheme } from "./frame.tsx";
import { helpOpen } from "./help.tsx";
import { copy } from "./menu.tsx";

export const paletteOpen = signal(false);

interface Item {
  kind: string;
  text: string;
  more?: string;
  run: () => void;
}

const COMMANDS: Item[] = [
  { kind: "do", text: "Switch light and dark", run: switchTheme },
  { kind: "do", text: "Stop or go on", run: () => (live.value = !live.value) },
  { kind: "do", text: "Change row height", run: () => (density.value = density.value === "compact" ? "comfortable" : "compact") },
  { kind: "do", text: "Change time zone: local or UTC", run: () => (zone.value = zone.value === "utc" ? "local" : "utc") },
  { kind: "do", text: "Copy this page's address", run: () => copy(location.href) },
  { kind: "do", text: "Show keys and filter examples", run: () => (helpOpen.value = true) },
];

let protocols: Group[] | null = null;

export function Palette() {
  return paletteOpen.value ? <Box /> : null;
}

function Box() {
  const text = useSignal("");
  const at = useSignal(0);
  const hosts = useSignal<HostRow[]>([]);
  const apps = useSignal<Group[]>(protocols ?? []);
  useEffect(() => {
    get<List<Group>>("protocols?limit=500")
      .then((r) => {
        protocols = r.data;
        apps.value = r.data;
      })
      .catch(() => undefined);
  }, []);
  useEffect(() => {
    const t = text.value.trim();
    if (!t) {
      hosts.value = [];
      return;
    }
    const stop = new AbortController();
    const wait = setTimeout(() => {
      get<List<HostRow>>("hosts" + query({ find: t, if: ifParam(), limit: 6, sort: "-bps" }), stop.signal)
        .then((r) => (hosts.value = r.data))
        .catch(() => undefined);
    }, 80);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [text.value]);

  const t = text.value.trim().toLowerCase();
  const has = (s: string) => s.toLowerCase().includes(t);
  const items: Item[] = [
    ...PAGES.filter((p) => has(p.title)).map((p): Item => ({ kind: "page", text: p.title, ...(p.key ? { more: "g " + p.key } : {}), run: () => go(to(p.path)) })),
    ...(t ? hosts.value.map((h): Item => ({ kind: "host", text: h.name || h.ip, ...(h.name ? { more: h.ip } : {}), run: () => go(to("/hosts/" + h.host_id)) })) : []),
    ...(t ? apps.value.filter((g) => has(g.name)).slice(0, 6).map((g): Item => ({ kind: "app", text: g.name, run: () => go(to("/protocols/" + encodeURIComponent(g.key))) })) : []),
    ...COMMANDS.filter((c) => has(c.text)),
    ...(t ? [{ kind: "flows", text: "Flows that match " + text.value.trim(), run: () => go(to("/flows", { q: text.value.trim() })) }] : []),
  ];
  const n = items.length;
  const sel = Math.min(at.value, n - 1);
  const run = (i: Item | undefined) => {
    paletteOpen.value = false;
    i?.run();
  };
  return (
    <Dialog label="Jump anywhere" bare onClose={() => (paletteOpen.value = false)}>
      <input class="palette-in" type="text" role="combobox" aria-label="Jump to" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={n ? "pal-" + sel : undefined}
        placeholder="Page, host, application or command" autocomplete="off" spellcheck={false} autofocus
        onInput={(e) => {
          text.value = e.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={(e) => {
          if (e.key === "ArrowDown") at.value = (sel + 1) % Math.max(1, n);
          else if (e.key === "ArrowUp") at.value = (sel - 1 + n) % Math.max(1, n);
          else if (e.key === "Enter") run(items[sel]);
          else return;
          e.preventDefault();
        }} />
      <ul id="palette-list" class="palette-list" role="listbox" aria-label="Results">
        {items.slice(0, 30).map((i, k) => (
          <li id={"pal-" + k} key={i.kind + i.text + (i.more ?? "")} role="option" aria-selected={k === sel} class={k === sel ? "on" : ""} onClick={() => run(i)} onPointerMove={() => (at.value = k)}>
            <span class="kind">{i.kind}</span><span class="word">{i.text}</span>{i.more && <span class="muted mono">{i.more}</span>}
          </li>
        ))}
        {n === 0 && <li class="muted">Nothing of that name</li>}
      </ul>
    </Dialog>
  );
}
