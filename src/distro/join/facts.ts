/** What a machine that joins must know of the cluster, as the server writes it down and the newcomer reads it. */
import { type ClusterConfig, mostSlots, numbersOf, proxyModes } from "../cluster.ts";

export interface Facts {
  /** Address ranges follow from it: they are the cluster's, on every machine. */
  slot: number;
  proxyMode?: (typeof proxyModes)[number];
  backend?: "vxlan";
}

export function factsFor({ slot, proxyMode, machine, families }: ClusterConfig): Record<string, string> {
  const { podRange, serviceRange, dnsAddress } = numbersOf({ slot, families });
  return {
    slot: String(slot),
    // For people: they follow from the slot.
    podRange,
    serviceRange,
    dnsAddress,
    ...(proxyMode ? { proxyMode } : {}),
    ...(machine?.backend ? { backend: machine.backend } : {}),
  };
}

export function readFacts(data: Readonly<Record<string, string>>): Facts {
  const slot = Number(data.slot);
  if (!Number.isInteger(slot) || slot < 0 || slot >= mostSlots)
    throw new Error("the cluster describes itself in a way that this version does not know: use the same version on all machines");
  const proxyMode = proxyModes.find((mode) => mode === data.proxyMode);
  return { slot, ...(proxyMode ? { proxyMode } : {}), ...(data.backend === "vxlan" ? { backend: "vxlan" } : {}) };
}
