// useapps.ts - the last two minutes of one application, when it is among the ten that are kept.

import { useEffect } from "preact/hooks";
import { apps, appsTick, followApps } from "./traffic.ts";

export function useApps(name: string | null): (number | null)[] | null {
  useEffect(() => (name === null ? undefined : followApps()), [name === null]);
  void appsTick.value;
  return name !== null && apps.has(name) ? apps.last(name, 120) : null;
}
