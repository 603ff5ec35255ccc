/** The Node object of this machine: registration, heartbeat by Lease, and a status that is written only when it changes. */
import { type Node, type NodeCondition, type NodeStatus, nodes } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import { ApiError, type Client, isAlreadyExists, isNotFound } from "#client/mod.ts";
import type { Pressure } from "../eviction/thresholds.ts";
import type { RuntimeStatus } from "../runtime/runtime.ts";
import { allocatableOf, type NotForPods } from "./allocatable.ts";
import { changesOf, nodeConditions } from "./conditions.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Machine } from "./machine.ts";
import type { RuntimeHealth } from "./runtime-health.ts";

export interface NodeOptions {
  /** The API server did not answer: connections to it should be made anew. */
  connectionLost?(): void;
  client: Client;
  health: RuntimeHealth;
  machine: Machine;
  name: string;
  addresses: readonly string[];
  podCidrs: readonly string[];
  labels?: Record<string, string>;
  kubeletPort: number;
  /** The object as it was seen last: others may give the node capacity of their own. */
  known(): Node | undefined;
  notForPods: NotForPods;
  /** When it is registered first. */
  taints: readonly Taint[];
  /** What the node is short of. */
  pressures(): readonly Pressure[];
  /** An event of the node. */
  tell(reason: string, message: string): void;
  clock: Clock;
  log: Log;
}

export type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

/** What upstream's kubelet says by these names is done here; in their order. */
const declaredFeatures = [
  "ExtendWebSocketsToKubelet",
  "InPlacePodLevelResourcesVerticalScaling",
  "InPlacePodVerticalScalingInitContainers",
  "RestartAllContainersOnContainerExits",
];

const renewMs = 10_000;
const silenceMs = 25_000;
const statusMs = 10_000;
const reportMs = 300_000;
const changedMs = 200;
/** Until the node is Ready for the first time: upstream looks ten times a second too. */
const firstLookMs = 100;
const firstLooksMs = 120_000;

