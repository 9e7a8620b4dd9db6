// api.ts - questions that are asked once; what is live comes by stream.ts.

export interface Meta {
  source?: string;
  t?: number;
  complete?: boolean;
  sum_bytes?: number;
  sum_packets?: number;
  sum_bps?: number;
}
export interface Page {
  limit: number;
  offset: number;
  total: number;
  total_exact?: boolean;
}
export interface List<T> {
  data: T[];
  page: Page;
  meta: Meta;
}
export interface One<T> {
  data: T;
  meta: Meta;
}

/** An answer that is not one: what RFC 9457 says about it. */
export class ApiError extends Error {
  status: number;
  title: string;
  at: number | null;
  constructor(status: number, title: string, detail: string, at: number | null) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.at = at;
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { headers: { Accept: "application/json" } };
  if (signal) init.signal = signal;
  const r = await fetch("/api/v1/" + path, init);
  if (r.ok) return (await r.json()) as T;
  let p: { title?: string; detail?: string; at?: number } = {};
  try {
    p = (await r.json()) as typeof p;
  } catch {
    // Not JSON: the status has to do.
  }
  throw new ApiError(r.status, p.title ?? r.statusText, p.detail ?? "", typeof p.at === "number" ? p.at : null);
}
