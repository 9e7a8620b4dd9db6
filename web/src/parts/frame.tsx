// frame.tsx - what stands around every page: header, scrubber, navigation, footer.

import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import * as N from "../lib/numbers.ts";
import * as C from "../lib/clock.ts";
import { chosen, collects, dark, density, engineNow, iface, interfaces, live, place, q, setParams, theme, tick, to, totals, windowSeconds, zone } from "../lib/state.ts";
import { lagged, link } from "../lib/stream.ts";
import { spanText } from "../lib/url.ts";
import { PAGES, pageOf } from "../pages.ts";
import { FilterBar } from "./filterbar.tsx";
import { Icon, Mark } from "./icons.tsx";
import { Num } from "./num.tsx";
import { Scrubber, setWindow, WINDOWS } from "./scrubber.tsx";
import { helpOpen } from "./help.tsx";
import { paletteOpen } from "./palette.tsx";
import { uptime } from "./uptime.ts";

export function switchTheme(): void {
  theme.value = dark.value ? "light" : "dark";
}

function Picker() {
  const all = interfaces.value;
  return (
    <label class="picker" title="Interface">
      <span class="off">Interface</span>
      <select value={iface.value} onChange={(e) => setParams({ if: e.currentTarget.value })}>
        <option value="">All interfaces</option>
        {all.map((i) => (
          <option value={String(i.id)} key={i.id}>{i.is_file ? i.name.split("/").pop() : i.name}</option>
        ))}
        {iface.value !== "" && !all.some((i) => String(i.id) === iface.value) && <option value={iface.value}>{"#" + iface.value}</option>}
      </select>
      <Icon name="caret" size={10} />
    </label>
  );
}

/** Beats once a second without an animation, which would draw sixty times as often. */
function Pulse() {
  return <i class={"pulse" + (tick.value & 1 ? " beat" : "")} aria-hidden="true" />;
}

function TimeControl() {
  const on = live.value;
  return (
    <div class="time">
      <button type="button" id="live" class={"live" + (on ? " on" : "")} aria-pressed={!on} onClick={() => (live.value = !on)} title={on ? "Live. Space stops the clock" : "Stopped. Space or L goes on"}>
        <Pulse />
        <span>{on ? "Live" : "Stopped"}</span>
      </button>
      <label class="picker span" title="What the charts show">
        <span class="off">Time window</span>
        <select id="window" value={String(windowSeconds.value)} onChange={(e) => setWindow(Number(e.currentTarget.value))}>
          {[...new Set([...WINDOWS, windowSeconds.value])].sort((a, b) => a - b).map((s) => (
            <option value={String(s)} key={s}>{"last " + (s % 3600 === 0 ? s / 3600 + " h" : s % 60 === 0 ? s / 60 + " min" : s + " s")}</option>
          ))}
        </select>
        <Icon name="caret" size={10} />
      </label>
    </div>
  );
}

function Header() {
  return (
    <header class="header">
      <a class="brand" href={to("/")} aria-label="Weir, dashboard"><Mark /><b>weir</b></a>
      <Picker />
      <FilterBar />
      <TimeControl />
      <button type="button" class="ghost wide" title="Jump anywhere (Ctrl K)" aria-label="Jump anywhere" onClick={() => (paletteOpen.value = true)}><kbd>Ctrl K</kbd></button>
      <button type="button" class="ghost" title={(dark.value ? "Light" : "Dark") + " theme (.)"} aria-label={(dark.value ? "Light" : "Dark") + " theme"} onClick={switchTheme}>
        <Icon name={dark.value ? "sun" : "moon"} />
      </button>
      <button type="button" class="ghost wide" title="Keys and filters (?)" aria-label="Help" onClick={() => (helpOpen.value = true)}><Icon name="help" /></button>
    </header>
  );
}

function Nav() {
  const here = pageOf(place.value.path)?.path;
  const more = useSignal(false);
  const pages = PAGES.filter((p) => !p.collects || collects.value || here === p.path);
  const item = (p: (typeof PAGES)[number]) => (
    <a href={to(p.path)} class={"nav-item " + p.menu} aria-current={here === p.path ? "page" : undefined} key={p.path} title={p.key ? p.title + " (g " + p.key + ")" : p.title} onClick={() => (more.value = false)}>
      <Icon name={p.icon} /><span>{p.title}</span>
    </a>
  );
  return (
    <nav class={"nav" + (more.value ? " open" : "")} aria-label="Pages">
      {pages.filter((p) => p.menu === "main" && p.path !== "/system").map(item)}
      <hr />
      {pages.filter((p) => p.menu === "more").map(item)}
      <hr />
      {pages.filter((p) => p.path === "/system").map(item)}
      <button type="button" class="nav-item nav-more" aria-expanded={more.value} onClick={() => (more.value = !more.value)}><Icon name="more" /><span>More</span></button>
    </nav>
  );
}

