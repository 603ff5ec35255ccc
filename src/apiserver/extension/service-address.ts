/** Where a Service answers for the API server itself: at one of its endpoints, since Services' own addresses lead nowhere from here. */
import { type EndpointSlice, endpointslices, type Service, services } from "#api/mod.ts";
import type { Storage } from "../contract.ts";
import { isProxyable } from "../proxy/addresses.ts";

export interface ServiceRef {
  namespace: string;
  name: string;
  port: number;
}

export interface Address {
  host: string;
  port: number;
}

/** Throws an Error in the words of upstream's resolver. `draw`: one of so many. */
export function serviceAddress(storage: Storage, { namespace, name, port }: ServiceRef, draw: (below: number) => number): Address {
  const service = storage.get(services, { namespace, name }) as Service | undefined;
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`);
  if (service.spec?.type === "ExternalName") return { host: service.spec.externalName ?? "", port };
  const wanted = service.spec?.ports?.find((each) => each.port === port);
  if (!wanted) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
  const all = (readyEndpoints(storage, { namespace, name }, wanted.name ?? "") ?? []).filter(({ host }) => isProxyable(host));
  const chosen = all[all.length > 1 ? draw(all.length) : 0];
  if (!chosen) throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
  return chosen;
}

/** Undefined: there is no slice at all of this Service. */
export function readyEndpoints(
  storage: Storage,
  { namespace, name }: { namespace: string; name: string },
  portName: string,
): Address[] | undefined {
  const slices = (storage.list(endpointslices, namespace) as EndpointSlice[]).filter(
    (slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === name,
  );
  if (slices.length === 0) return undefined;
  const found: Address[] = [];
  for (const slice of slices) {
    const port = (slice.ports ?? []).find((each) => (each.name ?? "") === portName)?.port;
    if (!port) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const host = endpoint.addresses?.[0];
      if (host && endpoint.conditions?.ready !== false) found.push({ host, port });
    }
  }
  return found;
}
