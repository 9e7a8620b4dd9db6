import assert from "node:assert/strict";
import { test } from "node:test";
import { ranked, SeriesBuffer, squeeze } from "../src/lib/series.ts";

const frame = (end: number, series: Record<string, (number | null)[]>) => ({
  end: end * 1000,
  step_ms: 1000,
  series: Object.entries(series).map(([name, v]) => ({ name, unit: "bytes", v })),
});

test("overlapping snapshots write each second once", () => {
  const b = new SeriesBuffer(10);
  b.merge(frame(100, { up: [1, 2, 3] }));
  b.merge(frame(102, { up: [3, 4, 5] }));
  assert.deepEqual(b.last("up", 5), [1, 2, 3, 4, 5]);
  assert.deepEqual(b.times(3), [100, 101, 102]);
});

test("seconds that never came stay gaps", () => {
  const b = new SeriesBuffer(10);
  b.merge(frame(100, { up: [1] }));
  b.merge(frame(103, { up: [4] }));
  assert.deepEqual(b.last("up", 4), [1, null, null, 4]);
});

test("a null is a gap and a zero is a zero", () => {
  const b = new SeriesBuffer(4);
  b.merge(frame(100, { up: [0, null, 2] }));
  assert.deepEqual(b.last("up", 4), [null, 0, null, 2]);
});

test("a correction of the past is taken", () => {
  const b = new SeriesBuffer(5);
  b.merge(frame(100, { up: [1, 1, 1] }));
  b.merge(frame(100, { up: [7] }));
  b.merge(frame(99, { up: [9] }));
  assert.deepEqual(b.last("up", 3), [1, 9, 7]);
});

test("names outside the known ones go to other, again and again with the same result", () => {
  const b = new SeriesBuffer(5);
  b.merge(frame(100, { "app:TLS": [5], "app:other": [1] }));
  for (let i = 0; i < 3; i++) b.merge(frame(101, { "app:DNS": [4], "app:other": [2] }), { other: "app:other" });
  assert.deepEqual(b.last("app:other", 2), [1, 6]);
  assert.deepEqual(b.last("app:TLS", 2), [5, 0]);
  assert.equal(b.has("app:DNS"), false);
});

test("a clock that goes far back starts over", () => {
  const b = new SeriesBuffer(5);
  b.merge(frame(1000, { up: [1, 2] }));
  b.merge(frame(100, { up: [3] }));
  assert.deepEqual(b.last("up", 2), [null, 3]);
});

test("ranks are by sum, ties by name", () => {
  const b = new SeriesBuffer(3);
  b.merge(frame(100, { b: [1, 1], a: [2, null], c: [9, 0] }));
  assert.deepEqual(ranked(b, ["a", "b", "c"], 3).map((x) => x.name), ["c", "a", "b"]);
});

test("squeezing keeps peaks", () => {
  assert.deepEqual(squeeze([1, 9, null, null, 2, 3], 3), [9, null, 3]);
  assert.deepEqual(squeeze([1, 2], 3), [1, 2]);
});
