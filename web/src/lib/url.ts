// url.ts - the URL is the state: what stands in it, and how it is written.
//
// Parameters keep a fixed order so that the same view has the same address. What is not known is
// dropped on the next change and ignored meanwhile; what is at its default is left out.

export interface Place {
  path: string;
  params: Record<string, string>;
}

/** Parameters that mean something, in the order in which they are written. */
export const KNOWN = ["q", "if", "tab", "sort", "cols", "local", "find", "last", "sel", "exporter", "ip"] as const;
/** Those that stay when one goes to another page. */
export const CARRIED = ["q", "if", "last"] as const;

export function parse(url: string): Place {
  const cut = url.indexOf("#");
  const clean = cut >= 0 ? url.slice(0, cut) : url;
  const at = clean.indexOf("?");
  const path = at >= 0 ? clean.slice(0, at) : clean;
  const params: Record<string, string> = {};
  if (at >= 0) {
    for (const [k, v] of new URLSearchParams(clean.slice(at + 1))) {
      if ((KNOWN as readonly string[]).includes(k) && v !== "") params[k] = v;
    }
  }
  return { path: path === "" ? "/" : path.length > 1 ? path.replace(/\/+$/, "") : path, params };
}

/** Escapes for a query value, but leaves readable what a URL may show as it is. */
export function escapeValue(v: string): string {
  return encodeURIComponent(v)
    .replace(/%20/g, "+")
    .replace(/%3A/gi, ":")
    .replace(/%2C/gi, ",")
    .replace(/%2F/gi, "/")
    .replace(/%40/g, "@")
    .replace(/%3D/gi, "=")
    .replace(/%3E/gi, "%3E")
    .replace(/%21/g, "!");
}

export function write(place: Place): string {
  const out: string[] = [];
  for (const k of KNOWN) {
    const v = place.params[k];
    if (v !== undefined && v !== "") out.push(k + "=" + escapeValue(v));
  }
  return place.path + (out.length ? "?" + out.join("&") : "");
}

/** The address of another page that keeps what belongs to the session (filter, interface, span). */
export function carry(from: Place, path: string, more: Record<string, string | undefined> = {}): string {
  const params: Record<string, string> = {};
  for (const k of CARRIED) {
    const v = from.params[k];
    if (v !== undefined) params[k] = v;
  }
  for (const [k, v] of Object.entries(more)) {
    if (v === undefined || v === "") delete params[k];
    else params[k] = v;
  }
  return write({ path, params });
}

/** The query of an API call: empty values left out, order as given. */
export function query(params: Record<string, string | number | undefined | null>): string {
  const out: string[] = [];
  for (const [k, v] of Object.entries(params)) {
    if (v !== undefined && v !== null && v !== "") out.push(k + "=" + encodeURIComponent(String(v)));
  }
  return out.length ? "?" + out.join("&") : "";
}

/** "15m", "90s", "1h" as seconds, or the default for anything else. */
export function span(text: string | undefined, otherwise: number): number {
  const m = /^(\d{1,5})([smh])$/.exec(text ?? "");
  if (!m) return otherwise;
  const s = Number(m[1]) * (m[2] === "h" ? 3600 : m[2] === "m" ? 60 : 1);
  return Math.min(3600, Math.max(30, s));
}

export function spanText(seconds: number): string {
  if (seconds % 3600 === 0) return seconds / 3600 + "h";
  if (seconds % 60 === 0) return seconds / 60 + "m";
  return seconds + "s";
}
