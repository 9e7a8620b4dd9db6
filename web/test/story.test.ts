import assert from "node:assert/strict";
import { test } from "node:test";
import { certainty, timeline, toldBy, verdict } from "../src/lib/story.ts";

const plain = (s: string) => s.replace(/[\u202f\u00a0]/g, " ");

test("a slow server is told apart from a slow network", () => {
  assert.equal(plain(verdict({ appl_ms: 1200, rtt_ms: 12 }).text), "Slow: the server answers in 1.20 s, the network in 12.0 ms.");
  assert.match(verdict({ appl_ms: 20, rtt_ms: 450 }).text, /the network takes/);
  assert.equal(verdict({ appl_ms: 20, rtt_ms: 10 }).level, "good");
});

test("a certificate for another name is the first thing said", () => {
  const v = verdict({ problem: "certificate_mismatch", appl_ms: 5000 });
  assert.equal(v.level, "error");
  assert.match(v.text, /certificate/);
});

test("packets sent again are told as a share", () => {
  assert.match(plain(verdict({ packets: 100, retrans: 12 }).text), /^12\.0 % of the packets/);
  assert.equal(verdict({ packets: 10_000, retrans: 12 }).level, "good");
});

test("a guess is called a guess", () => {
  assert.match(certainty({ confidence: "port" }), /guessed/);
  assert.match(certainty({ confidence: "dpi" }), /recognised/);
  assert.equal(certainty({}), "not recognised");
  assert.match(certainty({ confidence: "port", not_inspected: true }), /guessed .* no time/);
});

test("the time line is in order and ends with the last packet", () => {
  const t = timeline({ l4: "tcp", client_reason: "syn", rtt_ms: 10, appl_ms: 40, duration_ms: 16_000, tcp_state: "SF" });
  assert.deepEqual(t.map((s) => s.ms), [0, 10, 50, 16_000]);
  assert.match(t[3]?.text ?? "", /ended in order/);
});

test("who told of a flow is said with how its counters came about", () => {
  assert.equal(toldBy({}), "");
  assert.equal(toldBy({ exporter: "192.0.2.1", sampling: 100, sampling_source: "options", exporters: 1 }), "Exporter 192.0.2.1 told of it, which looked at one packet in 100: the counters are scaled.");
  assert.equal(toldBy({ exporter: "192.0.2.1", sampling: 1, sampling_source: "none", exporters: 3 }), "Exporter 192.0.2.1 told of it, and 2 others that are not counted again.");
  assert.match(toldBy({ exporter: "192.0.2.1", sampling: 1, sampling_source: "unknown" }), /nobody has said/);
});
