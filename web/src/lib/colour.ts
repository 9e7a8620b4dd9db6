// colour.ts - one colour per name, the same on every page.
//
// The hash prefers one of ten colours; while fewer than ten names are on screen a name whose colour
// is taken gets the next free one, so that neighbours in a chart differ.

const COLOURS = 10;
const given = new Map<string, number>();
const used = new Set<number>();

export function hash(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    h ^= name.charCodeAt(i);
    h = Math.imul(h, 0x01000193) >>> 0;
  }
  return h;
}

/** Index 0..9, or -1 for what is not a name ("other", "Unknown"). */
export function colourIndex(name: string): number {
  const key = name.startsWith("app:") ? name.slice(4) : name;
  if (key === "" || key === "other" || key === "Unknown") return -1;
  const have = given.get(key);
  if (have !== undefined) return have;
  let i = hash(key) % COLOURS;
  if (used.size < COLOURS) while (used.has(i)) i = (i + 1) % COLOURS;
  used.add(i);
  given.set(key, i);
  return i;
}

/** As a CSS value of tokens.css. */
export function colourOf(name: string): string {
  const i = colourIndex(name);
  return i < 0 ? "var(--cat-none)" : "var(--cat-" + i + ")";
}
