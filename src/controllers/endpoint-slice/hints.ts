/** Who should use which endpoint first: by the Service's trafficDistribution, or by its topology annotation. Pure. */
import type { Endpoint, Node, Service } from "#api/mod.ts";
import { conditionOf } from "#client/mod.ts";
import { milliValue, parseQuantity } from "#codec/mod.ts";

export const zoneLabel = "topology.kubernetes.io/zone";
const modeAnnotation = "service.kubernetes.io/topology-mode";
const olderAnnotation = "service.kubernetes.io/topology-aware-hints";
const excluded = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
/** How much more than its share of the traffic an endpoint may get. */
const overload = 0.2;

/** The older annotation counts first. */
export function byTopology({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations[olderAnnotation] ?? annotations[modeAnnotation];
  return mode === "Auto" || mode === "auto";
}

/** What the field alone says of an endpoint. */
export function hintsByField({ spec }: Service, { zone, nodeName, conditions }: Endpoint): Endpoint["hints"] {
  const wish = spec?.trafficDistribution;
  const isClose = wish === "PreferClose" || wish === "PreferSameZone" || wish === "PreferSameNode";
  if (!isClose || !conditions?.ready) return undefined;
  const forZones = zone ? { forZones: [{ name: zone }] } : {};
  const forNodes = wish === "PreferSameNode" && nodeName ? { forNodes: [{ name: nodeName }] } : {};
  return zone || forNodes.forNodes ? { ...forZones, ...forNodes } : undefined;
}

/** Of each zone its part of the cluster's CPU; undefined when nodes do not tell, or are in one zone. */
export function zoneShares(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const cpu = new Map<string, number>();
  for (const { metadata, status } of nodes) {
    const labels = metadata.labels ?? {};
    if (excluded.some((label) => label in labels) || conditionOf(status?.conditions, "Ready")?.status !== "True") continue;
    const own = milliValue(parseQuantity(status?.allocatable?.cpu ?? "0"));
    const zone = labels[zoneLabel];
    if (!zone || own === 0) return undefined;
    cpu.set(zone, (cpu.get(zone) ?? 0) + own);
  }
  const total = [...cpu.values()].reduce((sum, each) => sum + each, 0);
  return cpu.size < 2 ? undefined : new Map(Array.from(cpu, ([zone, own]) => [zone, own / total]));
}

export type Topology = { zones: ReadonlyMap<string, string> } | { disabled: string };

interface Share {
  desired: number;
  least: number;
  most: number;
}

/**
 * Which zone each ready endpoint is for, by its key. `current`: the zone it is for now; that stays where it still fits, so that
 * few slices change.
 */
export function zonesOf(
  endpoints: ReadonlyMap<string, Endpoint>,
  shares: ReadonlyMap<string, number> | undefined,
  current: ReadonlyMap<string, string>,
): Topology {
  const ready = [...endpoints].filter(([, { conditions }]) => conditions?.ready);
  const plan = sharesOf(ready.length, shares);
  if ("disabled" in plan) return plan;
  if (ready.some(([, { zone }]) => !zone)) return { disabled: "One or more endpoints do not have a zone specified" };
  const zones = new Map<string, string>();
  const counts = new Map<string, number>();
  const place = (key: string, zone: string) => {
    const before = zones.get(key);
    if (before !== undefined) counts.set(before, counts.get(before)! - 1);
    zones.set(key, zone);
    counts.set(zone, (counts.get(zone) ?? 0) + 1);
  };
  const free: [key: string, zone: string][] = [];
  for (const [key, { zone }] of ready) {
    const now = current.get(key);
    const share = now === undefined ? undefined : plan.shares.get(now);
    if (share && (counts.get(now!) ?? 0) < share.most) place(key, now!);
    else free.push([key, zone!]);
  }
  for (const [key, zone] of free) place(key, zone);
  const { giving, receiving } = moves(plan.shares, counts);
  for (const [key, zone] of free) {
    const to = [...receiving].find(([, count]) => count > 0)?.[0];
    if (to === undefined) break;
    const left = giving.get(zone) ?? 0;
    if (left === 0) continue;
    place(key, to);
    giving.set(zone, left - 1);
    receiving.set(to, receiving.get(to)! - 1);
  }
  return { zones };
}

function sharesOf(count: number, zones: ReadonlyMap<string, number> | undefined): { shares: Map<string, Share> } | { disabled: string } {
  if (!zones) return { disabled: "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes" };
  const counts = `(${count} endpoints, ${zones.size} zones)`;
  if (zones.size > count) return { disabled: `Insufficient number of endpoints ${counts}` };
  const each = Array.from(zones, ([zone, share]) => {
    const exact = share * count;
    const least = Math.ceil(exact / (1 + overload));
    return { zone, least, desired: Math.max(exact, least) };
  });
  const spare = count - each.reduce((sum, { least }) => sum + least, 0);
  if (spare < 0)
    return { disabled: `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}` };
  return { shares: new Map(each.map(({ zone, least, desired }) => [zone, { least, desired, most: least + spare }])) };
}

/** Whole endpoints from zones with too many to zones with too few, the greatest difference first. */
function moves(shares: ReadonlyMap<string, Share>, counts: ReadonlyMap<string, number>) {
  const over = new Map<string, number>();
  const under = new Map<string, number>();
  for (const [zone, { desired }] of shares) {
    const difference = (counts.get(zone) ?? 0) - desired;
    if (difference > 0) over.set(zone, difference);
    else if (difference < 0) under.set(zone, -difference);
  }
  const giving = new Map<string, number>();
  const receiving = new Map<string, number>();
  for (;;) {
    const [from, extra] = greatest(over);
    const [to, lack] = greatest(under);
    if (from === "" || to === "" || (extra < 1 && lack < 1) || extra < 0.5 || lack < 0.5) return { giving, receiving };
    giving.set(from, (giving.get(from) ?? 0) + 1);
    receiving.set(to, (receiving.get(to) ?? 0) + 1);
    over.set(from, extra - 1);
    under.set(to, lack - 1);
  }
}

const greatest = (zones: ReadonlyMap<string, number>): [zone: string, count: number] =>
  [...zones].reduce<[string, number]>((most, each) => (each[1] > most[1] ? each : most), ["", 0]);
