/** How the cluster knows of the registry: a Service that pods find by name, and the ConfigMap by which tools of developers find `localhost:5000` (KEP-1755). */
import { type ConfigMap, configmaps, type EndpointSlice, endpointslices, type Service, services } from "#api/mod.ts";
import { familyOf } from "#base/mod.ts";
import { type Client, orUndefined } from "#client/mod.ts";
import type { ClusterConfig } from "../cluster.ts";
import { hostAddressesOf } from "../machines/seat.ts";
import { registryHost } from "./config.ts";
import { serviceName, serviceNamespace, servicePort } from "./places.ts";

const labels = { "app.kubernetes.io/managed-by": "spoke" };
const fieldManager = "spoke-registry";
const hosting = { namespace: "kube-public", name: "local-registry-hosting" } as const;
const service = { namespace: serviceNamespace, name: serviceName } as const;

/** Brings the objects to what the cluster should be; those of the same name that are somebody else's stay. */
export async function ensureRegistryObjects(client: Client, cluster: ClusterConfig): Promise<void> {
  const addresses = cluster.registry && cluster.nodes.length > 0 ? hostAddressesOf(cluster) : [];
  const there = await orUndefined(client.get(services, service));
  const isOurs = !there || there.metadata.labels?.["app.kubernetes.io/managed-by"] === "spoke";
  if (isOurs && addresses.length > 0) {
    await apply(client, services, serviceOf(addresses));
    for (const address of addresses) await apply(client, endpointslices, sliceOf(cluster, address));
  } else if (isOurs && there) {
    await orUndefined(client.delete(services, service));
    const labelSelector = `kubernetes.io/service-name=${serviceName},app.kubernetes.io/managed-by=spoke`;
    const { items } = await client.list(endpointslices, { namespace: serviceNamespace, labelSelector });
    for (const { metadata } of items)
      await orUndefined(client.delete(endpointslices, { namespace: serviceNamespace, name: metadata.name! }));
  }
  const known = await orUndefined(client.get(configmaps, hosting));
  if (known && known.metadata.labels?.["app.kubernetes.io/managed-by"] !== "spoke") return;
  if (cluster.registry) await apply(client, configmaps, hostingOf(registryHost(cluster.registry)));
  else if (known) await orUndefined(client.delete(configmaps, hosting));
}

async function apply<T extends Service | EndpointSlice | ConfigMap>(
  client: Client,
  resource: Parameters<typeof client.patch<T>>[0],
  object: T,
): Promise<void> {
  const { name, namespace } = object.metadata;
  await client.patch(resource, { name: name!, namespace: namespace! }, "apply", object, { fieldManager, force: true });
}

/** Without a selector: its endpoint is no pod. */
const serviceOf = (addresses: readonly string[]): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { ...service, labels },
  spec: {
    ipFamilies: addresses.map(familyOf),
    ipFamilyPolicy: addresses.length > 1 ? "RequireDualStack" : "SingleStack",
    ports: [{ name: "registry", port: servicePort, protocol: "TCP", targetPort: servicePort }],
  },
});

function sliceOf(cluster: ClusterConfig, address: string): EndpointSlice {
  const family = familyOf(address);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      namespace: serviceNamespace,
      name: `${serviceName}-${family.toLowerCase()}`,
      labels: { ...labels, "kubernetes.io/service-name": serviceName, "endpointslice.kubernetes.io/managed-by": "spoke.dev" },
    },
    addressType: family,
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "registry", port: cluster.registry!.port, protocol: "TCP" }],
  };
}

const hostingOf = (host: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...hosting, labels },
  data: { "localRegistryHosting.v1": `host: "${host}"\nhostFromClusterNetwork: "${serviceName}.${serviceNamespace}:${servicePort}"\n` },
});
