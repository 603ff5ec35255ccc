/** Tells monitoring agents of the node which container has which devices: the pod resources API, v1, on a socket. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { serveGrpc } from "#net/mod.ts";
import { type AnyContainer, isSidecar } from "../pod/containers.ts";
import type { Devices } from "./devices.ts";
import { podResourcesMessages } from "./messages.ts";

export interface PodResourcesOptions {
  folder: string;
  devices: Pick<Devices, "inventory" | "allocations">;
  /** What it has by claims. */
  claimed(pod: Pod, container: AnyContainer): object[];
  /** Those that are not over. */
  pods(): readonly Pod[];
}

export async function servePodResources({ folder, devices, claimed, pods }: PodResourcesOptions): Promise<{ close(): Promise<void> }> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const { inventory } = devices;
  // A device that lies in several NUMA nodes is told of with all of them; those without a place are told of together.
  const told = (resource: string, ids: readonly string[]) =>
    [...Map.groupBy(ids, (id) => JSON.stringify(inventory.numaNodes(resource, id)))].map(([nodes, deviceIds]) => ({
      resourceName: resource,
      deviceIds,
      ...(nodes === "[]" ? {} : { topology: { nodes: (JSON.parse(nodes) as number[]).map((ID) => ({ ID })) } }),
    }));
  const resourcesOf = (pod: Pod) => {
    const { initContainers = [], containers = [] } = pod.spec ?? {};
    const { name, namespace, uid = "" } = pod.metadata;
    return {
      name,
      namespace,
      containers: [...initContainers.filter(isSidecar), ...containers].map((container) => ({
        name: container.name,
        devices: devices.allocations.of(uid, container.name ?? "").flatMap(({ resource, ids }) => told(resource, ids)),
        dynamicResources: claimed(pod, container),
      })),
    };
  };
  return serveGrpc(join(folder, "kubelet.sock"), podResourcesMessages, {
    "/v1.PodResourcesLister/List": {
      request: "ListPodResourcesRequest",
      response: "ListPodResourcesResponse",
      handle: async () => ({ podResources: pods().map(resourcesOf) }),
    },
    "/v1.PodResourcesLister/Get": {
      request: "GetPodResourcesRequest",
      response: "GetPodResourcesResponse",
      async handle({ podName, podNamespace }: { podName: string; podNamespace: string }) {
        const pod = pods().find(({ metadata }) => metadata.name === podName && metadata.namespace === podNamespace);
        if (!pod) throw new Error(`pod ${podName} in namespace ${podNamespace} not found`);
        return { podResources: resourcesOf(pod) };
      },
    },
    "/v1.PodResourcesLister/GetAllocatableResources": {
      request: "AllocatableResourcesRequest",
      response: "AllocatableResourcesResponse",
      handle: async () => ({ devices: inventory.resources.flatMap((resource) => told(resource, [...inventory.healthy(resource)])) }),
    },
  });
}
