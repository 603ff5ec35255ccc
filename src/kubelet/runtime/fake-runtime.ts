/**
 * A runtime without containers, for tests and simulation: it keeps states and times as containerd does, and passes the same
 * contract suite. What a container does is read off its command, in the few words of `behaviourOf`.
 */
import { Metadata } from "@grpc/grpc-js";
import { atMost, type Clock, type Timer } from "#base/mod.ts";
import { GrpcError } from "#net/mod.ts";
import {
  type ContainerStatsMessage,
  type ContainerStatusMessage,
  containerState,
  type Runtime,
  type RuntimeContainer,
  type RuntimeImage,
  type Sandbox,
  type SandboxStatus,
} from "./runtime.ts";

export interface FakeRuntimeOptions {
  clock: Clock;
  /** What it calls itself. */
  version?: { runtimeName: string; runtimeVersion: string };
  /** Images that are here; `pullImage` fetches those of `registry`. */
  images?: readonly string[];
  registry?: readonly string[];
  /** It mounts images as volumes itself. */
  mountsImages?: boolean;
  /** Of each of them. */
  imageBytes?: number;
  /** Memory that each container uses; absent: nothing is told. */
  usageBytes?: number;
  pinned?: readonly string[];
  features?: { userNamespaces?: boolean; recursiveReadOnly?: boolean; supplementalGroupsPolicy?: boolean };
  /** RuntimeClass handlers besides the default. */
  handlers?: readonly string[];
  /** Answers probes and hooks. */
  exec?(container: string, command: readonly string[]): { stdout: string; stderr: string; exitCode: number };
}

