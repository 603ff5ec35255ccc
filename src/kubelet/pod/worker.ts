/**
 * Carries out one pod's plans, one at a time: fetch what it refers to, make its volumes, run the steps, write its status; then
 * look again when something has changed.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Container, type Pod, type PodStatus, pods, type Service } from "#api/mod.ts";
import { backoffMs, type Clock, type Log, messageOf } from "#base/mod.ts";
import { type Client, type EventRecorder, isNotFound } from "#client/mod.ts";
import type { Probes } from "../probes/probes.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import { readTail } from "../server/log-files.ts";
import { mountsOf, type PodVolumes, SubPathError, VolumeError } from "../volumes/volumes.ts";
import { containerConfig, hostnameOf, logFolder, type Mount, type NodeSettings, RunAsError, sandboxConfig } from "./config.ts";
import { EnvError, environmentOf, expand } from "./env.ts";
import { runHook } from "./hooks.ts";
import { authFor, type Images, runtimeMessage } from "./images.ts";
import type { ReferencedObjects } from "./objects.ts";
import {
  type AnyContainer,
  graceOf,
  isSidecar,
  type KillReason,
  newestOf,
  type Plan,
  type PodStep,
  planPod,
  type Situation,
  type Waiting,
} from "./plan.ts";
import { referencesOf } from "./references.ts";
import { isSameStatus, patchOf, statusOf } from "./status.ts";
import { Waits } from "./waits.ts";

export interface WorkerOptions {
  client: Client;
  runtime: Runtime;
  images: Images;
  objects: ReferencedObjects;
  volumes: PodVolumes;
  probes: Probes;
  recorder: EventRecorder;
  settings: NodeSettings;
  hostIp: string;
  services(): Service[];
  allocatable(): Record<string, string>;
  /** Asks for a fresh look at the runtime; resolves when the pod's part is current. */
  refresh(): Promise<void>;
  /** Takes the pod's own control group away, in every tree. */
  removeCgroup(pod: Pod): Promise<void>;
  seen(uid: string): SeenPod | undefined;
  clock: Clock;
  log: Log;
}

const crash = { baseMs: 10_000, maxMs: 300_000 };
const crashResetMs = 600_000;

interface Crash {
  count: number;
  /** The container whose end was counted last. */
  id: string;
}

/** A pod whose containers are all gone and whose object may go too. */
export class PodWorker {
  readonly uid: string;
  pod: Pod;
  #options: WorkerOptions;
  #running: Promise<void> | undefined;
  #dirty = false;
  #closed = false;
  #trouble = new Map<string, Waiting>();
  #pullRetry = new Map<string, number>();
  #crashes = new Map<string, Crash>();
  #failure: { reason: string; message: string } | undefined;
  #waits: Waits;
  #killing = new Map<string, Promise<void>>();
  /** The object is gone from the API: what is left here is only cleaned up. */
  #orphan = false;
  #done: () => void;

  constructor(pod: Pod, options: WorkerOptions, onDone: () => void) {
    this.pod = pod;
    this.uid = pod.metadata.uid!;
    this.#options = options;
    this.#done = onDone;
    this.#waits = new Waits(options.clock, () => this.wake());
  }

  /** A state of before our own last write is passed over: the one that has it follows. */
  update(pod: Pod): void {
    if (isOlder(pod, this.pod)) return;
    this.pod = pod;
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

  async #loop(): Promise<void> {
    while (this.#dirty && !this.#closed) {
      this.#dirty = false;
      try {
        await this.#pass();
      } catch (error) {
        this.#options.log.warn("kubelet: a pass over a pod failed", { pod: this.#name, error: messageOf(error) });
        this.#waits.set("failed pass", 2000);
      }
    }
  }

