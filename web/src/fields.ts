// fields.ts - what the engine says about its own fields: titles, tips, units, operands.
//
// Asked once at start from /api/v1/fields. Nothing about a field is written in TypeScript; pages
// only name the ids they want to show first.

import { signal } from "@preact/signals";
import { get } from "./lib/api.ts";

export interface Field {
  id: string;
  title: string;
  tip: string;
  unit: string;
  kind: string;
  operand: string;
  sortable: boolean;
  group: string;
}

export const flowFields = signal<Field[]>([]);
export const hostFields = signal<Field[]>([]);
export const fieldsReady = signal(false);

const flowIndex = new Map<string, Field>();
const hostIndex = new Map<string, Field>();
/** Every operand in lower case: a value that is also a field's name must be quoted. */
export const operandNames = new Set<string>();

export async function loadFields(): Promise<void> {
  const [flow, host] = await Promise.all([
    get<{ data: Field[] }>("fields?of=flow&limit=1000"),
    get<{ data: Field[] }>("fields?of=host&limit=1000"),
  ]);
  for (const f of flow.data) {
    flowIndex.set(f.id, f);
    if (f.operand) operandNames.add(f.operand.toLowerCase());
  }
  for (const f of host.data) hostIndex.set(f.id, f);
  flowFields.value = flow.data;
  hostFields.value = host.data;
  fieldsReady.value = true;
}

export function flowField(id: string): Field | undefined {
  return flowIndex.get(id);
}

export function hostField(id: string): Field | undefined {
  return hostIndex.get(id);
}

/** How a group of fields is called, and where it stands among the others. */
export function groupTitle(g: string): string {
  if (g === "") return "Other";
  if (g === "ends") return "Ends";
  return g.length <= 4 ? g.toUpperCase() : g.charAt(0).toUpperCase() + g.slice(1);
}
const ORDER = ["ends", "application", "problems", "traffic", "timing", "tcp"];
export function groupOrder(a: string, b: string): number {
  const at = (g: string) => (g === "other" || g === "" ? 99 : ORDER.includes(g) ? ORDER.indexOf(g) : 50);
  return at(a) - at(b);
}

/** The value of a dotted id in an answer: cli.ip of {cli:{ip}}. */
export function valueOf(row: Record<string, unknown>, id: string): unknown {
  if (id in row) return row[id];
  let at: unknown = row;
  for (const part of id.split(".")) {
    if (at === null || typeof at !== "object") return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}
