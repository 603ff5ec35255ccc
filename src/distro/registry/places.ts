/** Where the registry is, and what it is called there. */
import { hostPort } from "#base/mod.ts";
import { portIsFree } from "../claims.ts";
import { type ClusterConfig, clusterDomain } from "../cluster.ts";
import { hostAddressesOf } from "../machines/seat.ts";
import { type RegistryWishes, registryOf } from "./config.ts";

/** In the cluster it is always the same. */
export const servicePort = 5000;
export const serviceName = "registry";
export const serviceNamespace = "kube-system";

/** What pods call it. */
export const serviceNames = [
  `${serviceName}.${serviceNamespace}`,
  `${serviceName}.${serviceNamespace}.svc`,
  `${serviceName}.${serviceNamespace}.svc.${clusterDomain}`,
];

/** Before anything is changed: somebody else may have the port. */
export async function checkRegistryPort(before: ClusterConfig | undefined, wishes: RegistryWishes): Promise<void> {
  const { registry } = registryOf(before?.registry, wishes);
  if (!registry || registry.port === before?.registry?.port || (await portIsFree(registry.port))) return;
  throw new Error(`--registry: port ${registry.port} of localhost is somebody else's: say another one with --registry-port`);
}

/** Where nodes and pods reach it. */
export const registryUrls = (cluster: ClusterConfig): string[] =>
  cluster.registry && cluster.nodes.length > 0
    ? hostAddressesOf(cluster).map((address) => `http://${hostPort(address, cluster.registry!.port)}`)
    : [];
