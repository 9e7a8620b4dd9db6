import assert from "node:assert/strict";
import { test } from "node:test";
import { Hub, type Down } from "../src/lib/hub.ts";

class FakeSource {
  static made: FakeSource[] = [];
  url: string;
  closed = false;
  onerror: (() => void) | null = null;
  private heard = new Map<string, (e: { data: string }) => void>();
  constructor(url: string) {
    this.url = url;
    FakeSource.made.push(this);
  }
  addEventListener(name: string, f: (e: { data: string }) => void) {
    this.heard.set(name, f);
  }
  close() {
    this.closed = true;
  }
  say(name: string, data: unknown) {
    this.heard.get(name)?.({ data: JSON.stringify(data) });
  }
}

const patches: { url: string; answer: (ok: boolean) => void }[] = [];
const g = globalThis as unknown as Record<string, unknown>;
g.EventSource = FakeSource;
g.fetch = (url: string) => new Promise((done) => patches.push({ url, answer: (ok) => done({ ok }) }));
g.setInterval = () => 0;

const pause = (ms = 30) => new Promise((r) => setTimeout(r, ms));
const last = () => FakeSource.made[FakeSource.made.length - 1] as FakeSource;

function fresh() {
  FakeSource.made = [];
  patches.length = 0;
  return new Hub("/api/v1");
}

test("tabs share one connection and each hears only its own topics", async () => {
  const hub = fresh();
  const a: Down[] = [];
  const b: Down[] = [];
  const ia = hub.join((m) => a.push(m));
  const ib = hub.join((m) => b.push(m));
  hub.take(ia, { kind: "want", topics: ["totals"] });
  hub.take(ib, { kind: "want", topics: ["totals", "flows?q=a,b"] });
  await pause();
  assert.equal(FakeSource.made.length, 1);
  assert.equal(last().url, "/api/v1/stream?topics=flows%3Fq%3Da%2Cb,totals");
  last().say("hello", { sid: "7" });
  last().say("flows?q=a,b", { n: 1 });
  last().say("totals", { n: 2 });
  assert.deepEqual(a.filter((m) => m.kind === "frame").map((m) => m.kind === "frame" && m.topic), ["totals"]);
  assert.equal(b.filter((m) => m.kind === "frame").length, 2);
});

test("changes go out one at a time, the newest last", async () => {
  const hub = fresh();
  const id = hub.join(() => undefined);
  hub.take(id, { kind: "want", topics: ["a"] });
  await pause();
  last().say("hello", { sid: "7" });
  hub.take(id, { kind: "want", topics: ["a", "b"] });
  await pause();
  hub.take(id, { kind: "want", topics: ["c"] });
  await pause();
  assert.deepEqual(patches.map((p) => p.url), ["/api/v1/stream/7?topics=a,b"]);
  patches[0]?.answer(true);
  await pause();
  assert.deepEqual(patches.map((p) => p.url), ["/api/v1/stream/7?topics=a,b", "/api/v1/stream/7?topics=c"]);
});

test("a change that is refused makes a new connection with what is wanted now", async () => {
  const hub = fresh();
  const id = hub.join(() => undefined);
  hub.take(id, { kind: "want", topics: ["a"] });
  await pause();
  last().say("hello", { sid: "7" });
  hub.take(id, { kind: "want", topics: ["b"] });
  await pause();
  patches[0]?.answer(false);
  await pause(600);
  assert.equal(FakeSource.made.length, 2);
  assert.equal(last().url, "/api/v1/stream?topics=b");
});

test("a broken connection is told and tried again", async () => {
  const hub = fresh();
  const heard: Down[] = [];
  const id = hub.join((m) => heard.push(m));
  hub.take(id, { kind: "want", topics: ["a"] });
  await pause();
  last().say("hello", { sid: "7" });
  last().onerror?.();
  assert.deepEqual(heard.filter((m) => m.kind === "state").map((m) => m.kind === "state" && m.open), [false, true, false]);
  await pause(600);
  assert.equal(FakeSource.made.length, 2);
  assert.ok(FakeSource.made[0]?.closed);
});

test("when the last tab leaves the connection is closed", async () => {
  const hub = fresh();
  const id = hub.join(() => undefined);
  hub.take(id, { kind: "want", topics: ["a"] });
  await pause();
  hub.take(id, { kind: "bye" });
  await pause();
  assert.ok(last().closed);
});

test("a newcomer is greeted with the frame that is there", async () => {
  const hub = fresh();
  const first = hub.join(() => undefined);
  hub.take(first, { kind: "want", topics: ["a"] });
  await pause();
  last().say("hello", { sid: "7" });
  last().say("a", { n: 1 });
  const heard: Down[] = [];
  const second = hub.join((m) => heard.push(m));
  hub.take(second, { kind: "want", topics: ["a"] });
  assert.equal(heard.filter((m) => m.kind === "frame").length, 1);
});
