// worker.ts - the shared worker: one stream per browser, however many tabs.

import { Hub, type Up } from "./lib/hub.ts";

interface SharedScope {
  onconnect: ((e: MessageEvent) => void) | null;
}

const hub = new Hub("/api/v1");

(globalThis as unknown as SharedScope).onconnect = (e) => {
  const port = e.ports[0];
  if (!port) return;
  const id = hub.join((m) => port.postMessage(m));
  port.onmessage = (m: MessageEvent<Up>) => hub.take(id, m.data);
};
