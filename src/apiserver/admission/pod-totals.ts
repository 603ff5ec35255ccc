/** What a whole pod asks for: containers and sidecars together, or the most that its init phase needs, or what the pod itself says. */
import type { Pod } from "#api/mod.ts";
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from "#codec/mod.ts";

export type Amounts = Map<string, Quantity>;

const ofPods = new Set(["cpu", "memory"]);

export function podTotals({ spec }: Pod, of: "requests" | "limits"): Amounts {
  const total: Amounts = new Map();
  for (const container of spec?.containers ?? []) add(total, amounts(container.resources?.[of]));
  const sidecars: Amounts = new Map();
  const starting: Amounts = new Map();
  for (const container of spec?.initContainers ?? []) {
    const own = amounts(container.resources?.[of]);
    if (container.restartPolicy === "Always") {
      add(total, own);
      add(sidecars, own);
      atLeast(starting, sidecars);
    } else atLeast(starting, add(own, sidecars));
  }
  atLeast(total, starting);
  for (const [name, quantity] of amounts(spec?.resources?.[of])) if (ofPods.has(name)) total.set(name, quantity);
  return total;
}

export const amounts = (list: Record<string, string> | undefined): Amounts =>
  new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

function add(to: Amounts, more: Amounts): Amounts {
  for (const [name, quantity] of more) {
    const have = to.get(name);
    to.set(name, have ? addQuantity(have, quantity) : quantity);
  }
  return to;
}

function atLeast(to: Amounts, floor: Amounts): void {
  for (const [name, quantity] of floor) {
    const have = to.get(name);
    if (!have || compareQuantity(have, quantity) < 0) to.set(name, quantity);
  }
}
