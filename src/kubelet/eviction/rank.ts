/** Which pod goes first: who uses more than it asked for, then who matters less, then who uses most beyond what it asked for. Pure. */
import type { Pod } from "#api/mod.ts";
import { podTotals } from "../resources/totals.ts";
import type { Starved } from "./thresholds.ts";

export interface Use {
  memoryBytes?: number;
  diskBytes?: number;
  inodes?: number;
  pids?: number;
  containers: ReadonlyMap<string, { memoryBytes?: number; diskBytes?: number }>;
}

export type UseOf = (pod: Pod) => Use | undefined;

type Compare = (a: Pod, b: Pod) => number;

/** Those who go first come first. */
export function ranked(pods: readonly Pod[], starved: Starved, useOf: UseOf): Pod[] {
  const priority: Compare = (a, b) => (a.spec?.priority ?? 0) - (b.spec?.priority ?? 0);
  const measure = (pod: Pod): number | undefined => {
    const use = useOf(pod);
    if (!use) return undefined;
    return (
      (starved === "memory" ? use.memoryBytes : starved === "inodes" ? use.inodes : starved === "pids" ? use.pids : use.diskBytes) ?? 0
    );
  };
  /** A pod of which nothing is known goes before those of which something is. */
  const known =
    (compare: (a: { pod: Pod; used: number }, b: { pod: Pod; used: number }) => number): Compare =>
    (a, b) => {
      const [of, to] = [measure(a), measure(b)];
      if (of === undefined || to === undefined) return trueFirst(of === undefined, to === undefined);
      return compare({ pod: a, used: of }, { pod: b, used: to });
    };
  const request = (pod: Pod, name: string) => podTotals(pod, "requests")[name] ?? 0;
  // Upstream weighs inodes beyond the bytes of storage that were asked for; nobody can ask for inodes.
  const subtracted = starved === "memory" ? "memory" : "ephemeral-storage";
  const exceeds = known((a, b) => trueFirst(a.used > request(a.pod, starved), b.used > request(b.pod, starved)));
  const most = known((a, b) => b.used - request(b.pod, subtracted) - (a.used - request(a.pod, subtracted)));
  const mostProcesses = known((a, b) => b.used - a.used);
  const by = starved === "pids" ? [priority, mostProcesses] : [exceeds, priority, most];
  return pods.toSorted((a, b) => by.reduce((found, compare) => found || compare(a, b), 0));
}

const trueFirst = (a: boolean, b: boolean): number => (a === b ? 0 : a ? -1 : 1);

const systemCritical = 2_000_000_000;

/** The node would not be one without it: it is taken under pressure, and never evicted. */
export function isCritical(pod: Pod): boolean {
  const { annotations = {} } = pod.metadata;
  const isOfNode = annotations["kubernetes.io/config.mirror"] !== undefined || isStatic(pod);
  return isOfNode || (pod.spec?.priority ?? 0) >= systemCritical;
}

/** It comes from this node and not from the API. */
export const isStatic = (pod: Pod): boolean => (pod.metadata.annotations?.["kubernetes.io/config.source"] ?? "api") !== "api";