function Connection() {
  const l = link.value;
  void tick.value;
  if (l.open) {
    if (lagged.value && Date.now() - lagged.value < 10_000) return <span class="conn warn">catching up</span>;
    return null;
  }
  if (Date.now() - l.since < 1500) return null;
  return (
    <span class="conn bad" role="alert">
      disconnected since {C.clock(l.since, zone.value)}, trying again
    </span>
  );
}

function Footer() {
  void tick.value;
  const t = totals.value;
  const now = engineNow();
  const drops = t ? t.kernel_dropped + t.interface_dropped : null;
  const c = chosen.value;
  const finished = c ? c.is_file && c.done : interfaces.value.length > 0 && interfaces.value.every((i) => i.is_file && i.done);
  return (
    <footer class="footer" aria-label="Now">
      <span class="foot"><svg class="dir sent" width="8" height="8" viewBox="0 0 8 8" aria-hidden="true"><path d="M4 1 7.5 7H.5z" /></svg><span class="off">Upload</span><Num w={N.rate(t?.upload_bps)} href={flowsHere("local=l2r")} title="Upload" /></span>
      <span class="foot"><svg class="dir rcvd" width="8" height="8" viewBox="0 0 8 8" aria-hidden="true"><path d="M4 7 7.5 1H.5z" /></svg><span class="off">Download</span><Num w={N.rate(t?.download_bps)} href={flowsHere("local=r2l or local=l2r")} title="Download" /></span>
      {t !== null && t.bps - t.upload_bps - t.download_bps >= 1000 && (
        <span class="foot"><svg class="dir" width="9" height="8" viewBox="0 0 9 8" aria-hidden="true"><path d="M0 4 3 1v6zM9 4 6 1v6z" fill="currentColor" /></svg><span class="off">Internal</span><Num w={N.rate(t.bps - t.upload_bps - t.download_bps)} href={flowsHere("local=l2l")} title="Internal" /></span>
      )}
      <span class="foot pps"><Num w={N.packetRate(t?.pps)} href={to("/flows")} title="Packets" /></span>
      <span class="foot hosts"><Num w={N.count(t?.hosts_active, "hosts")} href={to("/hosts")} /> <span class="lab">hosts</span></span>
      <span class="foot dev"><Num w={N.count(t?.devices, "devices")} href={to("/devices")} /> <span class="lab">devices</span></span>
      <span class="foot"><Num w={N.count(t?.flows_active, "flows")} href={to("/flows")} /> <span class="lab">flows</span></span>
      <span class="foot"><Num w={N.count(t?.alerted_flows, "flows with a risk or a problem")} href={flowsHere("problem!=none")} tone={t && t.alerted_flows > 0 ? "warning" : undefined} /> <span class="lab">alerts</span></span>
      <span class="foot"><Num w={N.count(drops, "packets dropped by kernel and interface")} href={to("/system")} tone={drops ? "error" : undefined} /> <span class="lab">drops</span></span>
      <span class="grow" />
      <Connection />
      {finished && <span class="foot done" title="All packets of the file have been read">file read to its end</span>}
      <button type="button" class="foot clock" title={C.exact(now, zone.value) + ". Click for " + (zone.value === "utc" ? "this browser's zone" : "UTC")} onClick={() => (zone.value = zone.value === "utc" ? "local" : "utc")}>
        {finished ? C.date(now, zone.value) + " " : ""}{C.clock(now, zone.value)} <span class="u">{C.zoneName(now, zone.value)}</span>
      </button>
      <span class="foot up" title="Since Weir was started"><span class="lab">up</span> {N.text(N.duration(uptime()))}</span>
      <button type="button" class="foot dens" title="Row height" onClick={() => (density.value = density.value === "compact" ? "comfortable" : "compact")}>{density.value}</button>
    </footer>
  );
}

/** Flows of the chosen interface, not narrowed by this page's filter: what the footer counts. */
function flowsHere(expression: string): string {
  return to("/flows", { q: expression });
}

export function Frame({ children }: { children: ComponentChildren }) {
  // Links of the frame depend on the filter.
  void q.value;
  return (
    <>
      <a class="skip" href="#main" onClick={(e) => {
        e.preventDefault();
        document.getElementById("main")?.focus();
      }}>Skip to content</a>
      <Header />
      <Scrubber />
      <Nav />
      <main id="main" class={"main" + (link.value.open ? "" : " stale")} tabIndex={-1} data-window={spanText(windowSeconds.value)}>{children}</main>
      <Footer />
    </>
  );
}
