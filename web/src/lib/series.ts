// series.ts - seconds as they come: a bounded buffer that merges snapshots by time.
//
// The server sends the last few seconds again and again; each second is written once or corrected.
// What was never sent stays null, so a gap in data is a gap in the line and never a zero.

export interface SeriesFrame {
  end: number; // end of the newest second, epoch ms
  step_ms: number;
  series: { name: string; unit: string; v: (number | null)[] }[];
}

export class SeriesBuffer {
  readonly size: number;
  end = 0; // in whole seconds
  private rows = new Map<string, Float64Array>();

  constructor(size: number) {
    this.size = size;
  }

  names(): string[] {
    return [...this.rows.keys()];
  }

  has(name: string): boolean {
    return this.rows.has(name);
  }

  private row(name: string): Float64Array {
    let r = this.rows.get(name);
    if (!r) {
      r = new Float64Array(this.size).fill(NaN);
      this.rows.set(name, r);
    }
    return r;
  }

  /** Moves the buffer's end forward; seconds that were skipped are gaps. */
  private advance(end: number): void {
    if (this.end === 0 || end < this.end - this.size) {
      // First data, or the clock went back by more than is kept (another file): start over.
      for (const r of this.rows.values()) r.fill(NaN);
      this.end = end;
      return;
    }
    const step = end - this.end;
    if (step <= 0) return;
    for (const r of this.rows.values()) {
      if (step >= this.size) r.fill(NaN);
      else {
        r.copyWithin(0, step);
        r.fill(NaN, this.size - step);
      }
    }
    this.end = end;
  }

  /** Takes a snapshot in. Names that are new get a row; with `known` others go to that row. */
  merge(frame: SeriesFrame, known?: { other: string }): void {
    if (!frame || frame.step_ms !== 1000) return;
    const end = Math.round(frame.end / 1000);
    this.advance(end);
    const rest: { at: number; x: number }[] = [];
    for (const s of frame.series) {
      const spill = known !== undefined && this.rows.size > 0 && !this.rows.has(s.name);
      const r = spill ? undefined : this.row(s.name);
      const n = s.v.length;
      for (let i = 0; i < n; i++) {
        const at = this.size - 1 - (this.end - end) - (n - 1 - i);
        const x = s.v[i];
        if (at < 0 || at >= this.size) continue;
        if (r) r[at] = x ?? NaN;
        else if (x) rest.push({ at, x });
      }
    }
    if (known && this.rows.size > 0) {
      // What is not named in this snapshot is inside its "other": nothing of its own.
      const named = new Set(frame.series.map((s) => s.name));
      const n = frame.series[0]?.v.length ?? 0;
      for (const [name, r] of this.rows) {
        if (named.has(name) || name === known.other) continue;
        for (let i = 0; i < n; i++) {
          const at = this.size - 1 - (this.end - end) - i;
          if (at >= 0 && at < this.size && Number.isNaN(r[at] as number)) r[at] = 0;
        }
      }
    }
    if (known && rest.length) {
      const r = this.row(known.other);
      if (!frame.series.some((s) => s.name === known.other)) for (const { at } of rest) r[at] = 0;
      for (const { at, x } of rest) r[at] = (Number.isNaN(r[at] as number) ? 0 : (r[at] as number)) + x;
    }
  }

  /** The last n seconds of a row, oldest first; null where nothing is known. */
  last(name: string, n: number): (number | null)[] {
    const r = this.rows.get(name);
    const out: (number | null)[] = new Array<number | null>(n).fill(null);
    if (!r) return out;
    for (let i = 0; i < n; i++) {
      const x = r[this.size - n + i];
      if (x !== undefined && !Number.isNaN(x)) out[i] = x;
    }
    return out;
  }

  /** Epoch seconds of the last n columns, oldest first. */
  times(n: number): number[] {
    const out: number[] = new Array<number>(n);
    for (let i = 0; i < n; i++) out[i] = this.end - n + 1 + i;
    return out;
  }

  clear(): void {
    this.rows.clear();
    this.end = 0;
  }
}

/** Rank by volume, for legends: names with their sums, largest first. */
export function ranked(b: SeriesBuffer, names: string[], n: number): { name: string; sum: number; max: number }[] {
  return names
    .map((name) => {
      let sum = 0;
      let max = 0;
      for (const x of b.last(name, n)) {
        if (x !== null) {
          sum += x;
          if (x > max) max = x;
        }
      }
      return { name, sum, max };
    })
    .sort((a, c) => c.sum - a.sum || (a.name < c.name ? -1 : 1));
}

/** Takes max of each bucket so that a line of `width` points keeps its peaks. */
export function squeeze(v: (number | null)[], width: number): (number | null)[] {
  if (v.length <= width) return v;
  const out: (number | null)[] = new Array<number | null>(width).fill(null);
  for (let i = 0; i < v.length; i++) {
    const x = v[i];
    if (x === null || x === undefined) continue;
    const at = Math.floor((i * width) / v.length);
    const y = out[at];
    if (y === null || y === undefined || x > y) out[at] = x;
  }
  return out;
}