interface SandboxConfig {
  metadata: { name: string; uid: string; namespace: string; attempt: number };
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface ContainerConfig {
  metadata: { name: string; attempt: number };
  image: { image: string };
  command?: string[];
  args?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  mounts?: { containerPath: string; hostPath: string; readonly?: boolean; recursiveReadOnly?: boolean }[];
  linux?: object;
  [key: string]: unknown;
}

interface FakeContainer {
  status: ContainerStatusMessage;
  config: ContainerConfig;
  timer: Timer | undefined;
  stopped: Promise<void>;
  end(exitCode: number, reason?: string, message?: string): void;
}

export interface FakeRuntime extends Runtime {
  /** Every call that changes something, in order: `startContainer main`. */
  readonly calls: string[];
  /** The next `times` calls of this method fail. */
  fail(method: keyof Runtime, error: Error, times?: number): void;
  /** A process of this container ends, as if killed. */
  kill(id: string, exitCode?: number, reason?: string): void;
  config(id: string): ContainerConfig;
  sandboxConfig(id: string): Record<string, unknown>;
}

const nanos = 1e6;
const unknownCode = 2;
const notFoundCode = 5;

/** `sleep N` ends after N seconds, or at once by TERM unless it ignores it; `exit N`; anything else cannot be executed. */
export function behaviourOf(argv: readonly string[]): { forMs: number; exitCode: number; deaf: boolean } | undefined {
  const text = (argv[0]?.endsWith("busybox") ? argv.slice(1) : argv).join(" ");
  const found = /^(?:sh -c )?(?:(trap '' TERM); ?)?(?:sleep (\d+))?(?:; ?)?(?:exit (\d+))?(?:& wait)?$/.exec(text);
  if (!found || text === "") return text === "" ? { forMs: Number.POSITIVE_INFINITY, exitCode: 0, deaf: false } : undefined;
  // A shell or sleep as process 1 does not hear TERM: only what waits in a trap does.
  return { forMs: Number(found[2] ?? 0) * 1000, exitCode: Number(found[3] ?? 0), deaf: found[1] !== undefined || /^sleep/.test(text) };
}

/** Of what runs; where nobody says how much it uses, nothing is told. */
function statsOf(
  containers: ReadonlyMap<string, FakeContainer>,
  timestamp: number,
  usageBytes: number | undefined,
): ContainerStatsMessage[] {
  if (usageBytes === undefined) return [];
  return [...containers]
    .filter(([, { status }]) => status.state === containerState.running)
    .map(([id, { config }]) => ({
      attributes: { id, metadata: config.metadata, labels: config.labels ?? {} },
      memory: { timestamp, usageBytes: { value: usageBytes } },
    }));
}

const fakeImage = (name: string, { imageBytes = 1000, pinned = [] }: FakeRuntimeOptions): RuntimeImage => ({
  id: `sha256:${name}`,
  repoTags: [name],
  repoDigests: [],
  size: imageBytes,
  pinned: pinned.includes(name),
  username: "",
  uid: { value: 0 },
});

const refusal = (code: number, details: string) =>
  new GrpcError("fake", Object.assign(new Error(details), { code, details, metadata: new Metadata() }));

export function fakeRuntime(options: FakeRuntimeOptions): FakeRuntime {
  const { clock } = options;
  const images = new Set(options.images ?? ["docker.io/library/busybox:1.36"]);
  const sandboxes = new Map<string, SandboxStatus & { config: SandboxConfig }>();
  const containers = new Map<string, FakeContainer>();
  const failures = new Map<string, { error: Error; times: number }>();
  const calls: string[] = [];
  const watchers = new Set<() => void>();
  let serial = 0;

  const nowNs = () => clock.now() * nanos;
  const happened = () => {
    for (const wake of watchers) wake();
  };
  const call = (method: keyof Runtime, what: string) => {
    calls.push(what ? `${method} ${what}` : method);
    const failure = failures.get(method);
    if (!failure) return;
    if (--failure.times <= 0) failures.delete(method);
    throw failure.error;
  };
  const containerOf = (id: string): FakeContainer => {
    const found = containers.get(id);
    if (!found) throw refusal(notFoundCode, `an error occurred when try to find container "${id}": not found`);
    return found;
  };
  const imageOf = (name: string) => fakeImage(name, options);
  const listed = ({ config: _, ...sandbox }: SandboxStatus & { config: SandboxConfig }): Sandbox => sandbox;

  return {
    calls,
    fail: (method, error, times = 1) => void failures.set(method, { error, times }),
    kill: (id, exitCode = 137, reason = "Error") => containerOf(id).end(exitCode, reason),
    config: (id) => containerOf(id).config,
    sandboxConfig: (id) => sandboxes.get(id)!.config as unknown as Record<string, unknown>,
    version: async () => {
      call("version", "");
      return options.version ?? { runtimeName: "fake", runtimeVersion: "v1.0.0" };
    },
    status: async () => {
      call("status", "");
      const { userNamespaces = false, recursiveReadOnly = false, supplementalGroupsPolicy = false } = options.features ?? {};
      const handlers = ["", ...(options.handlers ?? [])].map((name) => ({ name, userNamespaces, recursiveReadOnly }));
      return { problems: [], handlers, supplementalGroupsPolicy };
    },
    async runSandbox(config, handler) {
      const { metadata, labels = {}, annotations = {} } = config as SandboxConfig;
      call("runSandbox", metadata.name);
      if (handler !== "" && !options.handlers?.includes(handler))
        throw refusal(unknownCode, `failed to get sandbox runtime: no runtime for "${handler}" is configured`);
      const id = `sandbox-${++serial}`;
      sandboxes.set(id, {
        id,
        metadata,
        state: 0,
        createdAt: nowNs(),
        labels,
        annotations,
        network: { ip: `10.244.0.${(serial % 250) + 2}`, additionalIps: [] },
        config: config as SandboxConfig,
      });
      happened();
      return id;
    },
    async stopSandbox(id) {
      call("stopSandbox", id);
      const sandbox = sandboxes.get(id);
      if (!sandbox) return;
      sandbox.state = 1;
      for (const { status, end } of containers.values())
        if (status.podSandboxId === id && status.state === containerState.running) end(137);
      happened();
    },
    async removeSandbox(id) {
      call("removeSandbox", id);
      sandboxes.delete(id);
      for (const [other, { status }] of containers) if (status.podSandboxId === id) containers.delete(other);
    },
    async sandboxStatus(id) {
      const sandbox = sandboxes.get(id);
      return sandbox && { ...listed(sandbox), network: sandbox.network };
    },
    sandboxPid: async () => undefined,
    listSandboxes: async () => {
      call("listSandboxes", "");
      return [...sandboxes.values()].map(listed);
    },
    async createContainer(podSandboxId, config) {
      const own = config as ContainerConfig;
      call("createContainer", own.metadata.name);
      const id = `container-${++serial}`;
      let stop = () => {};
      const stopped = new Promise<void>((resolve) => {
        stop = resolve;
      });
      const status: ContainerStatusMessage = {
        id,
        podSandboxId,
        metadata: own.metadata,
        image: { image: own.image.image },
        imageRef: own.image.image,
        imageId: own.image.image,
        state: containerState.created,
        createdAt: nowNs(),
        startedAt: 0,
        finishedAt: 0,
        exitCode: 0,
        reason: "",
        message: "",
        logPath: "",
        labels: own.labels ?? {},
        annotations: own.annotations ?? {},
      };
      const container: FakeContainer = {
        status,
        config: own,
        timer: undefined,
        stopped,
        end(exitCode, reason = exitCode === 0 ? "Completed" : "Error", message = "") {
          if (status.state === containerState.exited) return;
          container.timer?.cancel();
          Object.assign(status, { state: containerState.exited, finishedAt: nowNs(), exitCode, reason, message });
          stop();
          happened();
        },
      };
      containers.set(id, container);
      return id;
    },
    async startContainer(id) {
      const container = containerOf(id);
      call("startContainer", container.config.metadata.name);
      const argv = [...(container.config.command ?? []), ...(container.config.args ?? [])];
      const behaviour = behaviourOf(argv);
      if (!behaviour) {
        const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: exec: ${JSON.stringify(argv[0])}: executable file not found in $PATH: unknown`;
        container.end(128, "StartError", message);
        container.status.startedAt = 0;
        throw refusal(unknownCode, message);
      }
      Object.assign(container.status, { state: containerState.running, startedAt: nowNs() });
      if (behaviour.forMs < Number.POSITIVE_INFINITY)
        container.timer = clock.after(behaviour.forMs, () => container.end(behaviour.exitCode), { background: true });
      happened();
    },
    async stopContainer(id, timeoutSeconds) {
      const container = containers.get(id);
      call("stopContainer", `${container?.config.metadata.name ?? id} ${timeoutSeconds}`);
      if (container?.status.state !== containerState.running) return;
      if (!behaviourOf([...(container.config.command ?? []), ...(container.config.args ?? [])])?.deaf) container.end(143);
      else await atMost(clock, timeoutSeconds * 1000, container.stopped);
      container.end(137);
    },
    async removeContainer(id) {
      call("removeContainer", containers.get(id)?.config.metadata.name ?? id);
      containers.get(id)?.end(137);
      containers.delete(id);
    },
    async updateContainer(id, linux) {
      const { config } = containerOf(id);
      call("updateContainer", config.metadata.name);
      config.linux = { ...config.linux, resources: linux };
    },
    listContainers: async () => [...containers.values()].map(({ status }): RuntimeContainer => ({ ...status })),
    containerStatus: async (id) => {
      const found = containers.get(id);
      return found && { ...found.status };
    },
    exec: async (id, command) => {
      const name = containerOf(id).config.metadata.name;
      call("exec", `${name} ${command.join(" ")}`);
      return options.exec?.(name, command) ?? { stdout: "", stderr: "", exitCode: 0 };
    },
    execUrl: async () => "http://127.0.0.1:1/exec",
    attachUrl: async () => "http://127.0.0.1:1/attach",
    portForwardUrl: async () => "http://127.0.0.1:1/portforward",
    reopenLog: async () => {},
    async checkpointContainer(id, file, seconds) {
      call("checkpointContainer", `${id} ${file} ${seconds}`);
    },
    listImages: async () => [...images].map(imageOf),
    imageStatus: async (name) => (images.has(name) ? imageOf(name) : undefined),
    async pullImage(name) {
      call("pullImage", name);
      if (!options.registry?.includes(name))
        throw refusal(notFoundCode, `failed to pull and unpack image "${name}": failed to resolve reference "${name}": not found`);
      images.add(name);
      return name;
    },
    async removeImage(id) {
      call("removeImage", id);
      for (const name of images) if (imageOf(name).id === id) images.delete(name);
    },
    async imageView(image, key) {
      call("imageView", `${image} ${key}`);
      return options.mountsImages ? undefined : { type: "overlay", source: "overlay", options: [`lowerdir=/layers/2/fs:/layers/1/fs`] };
    },
    async removeImageView(key) {
      call("removeImageView", key);
    },
    imageFs: async () => undefined,
    containerStats: async () => statsOf(containers, nowNs(), options.usageBytes),
    async *events(signal) {
      while (!signal.aborted) {
        await new Promise<void>((resolve) => {
          const wake = () => {
            watchers.delete(wake);
            resolve();
          };
          watchers.add(wake);
          signal.addEventListener("abort", wake, { once: true });
        });
        if (!signal.aborted) yield;
      }
    },
    close() {
      for (const { timer } of containers.values()) timer?.cancel();
    },
  };
}
