/** The labels that a kubelet may not set on its own Node: by them it would draw pods to itself. */

const kubeletLabels = new Set([
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
  "node.kubernetes.io/instance-type",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
]);
const kubeletDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const restricted = "node-restriction.kubernetes.io";

const within = (domain: string, of: string) => domain === of || domain.endsWith(`.${of}`);

type Labels = Record<string, string> | undefined;

/** Added, removed or changed, sorted. */
export function forbiddenNodeLabels(before: Labels, after: Labels): string[] {
  const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...keys].filter((key) => labelIn(before, key) !== labelIn(after, key) && isForbidden(key)).sort();
}

const labelIn = (labels: Labels, key: string) => (labels && Object.hasOwn(labels, key) ? labels[key] : undefined);

function isForbidden(key: string): boolean {
  const slash = key.indexOf("/");
  const domain = slash < 0 ? "" : key.slice(0, slash);
  if (within(domain, restricted)) return true;
  const ours = within(domain, "kubernetes.io") || within(domain, "k8s.io");
  return ours && !kubeletLabels.has(key) && !kubeletDomains.some((each) => within(domain, each));
}
