/** The Node object of this machine: registration, heartbeat by Lease, and a status that is written only when it changes. */
import { readFileSync, statfsSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { type Lease, leases, type Node, type NodeCondition, type NodeStatus, nodes } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import { ApiError, type Client, isAlreadyExists, isNotFound } from "#client/mod.ts";
import type { Runtime, RuntimeStatus } from "../runtime/runtime.ts";
import { kubeletVersion } from "../version.ts";

export interface NodeOptions {
  /** The API server did not answer: connections to it should be made anew. */
  connectionLost?(): void;
  client: Client;
  runtime: Runtime;
  name: string;
  address: string;
  hostname?: string;
  labels?: Record<string, string>;
  maxPods: number;
  kubeletPort: number;
  stateFolder: string;
  machineId?: string;
  clock: Clock;
  log: Log;
}

const leaseSeconds = 40;
const renewMs = 10_000;
const silenceMs = 25_000;
const statusMs = 10_000;
const reportMs = 300_000;
const runtimeAwayMs = 30_000;

export class NodeReporter {
  readonly #options: NodeOptions;
  #timers: Timer[] = [];
  #written = "";
  #writtenAt = 0;
  #lease: Lease | undefined;
  #renewedAt: number | undefined;
  #conditions: NodeCondition[] = [];
  #runtimeSeen: { atMs: number; version: string; images: NodeStatus["images"] } | undefined;
  allocatable: Record<string, string>;
  /** What the runtime said of itself last. */
  features: RuntimeStatus = { problems: [], handlers: [], supplementalGroupsPolicy: false };
  readonly memoryBytes: number;
  readonly #capacity: Record<string, string>;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.memoryBytes = totalmem();
    this.#capacity = capacityOf(options.stateFolder, options.maxPods);
    this.allocatable = { ...this.#capacity };
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
  }

  /** Writes the status when it differs from the last one, or five minutes have passed. */
  async report(): Promise<void> {
    const { client, name, clock, log } = this.#options;
    try {
      const status = await this.#status();
      const { conditions = [], ...rest } = status;
      const text = JSON.stringify([rest, conditions.map(({ type, status: value, reason, message }) => [type, value, reason, message])]);
      if (text === this.#written && clock.monotonic() - this.#writtenAt < reportMs) return;
      await client.patch(nodes, { name }, "strategic", { status }, { subresource: "status" });
      this.#written = text;
      this.#writtenAt = clock.monotonic();
    } catch (error) {
      if (isNotFound(error)) await this.#register().catch(() => {});
      else log.warn("kubelet: node status not written", { error: messageOf(error) });
    }
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel();
  }

  async #register(): Promise<void> {
    const { client, name } = this.#options;
    const own: Record<string, string> = {
      "kubernetes.io/hostname": this.#options.hostname ?? name,
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": goArch(),
      "beta.kubernetes.io/os": "linux",
      "beta.kubernetes.io/arch": goArch(),
    };
    const labels = { ...own, ...this.#options.labels };
    const status = await this.#status();
    const node: Node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels, annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } },
      spec: {},
      status,
    };
    try {
      await client.create(nodes, node);
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
    const { name, address, kubeletPort } = this.#options;
    await this.#lookAtRuntime();
    const { version = "unknown", images = [] } = this.#runtimeSeen ?? {};
    return {
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: this.#options.hostname ?? name },
      ],
      capacity: this.#capacity,
      allocatable: this.allocatable,
      conditions: this.#conditionsNow(),
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: {
        machineID: this.#options.machineId ?? read("/etc/machine-id"),
        systemUUID: this.#options.machineId ?? read("/etc/machine-id"),
        bootID: read("/proc/sys/kernel/random/boot_id"),
        kernelVersion: release(),
        osImage: /PRETTY_NAME="?([^"\n]+)/.exec(read("/etc/os-release"))?.[1] ?? "Linux",
        containerRuntimeVersion: version,
        kubeletVersion,
        kubeProxyVersion: "",
        operatingSystem: "linux",
        architecture: goArch(),
      },
      images,
    };
  }

  async #lookAtRuntime(): Promise<void> {
    const { runtime, clock, log } = this.#options;
    try {
      const [answer, images, features] = await Promise.all([runtime.version(), runtime.listImages(), runtime.status()]);
      this.features = features;
      this.#runtimeSeen = {
        atMs: clock.monotonic(),
        version: `${answer.runtimeName}://${answer.runtimeVersion.replace(/^v/, "").split("~")[0]}`,
        images: images
          .map((image) => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, 5), sizeBytes: image.size }))
          .filter((image) => image.names.length > 0)
          .sort((a, b) => b.sizeBytes - a.sizeBytes)
          .slice(0, 50),
      };
    } catch (error) {
      log.warn("kubelet: the runtime does not answer", { error: messageOf(error) });
    }
  }

  /** A runtime that is away for a moment, because it is being restarted, takes no pod out of service. */
  #problem(): string | undefined {
    const seen = this.#runtimeSeen;
    return seen && this.#options.clock.monotonic() - seen.atMs < runtimeAwayMs ? undefined : "container runtime is down";
  }

  #conditionsNow(): NodeCondition[] {
    const now = new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const problem = this.#problem();
    const wanted: NodeCondition[] = [
      { type: "MemoryPressure", status: "False", reason: "KubeletHasSufficientMemory", message: "kubelet has sufficient memory available" },
      { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" },
      { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" },
      problem === undefined
        ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
        : { type: "Ready", status: "False", reason: "KubeletNotReady", message: problem },
    ];
    this.#conditions = wanted.map((condition) => {
      const before = this.#conditions.find((each) => each.type === condition.type);
      return {
        ...condition,
        lastHeartbeatTime: now,
        lastTransitionTime: before?.status === condition.status ? before?.lastTransitionTime : now,
      };
    });
    return this.#conditions;
  }

  async #renew(): Promise<void> {
    const { client, name, clock, log } = this.#options;
    const renewTime = new Date(clock.now()).toISOString().replace(/(\.\d{3})Z$/, "$1000Z");
    const namespace = "kube-node-lease";
    try {
      if (!this.#lease) {
        const known = await client.get(leases, { namespace, name }).catch((error) => {
          if (isNotFound(error)) return undefined;
          throw error;
        });
        const node = known ? undefined : await client.get(nodes, { name });
        const ownerReferences = node ? [{ apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid }] : undefined;
        this.#lease =
          known ??
          (await client.create(leases, {
            apiVersion: "coordination.k8s.io/v1",
            kind: "Lease",
            metadata: { name, namespace, ownerReferences },
            spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
          }));
      }
      this.#lease = await client.update(leases, {
        ...this.#lease,
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        spec: { ...this.#lease.spec, holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
      });
    } catch (error) {
      this.#lease = undefined;
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

function goArch(): string {
  return ({ x64: "amd64", ia32: "386" } as Record<string, string>)[arch()] ?? arch();
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

function capacityOf(folder: string, maxPods: number): Record<string, string> {
  const { blocks, bsize } = statfsSync(folder);
  return {
    cpu: String(cpus().length),
    "ephemeral-storage": `${Math.floor((blocks * bsize) / 1024)}Ki`,
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(maxPods),
  };
}
