import assert from "node:assert/strict";
import { test } from "node:test";
import * as F from "../src/lib/filter.ts";

const texts = (q: string) => F.chips(q).map((c) => c.text);

test("a conjunction becomes one chip for each term, however it is joined", () => {
  assert.deepEqual(texts("app in (DNS,TLS) and not ip=10.0.0.0/8"), ["app in (DNS,TLS)", "not ip=10.0.0.0/8"]);
  assert.deepEqual(texts("bytes>=1M && duration<2s"), ["bytes>=1M", "duration<2s"]);
  assert.deepEqual(texts("192.168.2.222 dns.rcode!=0"), ["192.168.2.222", "dns.rcode!=0"]);
  assert.deepEqual(texts("cli.port = srv.port, app=TLS"), ["cli.port = srv.port", "app=TLS"]);
});

test("or at the top keeps the expression in one piece, or in brackets does not", () => {
  assert.deepEqual(texts("app=TLS or app=DNS"), ["app=TLS or app=DNS"]);
  assert.deepEqual(texts("(app=SSH or srv.port=22) not local=l2l"), ["(app=SSH or srv.port=22)", "not local=l2l"]);
});

test("quotes hide words and brackets", () => {
  assert.deepEqual(texts('info="a and (b" app=TLS'), ['info="a and (b"', "app=TLS"]);
  assert.deepEqual(texts('info="say \\"or\\" twice"'), ['info="say \\"or\\" twice"']);
});

test("what excludes is marked", () => {
  assert.deepEqual(F.chips("app!=TLS not ip=1.2.3.4 not vlan!=3 app not in (DNS)").map((c) => c.negative), [true, true, false, true]);
});

test("an unfinished expression is cut without falling over", () => {
  assert.deepEqual(texts("app ="), ["app ="]);
  assert.deepEqual(texts("((("), ["((("]);
  assert.deepEqual(texts('info="open'), ['info="open']);
  assert.deepEqual(texts(""), []);
});

test("values are quoted when they must be", () => {
  assert.equal(F.term("app", "TLS.Google"), "app=TLS.Google");
  assert.equal(F.term("ip", "2a00:1450:4001:829::200e"), "ip=2a00:1450:4001:829::200e");
  assert.equal(F.term("host", "Simones-MBP [X]"), 'host="Simones-MBP [X]"');
  assert.equal(F.term("info", 'a "b" \\'), 'info="a \\"b\\" \\\\"');
  assert.equal(F.term("app", "or"), 'app="or"');
  assert.equal(F.term("app", "DNS", new Set(["dns"])), 'app="DNS"');
});

test("excluding either end says not, since the other end differs anyway", () => {
  assert.equal(F.notTerm("ip", "1.2.3.4"), "not ip=1.2.3.4");
  assert.equal(F.notTerm("app", "TLS"), "app!=TLS");
});

test("a term is added once, and an or is put into brackets first", () => {
  assert.equal(F.withTerm("", "app=TLS"), "app=TLS");
  assert.equal(F.withTerm("app=TLS", "app=TLS"), "app=TLS");
  assert.equal(F.withTerm("app=TLS", "ip=1.2.3.4"), "app=TLS and ip=1.2.3.4");
  assert.equal(F.withTerm("app=TLS or app=DNS", "ip=1.2.3.4"), "(app=TLS or app=DNS) and ip=1.2.3.4");
});

test("taking a chip away leaves the others", () => {
  assert.equal(F.withoutChip("app=TLS ip=1.2.3.4 && vlan=3", 1), "app=TLS and vlan=3");
  assert.equal(F.withoutChip("app=TLS", 0), "");
});

test("two conditions become one", () => {
  assert.equal(F.both("", "app=TLS"), "app=TLS");
  assert.equal(F.both("app=TLS", ""), "app=TLS");
  assert.equal(F.both("app=TLS or vlan=3", "ip=1.2.3.4"), "(app=TLS or vlan=3) and ip=1.2.3.4");
  assert.equal(F.both("app=TLS", "app=TLS"), "app=TLS");
});
