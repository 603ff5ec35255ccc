/** What a pod asks for as a whole: containers together or the largest init container, its overhead, its own pod-level words. Pure. */
import type { Pod } from "#api/mod.ts";
import { formatQuantity, milliValue, parseQuantity, quantityValue } from "#codec/mod.ts";
import { isSidecar } from "../pod/containers.ts";

/** Resource → amount: thousandths of a CPU, whole units of everything else. */
export type Amounts = Record<string, number>;
type Which = "requests" | "limits";

export function amountsOf(list: Record<string, string> | undefined): Amounts {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, text]) => [name, amountOf(name, text)]));
}

export const amountOf = (name: string, text: string): number =>
  name === "cpu" ? milliValue(parseQuantity(text)) : quantityValue(parseQuantity(text));

/** Back as a quantity: thousandths of a CPU, whole bytes, whole numbers. */
export function amountText(name: string, amount: number): string {
  if (name === "cpu") return formatQuantity({ nanos: BigInt(Math.round(amount)) * 1_000_000n, format: "DecimalSI" });
  const isBytes = name === "memory" || name === "ephemeral-storage" || name.startsWith("hugepages-");
  return formatQuantity({ nanos: BigInt(Math.round(amount)) * 1_000_000_000n, format: isBytes ? "BinarySI" : "DecimalSI" });
}

export function podTotals(pod: Pod, which: Which): Amounts {
  const spec = pod.spec ?? {};
  const own = (container: { resources?: { requests?: Record<string, string>; limits?: Record<string, string> } }) =>
    amountsOf(container.resources?.[which]);
  let total: Amounts = {};
  for (const container of spec.containers ?? []) total = join(total, own(container), (a, b) => a + b);
  let sidecars: Amounts = {};
  let largest: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    // An init container runs beside the sidecars that were started before it.
    if (isSidecar(container)) sidecars = join(sidecars, own(container), (a, b) => a + b);
    const now = isSidecar(container) ? sidecars : join(sidecars, own(container), (a, b) => a + b);
    largest = join(largest, now, Math.max);
  }
  total = join(
    join(total, sidecars, (a, b) => a + b),
    largest,
    Math.max,
  );
  // What the pod says as a whole stands in place of the sum.
  total = { ...total, ...amountsOf(spec.resources?.[which]) };
  for (const [name, amount] of Object.entries(amountsOf(spec.overhead)))
    if (which === "requests" || total[name] !== undefined) total[name] = (total[name] ?? 0) + amount;
  return total;
}

function join(a: Amounts, b: Amounts, by: (a: number, b: number) => number): Amounts {
  const out = { ...a };
  for (const [name, amount] of Object.entries(b)) out[name] = by(out[name] ?? 0, amount);
  return out;
}

/** Every container limits this resource, or the pod as a whole does. */
export function isLimited(pod: Pod, name: "cpu" | "memory"): boolean {
  const { containers = [], initContainers = [], resources } = pod.spec ?? {};
  const has = (list: Record<string, string> | undefined) => list?.[name] !== undefined && amountOf(name, list[name]) > 0;
  return has(resources?.limits) || [...containers, ...initContainers].every((container) => has(container.resources?.limits));
}
