/** Whether this node takes a pod that was bound to it: upstream's reasons and messages, first refusal wins. Pure. */
import type { Node, Pod } from "#api/mod.ts";
import { amountsOf, podTotals } from "../resources/totals.ts";
import { appArmorProfile, sysctlName } from "./config.ts";
import { containersOf } from "./containers.ts";

export interface Refusal {
  reason: string;
  message: string;
}

export interface AdmissionFacts {
  /** As the API has it, with what this kubelet reports. */
  node: Node;
  /** Pods that were taken before and are not over. */
  others: readonly Pod[];
  supplementalGroupsPolicy: boolean;
  appArmor: boolean;
  kernel: string;
  allowedUnsafeSysctls?: readonly string[];
}

export function refusalOf(pod: Pod, facts: AdmissionFacts): Refusal | undefined {
  return sysctlRefusal(pod, facts) ?? featureRefusal(pod, facts) ?? fitRefusal(pod, facts) ?? appArmorRefusal(pod, facts);
}

/** Namespaced and without effect on others; with the kernel that namespaced it. */
const safeSysctls: Record<string, string> = {
  "kernel.shm_rmid_forced": "0",
  "net.ipv4.ip_local_port_range": "0",
  "net.ipv4.tcp_syncookies": "0",
  "net.ipv4.ping_group_range": "0",
  "net.ipv4.ip_unprivileged_port_start": "0",
  "net.ipv4.ip_local_reserved_ports": "3.16",
  "net.ipv4.tcp_keepalive_time": "4.5",
  "net.ipv4.tcp_fin_timeout": "4.6",
  "net.ipv4.tcp_keepalive_intvl": "4.5",
  "net.ipv4.tcp_keepalive_probes": "4.5",
  "net.ipv4.tcp_rmem": "4.15",
  "net.ipv4.tcp_wmem": "4.15",
};

function sysctlRefusal(pod: Pod, { kernel, allowedUnsafeSysctls = [] }: AdmissionFacts): Refusal | undefined {
  const { hostNetwork, hostIPC, securityContext } = pod.spec ?? {};
  for (const { name: given = "" } of securityContext?.sysctls ?? []) {
    const name = sysctlName(given);
    const because = (why: string) => ({ reason: "SysctlForbidden", message: `forbidden sysctl: ${JSON.stringify(name)} ${why}` });
    const isSafe = Object.hasOwn(safeSysctls, name) && compareVersions(kernel, safeSysctls[name]!) >= 0;
    const isAllowed = allowedUnsafeSysctls.some((each) => matchesPattern(name, sysctlName(each)));
    if (!isSafe && !isAllowed) return because("not allowlisted");
    if (name.startsWith("net.") && hostNetwork) return because("not allowed with host Net enabled");
    if (name.startsWith("kernel.") && hostIPC) return because("not allowed with host IPC enabled");
  }
  return undefined;
}

