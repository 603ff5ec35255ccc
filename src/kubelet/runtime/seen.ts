/** What the runtime has of each pod, read off the runtime's own labels: nothing here is remembered from before. */
import { canonical, type Family, familyOf, otherFamily } from "#base/mod.ts";
import {
  type ContainerStatusMessage,
  containerState,
  type Runtime,
  type RuntimeContainer,
  type Sandbox,
  type SandboxStatus,
  sandboxReady,
} from "./runtime.ts";

export const labels = {
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
};
export const annotations = {
  hash: "io.kubernetes.container.hash",
  restartCount: "io.kubernetes.container.restartCount",
  messagePath: "io.kubernetes.container.terminationMessagePath",
  messagePolicy: "io.kubernetes.container.terminationMessagePolicy",
  grace: "io.kubernetes.pod.terminationGracePeriod",
};

export type State = "created" | "running" | "exited" | "unknown";

export interface SeenContainer {
  id: string;
  name: string;
  sandboxId: string;
  restartCount: number;
  state: State;
  hash: string;
  image: string;
  imageId: string;
  /** Milliseconds since 1970; 0: not yet. */
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  reason: string;
  message: string;
  messagePath: string;
  messagePolicy: string;
  user?: { uid: number; gid: number; supplementalGroups: number[] };
}

export interface SeenSandbox {
  id: string;
  ready: boolean;
  /** The first of them; empty while there is none. */
  ip: string;
  /** One of each family, that of the node's own address first. */
  ips: readonly string[];
  attempt: number;
  createdAt: number;
}

export interface SeenPod {
  uid: string;
  name: string;
  namespace: string;
  /** Newest first. */
  sandboxes: SeenSandbox[];
  /** Newest first. */
  containers: SeenContainer[];
  /** Equal fingerprints mean that nothing has changed. */
  fingerprint: string;
}

/** One of each family: what a runtime tells beyond that is nobody's address in the API. */
function inOrder(network: SandboxStatus["network"], first: Family): string[] {
  const told = [network?.ip ?? "", ...(network?.additionalIps ?? []).map(({ ip }) => ip)].filter(Boolean);
  const ofFamily = (family: Family) => told.filter((ip) => familyOf(ip) === family).slice(0, 1);
  return [...ofFamily(first), ...ofFamily(otherFamily(first))].map(canonical);
}

const stateNames: State[] = ["created", "running", "exited", "unknown"];
const ms = (nanoseconds: number) => Math.trunc(nanoseconds / 1e6);

/** Looks at everything with two calls, and closer only at what has changed since the last look. */
export class RuntimeView {
  readonly #runtime: Runtime;
  #statuses = new Map<string, { state: number; status: ContainerStatusMessage }>();
  #networks = new Map<string, { state: number; status: SandboxStatus }>();

  readonly #family: Family;

  /** `family`: of the address that comes first. */
  constructor(runtime: Runtime, family: Family = "IPv4") {
    this.#runtime = runtime;
    this.#family = family;
  }

  async look(): Promise<Map<string, SeenPod>> {
    const [sandboxes, containers] = await Promise.all([this.#runtime.listSandboxes(), this.#runtime.listContainers()]);
    const pods = new Map<string, SeenPod>();
    const podOf = (item: Sandbox | RuntimeContainer): SeenPod | undefined => {
      const uid = item.labels[labels.podUid];
      if (!uid) return undefined;
      let pod = pods.get(uid);
      if (!pod) {
        pod = {
          uid,
          name: item.labels[labels.podName] ?? "",
          namespace: item.labels[labels.podNamespace] ?? "",
          sandboxes: [],
          containers: [],
          fingerprint: "",
        };
        pods.set(uid, pod);
      }
      return pod;
    };
    await Promise.all([
      ...sandboxes.map(async (sandbox) => {
        const status = await this.#networkOf(sandbox);
        const ips = inOrder(status?.network, this.#family);
        podOf(sandbox)?.sandboxes.push({
          id: sandbox.id,
          ready: sandbox.state === sandboxReady,
          ip: ips[0] ?? "",
          ips,
          attempt: sandbox.metadata.attempt,
          createdAt: ms(sandbox.createdAt),
        });
      }),
      ...containers.map(async (container) => {
        const status = await this.#statusOf(container);
        if (status) podOf(container)?.containers.push(seenContainer(status, container));
      }),
    ]);
    this.#forget(sandboxes, containers);
    for (const pod of pods.values()) {
      pod.sandboxes.sort((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt);
      pod.containers.sort((a, b) => b.createdAt - a.createdAt || b.restartCount - a.restartCount);
      pod.fingerprint = JSON.stringify([
        pod.sandboxes.map(({ id, ready, ips }) => [id, ready, ips]),
        pod.containers.map(({ id, state }) => [id, state]),
      ]);
    }
    return pods;
  }

  async #statusOf(container: RuntimeContainer): Promise<ContainerStatusMessage | undefined> {
    const known = this.#statuses.get(container.id);
    if (known && known.state === container.state) return known.status;
    const status = await this.#runtime.containerStatus(container.id);
    if (status) this.#statuses.set(container.id, { state: status.state, status });
    return status;
  }

  async #networkOf(sandbox: Sandbox): Promise<SandboxStatus | undefined> {
    const known = this.#networks.get(sandbox.id);
    if (known && known.state === sandbox.state) return known.status;
    const status = await this.#runtime.sandboxStatus(sandbox.id);
    if (status) this.#networks.set(sandbox.id, { state: sandbox.state, status });
    return status;
  }

  #forget(sandboxes: Sandbox[], containers: RuntimeContainer[]): void {
    const there = new Set([...sandboxes.map((each) => each.id), ...containers.map((each) => each.id)]);
    for (const id of this.#statuses.keys()) if (!there.has(id)) this.#statuses.delete(id);
    for (const id of this.#networks.keys()) if (!there.has(id)) this.#networks.delete(id);
  }
}

function seenContainer(status: ContainerStatusMessage, listed: RuntimeContainer): SeenContainer {
  return {
    id: status.id,
    name: status.labels[labels.containerName] ?? status.metadata.name,
    sandboxId: listed.podSandboxId,
    restartCount: Number(status.annotations[annotations.restartCount] ?? status.metadata.attempt) || 0,
    state: stateNames[status.state] ?? "unknown",
    hash: status.annotations[annotations.hash] ?? "",
    image: status.image?.image ?? "",
    imageId: status.imageRef || status.imageId,
    createdAt: ms(status.createdAt),
    startedAt: ms(status.startedAt),
    finishedAt: status.state === containerState.exited ? ms(status.finishedAt) : 0,
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    messagePath: status.annotations[annotations.messagePath] ?? "",
    messagePolicy: status.annotations[annotations.messagePolicy] ?? "",
    ...(status.user?.linux ? { user: status.user.linux } : {}),
  };
}
