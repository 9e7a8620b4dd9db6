// facts.tsx - names and values side by side.

import type { ComponentChildren } from "preact";

export function Facts({ children }: { children: ComponentChildren }) {
  return <div class="facts">{children}</div>;
}

export function Fact({ t, tip, children }: { t: ComponentChildren; tip?: string | undefined; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt title={tip}>{t}</dt>
      <dd>{children}</dd>
    </div>
  );
}