  get #name(): string {
    return `${this.pod.metadata.namespace}/${this.pod.metadata.name}`;
  }

  async #pass(): Promise<void> {
    const { probes, volumes, clock } = this.#options;
    const seen = this.#options.seen(this.uid);
    this.#watchContainers(seen);
    const situation = this.#situation();
    const plan = planPod(this.pod, seen, situation);
    const ending = situation.terminate !== undefined;
    if (ending) probes.silence(this.uid);
    this.#explainWaiting(plan, seen);
    await this.#writeStatus(seen, plan);
    if (plan.steps.length === 0) {
      if (ending && this.#killing.size === 0 && nothingRuns(seen)) return this.#finish(seen);
      if (!ending) await this.#followObjects(seen);
    }
    let changed = false;
    for (const step of plan.steps) {
      if (this.#closed) return;
      changed = (await this.#carryOut(step, plan)) || changed;
    }
    if (changed) {
      await this.#options.refresh();
      this.#dirty = true;
      return;
    }
    const refreshAt = volumes.refreshAt(this.uid);
    this.#waits.set("plan", plan.againMs);
    this.#waits.set("token", refreshAt === undefined ? undefined : Math.max(1000, refreshAt - clock.now()));
    this.#waits.set("deadline", this.#deadlineMs());
  }

  /** Starts probes of what runs and forgets those of what does not. */
  #watchContainers(seen: SeenPod | undefined): void {
    const { probes, settings: _, hostIp } = this.#options;
    const running = new Set<string>();
    const ip = this.pod.spec?.hostNetwork ? hostIp : (seen?.sandboxes[0]?.ip ?? "");
    const probed = [...(this.pod.spec?.containers ?? []), ...(this.pod.spec?.initContainers ?? [])];
    for (const container of probed) {
      const last = newestOf(seen?.containers ?? [], container.name ?? "");
      if (last?.state !== "running") continue;
      running.add(last.id);
      const silent = !isSidecar(container) && (this.pod.spec?.initContainers ?? []).includes(container);
      probes.watch(last.id, this.pod, silent ? { name: container.name } : container, {
        ip,
        sandboxId: last.sandboxId,
        startedAtMs: last.startedAt,
      });
    }
    probes.keep(this.uid, running);
  }

  #situation(): Situation {
    const { probes, clock } = this.#options;
    const condemned = new Map<string, { reason: KillReason; why: string }>();
    for (const [id, { kind }] of probes.condemned(this.uid)) {
      const name = this.#options.seen(this.uid)?.containers.find((container) => container.id === id)?.name ?? "";
      condemned.set(id, {
        reason: kind === "startup" ? "startup" : "unhealthy",
        why: `Container ${name} failed ${kind} probe, will be restarted`,
      });
    }
    return {
      ...this.#termination(),
      condemned,
      started: (id) => probes.started(id),
      backoffMs: (name, last) => this.#crashWait(name, last),
      pullBackoffMs: (name) => Math.max(0, (this.#pullRetry.get(name) ?? 0) - clock.monotonic()),
    };
  }

  #termination(): Pick<Situation, "terminate"> {
    if (this.#orphan) return { terminate: { reason: "deleted", graceSeconds: graceOf(this.pod), why: "the pod is gone" } };
    if (this.pod.metadata.deletionTimestamp)
      return { terminate: { reason: "deleted", graceSeconds: graceOf(this.pod), why: `Stopping container` } };
    if (this.#deadlineMs() === 0) {
      this.#failure = { reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" };
      return {
        terminate: {
          reason: "deadline",
          graceSeconds: graceOf(this.pod),
          why: "Pod was active on the node longer than the specified deadline",
        },
      };
    }
    if (this.#failure) return { terminate: { reason: "deadline", graceSeconds: graceOf(this.pod), why: this.#failure.message } };
    return {};
  }

  #deadlineMs(): number | undefined {
    const seconds = this.pod.spec?.activeDeadlineSeconds;
    const since = Date.parse(this.pod.status?.startTime ?? "");
    if (seconds === undefined || Number.isNaN(since)) return undefined;
    return Math.max(0, since + seconds * 1000 - this.#options.clock.now());
  }

  /** Each end of a container doubles its wait; ten minutes of work make it forget. */
  #crashWait(name: string, last: SeenContainer): number {
    const known = this.#crashes.get(name);
    if (known?.id !== last.id) {
      const lived = last.finishedAt - last.startedAt;
      const count =
        known && lived < crashResetMs ? known.count + 1 : known ? 0 : last.restartCount > 0 ? Math.min(6, last.restartCount) : 0;
      this.#crashes.set(name, { count, id: last.id });
    }
    const { count } = this.#crashes.get(name)!;
    const wait = backoffMs(count, crash);
    return Math.max(0, last.finishedAt + wait - this.#options.clock.now());
  }

  #explainWaiting(plan: Plan, seen: SeenPod | undefined): void {
    const { recorder } = this.#options;
    for (const [name, waiting] of plan.waiting) {
      if (waiting.reason !== "CrashLoopBackOff") continue;
      const count = this.#crashes.get(name)?.count ?? 1;
      const wait = formatSeconds(backoffMs(count, crash) / 1000);
      waiting.message = `back-off ${wait} restarting failed container=${name} pod=${this.pod.metadata.name}_${this.pod.metadata.namespace}(${this.uid})`;
      if (newestOf(seen?.containers ?? [], name))
        recorder.event(
          this.#about(name),
          "Warning",
          "BackOff",
          `Back-off restarting failed container ${name} in pod ${this.pod.metadata.name}_${this.pod.metadata.namespace}(${this.uid})`,
        );
    }
  }

  async #carryOut(step: PodStep, _plan: Plan): Promise<boolean> {
    const { runtime } = this.#options;
    switch (step.do) {
      case "createSandbox":
        return this.#createSandbox(step.attempt);
      case "startContainer":
        return this.#startContainer(step.name, step.restartCount);
      case "killContainer":
        this.#killContainer(step);
        return false;
      case "removeContainer":
        await runtime.removeContainer(step.id);
        return true;
      case "stopSandbox":
        await runtime.stopSandbox(step.id);
        return true;
      case "removeSandbox":
        await runtime.removeSandbox(step.id);
        return true;
    }
  }

  async #createSandbox(attempt: number): Promise<boolean> {
    const { runtime, settings, recorder } = this.#options;
    try {
      await this.#prepare("");
    } catch (error) {
      recorder.event(this.pod, "Warning", "FailedMount", messageOf(error));
      this.#waits.set("volumes", retryMs(error));
      return false;
    }
    mkdirSync(logFolder(this.pod, settings), { recursive: true });
    try {
      await runtime.runSandbox(sandboxConfig(this.pod, attempt, settings), "");
      if (attempt > 0) recorder.event(this.pod, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
      return true;
    } catch (error) {
      recorder.event(this.pod, "Warning", "FailedCreatePodSandBox", `Failed to create pod sandbox: ${runtimeMessage(error)}`);
      this.#waits.set("sandbox", 2000);
      return false;
    }
  }

  /** Everything outside of the runtime that containers need: objects, volumes, the hosts file. */
  async #prepare(podIp: string): Promise<Map<string, string>> {
    const { objects, volumes } = this.#options;
    const refs = referencesOf(this.pod);
    if (refs.length > 0) await objects.hold(this.uid, refs);
    mkdirSync(volumes.folder(this.uid), { recursive: true, mode: 0o750 });
    return volumes.ensure(this.pod, podIp);
  }

  async #followObjects(seen: SeenPod | undefined): Promise<void> {
    if (!(this.pod.spec?.volumes ?? []).length || !seen?.sandboxes[0]?.ready) return;
    try {
      await this.#prepare(seen.sandboxes[0].ip);
    } catch (error) {
      this.#options.log.debug("kubelet: volumes not renewed", { pod: this.#name, error: messageOf(error) });
      this.#waits.set("volumes", 10_000);
    }
  }

  #find(name: string): AnyContainer | undefined {
    const { containers = [], initContainers = [], ephemeralContainers = [] } = this.pod.spec ?? {};
    return [...containers, ...initContainers, ...ephemeralContainers].find((container) => container.name === name);
  }

  #about(container?: string) {
    const { name, namespace, uid, resourceVersion } = this.pod.metadata;
    const list = (this.pod.spec?.initContainers ?? []).some((each) => each.name === container) ? "initContainers" : "containers";
    return {
      apiVersion: "v1",
      kind: "Pod",
      name,
      namespace,
      uid,
      resourceVersion,
      ...(container ? { fieldPath: `spec.${list}{${container}}` } : {}),
    };
  }

  async #startContainer(name: string, restartCount: number): Promise<boolean> {
    const { runtime, recorder, clock } = this.#options;
    const container = this.#find(name);
    const seen = this.#options.seen(this.uid);
    const sandbox = seen?.sandboxes[0];
    if (!container || !sandbox) return false;
    const wait = (waiting: Waiting, ms: number) => {
      this.#trouble.set(name, waiting);
      this.#pullRetry.set(name, clock.monotonic() + ms);
      this.#dirty = true;
      return false;
    };
    const about = this.#about(name);
    const image = await this.#pull(container, name);
    if (!image) {
      this.#dirty = true;
      return false;
    }
    let id: string;
    try {
      const paths = await this.#prepare(sandbox.ip);
      const config = this.#configOf(container, restartCount, image, sandbox.ip, paths, seen);
      mkdirSync(join(logFolder(this.pod, this.#options.settings), name), { recursive: true });
      id = await runtime.createContainer(sandbox.id, config, sandboxConfig(this.pod, sandbox.attempt, this.#options.settings));
    } catch (error) {
      const own = error instanceof EnvError || error instanceof RunAsError || error instanceof SubPathError;
      const reason = own ? "CreateContainerConfigError" : error instanceof VolumeError ? "ContainerCreating" : "CreateContainerError";
      const text = messageOf(error);
      recorder.event(
        about,
        "Warning",
        error instanceof VolumeError ? "FailedMount" : "Failed",
        error instanceof VolumeError ? text : `Error: ${text}`,
      );
      return wait({ reason, message: text }, retryMs(error));
    }
    recorder.event(about, "Normal", "Created", `Container created`);
    try {
      await runtime.startContainer(id);
    } catch (error) {
      const text = messageOf(error);
      recorder.event(about, "Warning", "Failed", `Error: ${text}`);
      return wait({ reason: "RunContainerError", message: text }, 10_000);
    }
    this.#trouble.delete(name);
    recorder.event(about, "Normal", "Started", "Container started");
    const hook = container.lifecycle?.postStart;
    if (hook) await this.#postStart(id, container as Container, hook, sandbox.ip);
    return true;
  }

  async #postStart(
    id: string,
    container: Container,
    hook: NonNullable<NonNullable<Container["lifecycle"]>["postStart"]>,
    ip: string,
  ): Promise<void> {
    const { runtime, clock, recorder } = this.#options;
    try {
      await runHook({ hook, id, container, ip, runtime, clock, timeoutMs: 3_600_000 });
    } catch (error) {
      recorder.event(this.#about(container.name), "Warning", "FailedPostStartHook", `PostStartHook failed: ${messageOf(error)}`);
      await runtime.stopContainer(id, graceOf(this.pod));
    }
  }

  async #pull(container: AnyContainer, name: string) {
    const { images, recorder, objects, clock } = this.#options;
    const about = this.#about(name);
    const { namespace = "" } = this.pod.metadata;
    const configs = (this.pod.spec?.imagePullSecrets ?? []).flatMap((ref) => {
      const data = objects.secret(namespace, ref.name ?? "")?.data?.[".dockerconfigjson"];
      return data ? [Buffer.from(data, "base64").toString()] : [];
    });
    const image = container.image ?? "";
    const result = await images.ensure(this.uid, image, container.imagePullPolicy ?? "IfNotPresent", authFor(image, configs), () =>
      recorder.event(about, "Normal", "Pulling", `Pulling image "${image}"`),
    );
    if (result.ok) {
      this.#trouble.delete(name);
      this.#pullRetry.delete(name);
      if (result.pulledMs !== undefined)
        recorder.event(
          about,
          "Normal",
          "Pulled",
          `Successfully pulled image "${image}" in ${Math.round(result.pulledMs)}ms. Image size: ${result.image.size} bytes.`,
        );
      else recorder.event(about, "Normal", "Pulled", `Container image "${image}" already present on machine`);
      return result.image;
    }
    this.#trouble.set(name, { reason: result.reason, message: result.message });
    // Told as ErrImagePull first, as ImagePullBackOff from the next look on.
    this.#pullRetry.set(name, clock.monotonic() + (result.reason === "ErrImagePull" ? 1000 : result.retryMs));
    if (result.reason === "ErrImagePull") {
      recorder.event(about, "Warning", "Failed", `Failed to pull image "${image}": ${result.message}`);
      recorder.event(about, "Warning", "Failed", "Error: ErrImagePull");
    } else if (result.reason === "ImagePullBackOff") {
      recorder.event(about, "Normal", "BackOff", `Back-off pulling image "${image}"`);
      recorder.event(about, "Warning", "Failed", "Error: ImagePullBackOff");
    } else recorder.event(about, "Warning", result.reason === "InvalidImageName" ? "InspectFailed" : result.reason, result.message);
    return undefined;
  }

  #configOf(
    container: AnyContainer,
    restartCount: number,
    image: { id: string; uid?: { value: number }; username: string },
    podIp: string,
    paths: Map<string, string>,
    seen: SeenPod,
  ): object {
    const { objects, services, hostIp, allocatable, settings, volumes } = this.#options;
    const { namespace = "" } = this.pod.metadata;
    const ip = this.pod.spec?.hostNetwork ? hostIp : podIp;
    const environment = environmentOf(this.pod, container, {
      configMap: (name) => objects.configMap(namespace, name),
      secret: (name) => objects.secret(namespace, name),
      services,
      podIp: ip,
      hostIp,
      allocatable: allocatable(),
    });
    const mounts: Mount[] = mountsOf(container, paths, (text) =>
      expand(text, (name) => {
        const value = environment.get(name);
        if (value === undefined) throw new SubPathError(`missing value for ${JSON.stringify(name)}`);
        return value;
      }),
    );
    const folder = volumes.folder(this.uid);
    if (!mounts.some((mount) => mount.containerPath === "/etc/hosts")) {
      const hosts = join(folder, "etc-hosts");
      writeFileSync(hosts, hostsFile(this.pod, ip, settings.clusterDomain), { mode: 0o644 });
      mounts.push({ containerPath: "/etc/hosts", hostPath: hosts });
    }
    const log = this.#terminationLog(container.name ?? "", restartCount);
    mkdirSync(join(log, ".."), { recursive: true });
    writeFileSync(log, "", { mode: 0o666 });
    chmodSync(log, 0o666);
    mounts.push({ containerPath: container.terminationMessagePath || "/dev/termination-log", hostPath: log });
    const target = "targetContainerName" in container ? newestOf(seen.containers, container.targetContainerName ?? "") : undefined;
    return containerConfig({
      pod: this.pod,
      container,
      restartCount,
      image: image.id,
      imageUser: { username: image.username, ...(image.uid ? { uid: image.uid.value } : {}) },
      environment,
      mounts,
      settings,
      ...(target ? { targetId: target.id } : {}),
    });
  }

  #terminationLog(name: string, restartCount: number): string {
    return join(this.#options.volumes.folder(this.uid), "containers", name, String(restartCount));
  }

  #terminationMessage(container: SeenContainer): string {
    const path = this.#terminationLog(container.name, container.restartCount);
    const own = existsSync(path) && statSync(path).size > 0 ? readFileSync(path).subarray(0, 4096).toString() : "";
    if (own !== "" || container.messagePolicy !== "FallbackToLogsOnError" || container.exitCode === 0) return own;
    const log = join(logFolder(this.pod, this.#options.settings), container.name, `${container.restartCount}.log`);
    return readTail(log, 80, 2048);
  }

  /** Stopping takes as long as the container may; meanwhile the pod is looked at as usual. */
  #killContainer(step: Extract<PodStep, { do: "killContainer" }>): void {
    if (this.#killing.has(step.id)) return;
    const { runtime, recorder, clock, log } = this.#options;
    const container = this.#find(step.name) as Container | undefined;
    const probe = step.reason === "startup" ? container?.startupProbe : step.reason === "unhealthy" ? container?.livenessProbe : undefined;
    const grace =
      step.graceSeconds >= 0
        ? step.graceSeconds
        : (probe?.terminationGracePeriodSeconds ?? this.pod.spec?.terminationGracePeriodSeconds ?? 30);
    const text =
      step.reason === "deleted" || step.reason === "finished" || step.reason === "deadline" ? `Stopping container ${step.name}` : step.why;
    recorder.event(this.#about(step.name), "Normal", "Killing", text);
    const work = (async () => {
      let left = grace;
      const hook = container?.lifecycle?.preStop;
      if (hook && left > 0) {
        const began = clock.monotonic();
        const seen = this.#options.seen(this.uid);
        try {
          await runHook({
            hook,
            id: step.id,
            container: container!,
            ip: seen?.sandboxes[0]?.ip ?? "",
            runtime,
            clock,
            timeoutMs: left * 1000,
          });
        } catch (error) {
          recorder.event(this.#about(step.name), "Warning", "FailedPreStopHook", `PreStopHook failed: ${messageOf(error)}`);
        }
        left = Math.max(2, left - Math.floor((clock.monotonic() - began) / 1000));
      }
      await runtime.stopContainer(step.id, left);
    })()
      .catch((error) => log.warn("kubelet: a container did not stop", { pod: this.#name, container: step.name, error: messageOf(error) }))
      .finally(async () => {
        await this.#options.refresh().catch(() => {});
        this.#killing.delete(step.id);
        this.wake();
      });
    this.#killing.set(step.id, work);
  }

  async #writeStatus(seen: SeenPod | undefined, plan: Plan): Promise<void> {
    if (this.#orphan) return;
    const { client, probes, clock, hostIp } = this.#options;
    const leaving = this.pod.metadata.deletionTimestamp !== undefined;
    const status: PodStatus = statusOf({
      pod: this.pod,
      seen,
      plan,
      trouble: this.#trouble,
      started: (id) => probes.started(id),
      ready: (id) => probes.ready(id),
      nowMs: clock.now(),
      hostIp,
      ...(this.#failure && nothingRuns(seen) ? { failure: this.#failure } : {}),
      terminationMessage: (container) => this.#terminationMessage(container),
    });
    // Held against the object as it is in the API, never against what was written last: others write here too.
    if (isSameStatus(this.pod.status, status)) return;
    try {
      const ref = { namespace: this.pod.metadata.namespace!, name: this.pod.metadata.name! };
      const next = await client.patch(
        pods,
        ref,
        "strategic",
        { metadata: { uid: this.uid }, status: patchOf(status) },
        { subresource: "status" },
      );
      if (next.metadata.uid === this.uid) this.pod = leaving ? { ...this.pod, status: next.status } : next;
    } catch (error) {
      if (isNotFound(error)) return;
      this.#options.log.warn("kubelet: pod status not written", { pod: this.#name, error: messageOf(error) });
      this.#waits.set("status", 1000);
    }
  }

  /** Nothing runs any more: volumes go, and a pod that was deleted is let go in the API. */
  async #finish(seen: SeenPod | undefined): Promise<void> {
    const { client, runtime, volumes, objects, probes, settings } = this.#options;
    if (!this.#orphan && !this.pod.metadata.deletionTimestamp) return;
    if (!this.#orphan) {
      try {
        await client.delete(
          pods,
          { namespace: this.pod.metadata.namespace!, name: this.pod.metadata.name! },
          { gracePeriodSeconds: 0, preconditions: { uid: this.uid } },
        );
      } catch (error) {
        if (!isNotFound(error)) {
          this.#waits.set("deletion", 1000);
          this.#options.log.warn("kubelet: a pod could not be let go", { pod: this.#name, error: messageOf(error) });
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
    await volumes.remove(this.uid);
    rmSync(logFolder(this.pod, settings), { recursive: true, force: true });
    await this.#options.removeCgroup(this.pod);
    this.#done();
  }
}

/** Versions are numbers that grow (KEP-5504); what is none is taken for newer. */
function isOlder(pod: Pod, known: Pod): boolean {
  return Number(pod.metadata.resourceVersion) < Number(known.metadata.resourceVersion);
}

function nothingRuns(seen: SeenPod | undefined): boolean {
  return (
    !seen ||
    (seen.containers.every((container) => container.state === "exited" || container.state === "created") &&
      seen.sandboxes.every((sandbox) => !sandbox.ready))
  );
}

const retryMs = (error: unknown) => (error instanceof VolumeError ? 500 : 5000);

function formatSeconds(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

export function hostsFile(pod: Pod, ip: string, clusterDomain: string): string {
  const lines = [
    pod.spec?.hostNetwork ? "# Kubernetes-managed hosts file (host network)." : "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
  ];
  const host = hostnameOf(pod);
  const { subdomain } = pod.spec ?? {};
  const long = subdomain ? `${host}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}\t` : "";
  if (!pod.spec?.hostNetwork && ip) lines.push(`${ip}\t${long}${host}`);
  const aliases = pod.spec?.hostAliases ?? [];
  if (aliases.length > 0)
    lines.push("", "# Entries added by HostAliases.", ...aliases.map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join("\t")}`));
  return `${lines.join("\n")}\n`;
}
