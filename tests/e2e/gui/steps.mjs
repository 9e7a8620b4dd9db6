// steps.mjs - what a person does, one sentence each; every step gets a fresh page.

import assert from "node:assert/strict";

const url = (page) => new URL(page.url());
const ready = async (page, at) => {
  await page.goto(at);
  await page.waitForSelector("h1");
  await page.waitForTimeout(500);
};

export const steps = [
  ["slash goes to the filter, completion helps, Enter makes a chip and an address", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.keyboard.press("/");
    await page.keyboard.type("ap");
    await page.waitForSelector("#filter-list li");
    const first = page.locator("#filter-list li .word", { hasText: /^app$/ }).first();
    assert.ok(await first.count(), "app is offered");
    await page.fill("#filter", "app=DNS");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".chip");
    assert.equal(url(page).searchParams.get("q"), "app=DNS");
    await page.waitForFunction(() => [...document.querySelectorAll("tbody tr[data-key] td .app a.val")].every((a) => a.textContent.startsWith("DNS")));
    await page.click(".chip-x");
    await page.waitForFunction(() => !location.search.includes("q="));
  }],
  ["a wrong filter is told with its place and changes nothing", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.fill("#filter", "app = ");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#filter-wrong:not([hidden])");
    assert.match(await page.textContent("#filter-wrong"), /Filter: .*at \d+/);
    assert.equal(url(page).searchParams.get("q"), null);
  }],
  ["the value menu includes, excludes and shows alone", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.waitForSelector("tbody tr[data-key] a.val[data-f=app]");
    await page.locator("tbody tr[data-key] a.val[data-f=app]").first().click({ button: "right" });
    await page.waitForSelector("[role=menu]");
    await page.getByRole("menuitem", { name: /^Exclude/ }).click();
    await page.waitForSelector(".chip.not");
    assert.match(url(page).searchParams.get("q"), /^app!=/);
    await page.locator("tbody tr[data-key] [data-f=l4]").first().click();
    await page.getByRole("menuitem", { name: "Only this" }).click();
    await page.waitForFunction(() => new URLSearchParams(location.search).get("q")?.startsWith("l4="));
  }],
  ["question mark shows the keys, Escape closes", async ({ page, base }) => {
    await ready(page, base + "/");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open] .keys");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog[open]"));
  }],
  ["Ctrl K finds a host", async ({ page, base }) => {
    await ready(page, base + "/");
    await page.keyboard.press("Control+k");
    await page.waitForSelector(".palette-in");
    await page.keyboard.type("192.168.2.17");
    await page.waitForSelector(".palette-list li:has-text('host')");
    await page.locator(".palette-list li", { hasText: "host" }).first().click();
    await page.waitForURL(/\/hosts\/192\.168\.2\.17/);
  }],
  ["g and a letter go from page to page", async ({ page, base }) => {
    await ready(page, base + "/");
    for (const [key, path] of [["f", "/flows"], ["h", "/hosts"], ["p", "/protocols"], ["i", "/interfaces"], ["s", "/system"], ["d", "/"]]) {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await page.waitForFunction((p) => location.pathname === p, path);
    }
  }],
  ["j and k walk the rows, Enter opens one, i includes its value", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.waitForSelector("tbody tr[data-key]");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const key = await page.getAttribute("tr.cur", "data-key");
    assert.equal(key, await page.locator("tbody tr[data-key]").first().getAttribute("data-key"));
    await page.keyboard.press("i");
    await page.waitForSelector(".chip");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/flows\/[0-9a-f]{32}/);
  }],
  ["Space stops and goes on, the point changes the theme", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.keyboard.press("Space");
    await page.waitForSelector("#live[aria-pressed=true]");
    await page.keyboard.press("l");
    await page.waitForSelector("#live[aria-pressed=false]");
    const before = await page.getAttribute("html", "data-theme");
    await page.keyboard.press(".");
    assert.notEqual(await page.getAttribute("html", "data-theme"), before);
    await page.reload();
    await page.waitForSelector("h1");
    assert.notEqual(await page.getAttribute("html", "data-theme"), before, "the choice is kept");
  }],
  ["keys mean letters while somebody types", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.focus("#filter");
    await page.keyboard.type("g f . ?");
    assert.equal(await page.inputValue("#filter"), "g f . ?");
    assert.equal(await page.locator("dialog[open]").count(), 0);
  }],
  ["the engine sorts: a click on a column changes the address and the order", async ({ page, base, api }) => {
    await ready(page, base + "/flows");
    await page.waitForSelector("tbody tr[data-key]");
    await page.locator("thead th button", { hasText: "Duration" }).click();
    await page.waitForFunction(() => location.search.includes("sort=-duration_ms"));
    const want = (await api("flows?sort=-duration_ms&limit=1")).data[0].flow_id;
    await page.waitForFunction((k) => document.querySelector("tbody tr[data-key]")?.dataset.key === k, want);
    await page.locator("thead th button", { hasText: "Duration" }).click();
    await page.waitForFunction(() => location.search.includes("sort=duration_ms"));
  }],
  ["a long table holds few rows and still reaches its end", async ({ page, base, api }) => {
    await ready(page, base + "/flows?sort=cli.port");
    await page.waitForSelector("tbody tr[data-key]");
    const total = (await api("flows?limit=1")).page.total;
    assert.ok(total > 200, "there is something to scroll");
    const drawn = await page.locator("tbody tr[data-key]").count();
    assert.ok(drawn <= 100, drawn + " rows are drawn");
    const want = (await api("flows?sort=cli.port&limit=1&offset=" + (total - 1))).data[0].flow_id;
    await page.evaluate(() => document.querySelector(".tablewrap").scrollTo(0, 1e7));
    await page.waitForSelector('tr[data-key="' + want + '"]');
    assert.ok((await page.locator("tbody tr[data-key]").count()) <= 100);
  }],
  ["columns are chosen and stand in the address", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByLabel("Find a field").fill("round trip");
    await page.locator(".checks label", { hasText: "Round trip" }).locator("input").check();
    await page.waitForFunction(() => location.search.includes("rtt_ms"));
    await page.locator("thead th", { hasText: "Round trip" }).waitFor();
  }],
  ["exports answer with the same rows", async ({ page, base }) => {
    await ready(page, base + "/flows?q=app=DNS");
    await page.getByRole("button", { name: "Export" }).click();
    for (const name of ["CSV", "JSON"]) {
      const href = await page.locator(".drop .list a", { hasText: new RegExp("^" + name + "$") }).getAttribute("href");
      const r = await page.request.get(base + href);
      assert.equal(r.status(), 200, href);
      const body = await r.text();
      assert.ok(name === "CSV" ? body.split("\n").length > 3 : JSON.parse(body).data.length > 2, name);
    }
  }],
  ["a flow tells its story: who, what, how sure, how slow", async ({ page, base, flow }) => {
    await ready(page, base + "/flows/" + flow);
    const story = await page.textContent(".story");
    assert.match(story, /192\.168\.2\.222/);
    assert.match(story, /HTTP/);
    assert.match(story, /the server answers in 1\.2/);
    assert.ok(await page.locator(".latency .track i").count(), "the latency bar has parts");
  }],
  ["tabs of a host are addresses", async ({ page, base }) => {
    await ready(page, base + "/hosts/192.168.2.222@0");
    await page.locator(".tabs a", { hasText: "DNS" }).click();
    await page.waitForFunction(() => location.search.includes("tab=dns"));
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes("tab="));
  }],
  ["filter and interface go along from page to page, unknown parameters do no harm", async ({ page, base }) => {
    await ready(page, base + "/flows?q=app=HTTP&if=0&utm_source=x");
    await page.locator(".nav a", { hasText: "Hosts" }).first().click();
    await page.waitForFunction(() => location.pathname === "/hosts");
    assert.equal(url(page).searchParams.get("q"), "app=HTTP");
    assert.equal(url(page).searchParams.get("if"), "0");
    assert.equal(url(page).searchParams.get("utm_source"), null);
  }],
  ["the window is made wider by key and stands in the address", async ({ page, base }) => {
    await ready(page, base + "/");
    await page.keyboard.press("[");
    await page.waitForFunction(() => location.search.includes("last=30m"));
    await page.focus(".grip");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => !location.search.includes("last="));
  }],
  ["three tabs share one stream", async ({ page, context, base, api, until }) => {
    await ready(page, base + "/flows");
    const more = [await context.newPage(), await context.newPage()];
    for (const p of more) await ready(p, base + "/hosts");
    const streams = await until("one stream", async () => {
      const n = (await api("system")).data.streams;
      return n === 1 ? n : 0;
    }, 5_000).catch(async () => (await api("system")).data.streams);
    assert.equal(streams, 1);
  }],
  ["ticking moves nothing", async ({ page, base }) => {
    await page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((l) => {
        for (const e of l.getEntries()) if (performance.now() > 2500) window.shift += e.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    await ready(page, base + "/");
    await page.waitForTimeout(6000);
    const shift = await page.evaluate(() => window.shift);
    assert.ok(shift < 0.01, "layout shift " + shift);
  }],
  ["hovering freezes the order of rows", async ({ page, base }) => {
    await ready(page, base + "/flows");
    await page.waitForSelector("tbody tr[data-key]");
    const order = () => page.$$eval("tbody tr[data-key]", (r) => r.slice(0, 10).map((x) => x.dataset.key).join());
    await page.locator("tbody tr[data-key]").nth(3).hover();
    const before = await order();
    await page.waitForTimeout(2500);
    assert.equal(await order(), before);
  }],
  ["skip link and focus ring work without a mouse", async ({ page, base }) => {
    await ready(page, base + "/");
    await page.evaluate(() => document.activeElement?.blur?.());
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.keyboard.press("Tab");
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(ring, "none");
  }],
];
