// clock.ts - times as a person reads them, in one chosen zone that is always named.

import { ago } from "./numbers.ts";

export type Zone = "local" | "utc";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone, style: "clock" | "minute" | "date"): Intl.DateTimeFormat {
  const key = zone + style;
  let f = formats.get(key);
  if (!f) {
    const o: Intl.DateTimeFormatOptions = { hourCycle: "h23" };
    if (zone === "utc") o.timeZone = "UTC";
    if (style === "date") Object.assign(o, { year: "numeric", month: "2-digit", day: "2-digit" });
    else Object.assign(o, { hour: "2-digit", minute: "2-digit" });
    if (style === "clock") o.second = "2-digit";
    f = new Intl.DateTimeFormat("en-GB", o);
    formats.set(key, f);
  }
  return f;
}

/** 14:11:59 */
export function clock(t: number, zone: Zone): string {
  return format(zone, "clock").format(t);
}

/** 14:11 */
export function minute(t: number, zone: Zone): string {
  return format(zone, "minute").format(t);
}

/** 2017-06-12 */
export function date(t: number, zone: Zone): string {
  const p = format(zone, "date").formatToParts(t);
  const get = (k: string) => p.find((x) => x.type === k)?.value ?? "";
  return get("year") + "-" + get("month") + "-" + get("day");
}

/** "UTC", "UTC+2": the zone's name as it is at time t. */
export function zoneName(t: number, zone: Zone, offsetMinutes?: number): string {
  if (zone === "utc") return "UTC";
  const m = offsetMinutes ?? -new Date(t).getTimezoneOffset();
  if (m === 0) return "UTC";
  const a = Math.abs(m);
  const rest = a % 60;
  return "UTC" + (m < 0 ? "\u2212" : "+") + Math.floor(a / 60) + (rest ? ":" + String(rest).padStart(2, "0") : "");
}

/** "14:11:59, 3 s ago"; with the date once it is another day. */
export function moment(t: number, now: number, zone: Zone): string {
  const day = date(t, zone) === date(now, zone) ? "" : date(t, zone) + " ";
  return day + clock(t, zone) + ", " + ago(now - t);
}

/** For tooltips: date, clock with milliseconds, zone. */
export function exact(t: number, zone: Zone): string {
  const ms = String(Math.floor(t % 1000)).padStart(3, "0");
  return date(t, zone) + " " + clock(t, zone) + "." + ms + " " + zoneName(t, zone);
}
