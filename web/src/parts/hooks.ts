// hooks.ts - live data for a component.

import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../lib/api.ts";
import { subscribe } from "../lib/stream.ts";
import { heardTime, live } from "../lib/state.ts";

interface Timed {
  meta?: { t?: number };
}

/** The newest frame of a topic. While the topic changes the old frame stays, so nothing blanks;
 * while the clock is stopped only the first frame of a new topic is taken. */
export function useTopic<T>(topic: string | null): Signal<T | null> {
  const s = useMemo(() => signal<T | null>(null), []);
  useEffect(() => {
    if (topic === null) return;
    let first = true;
    return subscribe(topic, (frame) => {
      if (!first && !live.peek()) return;
      first = false;
      heardTime((frame as Timed).meta?.t);
      s.value = frame as T;
    });
  }, [topic]);
  return s;
}

/** Calls back with each frame; for buffers that keep more than the last one. */
export function useFrames<T>(topic: string | null, take: (frame: T) => void): void {
  const f = useRef(take);
  f.current = take;
  useEffect(() => {
    if (topic === null) return;
    return subscribe(topic, (frame) => f.current(frame as T));
  }, [topic]);
}

export interface Asked<T> {
  data: T | null;
  error: Error | null;
}

/** Something that is asked once, and again when `url` changes or every `again` milliseconds. */
export function useGet<T>(url: string | null, again = 0): Asked<T> {
  const [state, set] = useState<Asked<T>>({ data: null, error: null });
  useEffect(() => {
    if (url === null) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | 0 = 0;
    const ask = () => {
      get<T>(url, stop.signal)
        .then((data) => set({ data, error: null }))
        .catch((error: Error) => {
          if (!stop.signal.aborted) set((s) => ({ data: s.data, error }));
        })
        .finally(() => {
          if (again && !stop.signal.aborted) timer = setTimeout(ask, document.hidden ? again * 4 : again);
        });
    };
    ask();
    return () => {
      stop.abort();
      if (timer) clearTimeout(timer);
    };
  }, [url, again]);
  return state;
}
