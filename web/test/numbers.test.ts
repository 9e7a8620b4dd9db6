import assert from "node:assert/strict";
import { test } from "node:test";
import * as N from "../src/lib/numbers.ts";

const plain = (s: string) => s.replace(/[\u202f\u00a0]/g, " ");
const t = (w: N.Written) => plain(N.text(w));

test("rates are bits in SI steps with three digits", () => {
  assert.equal(t(N.rate(0)), "0 bit/s");
  assert.equal(t(N.rate(728)), "728 bit/s");
  assert.equal(t(N.rate(8080)), "8.08 kbit/s");
  assert.equal(t(N.rate(1_490_000)), "1.49 Mbit/s");
  assert.equal(t(N.rate(728_460_000)), "728 Mbit/s");
});

test("rounding never shows a thousand of a smaller unit", () => {
  assert.equal(t(N.rate(999)), "999 bit/s");
  assert.equal(t(N.rate(999_600)), "1.00 Mbit/s");
  assert.equal(t(N.bytes(999_999)), "1.00 MB");
  assert.equal(t(N.count(999_600)), "1.0 M");
});

test("volumes are SI unless IEC is asked for", () => {
  assert.equal(t(N.bytes(16_040)), "16.0 kB");
  assert.equal(t(N.bytes(16_000_000)), "16.0 MB");
  assert.equal(t(N.bytes(16_777_216, true)), "16.0 MiB");
  assert.equal(plain(N.bytes(16_040).full), "16 040 bytes");
});

test("packets per second keep their own unit", () => {
  assert.equal(t(N.packetRate(90_178)), "90.2 kpps");
  assert.equal(t(N.packetRate(12)), "12 pps");
});

test("counts have thin spaces until they are scaled", () => {
  assert.equal(t(N.count(2_809)), "2 809");
  assert.equal(t(N.count(99_999)), "99 999");
  assert.equal(t(N.count(123_456)), "123 k");
  assert.equal(t(N.count(1_234_567)), "1.2 M");
  assert.ok(N.count(65_502).v.includes("\u202f"));
});

test("durations choose the unit a person would", () => {
  assert.equal(t(N.duration(0)), "0 ms");
  assert.equal(t(N.duration(0.009)), "9 µs");
  assert.equal(t(N.duration(0.0001)), "1 µs");
  assert.equal(t(N.duration(1.75)), "1.75 ms");
  assert.equal(t(N.duration(41.224)), "41.2 ms");
  assert.equal(t(N.duration(999.6)), "1.00 s");
  assert.equal(t(N.duration(1_200)), "1.20 s");
  assert.equal(t(N.duration(59_970)), "1 min 0 s");
  assert.equal(t(N.duration(124_000)), "2 min 4 s");
  assert.equal(t(N.duration(23 * 3_600_000 + 6 * 60_000 + 36_000)), "23 h 6 min");
  assert.equal(t(N.duration(50 * 3_600_000)), "2 d 2 h");
});

test("shares have one decimal, and a little is not nothing", () => {
  assert.equal(t(N.ratio(0.5486)), "54.9 %");
  assert.equal(t(N.ratio(0)), "0 %");
  assert.equal(t(N.ratio(1)), "100 %");
  assert.equal(t(N.ratio(0.0001)), "< 0.1 %");
});

test("what is not known is a dash and not a zero", () => {
  assert.equal(N.text(N.rate(null)), "\u2013");
  assert.equal(N.text(N.bytes(undefined)), "\u2013");
  assert.equal(N.text(N.count(Number.NaN)), "\u2013");
});

test("ages are told as a person tells them", () => {
  assert.equal(plain(N.ago(300)), "just now");
  assert.equal(plain(N.ago(3_200)), "3 s ago");
  assert.equal(plain(N.ago(125_000)), "2 min ago");
  assert.equal(plain(N.ago(-5_000)), "in 5 s");
});

test("the unit of the field table chooses the formatter", () => {
  assert.equal(t(N.byUnit(1500, "bytes")), "1.50 kB");
  assert.equal(t(N.byUnit(41.224, "ms", "usec")), "41.2 ms");
  assert.equal(t(N.byUnit(54.86, "%", "ratio")), "54.9 %");
  assert.equal(t(N.byUnit(7, "packets", "count")), "7");
});
