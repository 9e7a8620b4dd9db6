// main.mjs - starts the program on a capture, opens the browser, walks, looks, presses keys.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeCapture } from "./capture.mjs";
import { claims, look } from "./look.mjs";
import { steps } from "./steps.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const { chromium } = createRequire(join(ROOT, "web/package.json"))("playwright-core");
const WEIR = process.env.WEIR ?? join(ROOT, "build/weir");
const SHOTS = join(ROOT, "build/screenshots");
const QUICK = process.argv.includes("--quick");
const NARROW = process.argv.includes("--narrow");
const WIDTHS = NARROW ? [390] : QUICK ? [1280] : [390, 1280, 1920];
const THEMES = QUICK || NARROW ? ["light"] : ["light", "dark"];
const STEP = process.argv.includes("--step") ? process.argv[process.argv.indexOf("--step") + 1] : null;
const LONG = "99999";

let passed = 0;
let failed = 0;
function result(ok, what, faults = []) {
  if (ok) passed++;
  else {
    failed++;
    console.log("FAILED " + what);
    for (const f of faults) console.log("    " + f);
  }
}

function freePort() {
  return new Promise((done) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });
}

async function until(what, test, ms = 15_000) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      const v = await test();
      if (v) return v;
    } catch {
      // Not yet.
    }
    if (Date.now() > end) throw new Error("waited in vain for " + what);
    await new Promise((r) => setTimeout(r, 100));
  }
}

if (!existsSync(WEIR)) {
  console.log("no program at " + WEIR + ": make build");
  console.log("0 passed, 1 failed");
  process.exit(1);
}
const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(browserPath)) {
  console.log("skipped: no browser at " + browserPath);
  console.log("0 passed, 0 failed, 1 skipped");
  process.exit(0);
}

const dir = mkdtempSync(join(tmpdir(), "weir-gui-"));
const port = await freePort();
const base = "http://127.0.0.1:" + port;
writeCapture(join(dir, "office.pcap"));
const weir = spawn(WEIR, ["-i", join(dir, "office.pcap"), "-w", "127.0.0.1:" + port, "-d", dir, "--flow-idle", "86400", "--tcp-closed-idle", "86400", "--flow-active", "86400", "--local-host-idle", "86400", "--remote-host-idle", "86400"], { stdio: ["ignore", "inherit", "inherit"] });
weir.on("error", (e) => console.log(e.message));
let browser = null;
const stop = async () => {
  await browser?.close().catch(() => undefined);
  if (weir.exitCode === null) weir.kill("SIGTERM");
  rmSync(dir, { recursive: true, force: true });
};
const limit = setTimeout(() => {
  console.log("FAILED to finish in 15 minutes");
  void stop().then(() => process.exit(1));
}, 900_000);

const api = async (path) => (await fetch(base + "/api/v1/" + path)).json();

