// pages.ts - the table of pages: a row here is a menu entry, a route and a lazy chunk.

import type { ComponentType } from "preact";

export interface PageProps {
  /** What stands in the address after the page's own path, decoded; "" without. */
  id: string;
}

export interface Page {
  path: string; // "/hosts"; with `detail` also "/hosts/..."
  title: string;
  icon: string;
  key?: string; // second key after g
  menu: "main" | "more" | "none";
  filters: boolean; // whether it understands q
  collects?: boolean; // only in the menu where somebody exports flows to Weir
  detail?: () => Promise<{ default: ComponentType<PageProps> }>;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  loadKey: string;
}

const groups = () => import("./pages/groups.tsx");
const group = () => import("./pages/group.tsx");

export const PAGES: Page[] = [
  { path: "/", title: "Dashboard", icon: "dashboard", key: "d", menu: "main", filters: true, loadKey: "dashboard", load: () => import("./pages/dashboard.tsx") },
  { path: "/flows", title: "Flows", icon: "flows", key: "f", menu: "main", filters: true, loadKey: "flows", load: () => import("./pages/flows.tsx"), detail: () => import("./pages/flow.tsx") },
  { path: "/hosts", title: "Hosts", icon: "hosts", key: "h", menu: "main", filters: true, loadKey: "hosts", load: () => import("./pages/hosts.tsx"), detail: () => import("./pages/host.tsx") },
  { path: "/protocols", title: "Protocols", icon: "protocols", key: "p", menu: "main", filters: false, loadKey: "groups", load: groups, detail: group },
  { path: "/interfaces", title: "Interfaces", icon: "interfaces", key: "i", menu: "main", filters: false, loadKey: "interfaces", load: () => import("./pages/interfaces.tsx"), detail: () => import("./pages/interface.tsx") },
  { path: "/exporters", title: "Exporters", icon: "exporters", key: "e", menu: "main", filters: false, collects: true, loadKey: "exporters", load: () => import("./pages/exporters.tsx"), detail: () => import("./pages/exporter.tsx") },
  { path: "/told", title: "Exporter log", icon: "told", menu: "more", filters: false, collects: true, loadKey: "told", load: () => import("./pages/told.tsx") },
  { path: "/categories", title: "Categories", icon: "categories", menu: "more", filters: false, loadKey: "groups", load: groups, detail: group },
  { path: "/devices", title: "Devices", icon: "devices", menu: "more", filters: false, loadKey: "groups", load: groups, detail: group },
  { path: "/vlans", title: "VLANs", icon: "vlans", menu: "more", filters: false, loadKey: "groups", load: groups, detail: group },
  { path: "/networks", title: "Networks", icon: "networks", menu: "more", filters: false, loadKey: "groups", load: groups, detail: group },
  { path: "/system", title: "System", icon: "system", key: "s", menu: "main", filters: false, loadKey: "system", load: () => import("./pages/system.tsx") },
];

/** The page of a path, or undefined: then there is no such page. */
export function pageOf(path: string): Page | undefined {
  return PAGES.find((p) => p.path === path) ?? PAGES.find((p) => p.detail !== undefined && path.startsWith(p.path + "/"));
}

/** What stands after the page's own path. Slashes in it stay. */
export function idOf(page: Page, path: string): string {
  if (path === page.path) return "";
  const rest = path.slice(page.path.length + 1);
  try {
    return decodeURIComponent(rest);
  } catch {
    return rest; // a stray % in an address typed by hand
  }
}
