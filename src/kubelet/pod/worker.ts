/**
 * Carries out one pod's plans, one at a time: look, plan, write the status, run the steps; then look again when something has
 * changed. What it waits for is a set of reasons, and the earliest wakes it.
 */
import { rm } from "node:fs/promises";
import { type Pod, pods } from "#api/mod.ts";
import { backoffMs, messageOf } from "#base/mod.ts";
import { isNotFound } from "#client/mod.ts";
import { type ResizeState, toldResize } from "../resize/conditions.ts";
import { PodAllocation } from "../resize/pod-allocation.ts";
import type { SeenPod } from "../runtime/seen.ts";
import { withMirror } from "../static/plan.ts";
import { logFolder } from "./config.ts";
import { containersOf, isSidecar, newestOf, nothingRuns } from "./containers.ts";
import { aboutOf, type NodeContext, type PodContext } from "./context.ts";
import { type Failure, type History, learn, noHistory, tryAtOnce } from "./history.ts";
import { TerminationMessages } from "./messages.ts";
import { performStep } from "./perform/perform.ts";
import { prepare } from "./perform/prepare.ts";
import { Stopping } from "./perform/stop.ts";
import { planPod } from "./plan.ts";
import { isOver } from "./plan-end.ts";
import { isSameStatus, patchOf, statusOf } from "./status.ts";
import type { Plan } from "./steps.ts";
import { Waits } from "./waits.ts";

const failedPassMs = 2000;
const apiRetryMs = 1000;
const leastTokenMs = 1000;
const deferredRetryMs = 30_000;
const volumesRetryMs = 10_000;
const releaseRetry = { baseMs: 500, maxMs: 122_000 };

export class PodWorker {
  readonly uid: string;
  pod: Pod;
  readonly #node: NodeContext;
  readonly #waits: Waits;
  readonly #stopping: Stopping;
  readonly #messages: TerminationMessages;
  readonly #at: PodContext;
  readonly #done: () => void;
  #history: History = noHistory;
  #running: Promise<void> | undefined;
  #dirty = false;
  #closed = false;
  /** The object is gone from the API: what is left here is only cleaned up. */
  #orphan = false;
  #admitted = false;
  #failedReleases = 0;
  readonly #allocation: PodAllocation;

  constructor(pod: Pod, node: NodeContext, onDone: () => void) {
    this.pod = pod;
    this.uid = pod.metadata.uid!;
    this.#node = node;
    this.#done = onDone;
    this.#waits = new Waits(node.clock, () => this.wake());
    this.#messages = new TerminationMessages(node.files);
    this.#allocation = new PodAllocation({ uid: this.uid, node, tell: (...what) => this.#at.tell(...what) });
    this.#at = this.#context();
    this.#stopping = new Stopping(this.#at);
  }

  /** It is taken, and not over: it holds on to what it asked for. */
  get holds(): boolean {
    return this.#admitted && !this.#orphan && !isOver(this.pod) && this.#history.failure === undefined;
  }

  /** The pod with the amounts that it was given. */
  get given(): Pod {
    return this.#allocation.given(this.pod);
  }

  /** It waits for other amounts since a change of this generation of the pod. */
  get waitsForAmounts(): boolean {
    return this.holds && this.#history.resize?.pending !== undefined;
  }

  /** A state of before our own last write is passed over: the one that has it follows. */
  update(pod: Pod): void {
    if (isOlder(pod, this.pod)) return;
    this.pod = pod;
    this.wake();
  }

  /** Something that the pod refers to has changed. */
  objectsChanged(): void {
    this.#history = tryAtOnce(this.#history);
    this.wake();
  }

  /** The node cannot keep the pod. */
  fail(failure: Failure): void {
    if (this.#history.failure) return;
    this.#history = learn(this.#history, { failure });
    this.wake();
  }

  /** The object has disappeared: end everything at once. */
  orphan(): void {
    this.#orphan = true;
    this.wake();
  }

  wake(): void {
    this.#dirty = true;
    if (this.#running || this.#closed) return;
    this.#running = this.#loop().finally(() => {
      this.#running = undefined;
      if (this.#dirty && !this.#closed) this.wake();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waits.close();
    await this.#running;
  }

  #context(): PodContext {
    const worker = this;
    return {
      node: this.#node,
      uid: this.uid,
      allocation: this.#allocation,
      get pod() {
        return worker.given;
      },
      get history() {
        return worker.#history;
      },
      seen: () => this.#node.seen(this.uid),
      find: (name) => containersOf(this.given).find((container) => container.name === name),
      tell: (type, reason, message, container) => this.#node.recorder.event(aboutOf(this.pod, container), type, reason, message),
      wake: () => this.wake(),
    };
  }

  async #loop(): Promise<void> {
    while (this.#dirty && !this.#closed) {
      this.#dirty = false;
      try {
        await this.#pass();
      } catch (error) {
        this.#node.log.warn("kubelet: a pass over a pod failed", { pod: this.#name, error: messageOf(error) });
        this.#waits.set("failed pass", failedPassMs);
      }
    }
  }

  get #name(): string {
    return `${this.pod.metadata.namespace}/${this.pod.metadata.name}`;
  }

