/** The Service, Endpoints and EndpointSlice `kubernetes`, by which pods reach this API server. Looked after for as long as it runs. */
import {
  type EndpointSlice,
  type Endpoints,
  endpointslices,
  endpoints as endpointsResource,
  ipaddresses,
  type KubeObject,
  type Resource,
  type Service,
  servicecidrs,
  services,
} from "#api/mod.ts";
import { addressAt, type Clock, every, familyOf, type Log, messageOf, rangeOf } from "#base/mod.ts";
import { byServer, type Storage } from "../contract.ts";
import { ApiError } from "../request/errors.ts";
import { ipAddressFor } from "../services/ip-addresses.ts";
import type { ServerLeases } from "./server-leases.ts";

interface Own {
  /** The first address of the first is the Service's. */
  serviceRanges: readonly string[];
  advertised: { ip: string; port: number };
  /** Somebody else keeps the endpoints. */
  withoutEndpoints?: boolean;
  /** Where other servers may share the store: who they are; absent: this one is the only one. */
  leases?: ServerLeases;
}

const lookMs = 10_000;
/** Of taking one's own address out: a store that does not answer holds up no end. */
const leaveMs = 3000;

/** Once, before anything else takes the addresses. */
export async function ensureKubernetesService(storage: Storage, own: Own): Promise<void> {
  await own.leases?.renew(own.advertised.ip);
  await write(storage, own, (await own.leases?.list()) ?? [own.advertised.ip]);
}

async function write(storage: Storage, own: Own, addresses: readonly string[]): Promise<void> {
  for (const { resource, object, same } of wanted(own, addresses)) await ensure(storage, resource, object, same);
}

/** Again every ten seconds, as upstream does. Returns the way to stop: the others go on without this server's address. */
export function keepKubernetesService(storage: Storage, own: Own, clock: Clock, log: Log): () => Promise<void> {
  const attempt = async (what: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      log.warn(what, { error: messageOf(error) });
    }
  };
  let looking: Promise<void> = Promise.resolve();
  const timer = every(clock, lookMs, () => {
    looking = attempt("the Service of this API server could not be kept", () => ensureKubernetesService(storage, own));
    return looking;
  });
  const leave = async (leases: ServerLeases) => {
    await looking;
    await leases.remove(own.advertised.ip);
    const others = await leases.list();
    // The last one leaves its address: it is where the cluster will be again.
    if (others.length > 0) await write(storage, own, others);
  };
  return async () => {
    timer.cancel();
    const { leases } = own;
    if (!leases) return;
    const enough = new AbortController();
    await Promise.race([
      attempt("this API server could not be taken out of its Service", () => leave(leases)),
      clock.sleep(leaveMs, enough.signal),
    ]);
    enough.abort();
  };
}

interface Wanted {
  resource: Resource;
  object: KubeObject;
  /** The parts that must be as wanted, as text; what others added beside them stays. */
  same(object: KubeObject): string;
}

function wanted({ serviceRanges, advertised, withoutEndpoints }: Own, addresses: readonly string[]): Wanted[] {
  const serviceAddress = addressAt(rangeOf(serviceRanges[0] ?? ""), 1);
  const { ip: address, port } = advertised;
  const metadata = { name: "kubernetes", namespace: "default" };
  const cidr: KubeObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "kubernetes" },
    spec: { cidrs: [...serviceRanges] },
  } as KubeObject;
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...metadata, labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: port }],
      clusterIP: serviceAddress,
      clusterIPs: [serviceAddress],
      type: "ClusterIP",
      sessionAffinity: "None",
      ipFamilies: [familyOf(serviceAddress)],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
    },
  };
  const slice: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { ...metadata, labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: familyOf(address),
    endpoints: addresses.map((each) => ({ addresses: [each], conditions: { ready: true } })),
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
  const endpoints: Endpoints = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { ...metadata, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: "https", port, protocol: "TCP" }] }],
  };
  // Nobody but this machine reaches a loopback address: the Service then has no endpoints, and validation would refuse them.
  const reachable = !withoutEndpoints && !address.startsWith("127.") && address !== "::1";
  const all = [
    { resource: servicecidrs, object: cidr, same: () => "" },
    { resource: ipaddresses, object: ipAddressFor(serviceAddress, metadata), same: () => "" },
    { resource: services, object: service, same: (object) => JSON.stringify((object as Service).spec?.ports) },
    {
      resource: endpointslices,
      object: slice,
      same: (object) => JSON.stringify([(object as EndpointSlice).endpoints, (object as EndpointSlice).ports]),
    },
    { resource: endpointsResource, object: endpoints, same: (object) => JSON.stringify((object as Endpoints).subsets) },
  ] as Wanted[];
  return all.filter(({ resource }) => reachable || (resource.resource !== "endpoints" && resource.resource !== "endpointslices"));
}

async function ensure(storage: Storage, resource: Resource, object: KubeObject, same: Wanted["same"]): Promise<void> {
  const { namespace, name = "" } = object.metadata;
  const ref = { ...(namespace ? { namespace } : {}), name };
  const stored = storage.get(resource, ref);
  if (!stored) {
    try {
      await storage.create(resource, object);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 409)) throw error;
    }
  } else if (same(stored) !== same(object)) await storage.update(resource, ref, (current) => mended(current, object), byServer);
}

function mended(current: KubeObject, object: KubeObject): KubeObject {
  if (object.kind === "Service") {
    const { spec } = current as Service;
    return { ...current, spec: { ...spec, ports: (object as Service).spec?.ports } } as KubeObject;
  }
  return { ...current, ...object, metadata: { ...current.metadata, labels: { ...current.metadata.labels, ...object.metadata.labels } } };
}