try {
  await until("the capture to be read", async () => (await api("interfaces")).data.every((i) => i.done));
  mkdirSync(SHOTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

  const slow = (await api("flows?q=http.host=slow.example.com&limit=1")).data[0]?.flow_id;
  const tls = (await api("flows?q=sni=cdn.example.net&limit=1")).data[0]?.flow_id;
  const pages = [
    "/", "/?q=app=HTTP&if=0", "/flows", "/flows?q=nothing=0", "/flows?q=bytes>" + LONG + "M", "/flows?cols=app,cli.ip,srv.ip,tcp_flags,rtt_ms,c2s_retrans,risk,first_seen,community_id",
    "/flows/" + slow, "/flows/" + tls, "/flows/" + "0".repeat(32), "/hosts", "/hosts?local=1&sort=bytes",
    ...["home", "traffic", "packets", "ports", "peers", "icmp", "protocols", "dns", "http", "flows"].map((t) => "/hosts/192.168.2.222@0?tab=" + t),
    "/hosts/10.9.8.7", "/protocols", "/protocols/HTTP", "/categories", "/devices", "/vlans", "/networks", "/interfaces", "/interfaces/0", "/system", "/nowhere",
  ];

  const walk = async (width, theme) => {
    const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : width < 1500 ? 800 : 1080 }, colorScheme: theme, hasTouch: width < 500, timezoneId: "UTC" });
    for (const path of pages) {
      const page = await context.newPage();
      const faults = [];
      page.on("console", (m) => {
        // A page that asks for what is not there is told so by the server, which the browser notes.
        if (m.type() === "error" && !/status of (400|404)/.test(m.text())) faults.push("console: " + m.text());
      });
      page.on("pageerror", (e) => faults.push("error: " + e.message));
      page.on("request", (r) => {
        if (!r.url().startsWith(base) && !r.url().startsWith("data:") && !r.url().startsWith("blob:")) faults.push("asks elsewhere: " + r.url());
      });
      await page.goto(base + path);
      await page.waitForSelector("h1", { timeout: 10_000 }).catch(() => faults.push("no heading came"));
      await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"), null, { timeout: 5_000 }).catch(() => faults.push("still busy"));
      await page.waitForTimeout(700);
      faults.push(...(await page.evaluate(look)));
      const name = (path.replace(/[0-9a-f]{32}/, (x) => (x === slow ? "slow" : x === tls ? "tls" : "gone")).replace(/[^\w]+/g, "-").replace(/^-|-$/g, "") || "dashboard") + "-" + width + "-" + theme;
      await page.screenshot({ path: join(SHOTS, name + ".png") });
      result(faults.length === 0, path + " at " + width + " px, " + theme, faults);
      await page.close();
    }
    await context.close();
  };
  for (const width of STEP === null ? WIDTHS : []) await Promise.all(THEMES.map((theme) => walk(width, theme)));

  // --- a number is the sum of the flows behind it ---
  if (STEP === null) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 1600 } });
    for (const path of ["/", "/?q=app=HTTP", "/protocols", "/protocols/HTTP", "/hosts/192.168.2.222@0", "/hosts/192.168.2.222@0?tab=peers", "/hosts/192.168.2.222@0?tab=ports", "/flows/" + slow, "/categories", "/devices", "/vlans", "/networks"]) {
      const page = await context.newPage();
      await page.goto(base + path);
      await page.waitForSelector("[data-sum]", { timeout: 10_000 }).catch(() => undefined);
      await page.waitForTimeout(1500);
      const all = await page.evaluate(claims);
      const faults = all.length ? [] : ["no number claims a sum"];
      for (const c of all) {
        const f = await api("flows?limit=1&q=" + encodeURIComponent(c.q));
        const is = c.sum === "flows" ? f.page?.total : f.meta?.["sum_" + c.sum];
        if (is !== c.value) faults.push(c.text + " shows " + c.value + " but the flows of `" + c.q + "` have " + is);
      }
      result(faults.length === 0, "sums of " + path + " (" + all.length + " numbers)", faults);
      await page.close();
    }
    await context.close();
  }

  // --- hands and keys ---
  for (const [what, step] of steps) {
    if (STEP !== null && !what.includes(STEP)) continue;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (e) => errors.push("error: " + e.message));
    page.on("console", (m) => m.type() === "error" && !/status of (400|404)/.test(m.text()) && errors.push("console: " + m.text()));
    try {
      await step({ page, context, base, api, until, flow: slow });
      result(errors.length === 0, what, errors);
    } catch (e) {
      await page.screenshot({ path: join(SHOTS, "failed-" + what.replace(/[^\w]+/g, "-").slice(0, 40) + ".png") }).catch(() => undefined);
      result(false, what, [...String(e.message).split("\n").slice(0, 4), ...errors]);
    }
    await context.close();
  }

  // --- the server goes away ---
  {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await page.goto(base + "/");
    await page.waitForSelector(".kpi .num");
    weir.kill("SIGTERM");
    const told = await page.waitForSelector(".conn.bad", { timeout: 10_000 }).then(() => true, () => false);
    result(told, "a server that is gone is told in the footer");
    await context.close();
  }
} catch (e) {
  result(false, "the walk itself", [e.stack ?? String(e)]);
} finally {
  clearTimeout(limit);
  await stop();
}
console.log(passed + " passed, " + failed + " failed");
process.exitCode = failed ? 1 : 0;
