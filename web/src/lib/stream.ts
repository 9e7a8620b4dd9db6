// stream.ts - a page's end of the live stream.
//
// Subscriptions are counted per topic; the union goes to the hub (a shared worker, or one in this
// page). A hidden tab asks for nothing. Frames are whole snapshots, so the last one is all there is
// to keep.

import { signal } from "@preact/signals";
import { Hub, type Down, type Up } from "./hub.ts";

export interface Link {
  open: boolean;
  since: number;
}

/** Whether the stream is up, and since when. */
export const link = signal<Link>({ open: false, since: Date.now() });
/** When the server last said that this browser is too slow. */
export const lagged = signal(0);

type Listener = (frame: unknown) => void;

const topics = new Map<string, Set<Listener>>();
const latest = new Map<string, { frame: unknown; at: number }>();
let send: ((m: Up) => void) | null = null;
let queued = false;

function receive(m: Down): void {
  if (m.kind === "state") link.value = { open: m.open, since: m.since };
  else if (m.kind === "lag") lagged.value = m.t;
  else {
    let frame: unknown;
    try {
      frame = JSON.parse(m.data);
    } catch {
      return; // a broken frame is followed by the next one
    }
    const all = topics.get(m.topic);
    if (!all) return;
    latest.set(m.topic, { frame, at: Date.now() });
    for (const l of [...all]) l(frame);
  }
}

/** A URL that the page's own policy lets a worker be loaded from. */
function scriptUrl(url: string): string {
  const tt = (globalThis as { trustedTypes?: { createPolicy(n: string, r: object): { createScriptURL(u: string): unknown } } }).trustedTypes;
  if (!tt) return url;
  const policy = tt.createPolicy("weir", {
    createScriptURL: (u: string) => {
      if (!u.startsWith("/assets/")) throw new TypeError("not our worker");
      return u;
    },
  });
  return policy.createScriptURL(url) as string;
}

function start(): void {
  const url = document.querySelector<HTMLMetaElement>('meta[name="weir-worker"]')?.content;
  try {
    if (url && typeof SharedWorker === "function") {
      const w = new SharedWorker(scriptUrl(url), { name: "weir" });
      w.port.onmessage = (e: MessageEvent<Down>) => receive(e.data);
      w.port.start();
      send = (m) => w.port.postMessage(m);
    }
  } catch {
    send = null; // no shared workers here: a stream of our own does
  }
  if (!send) {
    const hub = new Hub("/api/v1");
    const id = hub.join(receive);
    send = (m) => hub.take(id, m);
  }
  document.addEventListener("visibilitychange", push);
  addEventListener("pagehide", () => send?.({ kind: "bye" }));
  addEventListener("pageshow", (e) => {
    if (e.persisted) location.reload(); // the hub has let this page go
  });
  setInterval(() => send?.({ kind: "alive" }), 20_000);
}

function push(): void {
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    if (!send) start();
    send?.({ kind: "want", topics: document.hidden ? [] : [...topics.keys()] });
  });
}

/** Calls `l` with each frame of a topic (a GET path below /api/v1) until the result is called. */
export function subscribe(topic: string, l: Listener): () => void {
  let all = topics.get(topic);
  if (!all) {
    all = new Set();
    topics.set(topic, all);
    push();
  }
  all.add(l);
  const have = latest.get(topic);
  if (have && Date.now() - have.at < 3000) l(have.frame);
  return () => {
    all.delete(l);
    if (all.size === 0 && topics.get(topic) === all) {
      topics.delete(topic);
      latest.delete(topic);
      push();
    }
  };
}
