// export.tsx - the same rows as a file, or as the command that asks for them.

import { useSignal } from "@preact/signals";
import { query } from "../lib/url.ts";
import { useAway } from "./chooser.tsx";
import { Icon } from "./icons.tsx";
import { copy } from "./menu.tsx";

export function Export({ path, params }: { path: string; params: Record<string, string | number | undefined> }) {
  const open = useSignal(false);
  const box = useAway(open.value, () => (open.value = false));
  const url = (format: string, limit: number) => "/api/v1/" + path + query({ ...params, limit, ...(format ? { format } : {}) });
  const close = () => (open.value = false);
  return (
    <div class="drop" ref={box}>
      <button type="button" class="button" aria-expanded={open.value} onClick={() => (open.value = !open.value)}><Icon name="export" /> Export</button>
      {open.value && (
        <div class="list">
          <a href={url("csv", 10000)} download={path + ".csv"} onClick={close}>CSV</a>
          <a href={url("", 1000)} download={path + ".json"} onClick={close}>JSON</a>
          <a href={url("ndjson", 10000)} download={path + ".ndjson"} onClick={close}>JSON, one a line</a>
          <button type="button" onClick={() => {
            copy("curl '" + location.origin + url("", 1000).replace(/'/g, "%27") + "'");
            close();
          }}>Copy as curl</button>
        </div>
      )}
    </div>
  );
}
