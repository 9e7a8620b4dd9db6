import assert from "node:assert/strict";
import { test } from "node:test";
import * as C from "../src/lib/clock.ts";

const T = Date.UTC(2017, 5, 12, 20, 56, 31, 250);
const plain = (s: string) => s.replace(/[\u202f\u00a0]/g, " ");

test("a time says its clock, its age and, on another day, its date", () => {
  assert.equal(plain(C.moment(T, T + 3_000, "utc")), "20:56:31, 3 s ago");
  assert.equal(plain(C.moment(T, T + 86_400_000, "utc")), "2017-06-12 20:56:31, 1 d ago");
});

test("the exact time has milliseconds and a zone", () => {
  assert.equal(C.exact(T, "utc"), "2017-06-12 20:56:31.250 UTC");
});

test("the zone's name is its distance from UTC", () => {
  assert.equal(C.zoneName(T, "utc"), "UTC");
  assert.equal(C.zoneName(T, "local", 120), "UTC+2");
  assert.equal(C.zoneName(T, "local", -210), "UTC\u22123:30");
});
