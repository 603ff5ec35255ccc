/** What is told of an eviction: upstream's sentences, each ends with a blank. Pure. */
import type { Pod } from "#api/mod.ts";
import { formatQuantity, parseQuantity, type Quantity, quantityValue } from "#codec/mod.ts";
import { type Observations, unitsOf } from "./judge.ts";
import type { Use } from "./rank.ts";
import { type Starved, starvedOf, type Threshold } from "./thresholds.ts";

export function evictionMessage(
  pod: Pod,
  starved: Starved,
  { driving, observations, use }: { driving: readonly Threshold[]; observations: Observations; use: Use | undefined },
): string {
  const met = driving.find(({ signal }) => starvedOf(signal) === starved && observations.has(signal));
  const parts = [`The node was low on resource: ${starved}. `];
  if (met) {
    const { available, capacity } = observations.get(met.signal)!;
    const format = starved === "inodes" || starved === "pids" ? "DecimalSI" : "BinarySI";
    const threshold = quantityText(unitsOf(met.value, capacity), "BinarySI");
    parts.push(`Threshold quantity: ${threshold}, available: ${quantityText(available, format)}. `);
  }
  if (!use) return parts.join("");
  const ofPod = pod.spec?.resources?.requests?.memory;
  if (starved === "memory" && ofPod !== undefined && use.memoryBytes !== undefined)
    parts.push(consumption("Pod", pod.metadata.name ?? "", { used: use.memoryBytes, request: ofPod, starved }));
  for (const { name = "", resources } of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    const of = use.containers.get(name);
    const used = starved === "memory" ? of?.memoryBytes : starved === "ephemeral-storage" ? of?.diskBytes : undefined;
    const request = resources?.requests?.[starved] ?? "0";
    if (used !== undefined && used > quantityValue(parseQuantity(request)))
      parts.push(consumption("Container", name, { used, request, starved }));
  }
  return parts.join("");
}

function consumption(kind: string, name: string, { used, request, starved }: { used: number; request: string; starved: Starved }): string {
  const asked = formatQuantity(parseQuantity(request));
  return `${kind} ${name} was using ${quantityText(used, "BinarySI")}, request is ${asked}, has larger consumption of ${starved}. `;
}

export const quantityText = (units: number, format: Quantity["format"]): string =>
  formatQuantity({ nanos: BigInt(Math.trunc(units)) * 1_000_000_000n, format });
