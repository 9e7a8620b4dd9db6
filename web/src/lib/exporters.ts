// exporters.ts - what an exporter's figures mean, in words: sampling, loss, clocks. Pure, and tested.

import * as N from "./numbers.ts";
import type { Exporter } from "./types.ts";

type Sampled = Pick<Exporter, "sampling" | "sampling_source">;

/** "1 in 100", "not sampled", "not told". */
export function samplingText(x: Sampled): string {
  if (x.sampling > 1) return "1 in " + N.grouped(x.sampling);
  return x.sampling_source === "unknown" || x.sampling_source === "" ? "not told" : "not sampled";
}

const SOURCES: Record<string, string> = {
  record: "Its records say so",
  header: "Its messages say so",
  options: "Its options say so",
  config: "Configured by --sampling-rate",
  none: "It says that it does not sample",
};

/** Who said so, and what to do when nobody has. */
export function samplingTip(x: Sampled & { ip?: string }): string {
  return SOURCES[x.sampling_source] ?? "Nobody has said whether it samples, so its counters are taken as they are. --sampling-rate " + (x.ip ?? "ADDRESS") + "=RATE says it.";
}

export interface Loss {
  lost: number;
  unit: "records" | "messages";
  share: number; // of what should have come
}

/** What never came, by the sequence numbers that count it; the worse of the two where there are both. */
export function lossOf(x: Pick<Exporter, "lost_records" | "lost_messages" | "records" | "datagrams">): Loss {
  const share = (lost: number, came: number) => (lost > 0 ? lost / (lost + came) : 0);
  const records: Loss = { lost: x.lost_records, unit: "records", share: share(x.lost_records, x.records) };
  const messages: Loss = { lost: x.lost_messages, unit: "messages", share: share(x.lost_messages, x.datagrams) };
  return records.share > messages.share ? records : messages;
}

export function lossText(l: Loss): string {
  return l.lost === 0 ? "none" : N.text(N.count(l.lost)) + " " + (l.lost === 1 ? l.unit.slice(0, -1) : l.unit) + ", " + N.text(N.ratio(l.share));
}

/** Less than this may be the way of the message and the second that NetFlow rounds to. */
const SKEW_MS = 2000;

export function isSkewed(ms: number): boolean {
  return Math.abs(ms) >= SKEW_MS;
}

/** "in step", "42.3 s behind". */
export function skewText(ms: number): string {
  if (!isSkewed(ms)) return "in step";
  return N.text(N.duration(Math.abs(ms))) + (ms < 0 ? " behind" : " ahead");
}

/** Counters that may have to be multiplied, by nobody knows what. */
function isUnsure(x: Exporter): boolean {
  return x.bytes > 0 && x.sampling_source === "unknown";
}

export type Level = "good" | "notice" | "warning" | "error";

export function exporterLevel(x: Exporter): Level {
  if (x.state === "silent") return "error";
  if (lossOf(x).share >= 0.001 || x.malformed > 0 || isSkewed(x.skew_ms)) return "warning";
  return x.state === "remembered" || x.no_template > 0 || isUnsure(x) ? "notice" : "good";
}

/** What is wrong with it, the gravest first; empty when nothing is. */
export function exporterFaults(x: Exporter): string[] {
  const out: string[] = [];
  const loss = lossOf(x);
  if (x.state === "silent") out.push("it has been silent for " + N.text(N.duration(x.silent_ms)));
  if (x.state === "remembered") out.push("it has not been heard since the start");
  if (loss.lost > 0) out.push(N.text(N.count(loss.lost)) + " " + (loss.lost === 1 ? loss.unit.slice(0, -1) : loss.unit) + " (" + N.text(N.ratio(loss.share)) + ") never came");
  if (x.malformed > 0) out.push(N.text(N.count(x.malformed)) + " could not be read");
  if (x.no_template > 0) out.push(N.text(N.count(x.no_template)) + " sets had no template in time");
  if (isSkewed(x.skew_ms)) out.push("its clock is " + skewText(x.skew_ms));
  if (isUnsure(x)) out.push("nobody has said whether it samples");
  return out;
}

const WHAT: Record<string, string> = { created: "Flow created", deleted: "Flow ended", denied: "Denied", alert: "Alert", update: "Flow goes on", event: "Event", message: "Message" };

export function toldTitle(what: string): string {
  return WHAT[what] ?? what;
}
