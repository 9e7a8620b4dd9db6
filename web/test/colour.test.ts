import assert from "node:assert/strict";
import { test } from "node:test";
import { colourIndex, colourOf } from "../src/lib/colour.ts";

test("the first ten names get ten colours and keep them", () => {
  const names = ["TLS", "DNS", "HTTP", "SSH", "QUIC", "TLS.Google", "ICMP", "SSDP", "NTP", "IMAPS"];
  const first = names.map(colourIndex);
  assert.equal(new Set(first).size, 10);
  assert.deepEqual(names.map(colourIndex), first);
  assert.equal(colourIndex("app:TLS"), colourIndex("TLS"));
});

test("what is not a name has no colour of its own", () => {
  assert.equal(colourOf("app:other"), "var(--cat-none)");
  assert.equal(colourOf("Unknown"), "var(--cat-none)");
});
