// traffic.ts - the last hour of the chosen interface, kept once for scrubber, KPIs and charts.

import { effect, signal } from "@preact/signals";
import { get, type One } from "../lib/api.ts";
import { SeriesBuffer, type SeriesFrame } from "../lib/series.ts";
import { subscribe } from "../lib/stream.ts";
import { query } from "../lib/url.ts";
import { heardTime, ifParam, live } from "../lib/state.ts";

export const HOUR = 3600;
export const traffic = new SeriesBuffer(HOUR);
export const apps = new SeriesBuffer(HOUR);
/** Rises with each second that has come in. */
export const trafficTick = signal(0);
export const appsTick = signal(0);

type Frame = One<SeriesFrame>;

/** Follows the chosen interface for the life of the page. */
export function followTraffic(): void {
  effect(() => {
    const chosen = ifParam();
    traffic.clear();
    let stopped = false;
    get<Frame>("timeseries" + query({ schema: "iface:traffic", if: chosen, seconds: HOUR }))
      .then((f) => {
        if (stopped) return;
        traffic.merge(f.data);
        trafficTick.value++;
      })
      .catch(() => undefined); // the stream says whether the server is there
    const stop = subscribe("timeseries" + query({ schema: "iface:traffic", if: chosen, seconds: 4 }), (x) => {
      const f = x as Frame;
      if (!f.data) return;
      heardTime(f.meta?.t);
      traffic.merge(f.data);
      if (live.peek()) trafficTick.value++;
    });
    return () => {
      stopped = true;
      stop();
    };
  });
}

/** The application bands: asked whole now and then, since the ten largest change, and kept up in between. */
export function followApps(): () => void {
  return effect(() => {
    const chosen = ifParam();
    apps.clear();
    let stopped = false;
    let ready = false;
    const whole = () => {
      get<Frame>("timeseries" + query({ schema: "iface:ndpi", if: chosen, seconds: HOUR }))
        .then((f) => {
          if (stopped) return;
          apps.clear();
          apps.merge(f.data);
          ready = true;
          appsTick.value++;
        })
        .catch(() => undefined);
    };
    whole();
    const timer = setInterval(() => !document.hidden && live.peek() && whole(), 30_000);
    const stop = subscribe("timeseries" + query({ schema: "iface:ndpi", if: chosen, seconds: 4 }), (x) => {
      const f = x as Frame;
      if (!f.data || !ready) return;
      apps.merge(f.data, { other: "app:other" });
      if (live.peek()) appsTick.value++;
    });
    return () => {
      stopped = true;
      clearInterval(timer);
      stop();
    };
  });
}

/** Seconds worth showing: the window, or less when there is less, so that a young chart is not empty. */
export function spanOf(b: SeriesBuffer, names: string[], window: number): number {
  // The hour before the first packet is no silence worth drawing.
  let have = 0;
  for (const name of names) {
    const first = b.last(name, HOUR).findIndex((x) => x !== null && x > 0);
    if (first >= 0) have = Math.max(have, HOUR - first);
  }
  if (have === 0) return Math.min(window, 60);
  return have >= window * 0.6 ? window : Math.max(60, Math.min(window, Math.ceil((have + 5) / 30) * 30));
}
