/** Brings what is in the API to what it should be: Services and slices of Gateways, and the status of all that is ours. */
import { type EndpointSlice, endpointslices, type KubeObject, type Resource, type Service, services } from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { type Client, isAlreadyExists, isConflict, isNotFound, keyOf } from "#client/mod.ts";
import { sameJson } from "#codec/mod.ts";

export interface Write {
  what: string;
  run(client: Client): Promise<unknown>;
}

/** What was written last of each object, so that a server that drops a field is not told of it for ever. */
export class StatusMemory {
  readonly #known = new Map<string, { version: string | undefined; status: object }>();

  /** Undefined: it stands already. */
  write(resource: Resource, object: KubeObject & { status?: object }, status: object): Write | undefined {
    if (sameJson(object.status, status)) return undefined;
    const { name = "", namespace, uid, resourceVersion } = object.metadata;
    const before = this.#known.get(uid ?? "");
    if (before && before.version === resourceVersion && sameJson(before.status, status)) return undefined;
    return {
      what: `status of ${object.kind} ${keyOf(object)}`,
      run: async (client) => {
        const patch = { metadata: { resourceVersion }, status };
        const made = await client.patch(resource, { name, namespace }, "merge", patch, { subresource: "status" });
        this.#known.set(uid ?? "", { version: made.metadata.resourceVersion, status });
      },
    };
  }
  /** Objects that are gone are forgotten. */
  keep(uids: ReadonlySet<string>): void {
    for (const uid of this.#known.keys()) if (!uids.has(uid)) this.#known.delete(uid);
  }
}

const owner = ({ metadata }: KubeObject) => metadata.ownerReferences?.find(({ controller }) => controller)?.uid;

export function serviceWrites(wanted: Service, now: Service | undefined): Write[] {
  const key = keyOf(wanted);
  if (!now) return [{ what: `Service ${key}`, run: (client) => client.create(services, wanted) }];
  if (owner(now) !== owner(wanted)) return [];
  const ports = ({ spec }: Service) => (spec?.ports ?? []).map(({ name, port }) => `${name} ${port}`).join();
  const { labels, annotations } = wanted.metadata;
  if (ports(now) === ports(wanted) && has(now.metadata.labels, labels) && has(now.metadata.annotations, annotations)) return [];
  const patch = { metadata: { labels, annotations }, spec: { ports: wanted.spec?.ports } };
  return [{ what: `Service ${key}`, run: (client) => client.patch(services, refOf(wanted), "merge", patch) }];
}

export function sliceWrites(wanted: EndpointSlice, now: EndpointSlice | undefined): Write[] {
  const key = keyOf(wanted);
  if (!now) return [{ what: `EndpointSlice ${key}`, run: (client) => client.create(endpointslices, wanted) }];
  if (owner(now) !== owner(wanted)) return [];
  const { endpoints, ports, metadata } = wanted;
  const said = (slice: EndpointSlice) =>
    JSON.stringify([slice.endpoints?.map((e) => e.addresses), slice.ports?.map((p) => [p.name, p.port])]);
  if (said(now) === said(wanted) && has(now.metadata.labels, metadata.labels)) return [];
  const patch = { metadata: { labels: metadata.labels }, endpoints, ports };
  return [{ what: `EndpointSlice ${key}`, run: (client) => client.patch(endpointslices, refOf(wanted), "merge", patch) }];
}

const has = (now: Record<string, string> = {}, wanted: Record<string, string> = {}) =>
  Object.entries(wanted).every(([key, value]) => now[key] === value);

export const removal = (service: Service): Write => ({
  what: `Service ${keyOf(service)}`,
  run: (client) => client.delete(services, refOf(service), { preconditions: { uid: service.metadata.uid } }),
});

const refOf = ({ metadata }: KubeObject) => ({ name: metadata.name!, namespace: metadata.namespace });

/** One after the other. False: some did not go, and are worth another try after a while. */
export async function perform(client: Client, writes: readonly Write[], log: Log): Promise<boolean> {
  let all = true;
  for (const { what, run } of writes) {
    try {
      await run(client);
    } catch (error) {
      if (isNotFound(error)) continue;
      all = false;
      if (isConflict(error) || isAlreadyExists(error)) continue; // what is there now is on its way here
      log.warn("gateway: could not be written", { what, error: messageOf(error) });
    }
  }
  return all;
}