const matchesPattern = (name: string, pattern: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

function compareVersions(a: string, b: string): number {
  const [major = 0, minor = 0] = a.split(/[.-]/).map(Number);
  const [ofMajor = 0, ofMinor = 0] = b.split(".").map(Number);
  return major - ofMajor || minor - ofMinor;
}

function featureRefusal(pod: Pod, { supplementalGroupsPolicy, node }: AdmissionFacts): Refusal | undefined {
  const label = pod.metadata.labels?.["kubernetes.io/os"];
  if (label !== undefined && label !== (node.metadata.labels?.["kubernetes.io/os"] ?? "linux"))
    return {
      reason: "PodOSSelectorNodeLabelDoesNotMatch",
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    };
  if (pod.spec?.os && pod.spec.os.name !== "linux")
    return { reason: "PodOSNotSupported", message: "Failed to admit pod as the OS field doesn't match node OS" };
  if (pod.spec?.securityContext?.supplementalGroupsPolicy === "Strict" && !supplementalGroupsPolicy)
    return { reason: "SupplementalGroupsPolicyNotSupported", message: "SupplementalGroupsPolicy=Strict is not supported in this node" };
  return undefined;
}

const outOf: Record<string, string> = {
  cpu: "OutOfcpu",
  memory: "OutOfmemory",
  "ephemeral-storage": "OutOfephemeral-storage",
  pods: "OutOfpods",
};

function fitRefusal(pod: Pod, { node, others }: AdmissionFacts): Refusal | undefined {
  const capacity = amountsOf(node.status?.allocatable);
  const used = { pods: others.length } as Record<string, number>;
  for (const other of others)
    for (const [name, amount] of Object.entries(podTotals(other, "requests"))) used[name] = (used[name] ?? 0) + amount;
  const wanted = { pods: 1, ...podTotals(pod, "requests") };
  const order = ["pods", "cpu", "memory", "ephemeral-storage"];
  for (const [name, requested] of Object.entries(wanted).sort(([a], [b]) => rank(order, a) - rank(order, b))) {
    // Resources that the node does not know are the cluster's.
    if (requested === 0 || (capacity[name] === undefined && name.includes("/"))) continue;
    const [have, taken] = [capacity[name] ?? 0, used[name] ?? 0];
    if (requested <= have - taken) continue;
    const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${taken}, capacity: ${have}`;
    return { reason: outOf[name] ?? `OutOf${name}`, message };
  }
  const failed = (predicate: string, why: string) => ({ reason: predicate, message: `Predicate ${predicate} failed: ${why}` });
  if (!matchesNode(pod, node)) return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
  if (pod.spec?.nodeName && pod.spec.nodeName !== node.metadata.name)
    return failed("NodeName", "node(s) didn't match the requested node name");
  if (others.some((other) => sharesPort(pod, other)))
    return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  if ((node.spec?.taints ?? []).some((taint) => taint.effect === "NoExecute" && !tolerates(pod, taint)))
    return failed("TaintToleration", "node(s) had taints that the pod didn't tolerate");
  return undefined;
}

function rank(order: readonly string[], name: string): number {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}

type Taint = NonNullable<NonNullable<Node["spec"]>["taints"]>[number];

export function tolerates(pod: Pod, { key = "", value = "", effect }: Taint): boolean {
  return (pod.spec?.tolerations ?? []).some((toleration) => {
    if (toleration.effect && toleration.effect !== effect) return false;
    if (toleration.key && toleration.key !== key) return false;
    if (toleration.operator === "Exists") return true;
    return toleration.key === key && (toleration.value ?? "") === value;
  });
}

function sharesPort(pod: Pod, other: Pod): boolean {
  const theirs = hostPorts(other);
  return hostPorts(pod).some((own) =>
    theirs.some(
      (port) => port.port === own.port && port.protocol === own.protocol && (port.ip === own.ip || port.ip === "" || own.ip === ""),
    ),
  );
}

const anyAddress = new Set([undefined, "", "0.0.0.0", "::"]);

function hostPorts(pod: Pod): { port: number; protocol: string; ip: string }[] {
  const { containers = [], initContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers.filter((container) => container.restartPolicy === "Always")]
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ port: port.hostPort!, protocol: port.protocol ?? "TCP", ip: anyAddress.has(port.hostIP) ? "" : port.hostIP! }));
}

/** nodeSelector and required node affinity. */
export function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return (required.nodeSelectorTerms ?? []).some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    return (
      matchExpressions.every((each) => matches(each, labels[each.key ?? ""])) &&
      matchFields.every((each) => each.key === "metadata.name" && matches(each, node.metadata.name))
    );
  });
}

function matches({ operator, values = [] }: { operator?: string; values?: string[] }, have: string | undefined): boolean {
  switch (operator) {
    case "In":
      return have !== undefined && values.includes(have);
    case "NotIn":
      return have === undefined || !values.includes(have);
    case "Exists":
      return have !== undefined;
    case "DoesNotExist":
      return have === undefined;
    case "Gt":
      return have !== undefined && Number(have) > Number(values[0]);
    case "Lt":
      return have !== undefined && Number(have) < Number(values[0]);
    default:
      return false;
  }
}

function appArmorRefusal(pod: Pod, { appArmor }: AdmissionFacts): Refusal | undefined {
  if (appArmor) return undefined;
  const isAsked = containersOf(pod).some((container) => (appArmorProfile(pod, container)?.type ?? "Unconfined") !== "Unconfined");
  return isAsked ? { reason: "AppArmor", message: "Cannot enforce AppArmor: AppArmor is not enabled on the host" } : undefined;
}
