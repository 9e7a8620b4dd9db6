// help.tsx - the keys and the filter language on one sheet.

import { signal } from "@preact/signals";
import { Dialog } from "./dialog.tsx";

export const helpOpen = signal(false);

const KEYS: [string, string][] = [
  ["/ or q", "filter"],
  ["Ctrl K", "jump anywhere"],
  ["Space", "stop and go on"],
  ["l", "live again"],
  ["t", "time window"],
  ["[ ]", "wider, narrower window"],
  ["g d", "dashboard"],
  ["g f", "flows"],
  ["g h", "hosts"],
  ["g p", "protocols"],
  ["g i", "interfaces"],
  ["g s", "system"],
  ["j k", "next, previous row"],
  ["Enter or o", "open the row"],
  ["i e", "include, exclude the value in focus"],
  ["y", "copy this page's address"],
  [".", "light or dark"],
  ["?", "this sheet"],
  ["Esc", "close, let go"],
];

const FILTERS: [string, string][] = [
  ["app=TLS", "one application"],
  ["app in (DNS,TLS) and not ip=10.0.0.0/8", "lists, networks, not"],
  ["bytes>=1M && duration<2s", "sizes and times with units"],
  ["cli.port=srv.port", "one field against another"],
  ["192.168.2.222 dns.rcode!=0", "an address alone means either end; side by side means and"],
  ["info ~ update", "contains, in any case"],
  ["sni exists", "has a value at all"],
  ["(app=SSH or srv.port=22) not local=l2l", "brackets and or"],
];

export function Help() {
  if (!helpOpen.value) return null;
  return (
    <Dialog label="Help" onClose={() => (helpOpen.value = false)} wide>
      <div class="help">
        <section>
          <h2>Keys</h2>
          <dl class="keys">
            {KEYS.map(([k, what]) => (
              <div key={k}><dt>{k.split(" ").map((p) => (p === "or" ? " or " : <kbd key={p}>{p}</kbd>))}</dt><dd>{what}</dd></div>
            ))}
          </dl>
        </section>
        <section>
          <h2>Filter</h2>
          <dl class="examples">
            {FILTERS.map(([f, what]) => (
              <div key={f}><dt class="mono">{f}</dt><dd>{what}</dd></div>
            ))}
          </dl>
          <p class="muted">Any value can be right-clicked (or pressed long): include it, exclude it, look at it alone. Every number leads to the flows behind it. The address of the page holds all of it: copy it and it opens the same again.</p>
          <h2>Marks</h2>
          <dl class="examples">
            <div><dt>~</dt><dd>guessed, from a port or an address</dd></div>
            <div><dt>{"\u2282"}</dt><dd>taken out of a tunnel</dd></div>
            <div><dt>{"\u2013"}</dt><dd>no data, which is not zero</dd></div>
          </dl>
        </section>
      </div>
    </Dialog>
  );
}
