// num.tsx - the number, which is the hero, and the value, which is never a dead end.

import type { ComponentChildren } from "preact";
import * as N from "../lib/numbers.ts";
import type { Written } from "../lib/numbers.ts";

interface NumProps {
  w: Written;
  href: string;
  /** Expression of the flows behind it, and which of their sums it is: checked by the browser tests. */
  q?: string;
  sum?: "bytes" | "packets" | "bps" | "flows";
  title?: string;
  tone?: "sent" | "rcvd" | "warning" | "error" | "muted" | undefined;
}

/** A figure with its unit; a link to what is behind it. */
export function Num({ w, href, q, sum, title, tone }: NumProps) {
  return (
    <a class={"num" + (tone ? " " + tone : "")} href={href} data-q={q} data-sum={sum} title={title ? title + ": " + w.full : w.full}>
      {w.v}
      {w.u && <span class="u">{"\u00a0" + w.u}</span>}
    </a>
  );
}

/** The same without a link, for axes, legends and sentences. */
export function Figure({ w, tone }: { w: Written; tone?: string | undefined }) {
  return (
    <span class={"fig" + (tone ? " " + tone : "")} title={w.full}>
      {w.v}
      {w.u && <span class="u">{"\u00a0" + w.u}</span>}
    </span>
  );
}

interface ValProps {
  /** Operand of the filter language and the value as it compares. */
  f: string;
  v: string;
  href?: string | undefined;
  mono?: boolean;
  title?: string | undefined;
  children?: ComponentChildren;
}

/** A value with the value menu: opens its page, or the menu when it has none. */
export function Val({ f, v, href, mono, title, children }: ValProps) {
  const cls = "val" + (mono ? " mono" : "");
  if (href)
    return (
      <a class={cls} href={href} data-f={f} data-v={v} title={title ?? v}>
        {children ?? v}
      </a>
    );
  return (
    <button type="button" class={cls} data-f={f} data-v={v} title={title ?? v} aria-haspopup="menu">
      {children ?? v}
    </button>
  );
}

/** A small mark that says how far something can be trusted. */
export function Sign({ kind, text }: { kind: "guess" | "partial" | "tunnel" | "cut" | "lock" | "risk"; text: string }) {
  const glyph = { guess: "~", partial: "\u2248", tunnel: "\u2282", cut: "\u2026", lock: "", risk: "" }[kind];
  if (kind === "lock" || kind === "risk")
    return (
      <svg class={"sign " + kind} width="12" height="12" viewBox="0 0 12 12" role="img" aria-label={text} fill="none" stroke="currentColor" stroke-width="1.3" stroke-linejoin="round">
        <title>{text}</title>
        {kind === "lock" ? <path d="M2.5 5.5h7v5h-7zM4 5.5V4a2 2 0 0 1 4 0v1.5" /> : <path d="M6 1.5 11 10.5H1zM6 4.7v2.6M6 8.8v.2" />}
      </svg>
    );
  return (
    <span class={"sign " + kind} role="img" aria-label={text} title={text}>
      {glyph}
    </span>
  );
}

/** Up, down or steady, against the second before. */
export function Trend({ t }: { t: string | undefined }) {
  const d = t === "up" ? "M1 7 4 2.5 7 7" : t === "down" ? "M1 2.5 4 7 7 2.5" : "M1.5 5h5";
  const say = t === "up" ? "rising" : t === "down" ? "falling" : "steady";
  return (
    <svg class="trend" width="8" height="9" viewBox="0 0 8 9" role="img" aria-label={say} fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round">
      <title>{say}</title>
      <path d={d} />
    </svg>
  );
}

/** Sent against received, as two lengths of one bar. */
export function Breakdown({ sent, rcvd, label = ["sent", "received"] }: { sent: number; rcvd: number; label?: [string, string] }) {
  const all = sent + rcvd;
  const share = all > 0 ? sent / all : 0;
  const say = all > 0 ? N.text(N.ratio(share)) + " " + label[0] + ", " + N.text(N.ratio(1 - share)) + " " + label[1] : "nothing yet";
  return (
    <span class="breakdown" role="img" aria-label={say} title={say}>
      <i class="s" style={{ width: share * 100 + "%" }} />
      <i class="r" style={{ width: (all > 0 ? (1 - share) * 100 : 0) + "%" }} />
    </span>
  );
}

/** A line without axes; a gap stays a gap. */
export function Spark({ v, w = 64, h = 18, tone = "accent", label }: { v: (number | null)[]; w?: number; h?: number; tone?: string; label?: string }) {
  let max = 0;
  for (const x of v) if (x !== null && x > max) max = x;
  let d = "";
  let pen = false;
  const n = Math.max(1, v.length - 1);
  for (let i = 0; i < v.length; i++) {
    const x = v[i];
    if (x === null || x === undefined) {
      pen = false;
      continue;
    }
    const px = ((i * w) / n).toFixed(1);
    const py = (h - 1.5 - (max > 0 ? (x / max) * (h - 3) : 0)).toFixed(1);
    d += (pen ? "L" : "M") + px + " " + py;
    pen = true;
  }
  return (
    <svg class="spark" viewBox={"0 0 " + w + " " + h} width={w} height={h} preserveAspectRatio="none" role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : "true"}>
      <path d={d || "M0 0"} class={"spark-" + tone} />
    </svg>
  );
}

/** A bar of one share. */
export function Share({ x, colour, label }: { x: number; colour?: string; label?: string }) {
  const style: Record<string, string> = { width: Math.max(0, Math.min(1, x)) * 100 + "%" };
  if (colour) style.background = colour;
  return (
    <span class="share" role="img" aria-label={label ?? N.text(N.ratio(x))} title={label ?? N.text(N.ratio(x))}>
      <i style={style} />
    </span>
  );
}

export function Dot({ colour }: { colour: string }) {
  return <i class="dot" style={{ background: colour }} aria-hidden="true" />;
}
