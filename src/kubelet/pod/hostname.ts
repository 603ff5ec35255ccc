/** The names that a pod has for itself, and its hosts file. Pure. */
import type { Pod } from "#api/mod.ts";

const longest = 63;
/** What the kernel's node name can hold. */
const longestFqdn = 64;

export interface PodNames {
  host: string;
  /** Empty without a subdomain. */
  domain: string;
}

export function namesOf(pod: Pod, clusterDomain: string): PodNames {
  const { hostname, hostnameOverride, subdomain } = pod.spec ?? {};
  if (hostnameOverride) return { host: cut(hostnameOverride), domain: "" };
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : "";
  return { host: cut(hostname || pod.metadata.name || ""), domain };
}

const cut = (name: string) => (name.length <= longest ? name : name.slice(0, longest).replace(/[-.]+$/, ""));

/** The kernel's name for the sandbox: the short one, or with `setHostnameAsFQDN` the whole one. */
export function hostnameOf(pod: Pod, clusterDomain: string): string {
  const { host, domain } = namesOf(pod, clusterDomain);
  if (!domain || !pod.spec?.setHostnameAsFQDN) return host;
  const fqdn = `${host}.${domain}`;
  if (fqdn.length > longestFqdn)
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (${longestFqdn} characters is the max, ${fqdn.length} characters requested)`,
    );
  return fqdn;
}

/** `hostFile`: the node's own /etc/hosts, which pods on the host's network see. */
export function hostsFile(pod: Pod, ips: readonly string[], clusterDomain: string, hostFile: string): string {
  const aliases = pod.spec?.hostAliases ?? [];
  const more =
    aliases.length > 0
      ? ["", "# Entries added by HostAliases.", ...aliases.map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join("\t")}`)]
      : [];
  if (pod.spec?.hostNetwork)
    return `# Kubernetes-managed hosts file (host network).\n${hostFile}${more.map((line) => `${line}\n`).join("")}`;
  const { host, domain } = namesOf(pod, clusterDomain);
  const lines = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    ...ips.map((ip) => `${ip}\t${domain ? `${host}.${domain}\t` : ""}${host}`),
    ...more,
  ];
  return `${lines.join("\n")}\n`;
}
