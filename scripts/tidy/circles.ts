/** Circles of imports, types included: Tarjan's strongly connected components over the files of src. */
import type { Debts } from "../tidy.ts";
import { fileOf, type House } from "./house.ts";

export function circles({ sources }: House): Debts {
  const edges = new Map<string, string[]>();
  for (const { file, imports } of sources)
    if (file.startsWith("src/") && !file.endsWith(".test.ts"))
      edges.set(
        file,
        imports.flatMap((target) => fileOf(file, target) ?? []),
      );
  const found: Debts = {};
  for (const component of components(edges)) if (component.length > 1) found[component.sort().join(" ↔ ")] = component.length;
  return found;
}

function components(edges: Map<string, string[]>): string[][] {
  const [order, low] = [new Map<string, number>(), new Map<string, number>()];
  const path: string[] = [];
  const result: string[][] = [];
  const visit = (file: string) => {
    order.set(file, order.size);
    low.set(file, order.get(file)!);
    path.push(file);
    for (const next of edges.get(file) ?? []) {
      if (!edges.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (path.includes(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!));
    }
    if (low.get(file) === order.get(file)) result.push(path.splice(path.indexOf(file)));
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return result;
}
