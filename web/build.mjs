// build.mjs - makes dist/ from src/: hashed names, one page, and a gate on the size of it all.
//
//   node build.mjs [--out DIR] [--dev]
//
// --dev keeps names readable and adds source maps. Needs nodejs 18 and what package-lock.json names.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const argument = (name) => {
  const i = process.argv.indexOf(name);
  return i >= 0 ? process.argv[i + 1] : undefined;
};
const out = resolve(argument("--out") ?? join(here, "dist"));
const dev = process.argv.includes("--dev");
const assets = join(out, "assets");

/** Most bytes after gzip: what the first page needs, any further piece, and all of it. */
const LIMIT = { entry: 60_000, chunk: 60_000, all: 400_000 };

rmSync(out, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: !dev,
  sourcemap: dev ? "linked" : false,
  target: ["chrome105", "firefox104", "safari16"],
  outdir: assets,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
};

const pages = await build({ ...common, entryPoints: ["src/main.tsx"], format: "esm", splitting: true });
const alone = await build({ ...common, entryPoints: ["src/worker.ts", "src/boot.ts"], format: "iife" });
const styles = await build({ ...common, entryPoints: ["src/styles/ui.css"] });

const made = { ...pages.metafile.outputs, ...alone.metafile.outputs, ...styles.metafile.outputs };
const nameOf = (entry) => {
  const hit = Object.entries(made).find(([, o]) => o.entryPoint === entry);
  if (!hit) throw new Error("nothing was made of " + entry);
  return "/assets/" + basename(hit[0]);
};

const icon = readFileSync(join(here, "icon.svg"));
const iconName = "icon-" + createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase() + ".svg";
writeFileSync(join(assets, iconName), icon);

const names = {
  icon: "/assets/" + iconName,
  worker: nameOf("src/worker.ts"),
  boot: nameOf("src/boot.ts"),
  css: nameOf("src/styles/ui.css"),
  main: nameOf("src/main.tsx"),
};
const html = readFileSync(join(here, "index.html"), "utf8").replace(/\{\{(\w+)\}\}/g, (_, k) => names[k]);
writeFileSync(join(out, "index.html"), html);

// --- the gate ---

const size = (file) => gzipSync(readFileSync(file), { level: 9 }).length;
const files = [join(out, "index.html"), ...readdirSync(assets).map((f) => join(assets, f))].filter((f) => !f.endsWith(".map"));
const first = new Set([names.main, names.css, names.boot, names.worker, names.icon].map((n) => join(out, n)));
const follow = (name) => {
  for (const i of made[Object.keys(made).find((k) => basename(k) === basename(name)) ?? ""]?.imports ?? []) {
    const f = join(assets, basename(i.path));
    if (i.kind === "import-statement" && !first.has(f)) {
      first.add(f);
      follow(i.path);
    }
  }
};
follow(names.main);
first.add(join(out, "index.html"));

let entry = 0;
let all = 0;
let wrong = 0;
for (const f of files) {
  const n = size(f);
  all += n;
  if (first.has(f)) entry += n;
  else if (n > LIMIT.chunk) {
    console.error("too large: " + basename(f) + " is " + n + " bytes after gzip, at most " + LIMIT.chunk);
    wrong = 1;
  }
}
if (!dev && entry > LIMIT.entry) {
  console.error("too large: the first page needs " + entry + " bytes after gzip, at most " + LIMIT.entry);
  wrong = 1;
}
if (!dev && all > LIMIT.all) {
  console.error("too large: all pages are " + all + " bytes after gzip, at most " + LIMIT.all);
  wrong = 1;
}
const raw = files.reduce((n, f) => n + statSync(f).size, 0);
console.log("pages: " + files.length + " files, " + (raw / 1000).toFixed(1) + " kB; after gzip first page " + (entry / 1000).toFixed(1) + " kB, all " + (all / 1000).toFixed(1) + " kB");
process.exitCode = wrong;
