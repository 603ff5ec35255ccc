/**
 * What one pod was given, and how a change of it goes: asked for, given when the node has it, then in force everywhere. What is
 * given is written down before anything is done with it.
 */
import { mkdir } from "node:fs/promises";
import type { Pod } from "#api/mod.ts";
import type { Admit } from "../pod/admission.ts";
import type { SeenContainer } from "../runtime/seen.ts";
import type { FileWork } from "../volumes/file-work.ts";
import type { PodVolumes } from "../volumes/volumes.ts";
import { type Allocation, allocate, allocatedPod, isPending, type Resources, readAllocation, writeAllocation } from "./allocation.ts";
import { isSameWord, type ResizeState } from "./conditions.ts";
import { isUnderWay, resizeMessage, type Sizes } from "./plan-resize.ts";

export interface AllocationOptions {
  uid: string;
  node: { admit: Admit; files: FileWork; volumes: Pick<PodVolumes, "folder">; resizes: { freed(): void } };
  tell(type: "Normal" | "Warning", reason: string, message: string): void;
}

export class PodAllocation {
  readonly #options: AllocationOptions;
  #now: Allocation | undefined;
  #given: { of: Pod; by: Allocation | undefined; pod: Pod } | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: AllocationOptions) {
    this.#options = options;
  }

  /** The pod with the amounts that it was given; the same object as long as nothing changes. */
  given(pod: Pod): Pod {
    if (this.#given?.of !== pod || this.#given.by !== this.#now)
      this.#given = { of: pod, by: this.#now, pod: allocatedPod(pod, this.#now) };
    return this.#given.pod;
  }

  get sizes(): Sizes {
    const { actual = {}, actualPod } = this.#now ?? {};
    return { containers: actual, ...(actualPod ? { pod: actualPod } : {}) };
  }

  /** The pod is taken: what it asks for is its own, or what it was given before this kubelet began. */
  async begin(pod: Pod, isNew: boolean): Promise<void> {
    const { node, uid } = this.#options;
    const folder = node.volumes.folder(uid);
    const known = isNew ? undefined : await node.files.run("allocation of the pod", () => readAllocation(folder));
    this.#now = known ?? allocate(pod);
    if (!known) await this.#write();
  }

  /** A container was made, or has other amounts now. */
  async isActual(id: string, resources: Resources): Promise<void> {
    if (!this.#now) return;
    this.#now = { ...this.#now, actual: { ...this.#now.actual, [id]: resources } };
    await this.#write();
  }

  async podIsActual(resources: Resources | undefined): Promise<void> {
    if (!this.#now || !resources) return;
    this.#now = { ...this.#now, actualPod: resources };
    await this.#write();
  }

  /** Gives what is asked for if the node has it, and says how far the change is. */
  async consider(pod: Pod, state: ResizeState, containers: readonly SeenContainer[]): Promise<ResizeState> {
    const before = this.#now;
    if (!before) return state;
    this.#forget(containers);
    let { pending, progress, group = false } = state;
    const { node, tell } = this.#options;
    const generation = pod.metadata.generation ?? 0;
    if (!isPending(pod, before)) pending = undefined;
    else {
      const refusal = await node.admit(pod, () => {
        this.#now = allocate(pod, this.#now);
      });
      if (refusal) {
        const word = { reason: "Deferred", message: refusal.message, generation };
        if (pending?.reason !== word.reason || pending.generation !== generation)
          tell("Warning", "ResizeDeferred", resizeMessage(pod, generation, "Deferred", refusal.message));
        pending = isSameWord(pending, word) ? pending : word;
      } else {
        await this.#write();
        pending = undefined;
        group = true;
        progress = { reason: "", message: "", generation };
        tell("Normal", "ResizeStarted", resizeMessage(pod, generation, "started"));
        node.resizes.freed();
      }
    }
    const given = this.given(pod);
    const underWay = group || isUnderWay(given, containers, this.sizes);
    if (underWay) progress ??= { reason: "", message: "", generation };
    else if (progress && progress === state.progress) {
      tell("Normal", "ResizeCompleted", resizeMessage(given, progress.generation, "completed"));
      progress = undefined;
      node.resizes.freed();
    }
    return { pending, progress, group };
  }

  /** Of containers that are gone. */
  #forget(containers: readonly SeenContainer[]): void {
    const now = this.#now!;
    const known = Object.entries(now.actual);
    const left = known.filter(([id]) => containers.some((each) => each.id === id));
    if (left.length < known.length && containers.length > 0) this.#now = { ...now, actual: Object.fromEntries(left) };
  }

  /** One after the other, each the state of when its turn comes. */
  #write(): Promise<void> {
    const { node, uid } = this.#options;
    const folder = node.volumes.folder(uid);
    const write = async () => {
      const now = this.#now;
      if (!now) return;
      await node.files.run("allocation of the pod", async () => {
        await mkdir(folder, { recursive: true, mode: 0o750 });
        await writeAllocation(folder, now);
      });
    };
    this.#writing = this.#writing.catch(() => {}).then(write);
    return this.#writing;
  }
}
