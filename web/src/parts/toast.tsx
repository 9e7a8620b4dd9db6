// toast.tsx - a short word at the bottom, also for screen readers.

import { signal } from "@preact/signals";

const word = signal("");
let timer: ReturnType<typeof setTimeout> | 0 = 0;

export function say(text: string): void {
  word.value = text;
  if (timer) clearTimeout(timer);
  timer = setTimeout(() => (word.value = ""), 3000);
}

export function Toast() {
  return (
    <div class={"toast" + (word.value ? " on" : "")} role="status" aria-live="polite">
      {word.value}
    </div>
  );
}
