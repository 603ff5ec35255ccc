/** The workers of a node: one a pod, and what is left behind by pods that nobody knows any more. */
import { readdir } from "node:fs/promises";
import type { Pod } from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { qosOf } from "../resources/resources.ts";
import { podTotals } from "../resources/totals.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeenPod } from "../runtime/seen.ts";
import type { NodeContext } from "./context.ts";
import { isOver } from "./plan-end.ts";
import { PodWorker } from "./worker.ts";

const keptPerContainer = 2;

export class PodWorkers {
  readonly #byUid = new Map<string, PodWorker>();
  #node: NodeContext | undefined;

  /** Before that nobody works. */
  begin(node: NodeContext): void {
    this.#node = node;
  }

  get(uid: string): PodWorker | undefined {
    return this.#byUid.get(uid);
  }

  get size(): number {
    return this.#byUid.size;
  }

  all(): PodWorker[] {
    return [...this.#byUid.values()];
  }

  for(pod: Pod): PodWorker {
    const uid = pod.metadata.uid!;
    let worker = this.#byUid.get(uid);
    if (!worker) this.#byUid.set(uid, (worker = new PodWorker(pod, this.#node!, () => this.#ended(uid))));
    return worker;
  }

  /** There may be room now: who waits for other amounts asks again, the most important first. */
  retryResizes(): void {
    const increases = ({ pod, given }: PodWorker) => {
      const [wanted, had] = [podTotals(pod, "requests"), podTotals(given, "requests")];
      return ["cpu", "memory"].some((name) => (wanted[name] ?? 0) > (had[name] ?? 0));
    };
    const isGuaranteed = ({ pod }: PodWorker) => qosOf(pod) === "Guaranteed";
    const waiting = this.all().filter((worker) => worker.waitsForAmounts);
    waiting.sort(
      (a, b) =>
        Number(increases(a)) - Number(increases(b)) ||
        (b.pod.spec?.priority ?? 0) - (a.pod.spec?.priority ?? 0) ||
        Number(isGuaranteed(b)) - Number(isGuaranteed(a)),
    );
    for (const worker of waiting) worker.wake();
  }

  /** Pods that the runtime has, or whose folder is here, and that the API no longer knows. */
  async removeOrphans(known: readonly Pod[], seen: ReadonlyMap<string, SeenPod>, podsFolder: string): Promise<void> {
    const ours = new Set(known.map((pod) => pod.metadata.uid));
    const folders = await readdir(podsFolder).catch(() => []);
    for (const uid of new Set([...seen.keys(), ...folders])) {
      if (ours.has(uid) || this.#byUid.has(uid)) continue;
      const { name = "", namespace = "" } = seen.get(uid) ?? {};
      this.for({ apiVersion: "v1", kind: "Pod", metadata: { uid, name, namespace }, spec: { containers: [] } }).orphan();
    }
  }

  #ended(uid: string): void {
    this.#byUid.delete(uid);
    this.retryResizes();
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((worker) => worker.close()));
  }
}

/** Of the containers that have ended, the newest and the one before it stay for logs and status. */
export function removeOldContainers(seen: ReadonlyMap<string, SeenPod>, workers: PodWorkers, runtime: Runtime, log: Log): void {
  const stays = (what: string) => (error: unknown) => log.debug(`kubelet: an old ${what} stays`, { error: messageOf(error) });
  for (const pod of seen.values()) {
    if (!workers.get(pod.uid)) continue;
    const counts = new Map<string, number>();
    for (const container of pod.containers) {
      const count = (counts.get(container.name) ?? 0) + 1;
      counts.set(container.name, count);
      if (count > keptPerContainer && container.state === "exited") runtime.removeContainer(container.id).catch(stays("container"));
    }
    for (const sandbox of pod.sandboxes.slice(1)) {
      const isUsed = sandbox.ready || pod.containers.some((container) => container.sandboxId === sandbox.id);
      if (!isUsed) runtime.removeSandbox(sandbox.id).catch(stays("sandbox"));
    }
  }
}

/** The node is short of disk: of pods that are over, all that is left goes; what they were stands in their status. */
export async function removeDeadContainers(seen: ReadonlyMap<string, SeenPod>, workers: PodWorkers, runtime: Runtime): Promise<void> {
  for (const { uid, containers } of seen.values()) {
    const worker = workers.get(uid);
    if (!worker || !isOver(worker.pod)) continue;
    for (const container of containers) if (container.state === "exited") await runtime.removeContainer(container.id);
  }
}
