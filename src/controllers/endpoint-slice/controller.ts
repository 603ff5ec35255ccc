/** Keeps EndpointSlices, and the older Endpoints, in step with the pods that each Service selects. */
import { endpoints, endpointslices, nodes, type Pod, pods, type Service, services } from "#api/mod.ts";
import { index, isAlreadyExists, isForbidden, isNotFound, keyOf, runController } from "#client/mod.ts";
import { matchesLabels, selectorFromMap } from "#codec/mod.ts";
import { podsIn, readyOf } from "../pods.ts";
import { allSynced, type Context, type Controller } from "../shared.ts";
import { planEndpoints } from "./endpoints-plan.ts";
import { managedBy, managedByLabel, planSlices, serviceNameLabel } from "./plan.ts";

const servicesIn = index(services, (service) => [service.metadata.namespace ?? ""]);
const byService = index(endpointslices, ({ metadata }) => {
  const name = metadata.labels?.[serviceNameLabel];
  return name && metadata.labels?.[managedByLabel] === managedBy ? [`${metadata.namespace}/${name}`] : [];
});

export function endpointSliceController(context: Context): Controller {
  const { client, clock, log } = context;
  const allServices = context.watch(services);
  const allPods = context.watch(pods);
  const slices = context.watch(endpointslices);
  const older = context.watch(endpoints);
  const allNodes = context.watch(nodes);
  const controller = runController({ name: "endpointslice", clock, log, workers: 8, reconcile });
  const { queue } = controller;

  const touch = (pod: Pod) => {
    for (const service of allServices.by(servicesIn, pod.metadata.namespace ?? "")) {
      const { selector } = service.spec ?? {};
      if (selector && matchesLabels(selectorFromMap(selector), pod.metadata.labels)) queue.add(keyOf(service));
    }
  };
  allServices.onChange(({ object }) => queue.add(keyOf(object)));
  allPods.onChange(({ type, object, old }) => {
    if (old && sameForEndpoints(old, object)) return;
    touch(object);
    if (type === "updated" && old && JSON.stringify(old.metadata.labels) !== JSON.stringify(object.metadata.labels)) touch(old);
  });
  // Somebody else changed or removed a slice of ours: put it right.
  slices.onChange(({ type, object }) => {
    const name = object.metadata.labels?.[serviceNameLabel];
    if (type !== "added" && name && object.metadata.labels?.[managedByLabel] === managedBy)
      queue.add(`${object.metadata.namespace}/${name}`);
  });
  older.onChange(({ type, object }) => {
    if (type === "deleted") queue.add(keyOf(object));
  });

  async function reconcile(key: string): Promise<void> {
    await allSynced(allServices, allPods, slices, older, allNodes);
    const service = allServices.get(key);
    const own = slices.by(byService, key);
    if (!service || service.metadata.deletionTimestamp) {
      if (!service) await removeAll(key, own);
      return;
    }
    if (!service.spec?.selector || Object.keys(service.spec.selector).length === 0 || service.spec.type === "ExternalName") return;
    const selector = selectorFromMap(service.spec.selector);
    const selected = allPods.by(podsIn, service.metadata.namespace!).filter((pod) => matchesLabels(selector, pod.metadata.labels));
    await writeSlices(service, selected, own);
    await writeEndpoints(service, selected);
  }

  async function writeSlices(service: Service, selected: Pod[], own: ReturnType<typeof slices.list>): Promise<void> {
    const plan = planSlices({ service, pods: selected, slices: own, nodeOf: (name) => allNodes.get(name) });
    for (const slice of plan.create) {
      try {
        await client.create(endpointslices, slice);
      } catch (error) {
        if (!isForbidden(error)) throw error;
        return;
      }
    }
    for (const slice of plan.update) await client.update(endpointslices, slice);
    for (const slice of plan.delete) await remove(slice);
  }

  async function remove(slice: { metadata: { name?: string; namespace?: string } }): Promise<void> {
    try {
      await client.delete(endpointslices, { name: slice.metadata.name!, namespace: slice.metadata.namespace! });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async function writeEndpoints(service: Service, selected: Pod[]): Promise<void> {
    const current = older.get(keyOf(service));
    const next = planEndpoints(service, selected, current);
    if (!next) return;
    try {
      await (current ? client.update(endpoints, next) : client.create(endpoints, next));
    } catch (error) {
      if (!isAlreadyExists(error) && !isForbidden(error)) throw error;
    }
  }

  async function removeAll(key: string, own: ReturnType<typeof slices.list>): Promise<void> {
    for (const slice of own) await remove(slice);
    const current = older.get(key);
    if (!current) return;
    try {
      await client.delete(endpoints, { name: current.metadata.name!, namespace: current.metadata.namespace! });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  return { close: () => controller.close() };
}

function sameForEndpoints(a: Pod, b: Pod): boolean {
  const of = (pod: Pod) =>
    JSON.stringify([
      pod.status?.podIP,
      pod.status?.phase,
      pod.spec?.nodeName,
      pod.metadata.deletionTimestamp !== undefined,
      readyOf(pod)?.status,
      pod.metadata.labels,
      pod.spec?.hostname,
      pod.spec?.subdomain,
    ]);
  return of(a) === of(b);
}
