// harness.mjs - what every walk through the pages shares: the program, the browser, the count of results.

import { createServer } from "node:net";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { look } from "./look.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const { chromium } = createRequire(join(ROOT, "web/package.json"))("playwright-core");
export const WEIR = process.env.WEIR ?? join(ROOT, "build/weir");
const SHOTS = join(ROOT, "build/screenshots");
const QUICK = process.argv.includes("--quick");
const NARROW = process.argv.includes("--narrow");
export const WIDTHS = NARROW ? [390] : QUICK ? [1280] : [390, 1280, 1920];
export const THEMES = QUICK || NARROW ? ["light"] : ["light", "dark"];
export const STEP = process.argv.includes("--step") ? process.argv[process.argv.indexOf("--step") + 1] : null;

let passed = 0;
let failed = 0;
export function result(ok, what, faults = []) {
  if (ok) passed++;
  else {
    failed++;
    console.log("FAILED " + what);
    for (const f of faults) console.log("    " + f);
  }
}

export function report() {
  console.log(passed + " passed, " + failed + " failed");
  process.exitCode = failed ? 1 : 0;
}

export function freePort() {
  return new Promise((done) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });
}

export async function until(what, test, ms = 15_000) {
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

/** Ends the process with a sentence when there is no program or no browser. */
export function needPrograms() {
  if (!existsSync(WEIR)) {
    console.log("no program at " + WEIR + ": make build");
    console.log("0 passed, 1 failed");
    process.exit(1);
  }
  if (!existsSync(browserPath)) {
    console.log("skipped: no browser at " + browserPath);
    console.log("0 passed, 0 failed, 1 skipped");
    process.exit(0);
  }
  mkdirSync(SHOTS, { recursive: true });
}
const browserPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function openBrowser() {
  return chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

// A page that asks for what is not there is told so by the server, which the browser notes.
const isFault = (m) => m.type() === "error" && !/status of (400|404)/.test(m.text());

/** Looks at each page in one width and theme, and keeps a picture of it. */
export async function walk({ browser, base, pages, width, theme, nameOf = (path) => path, wait = 700 }) {
  const context = await browser.newContext({ viewport: { width, height: width < 500 ? 844 : width < 1500 ? 800 : 1080 }, colorScheme: theme, hasTouch: width < 500, timezoneId: "UTC" });
  for (const path of pages) {
    const page = await context.newPage();
    const faults = [];
    page.on("console", (m) => isFault(m) && faults.push("console: " + m.text()));
    page.on("pageerror", (e) => faults.push("error: " + e.message));
    page.on("request", (r) => {
      if (!r.url().startsWith(base) && !r.url().startsWith("data:") && !r.url().startsWith("blob:")) faults.push("asks elsewhere: " + r.url());
    });
    await page.goto(base + path);
    await page.waitForSelector("h1", { timeout: 10_000 }).catch(() => faults.push("no heading came"));
    await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"), null, { timeout: 5_000 }).catch(() => faults.push("still busy"));
    await page.waitForTimeout(wait);
    faults.push(...(await page.evaluate(look)));
    const name = (nameOf(path).replace(/[^\w]+/g, "-").replace(/^-|-$/g, "") || "dashboard") + "-" + width + "-" + theme;
    await page.screenshot({ path: join(SHOTS, name + ".png") });
    result(faults.length === 0, path + " at " + width + " px, " + theme, faults);
    await page.close();
  }
  await context.close();
}

/** What a person does: each step gets a fresh page, and `more` beside it. */
export async function hands({ browser, base, steps, ...more }) {
  for (const [what, step] of steps) {
    if (STEP !== null && !what.includes(STEP)) continue;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
    const page = await context.newPage();
    const errors = [];
    page.on("pageerror", (e) => errors.push("error: " + e.message));
    page.on("console", (m) => isFault(m) && errors.push("console: " + m.text()));
    try {
      await step({ page, context, base, until, ...more });
      result(errors.length === 0, what, errors);
    } catch (e) {
      await page.screenshot({ path: join(SHOTS, "failed-" + what.replace(/[^\w]+/g, "-").slice(0, 40) + ".png") }).catch(() => undefined);
      result(false, what, [...String(e.message).split("\n").slice(0, 4), ...errors]);
    }
    await context.close();
  }
}
