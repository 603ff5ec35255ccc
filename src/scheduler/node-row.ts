/** A node as the scheduler sees it: its properties, and what the pods on it have taken. */
import type { Node, Taint } from "#api/mod.ts";
import { amountsOf, type Labels, type PodInfo } from "./pod-info.ts";

export interface NodeRow {
  name: string;
  labels: Labels;
  taints: Taint[];
  unschedulable: boolean;
  allocatable: { cpu: number; memory: number; storage: number; pods: number; scalars: Map<string, number> };
  used: { cpu: number; memory: number; storage: number; nonZeroCpu: number; nonZeroMemory: number; scalars: Map<string, number> };
  pods: Map<string, PodInfo>;
  images: Map<string, number>;
  node: Node;
}

export function emptyRow(node: Node): NodeRow {
  return {
    ...propertiesOf(node),
    used: { cpu: 0, memory: 0, storage: 0, nonZeroCpu: 0, nonZeroMemory: 0, scalars: new Map() },
    pods: new Map(),
  };
}

/** The parts of a row that come from the Node object; the rest comes from its pods. */
export function propertiesOf(node: Node) {
  const { cpu = 0, memory = 0, pods = 0, "ephemeral-storage": storage = 0, ...others } = amountsOf(node.status?.allocatable);
  const images = new Map<string, number>();
  for (const image of node.status?.images ?? []) for (const name of image.names ?? []) images.set(name, image.sizeBytes ?? 0);
  return {
    name: node.metadata.name ?? "",
    labels: node.metadata.labels ?? {},
    taints: node.spec?.taints ?? [],
    unschedulable: node.spec?.unschedulable === true,
    allocatable: { cpu, memory, storage, pods, scalars: new Map(Object.entries(others)) },
    images,
    node,
  };
}

/** Adds (`sign` 1) or takes back (`sign` -1) what a pod uses. */
export function account(row: NodeRow, pod: PodInfo, sign: 1 | -1): void {
  const { used } = row;
  used.cpu += sign * pod.request.cpu;
  used.memory += sign * pod.request.memory;
  used.storage += sign * pod.request.storage;
  used.nonZeroCpu += sign * pod.nonZeroCpu;
  used.nonZeroMemory += sign * pod.nonZeroMemory;
  for (const [name, value] of pod.request.scalars ?? []) used.scalars.set(name, (used.scalars.get(name) ?? 0) + sign * value);
}
