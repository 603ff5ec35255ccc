/** Mirrors Endpoints of Services without a selector into EndpointSlices, which is all that the proxy and DNS read. */
import { type EndpointSlice, endpoints, endpointslices, services } from "#api/mod.ts";
import { index, isNamespaceTerminating, isNotFound, keyOf, runController } from "#client/mod.ts";
import { allSynced, type Context, type Controller } from "../shared.ts";
import { isMirrored, managedBy, planMirror, serviceNameLabel } from "./plan.ts";

export function endpointSliceMirroringController(context: Context): Controller {
  const { client, clock, log } = context;
  const allEndpoints = context.watch(endpoints);
  const allServices = context.watch(services);
  const slices = context.watch(endpointslices);
  const serviceOf = ({ metadata }: EndpointSlice): string[] => {
    const name = metadata.labels?.[serviceNameLabel];
    return name && metadata.labels?.["endpointslice.kubernetes.io/managed-by"] === managedBy ? [`${metadata.namespace}/${name}`] : [];
  };
  const byService = index(endpointslices, serviceOf);
  const controller = runController({ name: "endpointslicemirroring", clock, log, workers: 4, reconcile });
  allEndpoints.onChange(({ object }) => controller.queue.add(keyOf(object)));
  allServices.onChange(({ type, object, old }) => {
    if (type !== "updated" || (old?.spec?.selector === undefined) !== (object.spec?.selector === undefined))
      controller.queue.add(keyOf(object));
  });
  slices.onChange(({ type, object }) => {
    if (type !== "added") for (const key of serviceOf(object)) controller.queue.add(key);
  });

  async function reconcile(key: string): Promise<void> {
    await allSynced(allEndpoints, allServices, slices);
    const own = slices.by(byService, key);
    const source = allEndpoints.get(key);
    if (!source || !isMirrored(source, allServices.get(key))) return removeAll(own);
    const plan = planMirror(source, own);
    try {
      for (const slice of plan.create) await client.create(endpointslices, slice);
      for (const slice of plan.update) await client.update(endpointslices, slice);
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
    await removeAll(plan.delete);
  }

  async function removeAll(gone: readonly EndpointSlice[]): Promise<void> {
    for (const { metadata } of gone) {
      try {
        await client.delete(endpointslices, { name: metadata.name!, namespace: metadata.namespace! });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  return { close: () => controller.close() };
}