  async #pass(): Promise<void> {
    const { probes, volumes, clock } = this.#node;
    const seen = this.#node.seen(this.uid);
    if (!this.#admitted) await this.#admit(seen);
    await this.#resize(seen);
    this.#watchContainers(seen);
    const plan = planPod(this.#orphan ? "gone" : this.given, seen, {
      probes: { started: (id) => probes.started(id), ready: (id) => probes.ready(id), condemned: probes.condemned(this.uid) },
      history: this.#history,
      nowMs: clock.now(),
      backOff: this.#node.settings.crashBackOff,
      stopping: this.#stopping.until,
      hooked: this.#stopping.hooked,
      sizes: this.#allocation.sizes,
    });
    this.#history = plan.history;
    if (plan.end) probes.silence(this.uid);
    // Before the status says that it is over, and others may have its devices.
    if (plan.end && this.#stopping.until.size === 0 && nothingRuns(seen)) await this.#node.claims?.unprepare(this.uid);
    await this.#writeStatus(seen, plan);
    if (plan.steps.length === 0) {
      if (plan.end && this.#stopping.until.size === 0 && nothingRuns(seen)) return this.#finish(seen);
      if (!plan.end) await this.#followObjects(seen);
    }
    if (await this.#carryOut(plan)) {
      await this.#node.refresh();
      this.#dirty = true;
      return;
    }
    const refreshAt = volumes.refreshAt(this.uid);
    this.#waits.set("plan", plan.againMs);
    this.#waits.set("token", refreshAt === undefined ? undefined : Math.max(leastTokenMs, refreshAt - clock.now()));
  }

  /** True when the runtime has something new. What went wrong is told, and looked at again. */
  async #carryOut(plan: Plan): Promise<boolean> {
    let changed = false;
    for (const step of plan.steps) {
      if (this.#closed) return false;
      const outcome = await performStep(step, this.#at, this.#stopping);
      changed = outcome.changed || changed;
      if (!outcome.learned) continue;
      this.#history = learn(this.#history, outcome.learned);
      this.#dirty ||= !outcome.changed;
    }
    return changed;
  }

  /** Once, before anything is made for it; what runs already was taken before. */
  async #admit(seen: SeenPod | undefined): Promise<void> {
    const isNew = !seen && !this.#orphan && !this.pod.metadata.deletionTimestamp && !isOver(this.pod) && !this.pod.status?.startTime;
    const take = () => {
      this.#admitted = true;
    };
    const refusal = isNew ? await this.#node.admit(this.pod, take) : undefined;
    take();
    if (!refusal) return this.#allocation.begin(this.pod, isNew);
    this.#node.metrics.rejections.add({ reason: refusal.reason });
    this.#at.tell("Warning", refusal.reason, refusal.message);
    this.#history = learn(this.#history, { failure: { ...refusal, rejected: true } });
  }

  /** Other amounts that are asked for, and how far they are in force. */
  async #resize(seen: SeenPod | undefined): Promise<void> {
    const isLive = this.holds && !this.pod.metadata.deletionTimestamp;
    const known = this.#history.resize ?? (isLive ? toldResize(this.pod) : {});
    const next: ResizeState = isLive ? await this.#allocation.consider(this.pod, known, seen?.containers ?? []) : {};
    this.#history = { ...this.#history, resize: { ...known, ...next } };
    if (!isLive) this.#history = { ...this.#history, resize: {} };
    // That it has begun is told before that it is over.
    if (next.progress && !known.progress) this.#dirty = true;
    this.#waits.set("resize", this.#history.resize?.pending ? deferredRetryMs : undefined);
  }

