// numbers.ts - how a number is written: at most four digits, a unit, never a surprise.
//
// Every formatter returns the figure and its unit apart, because pages set the unit in a lighter
// weight, and the full value for the tooltip. Nothing here knows the DOM, so it is tested alone.

export interface Written {
  v: string; // the figure: "8.08"
  u: string; // the unit: "kbit/s", "" without
  full: string; // the whole truth for the tooltip: "8 080 bit/s"
}

const THIN = "\u202f"; // narrow no-break space
const NBSP = "\u00a0";
const SI = ["", "k", "M", "G", "T", "P", "E"];
const IEC = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
export const NONE: Written = { v: "\u2013", u: "", full: "no data" };

/** Groups of three with thin spaces: 65 502. */
export function grouped(n: number): string {
  const s = Math.abs(Math.round(n)).toString();
  let out = "";
  for (let i = 0; i < s.length; i++) {
    if (i > 0 && (s.length - i) % 3 === 0) out += THIN;
    out += s[i];
  }
  return (n < 0 ? "\u2212" : "") + out;
}

/** Three significant digits without an exponent: 8.08, 90.2, 728. */
function three(x: number): string {
  if (x === 0) return "0";
  if (x < 9.995) return x.toFixed(2);
  if (x < 99.95) return x.toFixed(1);
  return x.toFixed(0);
}

function scaled(n: number, base: number, names: string[]): { v: string; step: string } {
  const sign = n < 0 ? "\u2212" : "";
  let x = Math.abs(n);
  let i = 0;
  while (x >= base - 0.5 && i < names.length - 1) {
    x /= base;
    i++;
  }
  return { v: sign + (i === 0 ? x.toFixed(0) : three(x)), step: names[i] ?? "" };
}

function known(n: unknown): n is number {
  return typeof n === "number" && Number.isFinite(n);
}

/** Bits per second, SI: 8.08 kbit/s. */
export function rate(n: number | null | undefined): Written {
  if (!known(n)) return NONE;
  const { v, step } = scaled(n, 1000, SI);
  return { v, u: step + "bit/s", full: grouped(n) + NBSP + "bit/s" };
}

/** Volume in bytes, SI unless IEC is asked for: 16.0 MB, 15.3 MiB. */
export function bytes(n: number | null | undefined, iec = false): Written {
  if (!known(n)) return NONE;
  const { v, step } = scaled(n, iec ? 1024 : 1000, iec ? IEC : SI);
  return { v, u: step + "B", full: grouped(n) + NBSP + "bytes" };
}

/** Packets per second: 90.2 kpps. */
export function packetRate(n: number | null | undefined): Written {
  if (!known(n)) return NONE;
  const { v, step } = scaled(n, 1000, SI);
  return { v, u: step + "pps", full: grouped(n) + NBSP + "packets/s" };
}

/** Things that are counted: 65 502, then 123 k, 1.2 M. */
export function count(n: number | null | undefined, what = ""): Written {
  if (!known(n)) return NONE;
  const full = grouped(n) + (what ? NBSP + what : "");
  if (Math.abs(n) <= 99_999) return { v: grouped(n), u: "", full };
  let x = Math.abs(n) / 1000;
  let i = 1;
  while (x >= 999.5 && i < SI.length - 1) {
    x /= 1000;
    i++;
  }
  const v = x < 99.95 ? x.toFixed(1) : x.toFixed(0);
  return { v: (n < 0 ? "\u2212" : "") + v, u: SI[i] ?? "", full };
}

/** A share given as 0..1: 54.9 %. Tiny but not nothing is "< 0.1". */
export function ratio(x: number | null | undefined): Written {
  if (!known(x)) return NONE;
  const p = x * 100;
  const full = p.toFixed(4).replace(/\.?0+$/, "") + NBSP + "%";
  if (p > 0 && p < 0.05) return { v: "<" + THIN + "0.1", u: "%", full };
  if (p >= 99.95 || p === 0) return { v: p.toFixed(0), u: "%", full };
  return { v: p.toFixed(1), u: "%", full };
}

/** A time span given in milliseconds: 9 µs, 41 ms, 1.20 s, 2 min 4 s, 3 h 12 min, 5 d 2 h. */
export function duration(ms: number | null | undefined): Written {
  if (!known(ms)) return NONE;
  const full = ms >= 1000 ? (ms / 1000).toFixed(3) + NBSP + "s" : ms + NBSP + "ms";
  if (ms < 0) {
    const w = duration(-ms);
    return { v: "\u2212" + w.v, u: w.u, full };
  }
  if (ms === 0) return { v: "0", u: "ms", full };
  if (ms < 0.9995) return { v: Math.max(1, Math.round(ms * 1000)).toFixed(0), u: "µs", full };
  if (ms < 9.995) return { v: ms.toFixed(2), u: "ms", full };
  if (ms < 99.95) return { v: ms.toFixed(1), u: "ms", full };
  if (ms < 999.5) return { v: ms.toFixed(0), u: "ms", full };
  const s = ms / 1000;
  if (s < 59.95) return { v: s < 9.995 ? s.toFixed(2) : s.toFixed(1), u: "s", full };
  const whole = Math.round(s);
  if (whole < 3600) return pair(whole, 60, "min", 1, "s", full);
  if (whole < 86_400) return pair(whole, 3600, "h", 60, "min", full);
  return pair(whole, 86_400, "d", 3600, "h", full);
}

function pair(s: number, big: number, bigName: string, small: number, smallName: string, full: string): Written {
  const a = Math.floor(s / big);
  const b = Math.floor((s % big) / small);
  return { v: a + NBSP + bigName + NBSP + b, u: smallName, full };
}

/** "3 s ago", "just now", "2 min ago"; times to come say "in 3 s". */
export function ago(ms: number): string {
  if (ms > -1000 && ms < 1000) return "just now";
  const a = Math.abs(ms) / 1000;
  let s: string;
  if (a < 60) s = Math.floor(a) + NBSP + "s";
  else if (a < 3600) s = Math.floor(a / 60) + NBSP + "min";
  else if (a < 86_400) s = Math.floor(a / 3600) + NBSP + "h";
  else s = Math.floor(a / 86_400) + NBSP + "d";
  return ms >= 0 ? s + " ago" : "in " + s;
}

/** The formatter for a unit of the field table. */
export function byUnit(n: number | null | undefined, unit: string, kind = ""): Written {
  switch (kind) {
    case "duration":
    case "usec":
      return duration(n);
    case "ratio":
      return ratio(known(n) ? n / 100 : n);
  }
  switch (unit) {
    case "bytes":
      return bytes(n);
    case "bps":
      return rate(n);
    case "pps":
      return packetRate(n);
    case "ms":
      return duration(n);
    case "us":
      return duration(known(n) ? n / 1000 : n);
    case "s":
      return duration(known(n) ? n * 1000 : n);
    case "%":
      return ratio(known(n) ? n / 100 : n);
    default:
      return count(n, unit);
  }
}

/** Figure and unit as one string. */
export function text(w: Written): string {
  return w.u ? w.v + NBSP + w.u : w.v;
}
