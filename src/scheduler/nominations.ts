/**
 * Places that pods were promised: room is being made there for them, so pods that matter less may not take it meanwhile. A
 * promise is written into the pod's status; one that was just made, or taken back, counts before it is seen there.
 */
import type { Cluster } from "./cluster.ts";
import type { PodInfo } from "./pod-info.ts";

interface Promised {
  pod: PodInfo;
  node: string;
}

export class Nominations {
  readonly #byPod = new Map<string, Promised>();
  readonly #byNode = new Map<string, Map<string, PodInfo>>();

  get size(): number {
    return this.#byPod.size;
  }

  nodeOf(uid: string): string | undefined {
    return this.#byPod.get(uid)?.node;
  }

  /** Pods that were promised the node. */
  on(node: string): PodInfo[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  set(pod: PodInfo, node: string): void {
    this.delete(pod.uid);
    this.#byPod.set(pod.uid, { pod, node });
    const pods = this.#byNode.get(node) ?? new Map<string, PodInfo>();
    this.#byNode.set(node, pods.set(pod.uid, pod));
  }

  delete(uid: string): boolean {
    const known = this.#byPod.get(uid);
    if (!known) return false;
    this.#byPod.delete(uid);
    const pods = this.#byNode.get(known.node);
    pods?.delete(uid);
    if (pods?.size === 0) this.#byNode.delete(known.node);
    return true;
  }

  /** Takes the status of a waiting pod; its own promise stays when the status has not changed. */
  follow(pod: PodInfo, before: PodInfo | undefined): void {
    const said = pod.pod.status?.nominatedNodeName;
    const node = before && before.pod.status?.nominatedNodeName === said ? this.nodeOf(pod.uid) : said;
    if (node) this.set(pod, node);
    else this.delete(pod.uid);
  }

  /** Those that a pod must leave room for: they matter as much or more. */
  before(pod: PodInfo, node: string): PodInfo[] {
    const pods = this.#byNode.get(node);
    if (!pods) return [];
    return [...pods.values()].filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
  }
}

/** Does something while pods stand on a node that are not there yet. */
export function withPods<T>(cluster: Cluster, pods: readonly PodInfo[], node: string, run: () => T): T {
  const placed = pods.filter((pod) => !cluster.podAt(pod.uid));
  for (const pod of placed) cluster.addPod(pod, node);
  try {
    return run();
  } finally {
    for (const pod of placed) cluster.removePod(pod.uid);
  }
}
