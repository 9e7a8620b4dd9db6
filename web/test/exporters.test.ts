import assert from "node:assert/strict";
import { test } from "node:test";
import { exporterFaults, exporterLevel, lossOf, lossText, samplingText, samplingTip, skewText } from "../src/lib/exporters.ts";
import type { Exporter } from "../src/lib/types.ts";

const plain = (s: string) => s.replace(/[\u202f\u00a0]/g, " ");
const good = { ip: "192.0.2.1", state: "sends", silent_ms: 10, records: 1000, datagrams: 100, lost_records: 0, lost_messages: 0, malformed: 0, no_template: 0, skew_ms: -300, sampling: 100, sampling_source: "options", bytes: 1 } as Exporter;

test("a rate that nobody told is not called unsampled", () => {
  assert.equal(samplingText({ sampling: 1, sampling_source: "unknown" }), "not told");
  assert.equal(samplingText({ sampling: 1, sampling_source: "none" }), "not sampled");
  assert.equal(plain(samplingText({ sampling: 1000, sampling_source: "header" })), "1 in 1 000");
  assert.match(samplingTip({ ip: "192.0.2.1", sampling: 1, sampling_source: "unknown" }), /--sampling-rate 192\.0\.2\.1=RATE/);
});

test("loss is a share of what should have come, in what the protocol numbers", () => {
  const l = lossOf({ ...good, lost_messages: 25, datagrams: 75 });
  assert.deepEqual(l, { lost: 25, unit: "messages", share: 0.25 });
  assert.equal(plain(lossText(l)), "25 messages, 25.0 %");
  assert.equal(lossOf({ ...good, lost_records: 500, records: 500, lost_messages: 1 }).unit, "records");
  assert.equal(lossText(lossOf(good)), "none");
});

test("clocks differ by words, and a little is nothing", () => {
  assert.equal(skewText(-900), "in step");
  assert.equal(plain(skewText(-42_300)), "42.3 s behind");
  assert.equal(plain(skewText(3_600_000)), "1 h 0 min ahead");
});

test("faults are told, the gravest first, and set the level", () => {
  assert.deepEqual(exporterFaults(good), []);
  assert.equal(exporterLevel(good), "good");
  const bad = { ...good, state: "silent", silent_ms: 125_000, lost_messages: 1 } as Exporter;
  assert.equal(plain(exporterFaults(bad)[0] ?? ""), "it has been silent for 2 min 5 s");
  assert.equal(exporterLevel(bad), "error");
  assert.equal(exporterLevel({ ...good, skew_ms: 60_000 } as Exporter), "warning");
  assert.equal(exporterLevel({ ...good, sampling: 1, sampling_source: "unknown" } as Exporter), "notice");
});
