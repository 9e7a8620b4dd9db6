// run.mjs - bundles each test with esbuild, since nodejs 18 reads no TypeScript, and runs them.

import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), "weir-web-test-"));
let status = 1;
try {
  await build({
    entryPoints: readdirSync(here).filter((f) => f.endsWith(".test.ts")).map((f) => join(here, f)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    logLevel: "warning",
  });
  const files = readdirSync(out).map((f) => join(out, f));
  const done = spawnSync(process.execPath, ["--test", ...files], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  status = done.status ?? 1;
  if (status !== 0) console.log(done.stdout);
  const count = (word) => Number(new RegExp("^\\S+ " + word + " (\\d+)$", "m").exec(done.stdout)?.[1] ?? 0);
  console.log(count("pass") + " passed, " + count("fail") + " failed");
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exitCode = status;
