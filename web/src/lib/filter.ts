// filter.ts - the client's half of the filter language: colours and chips, nothing that decides.
//
// The one parser is the server's. Here an expression is only cut into the terms of its top-level
// conjunction, so that each can be shown as a chip, removed or replaced; an expression with a
// top-level "or" stays one piece.

export interface Chip {
  text: string; // as it stands in the expression
  from: number;
  to: number;
  negative: boolean; // excludes: not, !, !=, !~
}

type Token = { kind: "word" | "string" | "op" | "open" | "close" | "comma"; text: string; from: number; to: number };

const OPS = ["=~", "!=", "!~", "<=", ">=", "&&", "||", "=", "<", ">", "~", "!"];

export function tokens(q: string): Token[] {
  const out: Token[] = [];
  let i = 0;
  while (i < q.length) {
    const c = q[i] as string;
    if (/\s/.test(c)) {
      i++;
      continue;
    }
    const from = i;
    if (c === '"') {
      i++;
      while (i < q.length && q[i] !== '"') i += q[i] === "\\" ? 2 : 1;
      i = Math.min(q.length, i + 1);
      out.push({ kind: "string", text: q.slice(from, i), from, to: i });
      continue;
    }
    if (c === "(" || c === ")" || c === ",") {
      i++;
      out.push({ kind: c === "(" ? "open" : c === ")" ? "close" : "comma", text: c, from, to: i });
      continue;
    }
    const op = OPS.find((o) => q.startsWith(o, i));
    if (op) {
      i += op.length;
      out.push({ kind: "op", text: op, from, to: i });
      continue;
    }
    while (i < q.length && !/[\s"(),]/.test(q[i] as string) && !OPS.some((o) => q.startsWith(o, i))) i++;
    out.push({ kind: "word", text: q.slice(from, i), from, to: i });
  }
  return out;
}

const COMPARES = new Set(["=", "!=", "<", "<=", ">", ">=", "~", "!~", "=~"]);

/** Cuts an expression into the terms of its top-level conjunction. */
export function chips(q: string): Chip[] {
  const t = tokens(q);
  if (t.length === 0) return [];
  let depth = 0;
  for (const x of t) {
    if (x.kind === "open") depth++;
    else if (x.kind === "close") depth--;
    else if (depth === 0 && (x.text === "||" || (x.kind === "word" && x.text.toLowerCase() === "or"))) return [whole(q)];
  }
  if (depth !== 0) return [whole(q)];

  const out: Chip[] = [];
  let i = 0;
  const word = (k: number) => (t[k]?.kind === "word" ? (t[k] as Token).text.toLowerCase() : "");
  const group = () => {
    let d = 0;
    while (i < t.length) {
      const k = (t[i++] as Token).kind;
      if (k === "open") d++;
      else if (k === "close" && --d === 0) break;
    }
  };
  while (i < t.length) {
    const x = t[i] as Token;
    if (x.kind === "comma" || x.text === "&&" || word(i) === "and") {
      i++;
      continue;
    }
    const from = x.from;
    let negative = false;
    while (word(i) === "not" || t[i]?.text === "!") {
      negative = !negative;
      i++;
    }
    if (t[i]?.kind === "open") group();
    else {
      i++;
      const next = t[i];
      if (next?.kind === "op" && COMPARES.has(next.text)) {
        if (next.text.startsWith("!")) negative = !negative;
        i += 2;
      } else if (word(i) === "exists") i++;
      else if (word(i) === "in" && t[i + 1]?.kind === "open") {
        i++;
        group();
      } else if (word(i) === "not" && word(i + 1) === "in" && t[i + 2]?.kind === "open") {
        negative = !negative;
        i += 2;
        group();
      }
    }
    const to = (t[Math.min(i, t.length) - 1] as Token).to;
    out.push({ text: q.slice(from, to), from, to, negative });
  }
  return out;
}

function whole(q: string): Chip {
  const text = q.trim();
  const from = q.indexOf(text);
  return { text, from, to: from + text.length, negative: false };
}

/** Operands that stand for either end: excluding one is "not ip=...", as "!=" would be true of the other end. */
const EITHER = new Set(["ip", "port", "host", "mac", "net"]);
const RESERVED = new Set(["and", "or", "not", "in", "exists"]);

/** A value as the language wants it: bare when it can be, else quoted. */
export function quote(value: string, names: ReadonlySet<string> = new Set()): string {
  const bare = /^[A-Za-z0-9_.:/@*+-]+$/.test(value) && !RESERVED.has(value.toLowerCase()) && !names.has(value.toLowerCase());
  return bare ? value : '"' + value.replace(/\\/g, "\\\\").replace(/"/g, '\\"') + '"';
}

export function term(field: string, value: string, names?: ReadonlySet<string>): string {
  return field + "=" + quote(value, names);
}

export function notTerm(field: string, value: string, names?: ReadonlySet<string>): string {
  return EITHER.has(field) ? "not " + term(field, value, names) : field + "!=" + quote(value, names);
}

/** Adds a term to an expression; a term that is there already is not added twice. */
export function withTerm(q: string, t: string): string {
  const have = chips(q);
  if (have.some((c) => c.text === t)) return q;
  if (have.length === 0) return t;
  if (have.length === 1 && /(^|[\s)])(or|\|\|)($|[\s(])|\|\|/i.test(have[0]?.text ?? "") && !/^\(.*\)$/s.test(q.trim()))
    return "(" + q.trim() + ") and " + t;
  return have.map((c) => c.text).join(" and ") + " and " + t;
}

/** The expression without its n-th chip. */
export function withoutChip(q: string, n: number): string {
  return chips(q)
    .filter((_, i) => i !== n)
    .map((c) => c.text)
    .join(" and ");
}

/** Two conditions as one expression. */
export function both(a: string, b: string): string {
  if (!a.trim()) return b.trim();
  if (!b.trim()) return a.trim();
  const wrap = (q: string) => {
    const c = chips(q);
    return c.length === 1 && /(\sor\s|\|\|)/i.test(c[0]?.text ?? "") && !/^\(.*\)$/s.test(q.trim()) ? "(" + q.trim() + ")" : c.map((x) => x.text).join(" and ");
  };
  const left = chips(wrap(a)).map((c) => c.text);
  const right = chips(wrap(b)).map((c) => c.text);
  return [...left, ...right.filter((x) => !left.includes(x))].join(" and ");
}
