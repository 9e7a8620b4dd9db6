// collector.mjs - the pages of a Weir that collects: real messages of four exporters on loopback, and what
// the pages make of them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startExporters } from "./exporters.mjs";
import { freePort, hands, needPrograms, openBrowser, report, result, STEP, THEMES, until, walk, WEIR, WIDTHS } from "./harness.mjs";

const ROUTER = "127.0.0.11", BORDER = "127.0.0.12", FIREWALL = "127.0.0.13", SWITCH = "127.0.0.14";

function freeUdpPort() {
  return new Promise((done) => {
    const s = createSocket("udp4").bind(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });
}

needPrograms();
const dir = mkdtempSync(join(tmpdir(), "weir-gui-"));
const [web, heard, nobody] = [await freePort(), await freeUdpPort(), await freeUdpPort()];
const base = "http://127.0.0.1:" + web;
const weir = spawn(WEIR, ["-i", "udp://127.0.0.1:" + heard, "-w", "127.0.0.1:" + web, "-d", dir, "--export", "ipfix://127.0.0.1:" + nobody, "--flow-active", "5"], { stdio: ["ignore", "inherit", "inherit"] });
weir.on("error", (e) => console.log(e.message));
let browser = null;
let exporters = null;
const stop = async () => {
  exporters?.stop();
  await browser?.close().catch(() => undefined);
  if (weir.exitCode === null) weir.kill("SIGTERM");
  rmSync(dir, { recursive: true, force: true });
};
const limit = setTimeout(() => {
  console.log("FAILED to finish in 10 minutes");
  void stop().then(() => process.exit(1));
}, 600_000);
const api = async (path) => (await fetch(base + "/api/v1/" + path)).json();
const plain = (s) => s.replace(/[\u202f\u00a0]/g, " ");

const steps = [
  ["the menu has exporters where there are some, and e goes to them", async ({ page }) => {
    await page.goto(base + "/");
    await page.waitForSelector(".nav a[href^='/exporters']");
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await page.waitForFunction(() => location.pathname === "/exporters");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr[data-key]").length === 4);
  }],
  ["the list says what was lost, sampled and whose clock is wrong", async ({ page }) => {
    await page.goto(base + "/exporters?sort=ip");
    const row = page.locator(`tbody tr[data-key="${ROUTER}"]`);
    await row.waitFor();
    const text = plain(await row.innerText());
    assert.match(text, /NetFlow v9/);
    assert.match(text, /1 in 100/);
    assert.match(text, /4[12]\.\d s behind/);
    assert.match(plain(await page.textContent("h1")), /never came/);
    assert.match(plain(await page.locator(`tbody tr[data-key="${SWITCH}"]`).innerText()), /1 in 512/);
  }],
  ["an exporter's number opens the flows behind it", async ({ page, api }) => {
    await page.goto(base + "/exporters/" + ROUTER);
    await page.waitForSelector("section[aria-label=Interfaces] tbody tr");
    const into = page.locator("section[aria-label=Interfaces] tbody tr").first().locator("a.num.rcvd");
    const q = new URL(await into.getAttribute("href"), base).searchParams.get("q");
    assert.equal(q, "exporter=" + ROUTER + " and in=3");
    const flows = await api("flows?limit=1&q=" + encodeURIComponent(q));
    assert.ok(flows.page.total > 0);
    assert.equal(flows.data[0].in_if, 3);
    await into.click();
    await page.waitForFunction(() => location.pathname === "/flows");
    await page.waitForFunction(() => document.querySelectorAll(".chip").length === 2);
  }],
  ["an exporter tells its templates, rates and interfaces by name", async ({ page }) => {
    await page.goto(base + "/exporters/" + ROUTER);
    await page.waitForSelector("section[aria-label=Templates] tbody tr");
    assert.match(await page.textContent("section[aria-label=Interfaces]"), /Te0\/1\/0 Uplink to provider A/);
    assert.match(await page.textContent("section[aria-label=Templates]"), /sourceIPv4Address.*interfaceDescription/s);
    assert.match(plain(await page.textContent("section[aria-label=Sampling]")), /1 in 100.*by chance.*options/s);
  }],
  ["counters of interfaces are a table, and the last hour of the one that is picked", async ({ page }) => {
    await page.goto(base + "/exporters/" + SWITCH);
    await page.waitForSelector("section[aria-label=Counters] .chart");
    assert.match(plain(await page.textContent("section[aria-label=Counters]")), /1\.00 Gbit\/s/);
    await page.locator("section[aria-label=Counters] .pick", { hasText: "12" }).click();
    await page.waitForFunction(() => location.search.includes("sel=12"));
    await page.waitForSelector("section[aria-label=Counters] .legend:has-text('Interface 12')");
  }],
  ["its figures move while the page is open", async ({ page }) => {
    await page.goto(base + "/exporters/" + BORDER);
    const records = () => page.locator(".fact", { hasText: "Data records" }).locator(".num").innerText();
    await page.waitForSelector(".fact .num");
    const before = await records();
    await page.waitForFunction((b) => [...document.querySelectorAll(".fact")].find((f) => f.textContent.startsWith("Data records"))?.querySelector(".num")?.innerText !== b, before);
  }],
  ["who has never exported is told so", async ({ page }) => {
    await page.goto(base + "/exporters/192.0.2.250");
    await page.waitForSelector("h1");
    await page.waitForFunction(() => document.querySelector("h1").textContent.includes("Nothing has come from 192.0.2.250"));
  }],
  ["an event opens to all its fields", async ({ page }) => {
    await page.goto(base + "/told?exporter=" + FIREWALL);
    await page.waitForSelector(".told li .denied");
    await page.locator(".told li", { has: page.locator(".denied") }).first().locator(".told-open").click();
    const fields = await page.textContent(".told-fields");
    for (const name of ["FIREWALL_EVENT", "POST_NAT_SRC_IPV4_ADDR", "OBSERVATION_TIME_MILLISECONDS"]) assert.match(fields, new RegExp(name));
  }],
  ["a flow says who told of it, by which way, raw and scaled", async ({ page, api }) => {
    const flow = (await api("flows?limit=1&q=exporter=" + ROUTER)).data[0];
    assert.equal(flow.bytes, 100 * ((flow.raw_c2s_bytes ?? 0) + (flow.raw_s2c_bytes ?? 0)));
    await page.goto(base + "/flows/" + flow.flow_id);
    await page.waitForSelector(".hops li");
    assert.match(plain(await page.textContent(".story")), /one packet in 100: the counters are scaled/);
    assert.match(await page.textContent(".hops"), new RegExp(ROUTER.replace(/\./g, "\\.")));
    assert.ok(await page.locator(".row", { hasText: "As it was sent" }).count());
  }],
  ["a flow has what routes and translators know of it", async ({ page, api }) => {
    const flow = (await api("flows?limit=1&q=exporter=" + BORDER)).data[0];
    await page.goto(base + "/flows/" + flow.flow_id);
    await page.waitForSelector("section[aria-label=Routing]");
    const routing = await page.textContent("section[aria-label=Routing]");
    for (const value of ["64500", "192.0.2.254", "1001"]) assert.match(routing, new RegExp(value.replace(/\./g, "\\.")));
    assert.match(await page.textContent("section[aria-label=NAT]"), /203\.0\.113\.200/);
    // An element that nobody knows comes with the next record.
    await page.waitForSelector("section[aria-label='As sent']");
    assert.match(await page.textContent("section[aria-label='As sent']"), /2636\.6871\s*00001267/);
  }],
  ["the interface speaks of messages and records, not of frames", async ({ page }) => {
    await page.goto(base + "/interfaces/0");
    await page.waitForSelector(".facts .fact");
    const facts = await page.textContent(".facts");
    assert.match(facts, /Data records/);
    assert.doesNotMatch(facts, /Wire bytes/);
  }],
  ["the books have the records of exporters and where Weir exports to", async ({ page }) => {
    await page.goto(base + "/system");
    await page.waitForSelector("section[aria-label=Exports] tbody tr");
    assert.match(await page.textContent("section[aria-label=Exports]"), /ipfix:\/\/127\.0\.0\.1/);
    assert.ok((await page.locator(".equation", { hasText: "L4" }).count()) >= 2);
    assert.equal(await page.locator(".equation .notok").count(), 0);
  }],
];

try {
  await until("the pages", () => api("version"));
  exporters = await startExporters(heard);
  await until("four exporters with traffic", async () => (await api("exporters")).data.filter((x) => x.records > 20).length >= 3 && (await api("told")).page.total > 6);
  browser = await openBrowser();
  const flow = (await api("flows?limit=1&q=exporter=" + BORDER)).data[0].flow_id;
  const pages = ["/exporters", "/exporters/" + ROUTER, "/exporters/" + BORDER, "/exporters/" + FIREWALL, "/exporters/" + SWITCH, "/told", "/told?exporter=192.0.2.1", "/flows/" + flow, "/flows?cols=app,cli.ip,srv.ip,exporter,in_if,out_if,sampling,bytes", "/interfaces", "/interfaces/0", "/system", "/"];
  const nameOf = (path) => "collector" + path.replace(/[0-9a-f]{32}/, "border");
  for (const width of STEP === null ? WIDTHS : []) await Promise.all(THEMES.map((theme) => walk({ browser, base, pages, width, theme, nameOf, wait: 1200 })));
  await hands({ browser, base, steps, api });
  const books = (await api("ledger")).data;
  result(books.closes, "every equation closes after it all", books.lines.filter((l) => l.gap !== 0).map((l) => l.text + ": " + l.gap));
} catch (e) {
  result(false, "the walk itself", [e.stack ?? String(e)]);
} finally {
  clearTimeout(limit);
  await stop();
}
report();
