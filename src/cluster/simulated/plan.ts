/** What a simulated kubelet would write: pure. Simulated nodes are objects, their pods run nowhere. */
import type { ContainerStatus, Node, Pod, PodCondition, PodStatus } from "#api/mod.ts";
import { timestamp } from "#client/mod.ts";

export const simulatedLabel = "spoke.dev/simulated";
export const mostSimulatedNodes = 10_000;

/** Ranges of their own, never routed: nodes in 198.18.0.0/15 (for benchmarks), pods in 100.64.0.0/10 (shared address space). */
const nodeAddress = (index: number): string => `198.${18 + ((index >> 16) & 1)}.${(index >> 8) & 255}.${index & 255}`;
const podCidr = (index: number): string => `100.${64 + (index >> 8)}.${index & 255}.0/24`;

export const simulatedName = (index: number): string => `sim-${index}`;

export function simulatedNode(index: number, now: string): Node {
  const name = simulatedName(index);
  const cidr = podCidr(index);
  const capacity = { cpu: "8", memory: "32Gi", pods: "110", "ephemeral-storage": "100Gi" };
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  const healthy = (type: string, reason: string, message: string) => ({
    type,
    status: "False",
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": architecture,
        [simulatedLabel]: "true",
        // Nothing listens there: traffic from outside must go through the real nodes.
        "node.kubernetes.io/exclude-from-external-load-balancers": "",
      },
      annotations: {
        [simulatedLabel]: "this node is an object: its pods run nowhere",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
      },
    },
    spec: { podCIDR: cidr, podCIDRs: [cidr], providerID: `spoke-simulated://${name}` },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: "InternalIP", address: nodeAddress(index) },
        { type: "Hostname", address: name },
      ],
      conditions: [
        healthy("MemoryPressure", "KubeletHasSufficientMemory", "simulated"),
        healthy("DiskPressure", "KubeletHasNoDiskPressure", "simulated"),
        healthy("PIDPressure", "KubeletHasSufficientPID", "simulated"),
        { type: "Ready", status: "True", reason: "KubeletReady", message: "simulated", lastHeartbeatTime: now, lastTransitionTime: now },
      ],
      nodeInfo: {
        architecture,
        operatingSystem: "linux",
        osImage: "simulated",
        kernelVersion: "simulated",
        containerRuntimeVersion: "simulated://1",
        kubeletVersion: "v1.36.0-spoke.simulated",
        kubeProxyVersion: "",
        bootID: name,
        machineID: name,
        systemUUID: name,
      },
      // Nothing of a simulated pod exits: there is nothing that such a rule would have to do.
      declaredFeatures: ["RestartAllContainersOnContainerExits"],
    },
  } as Node;
}

/** The next thing to do with a pod of a simulated node. */
export type PodStep = { do: "nothing" } | { do: "delete" } | { do: "write"; status: PodStatus } | { do: "wait"; ms: number };

const startMs = 200;
const jobMs = 2000;

export function planPod(pod: Pod, place: { hostIP: string; podIP: string }, now: number): PodStep {
  if (pod.metadata.deletionTimestamp) return { do: "delete" };
  const { phase, startTime } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed") return { do: "nothing" };
  if (phase !== "Running") {
    const age = now - Date.parse(pod.metadata.creationTimestamp ?? timestamp(now));
    return age < startMs ? { do: "wait", ms: startMs - age } : { do: "write", status: running(pod, place, timestamp(now)) };
  }
  // A pod that is to end ends: what a Job's pod does here is nothing, quickly.
  if ((pod.spec?.restartPolicy ?? "Always") === "Always") return { do: "nothing" };
  const left = jobMs - (now - Date.parse(startTime ?? timestamp(now)));
  return left > 0 ? { do: "wait", ms: left } : { do: "write", status: succeeded(pod, timestamp(now)) };
}

const conditionTypes = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

function conditions(pod: Pod, now: string, change: Partial<Record<string, Partial<PodCondition>>> = {}): PodCondition[] {
  return conditionTypes.map((type) => {
    const known = pod.status?.conditions?.find(
      (condition) => condition.type === type && condition.status === (change[type]?.status ?? "True"),
    );
    return {
      type,
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: known?.lastTransitionTime ?? now,
      ...change[type],
    } as unknown as PodCondition;
  });
}

function running(pod: Pod, { hostIP, podIP }: { hostIP: string; podIP: string }, now: string): PodStatus {
  const ip = pod.spec?.hostNetwork ? hostIP : podIP;
  const done = (pod.spec?.initContainers ?? []).map((container) =>
    status(container, { terminated: { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now } }),
  );
  return {
    phase: "Running",
    conditions: conditions(pod, now),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: now,
    qosClass: pod.status?.qosClass,
    ...(done.length > 0 ? { initContainerStatuses: done } : {}),
    containerStatuses: (pod.spec?.containers ?? []).map((container) => ({
      ...status(container, { running: { startedAt: now } }),
      ready: true,
      started: true,
    })),
  } as PodStatus;
}

function succeeded(pod: Pod, now: string): PodStatus {
  const ended = { status: "False", reason: "PodCompleted" } as Partial<PodCondition>;
  return {
    ...pod.status,
    phase: "Succeeded",
    conditions: conditions(pod, now, { Ready: ended, ContainersReady: ended }),
    containerStatuses: (pod.spec?.containers ?? []).map((container) =>
      status(container, { terminated: { exitCode: 0, reason: "Completed", startedAt: pod.status?.startTime, finishedAt: now } }),
    ),
  } as PodStatus;
}

function status(container: { name?: string; image?: string }, state: object): ContainerStatus {
  return {
    name: container.name,
    image: container.image,
    imageID: "",
    containerID: "simulated://none",
    ready: "terminated" in state,
    started: false,
    restartCount: 0,
    lastState: {},
    state,
  } as unknown as ContainerStatus;
}

/** Pod addresses of one node: .2 to .254, the lowest that is free. */
export function freeAddress(index: number, taken: ReadonlySet<string>): string {
  const prefix = podCidr(index).replace(/\.0\/24$/, "");
  for (let last = 2; last < 255; last++) if (!taken.has(`${prefix}.${last}`)) return `${prefix}.${last}`;
  return `${prefix}.255`;
}

export const hostAddress = nodeAddress;
