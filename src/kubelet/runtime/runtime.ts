/** What the kubelet asks of a container runtime, and what it hears back: a part of the CRI, typed. */

export const sandboxReady = 0;
export const containerState = { created: 0, running: 1, exited: 2, unknown: 3 } as const;

export interface SandboxMetadata {
  name: string;
  uid: string;
  namespace: string;
  attempt: number;
}

export interface Sandbox {
  id: string;
  metadata: SandboxMetadata;
  /** 0: ready. */
  state: number;
  /** Nanoseconds since 1970. */
  createdAt: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface SandboxStatus extends Sandbox {
  network?: { ip: string; additionalIps: { ip: string }[] };
}

export interface RuntimeContainer {
  id: string;
  podSandboxId: string;
  metadata: { name: string; attempt: number };
  image?: { image: string };
  imageRef: string;
  imageId: string;
  state: number;
  createdAt: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface ContainerStatusMessage extends RuntimeContainer {
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  logPath: string;
  /** Of the first process; absent where the runtime does not tell. */
  user?: { linux?: { uid: number; gid: number; supplementalGroups: number[] } };
}

export interface RuntimeImage {
  id: string;
  repoTags: string[];
  repoDigests: string[];
  size: number;
  uid?: { value: number };
  username: string;
  /** The runtime needs it itself. */
  pinned?: boolean;
}

/** In the words of mount(8). */
export interface ImageMount {
  type: string;
  source: string;
  options: string[];
}

/** What the runtime says about itself; a runtime that says nothing of a feature has not got it. */
export interface RuntimeStatus {
  /** Conditions that are not met, as `NetworkReady` with the runtime's reason and message. */
  problems: { type: string; reason: string; message: string }[];
  /** By RuntimeClass handler; the default one is named "". Empty when the runtime does not tell. */
  handlers: { name: string; userNamespaces: boolean; recursiveReadOnly: boolean }[];
  supplementalGroupsPolicy: boolean;
}

export interface Runtime {
  version(): Promise<{ runtimeName: string; runtimeVersion: string }>;
  status(): Promise<RuntimeStatus>;
  runSandbox(config: object, runtimeHandler: string): Promise<string>;
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;
  sandboxStatus(id: string): Promise<SandboxStatus | undefined>;
  /** A process in the sandbox's network namespace; undefined when the runtime does not say. */
  sandboxPid(id: string): Promise<number | undefined>;
  listSandboxes(): Promise<Sandbox[]>;
  createContainer(sandboxId: string, config: object, sandboxConfig: object): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Waits until it has stopped, or was killed after `timeoutSeconds`. */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>;
  removeContainer(id: string): Promise<void>;
  /** Other amounts of CPU and memory for a container that runs. */
  updateContainer(id: string, linux: object): Promise<void>;
  listContainers(): Promise<RuntimeContainer[]>;
  containerStatus(id: string): Promise<ContainerStatusMessage | undefined>;
  exec(id: string, command: readonly string[], timeoutSeconds: number): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  /** Where the runtime streams: an address on this node. */
  execUrl(request: { containerId: string; cmd: string[]; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean }): Promise<string>;
  attachUrl(request: { containerId: string; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean }): Promise<string>;
  portForwardUrl(sandboxId: string, ports: number[]): Promise<string>;
  reopenLog(id: string): Promise<void>;
  /** Writes what a container is now into a file; it runs on. */
  checkpointContainer(id: string, file: string, timeoutSeconds: number): Promise<void>;
  listImages(): Promise<RuntimeImage[]>;
  imageStatus(image: string): Promise<RuntimeImage | undefined>;
  pullImage(image: string, auth: object | undefined, signal?: AbortSignal): Promise<string>;
  removeImage(id: string): Promise<void>;
  /**
   * How the node mounts the files of an image, to be read; they stay until `removeImageView`, also when the image goes. The same key
   * again: the same view. Undefined: this runtime mounts images itself, by a container's `Mount.image`.
   */
  imageView(image: string, key: string): Promise<ImageMount | undefined>;
  removeImageView(key: string): Promise<void>;
  /** A folder on the file system of images and writable layers; undefined when the runtime does not say. */
  imageFs(): Promise<string | undefined>;
  containerStats(): Promise<ContainerStatsMessage[]>;
  /** One item each time that something happened to some container; ends when the connection does. */
  events(signal: AbortSignal): AsyncIterable<void>;
  close(): void;
}

type MemoryNumber = "workingSetBytes" | "usageBytes" | "rssBytes" | "pageFaults" | "majorPageFaults";

export interface ContainerStatsMessage {
  /** Timestamps are nanoseconds since 1970. */
  attributes?: { id: string; metadata?: { name: string }; labels: Record<string, string> };
  cpu?: { timestamp: number; usageCoreNanoSeconds?: { value: number } };
  memory?: Partial<Record<MemoryNumber, { value: number }>> & { timestamp: number };
  writableLayer?: { timestamp: number; usedBytes?: { value: number }; inodesUsed?: { value: number } };
}
