/** Small worlds of claims and volumes for tests, and what the scheduler makes of them. */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, PodSpec, StorageClass, VolumeAttachment } from "#api/mod.ts";
import { seededRandom } from "#base/mod.ts";
import { classOfVolume } from "#client/mod.ts";
import { Cluster } from "../cluster.ts";
import { podInfoOf } from "../pod-info.ts";
import { defaultPlugins } from "../profile.ts";
import { describeFailure, isPlaced, schedule } from "../schedule.ts";
import type { Volumes } from "./volume-binding.ts";

export interface World {
  claims?: PersistentVolumeClaim[];
  volumes?: PersistentVolume[];
  classes?: StorageClass[];
  capacities?: Volumes["capacities"];
  /** How many volumes of `disk.example.com` a node can have. */
  limits?: Record<string, number>;
  attachments?: VolumeAttachment[];
}

export const driver = "disk.example.com";
export const volumesOf = ({
  claims = [],
  volumes = [],
  classes = [],
  capacities = () => undefined,
  limits = {},
  attachments = [],
}: World): Volumes => ({
  claim: (_, name) => claims.find(({ metadata }) => metadata.name === name),
  volume: (name) => volumes.find(({ metadata }) => metadata.name === name),
  volumesOfClass: (name) => volumes.filter((volume) => classOfVolume(volume) === name),
  storageClass: (name) => classes.find(({ metadata }) => metadata.name === name),
  capacities,
  csiNode: (name) => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name },
    spec: { drivers: name in limits ? [{ name: driver, nodeID: name, topologyKeys: [], allocatable: { count: limits[name] } }] : [] },
  }),
  attachmentsOn: (node) => attachments.filter(({ spec }) => spec?.nodeName === node),
});

export function aNode(name: string, labels: Record<string, string> = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "110" } },
  };
}

export const uses = (...names: string[]): PodSpec["volumes"] =>
  names.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));

export function aPod(volumes: PodSpec["volumes"], more: Partial<PodSpec> = {}, name = "p"): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-of-${name}` },
    spec: { containers: [], volumes, ...more },
  };
}

export const completed = { "pv.kubernetes.io/bind-completed": "yes" };

export function aClaim(
  name: string,
  spec: PersistentVolumeClaim["spec"] = {},
  more: Partial<PersistentVolumeClaim["metadata"]> = {},
): PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "default", uid: `uid-of-${name}`, ...more },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
    status: { phase: "Pending" },
  };
}

export const bound = (name: string, volume: string, spec: PersistentVolumeClaim["spec"] = {}) =>
  aClaim(name, { volumeName: volume, ...spec }, { annotations: completed });

export function aVolume(
  name: string,
  node: string | undefined,
  spec: PersistentVolume["spec"] = {},
  labels: Record<string, string> = {},
): PersistentVolume {
  const term = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node ?? ""] }] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, uid: `uid-of-${name}`, resourceVersion: "1", labels },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      ...(node ? { nodeAffinity: { required: { nodeSelectorTerms: [term] } } } : {}),
      ...spec,
    },
    status: { phase: "Available" },
  };
}

export function aClass(name: string, more: Partial<StorageClass> = {}): StorageClass {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name },
    provisioner: "example.com/disk",
    volumeBindingMode: "WaitForFirstConsumer",
    ...more,
  };
}

export const info = (pod: Pod) => podInfoOf(pod, () => undefined);

export function clusterOf(nodes: Node[], placed: [Pod, string][] = []): Cluster {
  const cluster = new Cluster();
  for (const node of nodes) cluster.setNode(node);
  for (const [pod, node] of placed) cluster.addPod(info(pod), node);
  return cluster;
}

/** Where the pod goes, and what is done for it there; or why it goes nowhere. */
export function outcome(world: World, pod: Pod, nodes: Node[], placed: [Pod, string][] = []): string {
  const plugins = defaultPlugins(volumesOf(world));
  const result = schedule(info(pod), clusterOf(nodes, placed), { plugins, random: seededRandom(1) });
  if (!isPlaced(result)) return describeFailure(result);
  const { bind = [], provision = [] } = result.volumes ?? {};
  const bindings = bind.map(({ volume, claim }) => `${claim.metadata.name} ← ${volume.metadata.name} of ${volume.spec?.claimRef?.uid}`);
  const made = provision.map(({ metadata }) => `${metadata.name} made for ${metadata.annotations?.["volume.kubernetes.io/selected-node"]}`);
  return [result.node, ...bindings, ...made].join("; ");
}

export const two = [aNode("a"), aNode("b")];
export const later = aClass("later");
export const waiting = { storageClassName: "later" };
export const none = (why: string, nodes = 2) => `0/${nodes} nodes are available: ${why}.`;
