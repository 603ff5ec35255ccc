/** An allocation as the claim's status tells it: devices, settings for their drivers, and the nodes that reach them all. */
import type { AllocationResult, DeviceAllocationConfiguration, NodeSelector, NodeSelectorTerm, ResourceV1ResourceClaim } from "#api/mod.ts";
import { formatQuantity, sameJson } from "#codec/mod.ts";
import { placeOf } from "./pools.ts";
import type { Chosen } from "./ways.ts";

export function resultOf(claim: ResourceV1ResourceClaim, chosen: readonly Chosen[], nodeName: string): AllocationResult {
  const config = configOf(claim, chosen);
  const nodeSelector = nodesOf(chosen, nodeName);
  return {
    devices: { results: chosen.map(deviceOf), ...(config.length > 0 ? { config } : {}) },
    ...(nodeSelector ? { nodeSelector } : {}),
  };
}

function deviceOf({ way, offer: { device, pool }, share }: Chosen) {
  const { bindingConditions, bindingFailureConditions } = device;
  const consumedCapacity = Object.fromEntries([...(share?.amounts ?? [])].map(([name, amount]) => [name, formatQuantity(amount)]));
  return {
    request: way.ref,
    driver: pool.driver,
    pool: pool.name,
    device: device.name ?? "",
    ...(way.adminAccess ? { adminAccess: true } : {}),
    ...(way.tolerations.length > 0 ? { tolerations: [...way.tolerations] } : {}),
    ...(bindingConditions?.length ? { bindingConditions } : {}),
    ...(bindingFailureConditions?.length ? { bindingFailureConditions } : {}),
    ...(share ? { shareID: share.id } : {}),
    ...(share && share.amounts.size > 0 ? { consumedCapacity } : {}),
  };
}

/** The class's come first, each class once; then the claim's, as far as they are for what was chosen. */
function configOf({ spec }: ResourceV1ResourceClaim, chosen: readonly Chosen[]): DeviceAllocationConfiguration[] {
  const ways = new Map(chosen.map(({ way }) => [way.ref, way]));
  const refsByClass = new Map<Chosen["way"]["class"], string[]>();
  for (const way of ways.values()) refsByClass.set(way.class, [...(refsByClass.get(way.class) ?? []), way.ref]);
  const all: DeviceAllocationConfiguration[] = [];
  for (const [{ spec: ofClass }, requests] of refsByClass)
    for (const each of ofClass?.config ?? []) all.push({ ...each, source: "FromClass", requests });
  const isMeant = (name: string) => [...ways.values()].some((way) => way.request === name || way.ref === name);
  for (const { requests = [], ...each } of spec?.devices?.config ?? [])
    if (requests.length === 0 || requests.some(isMeant))
      all.push({ ...each, source: "FromClaim", ...(requests.length > 0 ? { requests } : {}) });
  return all;
}

function nodesOf(chosen: readonly Chosen[], nodeName: string): NodeSelector | undefined {
  const together: Required<Pick<NodeSelectorTerm, "matchFields" | "matchExpressions">> = { matchFields: [], matchExpressions: [] };
  for (const { offer } of chosen) {
    const place = placeOf(offer);
    if (place.nodeName || offer.device.bindsToNode) return onlyOn(nodeName);
    // The server lets a slice have one term.
    const [term] = place.nodeSelector?.nodeSelectorTerms ?? [];
    for (const part of ["matchFields", "matchExpressions"] as const)
      for (const each of term?.[part] ?? []) if (!together[part].some((known) => sameJson(known, each))) together[part].push(each);
  }
  const term = {
    ...(together.matchFields.length > 0 ? { matchFields: together.matchFields } : {}),
    ...(together.matchExpressions.length > 0 ? { matchExpressions: together.matchExpressions } : {}),
  };
  return Object.keys(term).length > 0 ? { nodeSelectorTerms: [term] } : undefined;
}

const onlyOn = (name: string): NodeSelector => ({
  nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }],
});
