import assert from "node:assert/strict";
import { test } from "node:test";
import * as U from "../src/lib/url.ts";

test("an address that is read and written again stays the same", () => {
  const url = "/flows?q=app=TLS+and+not+ip=10.0.0.0/8&if=1&sort=-bps&cols=app,bytes";
  assert.equal(U.write(U.parse(url)), url);
});

test("unknown parameters are ignored and empty ones left out", () => {
  assert.deepEqual(U.parse("/flows?utm=x&q=&sort=-bps"), { path: "/flows", params: { sort: "-bps" } });
});

test("parameters come out in one order whatever order they came in", () => {
  assert.equal(U.write(U.parse("/hosts?sort=bytes&q=app=DNS")), "/hosts?q=app=DNS&sort=bytes");
});

test("signs that mean something in an address survive", () => {
  const q = 'info="50% & more" and bytes>=1M';
  const there = U.write({ path: "/flows", params: { q } });
  assert.equal(U.parse(there).params.q, q);
  assert.ok(!there.includes("&m"));
});

test("filter, interface and span go along to another page, sort and columns do not", () => {
  const from = U.parse("/flows?q=app=TLS&if=2&last=5m&sort=-bps&cols=app");
  assert.equal(U.carry(from, "/hosts"), "/hosts?q=app=TLS&if=2&last=5m");
  assert.equal(U.carry(from, "/hosts", { q: undefined, tab: "dns" }), "/hosts?if=2&tab=dns&last=5m");
});

test("a slash at the end and a fragment change nothing", () => {
  assert.equal(U.parse("/hosts/#top").path, "/hosts");
  assert.equal(U.parse("/").path, "/");
});

test("spans are bounded and fall back", () => {
  assert.equal(U.span("5m", 900), 300);
  assert.equal(U.span("1h", 900), 3600);
  assert.equal(U.span("90h", 900), 3600);
  assert.equal(U.span("yesterday", 900), 900);
  assert.equal(U.span(undefined, 900), 900);
  assert.equal(U.spanText(U.span("15m", 0)), "15m");
});
