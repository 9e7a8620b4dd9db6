// rates.ts - the rates of what stands in a list, second by second, as long as this browser has watched.

export const KEPT = 60;
const rates = new Map<string, { v: (number | null)[]; t: number }>();

/** Takes the rates of a frame of time t; `fresh` is told which rows were not in the list before. */
export function remember(list: string, rows: { key: string; bps: number }[], t: number, fresh?: (key: string) => void): void {
  for (const r of rows) {
    const k = list + r.key;
    if (!rates.has(k)) fresh?.(r.key);
    const h = rates.get(k) ?? { v: new Array<number | null>(KEPT).fill(null), t: t - 1000 };
    const steps = Math.max(0, Math.min(KEPT, Math.round((t - h.t) / 1000)));
    if (steps === 0) continue;
    h.v = [...h.v.slice(steps), ...new Array<number | null>(steps - 1).fill(null), r.bps];
    h.t = t;
    rates.set(k, h);
  }
  if (rates.size > 400) for (const [k, h] of rates) if (t - h.t > 120_000) rates.delete(k);
}

/** Replaces the line of a row by one that reaches further back. */
export function replaceRates(list: string, key: string, v: (number | null)[], t: number): void {
  const h = rates.get(list + key);
  if (h && v.some((x) => x !== null)) rates.set(list + key, { v, t: Math.max(t, h.t) });
}

export function rateOf(list: string, key: string): (number | null)[] {
  return rates.get(list + key)?.v ?? [];
}