  /** Starts probes of what runs and forgets those of what does not. */
  #watchContainers(seen: SeenPod | undefined): void {
    const { probes, hostIps } = this.#node;
    const running = new Set<string>();
    const ip = this.pod.spec?.hostNetwork ? (hostIps[0] ?? "") : (seen?.sandboxes[0]?.ip ?? "");
    const init = this.pod.spec?.initContainers ?? [];
    for (const container of [...(this.pod.spec?.containers ?? []), ...init]) {
      const last = newestOf(seen?.containers ?? [], container.name);
      if (last?.state !== "running") continue;
      running.add(last.id);
      const isSilent = init.includes(container) && !isSidecar(container);
      const at = { ip, sandboxId: last.sandboxId, startedAtMs: last.startedAt };
      probes.watch(last.id, this.pod, isSilent ? { name: container.name } : container, at);
    }
    probes.keep(this.uid, running);
  }

  async #followObjects(seen: SeenPod | undefined): Promise<void> {
    const sandbox = seen?.sandboxes[0];
    if (!(this.pod.spec?.volumes ?? []).length || !sandbox?.ready) return;
    try {
      await prepare(this.#at, this.pod.spec?.hostNetwork ? this.#node.hostIps : sandbox.ips);
    } catch (error) {
      this.#node.log.debug("kubelet: volumes not renewed", { pod: this.#name, error: messageOf(error) });
      this.#waits.set("volumes", volumesRetryMs);
    }
  }

  async #writeStatus(seen: SeenPod | undefined, plan: Plan): Promise<void> {
    if (this.#orphan) return;
    const { client, probes, clock, hostIps, volumes, settings, log } = this.#node;
    const folders = { podFolder: volumes.folder(this.uid), logFolder: logFolder(this.pod, settings) };
    const messages = await this.#messages.read(this.pod, seen, folders);
    const status = statusOf({
      pod: this.given,
      seen,
      plan,
      history: this.#history,
      sizes: this.#allocation.sizes,
      devices: (name) => this.#node.devices?.healthOf(this.uid, name) ?? [],
      probes,
      messages,
      nowMs: clock.now(),
      hostIps,
    });
    // Held against the object as it is in the API, never against what was written last: others write here too.
    if (isSameStatus(this.pod.status, status)) return;
    const uid = this.#node.apiUid(this.uid);
    if (uid === undefined) return;
    try {
      const ref = { namespace: this.pod.metadata.namespace!, name: this.pod.metadata.name! };
      const patch = { metadata: { uid }, status: patchOf(status, this.pod.status) };
      const next = await client.patch(pods, ref, "strategic", patch, { subresource: "status" });
      if (next.metadata.uid !== uid || isOlder(next, this.pod)) return;
      // Of a static pod the API has only a mirror: what the file says holds.
      this.pod = uid === this.uid ? next : withMirror(this.pod, next);
    } catch (error) {
      if (isNotFound(error)) return;
      log.warn("kubelet: pod status not written", { pod: this.#name, error: messageOf(error) });
      this.#waits.set("status", apiRetryMs);
    }
  }

  /** Drivers get back what they gave the pod; it is not let go before. */
  async #releaseVolumes(): Promise<boolean> {
    try {
      await this.#node.volumes.release(this.uid);
      this.#failedReleases = 0;
      this.#waits.set("release", undefined);
      return true;
    } catch (error) {
      this.#node.log.warn("kubelet: a volume of a pod stays", { pod: this.#name, error: messageOf(error) });
      this.#waits.set("release", backoffMs(++this.#failedReleases, releaseRetry));
      return false;
    }
  }

  /** Nothing runs any more: volumes go, and a pod that was deleted is let go in the API. */
  async #finish(seen: SeenPod | undefined): Promise<void> {
    const { client, runtime, volumes, objects, probes, settings, cgroups, files, network, log } = this.#node;
    if (!(await this.#releaseVolumes())) return;
    if (!this.#orphan && !this.pod.metadata.deletionTimestamp) return;
    if (!this.#orphan) {
      const ref = { namespace: this.pod.metadata.namespace!, name: this.pod.metadata.name! };
      try {
        await client.delete(pods, ref, { gracePeriodSeconds: 0, preconditions: { uid: this.uid } });
      } catch (error) {
        if (!isNotFound(error)) {
          this.#waits.set("deletion", apiRetryMs);
          log.warn("kubelet: a pod could not be let go", { pod: this.#name, error: messageOf(error) });
          return;
        }
      }
    }
    this.#closed = true;
    this.#waits.close();
    for (const container of seen?.containers ?? []) await runtime.removeContainer(container.id);
    for (const sandbox of seen?.sandboxes ?? []) {
      await runtime.stopSandbox(sandbox.id);
      await runtime.removeSandbox(sandbox.id);
    }
    probes.keep(this.uid, new Set());
    objects.release(this.uid);
    network.released(this.uid);
    this.#node.metrics.forgetPod(this.uid, this.pod.metadata.namespace ?? "", this.pod.metadata.name ?? "");
    await volumes.remove(this.uid);
    this.#node.users.release(this.uid);
    await files.run("logs of the pod", () => rm(logFolder(this.pod, settings), { recursive: true, force: true }));
    await cgroups.remove(this.pod);
    this.#done();
  }
}

/** Versions are numbers that grow (KEP-5504); what is none is taken for newer. */
function isOlder(pod: Pod, known: Pod): boolean {
  return Number(pod.metadata.resourceVersion) < Number(known.metadata.resourceVersion);
}
