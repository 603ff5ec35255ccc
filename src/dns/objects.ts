/** The objects by which people know cluster DNS: its Service and its ConfigMap, made once and then theirs. */
import { configmaps } from "#api/core/config-map.ts";
import { services } from "#api/core/service.ts";
import type { ConfigMap, Service } from "#api/mod.ts";
import { familyOf, type Log, messageOf } from "#base/mod.ts";
import type { Client } from "#client/contract.ts";
import { isAlreadyExists, orUndefined } from "#client/refusals.ts";
import { defaultCorefile } from "./corefile/default.ts";

const namespace = "kube-system";
export const configMapPlace = { namespace, name: "coredns" } as const;
const metricsPort = { name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 } as const;

export async function ensureDnsObjects(
  client: Client,
  { clusterIPs, domain, log }: { clusterIPs: readonly string[]; domain: string; log: Log },
): Promise<void> {
  try {
    await ensureService(client, clusterIPs);
  } catch (error) {
    if (!isAlreadyExists(error)) log.warn("dns: the kube-dns Service could not be made", { error: messageOf(error) });
  }
  try {
    const known = await orUndefined(client.get(configmaps, configMapPlace));
    if (!known) await client.create(configmaps, configMapOf(domain));
  } catch (error) {
    if (!isAlreadyExists(error)) log.warn("dns: the ConfigMap coredns could not be made", { error: messageOf(error) });
  }
}

const configMapOf = (domain: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...configMapPlace },
  data: { Corefile: defaultCorefile(domain) },
});

/**
 * The Service that reserves the cluster DNS address and names it. Every node answers on that address itself, so it has no
 * endpoints; the proxy leaves it alone. One from before there were metrics gets their port.
 */
async function ensureService(client: Client, clusterIPs: readonly string[]): Promise<void> {
  const known = await orUndefined(client.get(services, { namespace, name: "kube-dns" }));
  if (!known) {
    await client.create(services, serviceOf(clusterIPs));
    return;
  }
  const ports = known.spec?.ports ?? [];
  if (
    known.metadata.labels?.["k8s-app"] !== "kube-dns" ||
    ports.some(({ name, port }) => name === metricsPort.name || port === metricsPort.port)
  )
    return;
  await client.update(services, { ...known, spec: { ...known.spec, ports: [...ports, metricsPort] } });
}

const serviceOf = (clusterIPs: readonly string[]): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "kube-dns",
    namespace,
    labels: { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
    annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
  },
  spec: {
    clusterIP: clusterIPs[0]!,
    clusterIPs: [...clusterIPs],
    ipFamilies: clusterIPs.map(familyOf),
    ipFamilyPolicy: clusterIPs.length > 1 ? "RequireDualStack" : "SingleStack",
    ports: [
      { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
      { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
      metricsPort,
    ],
  },
});
