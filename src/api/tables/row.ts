/** The cells of a table row, in the order of the resource's columns. A kind without rules of its own shows name and time. */
import type { Served } from "../catalog.ts";
import type { KubeObject } from "../resource.ts";
import { ageOf } from "./cells.ts";

export function tableRow({ rules, columns }: Served, object: KubeObject, nowMs: number): unknown[] {
  if (rules.cells) return rules.cells(object, nowMs);
  return columns.map(({ name }) => {
    if (name === "Name") return object.metadata.name ?? "";
    if (name === "Age") return ageOf(object, nowMs);
    if (name === "Created At") return object.metadata.creationTimestamp ?? null;
    return "<unknown>";
  });
}
