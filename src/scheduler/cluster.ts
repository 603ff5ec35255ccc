/**
 * The scheduler's picture of the cluster: nodes in stable rows, pods on them, and counters by selector that are kept
 * current as pods come and go, so that affinity and spreading never scan all pods.
 */
import type { Node } from "#api/mod.ts";
import { account, emptyRow, type NodeRow, propertiesOf } from "./node-row.ts";
import type { Labels, PodInfo } from "./pod-info.ts";

/** How many pods that match a selector each node row holds. */
export interface Counter {
  perRow: Int32Array;
  matches(pod: PodInfo): boolean;
  /** Turn of last use: counters that nobody asks for are dropped. */
  used: number;
}

const countersKept = 512;

export class Cluster {
  readonly rows: (NodeRow | undefined)[] = [];
  readonly rowOf = new Map<string, number>();
  /** Rises whenever a property of any node changes: cached per-template answers are thrown away. */
  generation = 0;
  readonly namespaceLabels = new Map<string, Labels>();
  /** Pods that carry (anti-)affinity terms of their own: others must heed them. */
  readonly withTerms = new Map<string, { pod: PodInfo; row: number }>();
  #free: number[] = [];
  #where = new Map<string, { pod: PodInfo; node: string }>();
  /** Pods bound to nodes that are not (or no longer) known, by node name. */
  #homeless = new Map<string, Map<string, PodInfo>>();
  #counters = new Map<string, Counter>();
  #turn = 0;

  get nodeCount(): number {
    return this.rowOf.size;
  }
  /** Rows in use: index them by number, skip undefined. */
  get capacity(): number {
    return this.rows.length;
  }
  podAt(uid: string): { pod: PodInfo; node: string } | undefined {
    return this.#where.get(uid);
  }

  setNode(node: Node): void {
    const name = node.metadata.name ?? "";
    this.generation++;
    const at = this.rowOf.get(name);
    if (at !== undefined) {
      Object.assign(this.rows[at]!, propertiesOf(node));
      return;
    }
    const index = this.#free.pop() ?? this.rows.length;
    this.rows[index] = emptyRow(node);
    this.rowOf.set(name, index);
    const waiting = this.#homeless.get(name);
    this.#homeless.delete(name);
    for (const pod of waiting?.values() ?? []) this.#place(index, pod, 1);
  }

  removeNode(name: string): void {
    const index = this.rowOf.get(name);
    if (index === undefined) return;
    this.generation++;
    const row = this.rows[index]!;
    const left = new Map(row.pods);
    for (const pod of left.values()) this.#place(index, pod, -1);
    if (left.size > 0) this.#homeless.set(name, left);
    this.rows[index] = undefined;
    this.rowOf.delete(name);
    this.#free.push(index);
  }

  /** Puts a pod on a node, replacing what was known of it. */
  addPod(pod: PodInfo, node: string): void {
    this.removePod(pod.uid);
    this.#where.set(pod.uid, { pod, node });
    const index = this.rowOf.get(node);
    if (index !== undefined) {
      this.#place(index, pod, 1);
      return;
    }
    const waiting = this.#homeless.get(node) ?? new Map<string, PodInfo>();
    waiting.set(pod.uid, pod);
    this.#homeless.set(node, waiting);
  }

  removePod(uid: string): void {
    const known = this.#where.get(uid);
    if (!known) return;
    this.#where.delete(uid);
    const index = this.rowOf.get(known.node);
    if (index !== undefined) this.#place(index, known.pod, -1);
    const waiting = this.#homeless.get(known.node);
    waiting?.delete(uid);
    if (waiting?.size === 0) this.#homeless.delete(known.node);
  }

  /** The counter for a selector, built once by a scan and kept current from then on. Equal keys must mean equal tests. */
  counter(key: string, matches: (pod: PodInfo) => boolean): Counter {
    const known = this.#counters.get(key);
    if (known && known.perRow.length >= this.rows.length) {
      known.used = ++this.#turn;
      return known;
    }
    const perRow = new Int32Array(Math.max(64, this.rows.length * 2));
    this.rows.forEach((row, index) => {
      for (const pod of row?.pods.values() ?? []) if (matches(pod)) perRow[index] = perRow[index]! + 1;
    });
    const counter = { perRow, matches, used: ++this.#turn };
    this.#counters.set(key, counter);
    if (this.#counters.size > countersKept) this.#dropOldest();
    return counter;
  }

  /** Namespace labels changed: counters that looked at them are built anew. */
  setNamespace(name: string, labels: Labels | undefined): void {
    if (labels) this.namespaceLabels.set(name, labels);
    else this.namespaceLabels.delete(name);
    this.#counters.clear();
  }

  #dropOldest(): void {
    let oldest: string | undefined;
    let turn = Number.POSITIVE_INFINITY;
    for (const [key, counter] of this.#counters) {
      if (counter.used < turn) {
        turn = counter.used;
        oldest = key;
      }
    }
    if (oldest !== undefined) this.#counters.delete(oldest);
  }

  #place(index: number, pod: PodInfo, sign: 1 | -1): void {
    const row = this.rows[index]!;
    account(row, pod, sign);
    if (sign === 1) row.pods.set(pod.uid, pod);
    else row.pods.delete(pod.uid);
    if (pod.affinity.length + pod.antiAffinity.length + pod.preferredAffinity.length + pod.preferredAntiAffinity.length > 0) {
      if (sign === 1) this.withTerms.set(pod.uid, { pod, row: index });
      else this.withTerms.delete(pod.uid);
    }
    for (const [key, counter] of this.#counters) {
      if (index >= counter.perRow.length) this.#counters.delete(key);
      else if (counter.matches(pod)) counter.perRow[index] = counter.perRow[index]! + sign;
    }
  }
}
