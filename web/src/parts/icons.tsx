// icons.tsx - the few pictures there are, drawn on a 16 px grid with one stroke.

const PATHS: Record<string, string> = {
  dashboard: "M2 13.5h12M3.5 11V7.5M6.5 11V3.5M9.5 11V6M12.5 11V2.5",
  flows: "M2 5h10M9.5 2.5 12 5 9.5 7.5M14 11H4M6.5 8.5 4 11l2.5 2.5",
  hosts: "M2.5 3h11v7.5h-11zM5.5 13.5h5M8 10.5v3",
  interfaces: "M5 2v4M11 2v4M3 6h10v3a5 5 0 0 1-10 0zM8 14v1.5",
  protocols: "M8 1.8 14 5 8 8.2 2 5zM2 8l6 3.2L14 8M2 11l6 3.2L14 11",
  devices: "M2 4.5h12v7H2zM4.5 11.5v-2M7 11.5v-2M9.5 11.5v-2M12 11.5v-2",
  vlans: "M2.5 4h11M2.5 8h11M2.5 12h11M5 2.5v3M10 6.5v3M7 10.5v3",
  networks: "M8 2.2v3.3M3.5 13.5v-3h9v3M8 5.5v5M6.5 2.2h3M2 13.5h3M11 13.5h3",
  categories: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
  exporters: "M2.5 9.5h11v4h-11zM5 11.5h.01M8 11.5h.01M8 9.5V7M5.2 5.2a4 4 0 0 1 5.6 0M3.2 3.2a6.8 6.8 0 0 1 9.6 0",
  told: "M3 2.5h10v11H3zM5.5 5.5h5M5.5 8h5M5.5 10.5h3",
  system: "M3 8h2l1.5-4.5 3 9L11 8h2",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13",
  moon: "M13 9.6A5.6 5.6 0 0 1 6.4 3 5.6 5.6 0 1 0 13 9.6z",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.5 8z",
  close: "M4 4l8 8M12 4l-8 8",
  help: "M6 6.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.5M8 12h.01M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  warn: "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6h.01",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  export: "M8 2.5v7M5.2 6.9 8 9.7l2.8-2.8M2.5 12.8h11",
  caret: "M4 6l4 4 4-4",
  check: "M3 8.5 6.5 12 13 4.5",
};

export function Icon({ name, label, size = 16 }: { name: string; label?: string; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4"
      stroke-linecap="round" stroke-linejoin="round" role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : "true"}>
      <path d={PATHS[name] ?? ""} />
    </svg>
  );
}

/** The mark of Weir: water that falls over a sill. */
export function Mark() {
  return (
    <svg class="mark" width="20" height="20" viewBox="0 0 20 20" fill="none" stroke-width="2" stroke-linecap="round" aria-hidden="true">
      <path d="M2 5h7c3 0 4 2 4 5s1 5 5 5" class="mark-a" />
      <path d="M2 9.5h4.5c2 0 2.8 1.2 2.8 3s.7 2.5 2.7 2.5" class="mark-b" />
      <path d="M2 15h5" class="mark-c" />
    </svg>
  );
}
