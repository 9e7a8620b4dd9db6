// hub.ts - one event stream for everybody: the heart of the shared worker.
//
// Tabs say which topics they want; the hub keeps one EventSource with the union of them, changes it
// by PATCH without a new connection, and hands each frame to the tabs that asked. HTTP/1.1 allows
// six connections to a host, so without this a seventh tab would stall. The same class runs inside
// a page where shared workers do not exist.

export type Down =
  | { kind: "frame"; topic: string; data: string }
  | { kind: "state"; open: boolean; since: number }
  | { kind: "lag"; t: number };

export type Up = { kind: "want"; topics: string[] } | { kind: "bye" } | { kind: "alive" };

interface Tab {
  topics: Set<string>;
  post: (m: Down) => void;
  heard: number;
}

const SILENT_MS = 180_000; // a tab that says nothing for this long is gone
const FRESH_MS = 3_000; // a frame no older than this may greet a newcomer

export class Hub {
  private base: string;
  private tabs = new Map<number, Tab>();
  private next = 1;
  private source: EventSource | null = null;
  private sid = "";
  private asked = ""; // topics that the server knows of
  private heard = new Map<string, { data: string; at: number }>();
  private listening = new Set<string>();
  private retry = 0;
  private timer: ReturnType<typeof setTimeout> | 0 = 0;
  private changing = false;
  private open = false;
  private since = Date.now();

  constructor(base: string) {
    this.base = base;
    setInterval(() => this.sweep(), 30_000);
  }

  join(post: (m: Down) => void): number {
    const id = this.next++;
    this.tabs.set(id, { topics: new Set(), post, heard: Date.now() });
    post({ kind: "state", open: this.open, since: this.since });
    return id;
  }

  take(id: number, m: Up): void {
    const tab = this.tabs.get(id);
    if (!tab) return;
    tab.heard = Date.now();
    if (m.kind === "bye") {
      this.tabs.delete(id);
      this.later();
    } else if (m.kind === "want") {
      const before = tab.topics;
      tab.topics = new Set(m.topics);
      for (const t of tab.topics) {
        const last = this.heard.get(t);
        if (!before.has(t) && last && Date.now() - last.at < FRESH_MS) tab.post({ kind: "frame", topic: t, data: last.data });
      }
      this.later();
    }
  }

  private sweep(): void {
    const limit = Date.now() - SILENT_MS;
    for (const [id, t] of this.tabs) if (t.heard < limit) this.tabs.delete(id);
    this.later();
  }

  private union(): string[] {
    const all = new Set<string>();
    for (const t of this.tabs.values()) for (const x of t.topics) all.add(x);
    return [...all].sort();
  }

  /** Several changes of one moment become one request. */
  private later(): void {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.settle();
    }, 15);
  }

  private settle(): void {
    const topics = this.union();
    const list = topics.map(encodeURIComponent).join(",");
    if (topics.length === 0) {
      this.close();
      return;
    }
    for (const t of [...this.heard.keys()]) if (!topics.includes(t)) this.heard.delete(t);
    if (!this.source) {
      this.connect(list, topics);
      return;
    }
    if (list === this.asked) return;
    this.listen(topics);
    // Hello comes first, and one change at a time: two on the way could arrive in the other order.
    if (!this.sid || this.changing) return;
    this.changing = true;
    this.asked = list;
    const source = this.source;
    fetch(this.base + "/stream/" + this.sid + "?topics=" + list, { method: "PATCH" })
      .then((r) => r.ok)
      .catch(() => false)
      .then((ok) => {
        this.changing = false;
        // A new connection has brought its own topics meanwhile.
        if (ok || this.source !== source) this.later();
        else this.again(500);
      });
  }

  private listen(topics: string[]): void {
    const s = this.source;
    if (!s) return;
    for (const t of topics) {
      if (this.listening.has(t)) continue;
      this.listening.add(t);
      s.addEventListener(t, (e) => this.frame(t, (e as MessageEvent<string>).data));
    }
  }

  private connect(list: string, topics: string[]): void {
    const s = new EventSource(this.base + "/stream?topics=" + list);
    this.source = s;
    this.asked = list;
    this.sid = "";
    this.listening.clear();
    s.addEventListener("hello", (e) => {
      this.retry = 0;
      try {
        this.sid = (JSON.parse((e as MessageEvent<string>).data) as { sid: string }).sid;
      } catch {
        this.sid = "";
      }
      this.tell(true);
      this.later();
    });
    s.addEventListener("lag", () => {
      for (const t of this.tabs.values()) t.post({ kind: "lag", t: Date.now() });
    });
    s.onerror = () => this.again();
    this.listen(topics);
  }

  private frame(topic: string, data: string): void {
    this.heard.set(topic, { data, at: Date.now() });
    if (!this.open) this.tell(true);
    for (const t of this.tabs.values()) if (t.topics.has(topic)) t.post({ kind: "frame", topic, data });
  }

  /** Gives the connection up and tries again, more slowly each time. */
  private again(after?: number): void {
    this.source?.close();
    this.source = null;
    this.sid = "";
    this.asked = "";
    if (after === undefined) {
      this.tell(false);
      after = Math.min(10_000, 500 * 2 ** this.retry++);
    }
    setTimeout(() => this.later(), after);
  }

  private close(): void {
    this.source?.close();
    this.source = null;
    this.sid = "";
    this.asked = "";
    this.heard.clear();
  }

  private tell(open: boolean): void {
    if (open === this.open) return;
    this.open = open;
    this.since = Date.now();
    for (const t of this.tabs.values()) t.post({ kind: "state", open, since: this.since });
  }
}
