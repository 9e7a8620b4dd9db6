// main.tsx - starts the page: fields, totals, traffic, then whatever the address asks for.

import { render, type ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { effect, signal } from "@preact/signals";
import { loadFields } from "./fields.ts";
import { get, type List, type One } from "./lib/api.ts";
import { go, heardTime, ifParam, interfaces, live, path, to, totals } from "./lib/state.ts";
import { subscribe } from "./lib/stream.ts";
import type { Interface, Totals } from "./lib/types.ts";
import { query } from "./lib/url.ts";
import { idOf, pageOf, type Page, type PageProps } from "./pages.ts";
import { Frame } from "./parts/frame.tsx";
import { Help } from "./parts/help.tsx";
import { listenKeys } from "./parts/keys.ts";
import { Menu } from "./parts/menu.tsx";
import { Palette } from "./parts/palette.tsx";
import { Toast } from "./parts/toast.tsx";
import { followTraffic } from "./parts/traffic.ts";
import { askUptime } from "./parts/uptime.ts";

type View = ComponentType<PageProps>;
const views = new Map<string, View>();
const loaded = signal(0);
const failed = signal("");

function load(page: Page, detail: boolean): View | undefined {
  const key = page.loadKey + (detail ? "/" : "");
  const have = views.get(key);
  if (have) return have;
  const from = detail ? page.detail : page.load;
  from?.()
    .then((m) => {
      views.set(key, m.default);
      loaded.value++;
    })
    .catch((e: Error) => (failed.value = e.message));
  return undefined;
}

function Route() {
  void loaded.value;
  const page = pageOf(path.value);
  const id = page ? idOf(page, path.value) : "";
  useEffect(() => {
    document.title = (id ? id + " \u00b7 " : "") + (page?.title ?? "Not here") + " \u00b7 Weir";
  }, [path.value]);
  if (!page)
    return (
      <div class="empty page">
        <h1>There is no such page</h1>
        <p>{path.value} is not an address of Weir. <a href={to("/")}>The dashboard</a> is, and <kbd>Ctrl K</kbd> finds the rest.</p>
      </div>
    );
  const Shown = load(page, id !== "");
  if (!Shown) return failed.value ? <div class="empty page"><h1>This page did not load</h1><p>{failed.value}. Reload to try again.</p></div> : <div class="page" aria-busy="true" />;
  return <Shown key={page.path} id={id} />;
}

/** Links inside the page change the address without loading it anew. */
function followLinks(): void {
  document.addEventListener("click", (e) => {
    if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    const a = (e.target as Element).closest("a");
    const href = a?.getAttribute("href");
    if (!a || !href || a.target || a.hasAttribute("download") || !href.startsWith("/") || href.startsWith("/api/")) return;
    e.preventDefault();
    go(href);
  });
}

function followTotals(): void {
  effect(() =>
    subscribe("totals" + query({ if: ifParam() }), (x) => {
      const f = x as One<Totals>;
      if (!f.data) return;
      heardTime(f.meta?.t ?? f.data.t);
      if (live.peek() || totals.peek() === null) totals.value = f.data;
    }),
  );
  const ask = () =>
    get<List<Interface>>("interfaces?limit=1000")
      .then((r) => (interfaces.value = r.data))
      .catch(() => undefined);
  void ask();
  setInterval(() => !document.hidden && live.peek() && void ask(), 5000);
}

function App() {
  return (
    <>
      <Frame><Route /></Frame>
      <Menu />
      <Help />
      <Palette />
      <Toast />
    </>
  );
}

function start(): void {
  const root = document.getElementById("app");
  if (!root) return;
  listenKeys();
  followLinks();
  followTotals();
  followTraffic();
  askUptime();
  const fields = () => void loadFields().catch(() => setTimeout(fields, 2000));
  fields();
  render(<App />, root);
}

start();
