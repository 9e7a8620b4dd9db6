// main.mjs - starts the program on a capture, opens the browser, walks, looks, presses keys.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCapture } from "./capture.mjs";
import { freePort, hands, needPrograms, openBrowser, report, result, STEP, THEMES, until, walk, WEIR, WIDTHS } from "./harness.mjs";
import { claims } from "./look.mjs";
import { steps } from "./steps.mjs";

const LONG = "99999";

needPrograms();
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
  browser = await openBrowser();

  const slow = (await api("flows?q=http.host=slow.example.com&limit=1")).data[0]?.flow_id;
  const tls = (await api("flows?q=sni=cdn.example.net&limit=1")).data[0]?.flow_id;
  const pages = [
    "/", "/?q=app=HTTP&if=0", "/flows", "/flows?q=nothing=0", "/flows?q=bytes>" + LONG + "M", "/flows?cols=app,cli.ip,srv.ip,tcp_flags,rtt_ms,c2s_retrans,risk,first_seen,community_id",
    "/flows/" + slow, "/flows/" + tls, "/flows/" + "0".repeat(32), "/hosts", "/hosts?local=1&sort=bytes",
    ...["home", "traffic", "packets", "ports", "peers", "icmp", "protocols", "dns", "http", "flows"].map((t) => "/hosts/192.168.2.222@0?tab=" + t),
    "/hosts/10.9.8.7", "/protocols", "/protocols/HTTP", "/categories", "/devices", "/vlans", "/networks", "/interfaces", "/interfaces/0", "/system", "/nowhere",
  ];

  const nameOf = (path) => path.replace(/[0-9a-f]{32}/, (x) => (x === slow ? "slow" : x === tls ? "tls" : "gone"));
  for (const width of STEP === null ? WIDTHS : []) await Promise.all(THEMES.map((theme) => walk({ browser, base, pages, width, theme, nameOf })));

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

  await hands({ browser, base, steps, api, flow: slow });

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
report();