export class NodeReporter {
  readonly #options: NodeOptions;
  readonly #heartbeat: Heartbeat;
  /** What keeps the node from being Ready besides its runtime. */
  problems: () => string[] = () => [];
  #timers: Timer[] = [];
  #written = "";
  #writtenAt = 0;
  #renewedAt: number | undefined;
  #conditions: NodeCondition[] = [];
  #soon: Timer | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat(options.client, options.clock, options.name);
  }

  /** What plugins have brought. */
  devices: () => { capacity: Record<string, string>; allocatable: Record<string, string> } = () => ({ capacity: {}, allocatable: {} });

  /** Volumes that are not to be detached; and who hears of it when the API was told of them. */
  volumes: { inUse(): string[]; written(names: readonly string[]): void } = { inUse: () => [], written() {} };

  get allocatable(): Record<string, string> {
    const own = allocatableOf(this.#options.machine.capacity, this.#options.known(), this.#options.notForPods);
    return { ...own, ...this.devices().allocatable };
  }

  /** What is known of it here. */
  get self(): Node {
    const { name, labels, machine } = this.#options;
    const own = { ...ownLabels(name, machine), ...labels };
    return { apiVersion: "v1", kind: "Node", metadata: { name, labels: own }, spec: {}, status: { allocatable: this.allocatable } };
  }

  get info(): Machine["info"] {
    return this.#options.machine.info;
  }

  get features(): RuntimeStatus {
    return this.#options.health.status;
  }

  /** Registers the node; keeps trying while the API server is away. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let wait = 100; !signal.aborted; wait = Math.min(7000, wait * 2)) {
      try {
        await this.#register();
        break;
      } catch (error) {
        log.warn("kubelet: the node is not registered yet", { error: messageOf(error) });
        await clock.sleep(wait, signal);
      }
    }
    if (signal.aborted) return;
    await this.#renew();
    this.#timers.push(
      every(clock, renewMs, () => this.#renew()),
      every(clock, statusMs, () => this.report()),
    );
    void this.#firstReady(signal);
  }

  /** A new node's network is told to the runtime only after it has registered: nobody should wait for the next regular report. */
  async #firstReady(signal: AbortSignal): Promise<void> {
    const { clock, health } = this.#options;
    const end = clock.monotonic() + firstLooksMs;
    while (health.problems().length > 0 && clock.monotonic() < end) {
      await clock.sleep(firstLookMs, signal);
      if (signal.aborted) return;
      await health.look();
      if (health.problems().length === 0) await this.report();
    }
  }

  /** Writes the status when it differs from the last one, or five minutes have passed. */
  async report(): Promise<void> {
    const { client, name, clock, log } = this.#options;
    try {
      const status = await this.#status();
      const { conditions = [], ...rest } = status;
      const text = JSON.stringify([rest, conditions.map(({ type, status: value, reason, message }) => [type, value, reason, message])]);
      if (text === this.#written && clock.monotonic() - this.#writtenAt < reportMs && !this.#isContradicted(conditions)) return;
      // Nothing in use is said by no list at all.
      const none = status.volumesInUse ? {} : { volumesInUse: null };
      await client.patch(nodes, { name }, "strategic", { status: { ...status, ...none } }, { subresource: "status" });
      this.volumes.written(status.volumesInUse ?? []);
      this.#written = text;
      this.#writtenAt = clock.monotonic();
    } catch (error) {
      if (isNotFound(error)) await this.#register().catch(() => {});
      else log.warn("kubelet: node status not written", { error: messageOf(error) });
    }
  }

  /** Something of the status is another than before: it is written soon, and once for all that comes together. */
  changed(): void {
    this.#soon ??= this.#options.clock.after(changedMs, () => {
      this.#soon = undefined;
      void this.report();
    });
  }

  /** Throws with what keeps the node from being Ready. */
  assertReady(): void {
    const problems = this.#options.health.problems();
    if (problems.length > 0) throw new Error(problems.join(", "));
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#soon?.cancel();
  }

  /** Others write conditions too, as when they took the node for lost: what the object says counts, not what was written last. */
  #isContradicted(conditions: readonly NodeCondition[]): boolean {
    const known = this.#options.known()?.status?.conditions;
    if (!known) return false;
    return conditions.some((own) => known.find((each) => each.type === own.type)?.status !== own.status);
  }

  async #register(): Promise<void> {
    const { client, name, machine, labels, taints, podCidrs } = this.#options;
    const own = ownLabels(name, machine);
    const annotations = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" };
    try {
      await client.create(nodes, {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name, labels: { ...own, ...labels }, annotations },
        spec: {
          ...(podCidrs.length > 0 ? { podCIDR: podCidrs[0], podCIDRs: [...podCidrs] } : {}),
          ...(taints.length > 0 ? { taints: [...taints] } : {}),
        },
        status: await this.#status(),
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const known = await client.get(nodes, { name });
      const stale = Object.entries(own).some(([key, value]) => known.metadata.labels?.[key] !== value);
      if (stale) await client.patch(nodes, { name }, "strategic", { metadata: { labels: own } });
    }
    this.#written = "";
    await this.report();
  }

  async #status(): Promise<NodeStatus> {
    const { name, addresses, kubeletPort, health, machine, clock, pressures, tell } = this.#options;
    await health.look();
    const before = this.#conditions;
    this.#conditions = nodeConditions([...health.problems(), ...this.problems()], before, clock.now(), pressures());
    for (const reason of changesOf(before, this.#conditions)) tell(reason, `Node ${name} status is now: ${reason}`);
    const { handlers, supplementalGroupsPolicy } = health.status;
    const inUse = this.volumes.inUse();
    return {
      addresses: [...addresses.map((address) => ({ type: "InternalIP", address })), { type: "Hostname", address: name }],
      capacity: { ...machine.capacity, ...this.devices().capacity },
      allocatable: this.allocatable,
      conditions: this.#conditions,
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: { ...machine.info, containerRuntimeVersion: health.version },
      images: health.images,
      features: { supplementalGroupsPolicy },
      declaredFeatures: [...declaredFeatures],
      ...(inUse.length > 0 ? { volumesInUse: inUse } : {}),
      ...(handlers.length > 0
        ? {
            runtimeHandlers: handlers.map((handler) => ({
              name: handler.name,
              features: { recursiveReadOnlyMounts: handler.recursiveReadOnly, userNamespaces: handler.userNamespaces },
            })),
          }
        : {}),
    };
  }

  async #renew(): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await this.#heartbeat.beat();
    } catch (error) {
      log.debug("kubelet: lease not renewed", { error: messageOf(error) });
      // No answer at all: connections that were cut on the way would be waited for until the kernel gives up on them.
      if (!(error instanceof ApiError)) this.#options.connectionLost?.();
      return;
    }
    const before = this.#renewedAt;
    this.#renewedAt = clock.monotonic();
    // After a silence the control plane may have called the node unreachable: it must be told anew.
    if (before !== undefined && this.#renewedAt - before > silenceMs) {
      this.#written = "";
      await this.report();
    }
  }
}

const ownLabels = (name: string, { architecture }: Machine): Record<string, string> => ({
  "kubernetes.io/hostname": name,
  "kubernetes.io/os": "linux",
  "kubernetes.io/arch": architecture,
  "beta.kubernetes.io/os": "linux",
  "beta.kubernetes.io/arch": architecture,
});
