/** What a scheduler does about claims around a cycle: pods wait for theirs in silence, and devices that nobody uses are given back. */
import { type Log, messageOf } from "#base/mod.ts";
import { isNotFound } from "#client/mod.ts";
import type { Cluster } from "../cluster.ts";
import type { ClaimWork } from "../plugin.ts";
import { claimsOf, notOnNode, stuckClaim } from "../plugins/dynamic-resources.ts";
import type { PodInfo } from "../pod-info.ts";
import type { Unschedulable } from "../schedule.ts";
import { type DeviceBook, usesClaims } from "./book.ts";

/** Pods whose claims are not there yet: they are not tried, and nothing is said of them. */
export class ClaimGate {
  readonly #waiting = new Map<string, PodInfo>();
  readonly #devices: Pick<DeviceBook, "claim">;
  constructor(devices: Pick<DeviceBook, "claim">) {
    this.#devices = devices;
  }

  /** Whether the pod has to wait. */
  holds(pod: PodInfo): boolean {
    const waits = usesClaims(pod) && typeof claimsOf(pod.pod, this.#devices) === "string";
    if (waits) this.#waiting.set(pod.uid, pod);
    return waits;
  }
  /** Whether it waited. */
  forget(uid: string): boolean {
    return this.#waiting.delete(uid);
  }
  /** Pods of a namespace that need not wait any longer. */
  release(namespace: string | undefined): PodInfo[] {
    const all = [...this.#waiting.values()];
    const free = all.filter((pod) => pod.namespace === namespace && typeof claimsOf(pod.pod, this.#devices) !== "string");
    for (const { uid } of free) this.#waiting.delete(uid);
    return free;
  }
}

interface Parts {
  devices: DeviceBook;
  cluster: Cluster;
  log: Log;
}

/** After a pod was not bound. */
export async function giveBack(
  pod: PodInfo,
  claims: ClaimWork | undefined,
  { devices, log }: Pick<Parts, "devices" | "log">,
): Promise<void> {
  if (!claims) return;
  try {
    await devices.revert(claims, pod.pod);
  } catch (error) {
    // The claims' controller takes a pod off that is gone; one that stays keeps its reservation.
    if (!isNotFound(error)) log.warn("scheduler: claims stay reserved", { pod: `${pod.namespace}/${pod.name}`, error: messageOf(error) });
  }
}

/** Devices that were chosen for another node are given back when nobody uses them; what is said of it, in upstream's words. */
export async function freeClaims(pod: PodInfo, { refusals }: Unschedulable, { devices, cluster, log }: Parts): Promise<string> {
  const isStuck = [...refusals.values()].some(({ reasons }) => reasons.includes(notOnNode));
  const nodes = [...refusals.keys()].flatMap((row) => cluster.rows[row] ?? []);
  const claim = isStuck ? stuckClaim(pod.pod, nodes, devices) : undefined;
  if (!claim) return "still not schedulable";
  try {
    await devices.deallocate(claim);
  } catch (error) {
    // Whoever was first: the pod is tried again when the claim changes.
    log.debug("scheduler: a claim keeps its devices", { pod: `${pod.namespace}/${pod.name}`, error: messageOf(error) });
    return "still not schedulable";
  }
  return "deallocation of ResourceClaim completed";
}
