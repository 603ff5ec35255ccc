/** One page for each kind that has its own layout. */
import { hostPort } from "#base/addresses.ts";
import type { KObject } from "../print/values.ts";
import { selectorText } from "../print/values.ts";
import { ruleKey } from "../rules.ts";
import { longTime, type Outline } from "./outline.ts";
import { type Around, type Describer, page } from "./page.ts";
import { containers, podTemplate, resources, seccomp, tolerations, volumes } from "./pod-parts.ts";
import { add, amount, amountText, percent, podAmount, zero } from "./quantities.ts";

// biome-ignore lint/suspicious/noExplicitAny: parts of objects of several kinds, read field by field
type Part = any;

const pod = page((out, object, around) => {
  const { spec, status = {}, metadata } = object;
  out.head(object);
  if (spec.priority !== undefined && spec.priority !== null) out.line(0, `Priority:\t${spec.priority}`);
  if (spec.priorityClassName) out.line(0, `Priority Class Name:\t${spec.priorityClassName}`);
  if (spec.runtimeClassName) out.line(0, `Runtime Class Name:\t${spec.runtimeClassName}`);
  if (spec.serviceAccountName) out.line(0, `Service Account:\t${spec.serviceAccountName}`);
  out.line(0, `Node:\t${spec.nodeName ? `${spec.nodeName}/${status.hostIP ?? ""}` : "<none>"}`);
  if (status.startTime) out.line(0, `Start Time:\t${longTime(status.startTime)}`);
  out.labels(object);
  if (metadata.deletionTimestamp && status.phase !== "Failed" && status.phase !== "Succeeded") {
    out.line(0, `Status:\tTerminating (lasts ${out.ageOf(metadata.deletionTimestamp)})`);
    out.line(0, `Termination Grace Period:\t${metadata.deletionGracePeriodSeconds}s`);
  } else out.line(0, `Status:\t${status.phase ?? ""}`);
  if (status.reason) out.line(0, `Reason:\t${status.reason}`);
  if (status.message) out.line(0, `Message:\t${status.message}`);
  seccomp(out, spec.securityContext?.seccompProfile, 0);
  out.line(0, `IP:\t${status.podIP ?? ""}`);
  if (!status.podIPs?.length) out.line(0, "IPs:\t<none>");
  else {
    out.line(0, "IPs:");
    for (const { ip } of status.podIPs) out.line(1, `IP:\t${ip}`);
  }
  out.controller(object);
  if (status.nominatedNodeName) out.line(0, `NominatedNodeName:\t${status.nominatedNodeName}`);
  if (spec.resources) {
    out.line(0, "Resources:");
    resources(out, spec.resources, 1);
  }
  if (spec.initContainers?.length)
    containers(out, "Init Containers", spec.initContainers, { statuses: status.initContainerStatuses, space: "", pod: object });
  containers(out, "Containers", spec.containers ?? [], { statuses: status.containerStatuses, space: "", pod: object });
  if (spec.ephemeralContainers?.length)
    containers(out, "Ephemeral Containers", spec.ephemeralContainers, {
      statuses: status.ephemeralContainerStatuses,
      space: "",
      pod: object,
    });
  if (spec.readinessGates?.length) {
    out.line(0, "Readiness Gates:\n  Type\tStatus");
    for (const gate of spec.readinessGates) {
      out.line(
        1,
        `${gate.conditionType} \t${(status.conditions as Part[])?.find((condition) => condition.type === gate.conditionType)?.status ?? "<none>"} `,
      );
    }
  }
  if (status.conditions?.length) {
    out.line(0, "Conditions:\n  Type\tStatus");
    for (const condition of status.conditions) out.line(1, `${condition.type} \t${condition.status} `);
  }
  volumes(out, spec.volumes, "");
  out.line(0, `QoS Class:\t${status.qosClass ?? "BestEffort"}`);
  out.pairs("Node-Selectors", spec.nodeSelector);
  tolerations(out, spec.tolerations);
  if (spec.topologySpreadConstraints?.length) {
    for (const [index, each] of (spec.topologySpreadConstraints as Part[]).entries()) {
      out.line(
        0,
        `${index === 0 ? "Topology Spread Constraints:" : ""}\t${each.topologyKey}:${each.whenUnsatisfiable} when max skew ${each.maxSkew} is exceeded${each.labelSelector ? ` for selector ${selectorText(each.labelSelector)}` : ""}`,
      );
    }
  }
  out.events(around.events);
});

function countPhases(pods: KObject[]): string {
  const count = (phase: string) => pods.filter((each) => each.status?.phase === phase).length;
  return `${count("Running")} Running / ${count("Pending")} Waiting / ${count("Succeeded")} Succeeded / ${count("Failed")} Failed`;
}

async function ownPods(object: KObject, around: Around): Promise<KObject[]> {
  const pods = await around.list("pods", { namespace: object.metadata.namespace, labelSelector: selectorText(object.spec.selector) });
  return pods.filter((each) => each.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === object.metadata.uid));
}

function conditionsWithReason(out: Outline, conditions: Part[] | undefined): void {
  if (!conditions?.length) return;
  out.line(0, "Conditions:\n  Type\tStatus\tReason");
  out.line(1, "----\t------\t------");
  for (const each of conditions) out.line(1, `${each.type} \t${each.status}\t${each.reason ?? ""}`);
}

const deployment = page(async (out, object, around) => {
  const { spec, status = {}, metadata } = object;
  out.head(object);
  out.line(0, `CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  out.labels(object);
  out.line(0, `Selector:\t${selectorText(spec.selector)}`);
  out.line(
    0,
    `Replicas:\t${spec.replicas} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`,
  );
  out.line(0, `StrategyType:\t${spec.strategy?.type ?? ""}`);
  out.line(0, `MinReadySeconds:\t${spec.minReadySeconds ?? 0}`);
  if (spec.strategy?.rollingUpdate)
    out.line(
      0,
      `RollingUpdateStrategy:\t${spec.strategy.rollingUpdate.maxUnavailable} max unavailable, ${spec.strategy.rollingUpdate.maxSurge} max surge`,
    );
  podTemplate(out, spec.template);
  conditionsWithReason(out, status.conditions);
  const { ownReplicaSets, splitReplicaSets } = await import("../replica-sets.ts");
  const sets = ownReplicaSets(
    object,
    await around.list("replicasets.apps", { namespace: metadata.namespace, labelSelector: selectorText(spec.selector) }),
  );
  const { current, old } = splitReplicaSets(object, sets);
  const text = (list: KObject[]) =>
    list.map((set) => `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec.replicas} replicas created)`).join(", ") || "<none>";
  if (current || old.length > 0) {
    out.line(0, `OldReplicaSets:\t${text(old)}`);
    out.line(0, `NewReplicaSet:\t${text(current ? [current] : [])}`);
  }
  out.events(around.events);
});

const replicaSet = page(async (out, object, around) => {
  out.head(object);
  out.line(0, `Selector:\t${selectorText(object.spec.selector)}`);
  out.labels(object);
  out.controller(object);
  out.line(0, `Replicas:\t${object.status?.replicas ?? 0} current / ${object.spec.replicas} desired`);
  out.line(0, `Pods Status:\t${countPhases(await ownPods(object, around))}`);
  podTemplate(out, object.spec.template);
  conditionsWithReason(out, object.status?.conditions);
  out.events(around.events);
});

const daemonSet = page(async (out, object, around) => {
  const { spec, status = {} } = object;
  out.head(object);
  out.line(0, `Selector:\t${selectorText(spec.selector)}`);
  out.line(0, `Node-Selector:\t${selectorText({ matchLabels: spec.template.spec.nodeSelector })}`);
  out.labels(object);
  out.line(0, `Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`);
  out.line(0, `Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`);
  out.line(0, `Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`);
  out.line(0, `Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`);
  out.line(0, `Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`);
  out.line(0, `Pods Status:\t${countPhases(await ownPods(object, around))}`);
  podTemplate(out, spec.template);
  out.events(around.events);
});

const statefulSet = page(async (out, object, around) => {
  const { spec, status = {}, metadata } = object;
  out.head(object);
  out.line(0, `CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  out.line(0, `Selector:\t${selectorText(spec.selector)}`);
  out.labels(object);
  out.line(0, `Replicas:\t${spec.replicas} desired | ${status.replicas ?? 0} total`);
  out.line(0, `Update Strategy:\t${spec.updateStrategy?.type ?? ""}`);
  const partition = spec.updateStrategy?.rollingUpdate?.partition;
  if (partition !== undefined) out.line(1, `Partition:\t${partition}`);
  out.line(0, `Pods Status:\t${countPhases(await ownPods(object, around))}`);
  podTemplate(out, spec.template);
  if (!spec.volumeClaimTemplates?.length) out.line(0, "Volume Claims:\t<none>");
  else {
    out.line(0, "Volume Claims:");
    for (const claim of spec.volumeClaimTemplates as Part[]) {
      out.line(1, `Name:\t${claim.metadata.name}`);
      out.line(1, `StorageClass:\t${claim.spec.storageClassName ?? ""}`);
      out.pairs("  Labels", claim.metadata.labels);
      out.annotations("  Annotations", claim.metadata.annotations);
      out.line(1, `Capacity:\t${claim.spec.resources?.requests?.storage ?? "<default>"}`);
      out.line(1, `Access Modes:\t[${(claim.spec.accessModes ?? []).join(" ")}]`);
    }
  }
  out.events(around.events);
});

const service = page(async (out, object, around) => {
  const { spec, status = {}, metadata } = object;
  out.head(object);
  out.labels(object);
  out.line(0, `Selector:\t${selectorText({ matchLabels: spec.selector })}`);
  out.line(0, `Type:\t${spec.type}`);
  if (spec.ipFamilyPolicy) out.line(0, `IP Family Policy:\t${spec.ipFamilyPolicy}`);
  out.line(0, `IP Families:\t${spec.ipFamilies?.join(",") || "<none>"}`);
  out.line(0, `IP:\t${spec.clusterIP ?? ""}`);
  out.line(0, `IPs:\t${spec.clusterIPs?.join(",") || "<none>"}`);
  if (spec.externalIPs?.length) out.line(0, `External IPs:\t${spec.externalIPs.join(",")}`);
  if (spec.loadBalancerIP) out.line(0, `Desired LoadBalancer IP:\t${spec.loadBalancerIP}`);
  if (spec.externalName) out.line(0, `External Name:\t${spec.externalName}`);
  const ingress: Part[] = status.loadBalancer?.ingress ?? [];
  if (ingress.length > 0)
    out.line(
      0,
      `LoadBalancer Ingress:\t${ingress.map((each) => (each.ip ? `${each.ip}${each.ipMode ? ` (${each.ipMode})` : ""}` : each.hostname)).join(", ")}`,
    );
  const slices = await around.list("endpointslices.discovery.k8s.io", {
    namespace: metadata.namespace,
    labelSelector: `kubernetes.io/service-name=${metadata.name}`,
  });
  for (const port of (spec.ports as Part[]) ?? []) {
    const name = port.name || "<unset>";
    out.line(0, `Port:\t${name}\t${port.port}/${port.protocol}`);
    out.line(0, `TargetPort:\t${port.targetPort ?? 0}/${port.protocol}`);
    if (port.appProtocol) out.line(0, `AppProtocol:\t${port.appProtocol}`);
    if (port.nodePort) out.line(0, `NodePort:\t${name}\t${port.nodePort}/${port.protocol}`);
    out.line(0, `Endpoints:\t${endpointsOf(slices, port.name ?? "")}`);
  }
  out.line(0, `Session Affinity:\t${spec.sessionAffinity ?? ""}`);
  if (spec.externalTrafficPolicy) out.line(0, `External Traffic Policy:\t${spec.externalTrafficPolicy}`);
  if (spec.internalTrafficPolicy) out.line(0, `Internal Traffic Policy:\t${spec.internalTrafficPolicy}`);
  if (spec.healthCheckNodePort) out.line(0, `HealthCheck NodePort:\t${spec.healthCheckNodePort}`);
  if (spec.loadBalancerSourceRanges?.length) out.line(0, `LoadBalancer Source Ranges:\t${spec.loadBalancerSourceRanges.join(",")}`);
  if (spec.trafficDistribution) out.line(0, `Traffic Distribution:\t${spec.trafficDistribution}`);
  out.events(around.events);
});

/** Up to three ready addresses, and how many more. */
function endpointsOf(slices: KObject[], portName: string): string {
  const found: string[] = [];
  for (const slice of slices) {
    for (const port of ((slice.ports as Part[]) ?? []).filter((each) => (each.name ?? "") === portName)) {
      for (const endpoint of (slice.endpoints as Part[]) ?? []) {
        if (endpoint.conditions?.ready === false) continue;
        for (const address of endpoint.addresses ?? []) found.push(hostPort(address, port.port ?? 0));
      }
    }
  }
  const more = found.length > 3 ? ` + ${found.length - 3} more...` : "";
  return found.slice(0, 3).join(",") + more;
}

const endpoints = page((out, object, around) => {
  out.head(object);
  out.labels(object);
  out.line(0, "Subsets:");
  for (const subset of (object.subsets as Part[]) ?? []) {
    const ips = (list: Part[] | undefined) => (list ?? []).map((each) => each.ip).join(",") || "<none>";
    out.line(1, `Addresses:\t${ips(subset.addresses)}`);
    out.line(1, `NotReadyAddresses:\t${ips(subset.notReadyAddresses)}`);
    if (subset.ports?.length) {
      out.line(1, "Ports:");
      out.line(2, "Name\tPort\tProtocol");
      out.line(2, "----\t----\t--------");
      for (const port of subset.ports) out.line(2, `${port.name || "<unset>"}\t${port.port}\t${port.protocol}`);
    }
    out.line(0, "");
  }
  out.events(around.events);
});

const endpointSlice = page((out, object, around) => {
  out.head(object);
  out.labels(object);
  out.line(0, `AddressType:\t${object.addressType}`);
  if (!object.ports?.length) out.line(0, "Ports: <unset>");
  else {
    out.line(0, "Ports:");
    out.line(1, "Name\tPort\tProtocol");
    out.line(1, "----\t----\t--------");
    for (const port of object.ports) out.line(1, `${port.name || "<unset>"}\t${port.port ?? "<unset>"}\t${port.protocol}`);
  }
  if (!object.endpoints?.length) out.line(0, "Endpoints: <none>");
  else {
    out.line(0, "Endpoints:");
    for (const each of object.endpoints) {
      out.line(1, `- Addresses:\t${each.addresses?.join(", ") || "<none>"}`);
      out.line(2, "Conditions:");
      out.line(3, `Ready:\t${each.conditions?.ready ?? "<unset>"}`);
      out.line(2, `Hostname:\t${each.hostname ?? "<unset>"}`);
      if (each.targetRef) out.line(2, `TargetRef:\t${each.targetRef.kind}/${each.targetRef.name}`);
      out.line(2, `NodeName:\t${each.nodeName ?? "<unset>"}`);
      out.line(2, `Zone:\t${each.zone ?? "<unset>"}`);
    }
  }
  out.events(around.events);
});

const configMap = page((out, object, around) => {
  out.head(object);
  out.labels(object);
  out.raw("\nData\n====\n");
  for (const key of Object.keys(object.data ?? {}).sort()) out.raw(`${key}:\n----\n${object.data[key]}\n\n`);
  out.raw("\nBinaryData\n====\n");
  for (const key of Object.keys(object.binaryData ?? {}).sort())
    out.raw(`${key}: ${Buffer.from(object.binaryData[key], "base64").length} bytes\n`);
  out.raw("\n");
  out.events(around.events);
});

const secret = page((out, object) => {
  out.head(object);
  out.labels(object);
  out.raw(`\nType:\t${object.type}\n`);
  out.raw("\nData\n====\n");
  for (const key of Object.keys(object.data ?? {}).sort()) {
    const bytes = Buffer.from(object.data[key], "base64");
    out.line(
      0,
      key === "token" && object.type === "kubernetes.io/service-account-token"
        ? `${key}:\t${bytes.toString("utf8")}`
        : `${key}:\t${bytes.length} bytes`,
    );
  }
});

const namespace = page(async (out, object, around) => {
  out.head(object, { namespaced: false });
  out.labels(object);
  out.line(0, `Status:\t${object.status?.phase ?? ""}`);
  if (object.status?.conditions?.length) {
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage");
    out.line(1, "----\t------\t------------------\t------\t-------");
    for (const each of object.status.conditions)
      out.line(1, `${each.type}\t${each.status}\t${longTime(each.lastTransitionTime)}\t${each.reason ?? ""}\t${each.message ?? ""}`);
  }
  const at = { namespace: object.metadata.name };
  out.line(0, "");
  quotas(out, await around.list("resourcequotas", at));
  out.line(0, "");
  limits(out, await around.list("limitranges", at));
});

function quotas(out: Outline, list: KObject[]): void {
  if (list.length === 0) return out.line(0, "No resource quota.");
  out.line(0, "Resource Quotas");
  for (const quota of list) {
    out.line(1, `Name:\t${quota.metadata.name}`);
    if (quota.spec?.scopes?.length) out.line(1, `Scopes:\t${[...quota.spec.scopes].sort().join(", ")}`);
    out.line(1, "Resource\tUsed\tHard");
    out.line(1, "--------\t---\t---");
    for (const name of Object.keys(quota.status?.hard ?? {}).sort())
      out.line(1, `${name}\t${quota.status.used?.[name] ?? "0"}\t${quota.status.hard[name]}`);
  }
}

function limits(out: Outline, list: KObject[]): void {
  if (list.length === 0) return out.line(0, "No LimitRange resource.");
  out.line(0, "Resource Limits\n Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio");
  out.line(0, " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------");
  for (const range of list) {
    for (const item of (range.spec?.limits as Part[]) ?? []) {
      const columns = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
      const names = new Set(columns.flatMap((column) => Object.keys(item[column] ?? {})));
      for (const name of names) out.line(0, ` ${item.type}\t${name}\t${columns.map((column) => item[column]?.[name] ?? "-").join("\t")}`);
    }
  }
}

const serviceAccount = page((out, object, around) => {
  out.head(object);
  out.labels(object);
  const secrets: Part[] = object.imagePullSecrets ?? [];
  if (secrets.length === 0) out.line(0, "Image pull secrets:\t<none>");
  for (const [index, each] of secrets.entries()) out.line(0, `${index === 0 ? "Image pull secrets:" : " ".repeat(19)}\t${each.name}`);
  out.events(around.events);
});

const role = page((out, object) => {
  out.head(object, { namespaced: false });
  out.labels(object);
  out.line(0, "PolicyRule:");
  out.line(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs");
  out.line(1, "---------\t-----------------\t--------------\t-----");
  const rows: { key: string; cells: string }[] = [];
  const bracket = (list: string[] | undefined) => `[${(list ?? []).join(" ")}]`;
  for (const rule of (object.rules as Part[]) ?? []) {
    const names: (string | undefined)[] = rule.resourceNames?.length ? rule.resourceNames : [undefined];
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const shown =
          group === ""
            ? resource
            : `${resource.split("/")[0]}.${group}${resource.includes("/") ? `/${resource.split("/").slice(1).join("/")}` : ""}`;
        for (const name of names)
          rows.push({
            key: ruleKey({ verbs: rule.verbs, group, resource, name }),
            cells: `${shown}\t[]\t${bracket(name === undefined ? [] : [name])}\t${bracket(rule.verbs)}`,
          });
      }
    }
    if (rule.nonResourceURLs?.length)
      for (const url of rule.nonResourceURLs)
        rows.push({ key: ruleKey({ verbs: rule.verbs, url }), cells: `\t${bracket([url])}\t[]\t${bracket(rule.verbs)}` });
  }
  for (const row of rows.sort((a, b) => (a.key < b.key ? -1 : 1))) out.line(1, row.cells);
});

const roleBinding = page((out, object) => {
  out.head(object, { namespaced: false });
  out.labels(object);
  out.line(0, "Role:");
  out.line(1, `Kind:\t${object.roleRef.kind}`);
  out.line(1, `Name:\t${object.roleRef.name}`);
  out.line(0, "Subjects:");
  out.line(1, "Kind\tName\tNamespace");
  out.line(1, "----\t----\t---------");
  for (const each of (object.subjects as Part[]) ?? []) out.line(1, `${each.kind}\t${each.name}\t${each.namespace ?? ""}`);
});

const node = page(async (out, object, around) => {
  const { spec = {}, status = {}, metadata } = object;
  out.head(object, { namespaced: false });
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) =>
    key.startsWith("node-role.kubernetes.io/") && key.length > 24 ? [key.slice(24)] : key === "kubernetes.io/role" && value ? [value] : [],
  );
  out.line(0, `Roles:\t${[...new Set(roles)].sort().join(",") || "<none>"}`);
  out.labels(object);
  out.line(0, `CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  const taints = [...((spec.taints as Part[]) ?? [])].sort((a, b) => (`${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1));
  if (taints.length === 0) out.line(0, "Taints:\t<none>");
  for (const [index, taint] of taints.entries())
    out.line(0, `${index === 0 ? "Taints:" : ""}\t${taint.key}${taint.value ? `=${taint.value}` : ""}:${taint.effect}`);
  out.line(0, `Unschedulable:\t${Boolean(spec.unschedulable)}`);
  const lease = await around.get("leases.coordination.k8s.io", { namespace: "kube-node-lease", name: metadata.name });
  if (!lease) out.line(0, `Lease:\tFailed to get lease: leases.coordination.k8s.io ${JSON.stringify(metadata.name)} not found`);
  else {
    out.line(0, "Lease:");
    out.line(1, `HolderIdentity:\t${lease.spec?.holderIdentity ?? "<unset>"}`);
    out.line(1, `AcquireTime:\t${lease.spec?.acquireTime ? longTime(lease.spec.acquireTime) : "<unset>"}`);
    out.line(1, `RenewTime:\t${lease.spec?.renewTime ? longTime(lease.spec.renewTime) : "<unset>"}`);
  }
  if (status.conditions?.length) {
    out.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
    out.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for (const each of status.conditions)
      out.line(
        1,
        `${each.type} \t${each.status} \t${longTime(each.lastHeartbeatTime)} \t${longTime(each.lastTransitionTime)} \t${each.reason ?? ""} \t${each.message ?? ""}`,
      );
  }
  out.line(0, "Addresses:");
  for (const address of status.addresses ?? []) out.line(1, `${address.type}:\t${address.address}`);
  for (const [title, list] of [
    ["Capacity", status.capacity],
    ["Allocatable", status.allocatable],
  ] as const) {
    if (Object.keys(list ?? {}).length === 0) continue;
    out.line(0, `${title}:`);
    for (const name of Object.keys(list).sort()) out.line(1, `${name}:\t${list[name]}`);
  }
  const info = status.nodeInfo ?? {};
  out.line(0, "System Info:");
  const facts = {
    "Machine ID": "machineID",
    "System UUID": "systemUUID",
    "Boot ID": "bootID",
    "Kernel Version": "kernelVersion",
    "OS Image": "osImage",
    "Operating System": "operatingSystem",
    Architecture: "architecture",
    "Container Runtime Version": "containerRuntimeVersion",
    "Kubelet Version": "kubeletVersion",
  };
  for (const [title, field] of Object.entries(facts)) out.line(1, `${title}:\t${info[field] ?? ""}`);
  if (spec.podCIDR) out.line(0, `PodCIDR:\t${spec.podCIDR}`);
  if (spec.podCIDRs?.length) out.line(0, `PodCIDRs:\t${spec.podCIDRs.join(",")}`);
  if (spec.providerID) out.line(0, `ProviderID:\t${spec.providerID}`);
  nodePods(
    out,
    object,
    await around.list("pods", {
      namespace: "",
      fieldSelector: `spec.nodeName=${metadata.name},status.phase!=Succeeded,status.phase!=Failed`,
    }),
  );
  out.events(around.events);
});

function nodePods(out: Outline, object: KObject, pods: KObject[]): void {
  const allocatable =
    Object.keys(object.status?.allocatable ?? {}).length > 0 ? object.status.allocatable : (object.status?.capacity ?? {});
  const whole = (name: string) => amount(allocatable[name]);
  out.line(0, `Non-terminated Pods:\t(${pods.length} in total)`);
  out.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
  out.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
  for (const pod_ of pods) {
    const cells = (["cpu", "memory"] as const).flatMap((name) =>
      (["requests", "limits"] as const).map((field) => {
        const own = podAmount(pod_, field, name);
        return `${amountText(own)} (${percent(own, whole(name))}%)`;
      }),
    );
    out.line(1, `${pod_.metadata.namespace}\t${pod_.metadata.name}\t\t${cells.join("\t")}\t${out.ageOf(pod_.metadata.creationTimestamp)}`);
  }
  out.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
  out.line(1, "Resource\tRequests\tLimits");
  out.line(1, "--------\t--------\t------");
  const total = (field: "requests" | "limits", name: string) => pods.reduce((sum, each) => add(sum, podAmount(each, field, name)), zero);
  const huge = Object.keys(allocatable)
    .filter((name) => name.startsWith("hugepages-"))
    .sort();
  for (const name of ["cpu", "memory", "ephemeral-storage", ...huge]) {
    const [requests, ceilings] = [total("requests", name), total("limits", name)];
    out.line(
      1,
      `${name}\t${amountText(requests)} (${percent(requests, whole(name))}%)\t${amountText(ceilings)} (${percent(ceilings, whole(name))}%)`,
    );
  }
  const standard = new Set(["cpu", "memory", "ephemeral-storage", "pods"]);
  for (const name of Object.keys(allocatable)
    .filter((each) => !standard.has(each) && !huge.includes(each))
    .sort()) {
    out.line(1, `${name}\t${amountText(total("requests", name))}\t${amountText(total("limits", name))}`);
  }
}

const priorityClass = page((out, object, around) => {
  out.head(object, { namespaced: false });
  out.line(0, `Value:\t${object.value}`);
  out.line(0, `GlobalDefault:\t${Boolean(object.globalDefault)}`);
  out.line(0, `PreemptionPolicy:\t${object.preemptionPolicy ?? ""}`);
  out.line(0, `Description:\t${object.description ?? ""}`);
  // In one line, what apply left among them included.
  const annotations = Object.entries(object.metadata.annotations ?? {}).map(([key, value]) => `${key}=${value}`);
  out.line(0, `Annotations:\t${annotations.sort().join(",") || "<none>"}`);
  out.events(around.events);
});

const replicationController = page(async (out, object, around) => {
  const { spec, status = {} } = object;
  out.head(object);
  out.line(0, `Selector:\t${selectorText({ matchLabels: spec.selector })}`);
  out.labels(object);
  out.line(0, `Replicas:\t${status.replicas ?? 0} current / ${spec.replicas} desired`);
  const labelSelector = selectorText({ matchLabels: spec.selector });
  const pods = await around.list("pods", { namespace: object.metadata.namespace, labelSelector });
  const own = pods.filter((each) => each.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === object.metadata.uid));
  out.line(0, `Pods Status:\t${countPhases(own)}`);
  podTemplate(out, spec.template);
  conditionsWithReason(out, status.conditions);
  out.events(around.events);
});

/** By `Kind.group`; verbs/describe.ts knows the files of other groups. */
export const describers: Record<string, Describer> = {
  "ReplicationController.": replicationController,
  "Pod.": pod,
  "Node.": node,
  "Service.": service,
  "Endpoints.": endpoints,
  "ConfigMap.": configMap,
  "Secret.": secret,
  "Namespace.": namespace,
  "ServiceAccount.": serviceAccount,
  "Deployment.apps": deployment,
  "ReplicaSet.apps": replicaSet,
  "DaemonSet.apps": daemonSet,
  "StatefulSet.apps": statefulSet,
  "PriorityClass.scheduling.k8s.io": priorityClass,
  "EndpointSlice.discovery.k8s.io": endpointSlice,
  "Role.rbac.authorization.k8s.io": role,
  "ClusterRole.rbac.authorization.k8s.io": role,
  "RoleBinding.rbac.authorization.k8s.io": roleBinding,
  "ClusterRoleBinding.rbac.authorization.k8s.io": roleBinding,
};

/** Kinds without a page of their own show every field. */
export const generic: Describer = page((out, object, around) => {
  out.head(object);
  out.labels(object);
  tree(out, object, { level: 0, path: "" });
  out.events(around.events);
});

const skipped = new Set([".metadata.managedFields", ".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"]);

function tree(out: Outline, value: Record<string, Part>, at: { level: number; path: string }): void {
  for (const field of Object.keys(value).sort()) {
    const path = `${at.path}.${field}`;
    if (skipped.has(path)) continue;
    const child = value[field];
    if (Array.isArray(child)) {
      out.line(at.level, `${smartLabel(field)}:`);
      for (const item of child) {
        if (typeof item === "object" && item !== null && !Array.isArray(item)) tree(out, item, { level: at.level + 1, path });
        else out.line(at.level + 1, String(item));
      }
    } else if (typeof child === "object" && child !== null) {
      out.line(at.level, `${smartLabel(field)}:`);
      tree(out, child, { level: at.level + 1, path });
    } else out.line(at.level, `${smartLabel(field)}:\t${child === null ? "<nil>" : child}`);
  }
}

/** `creationTimestamp` becomes `Creation Timestamp`. */
function smartLabel(field: string): string {
  if (/[^A-Za-z-]/.test(field)) return field;
  const words = field
    .replace(/URLs/g, "Urls")
    .replace(/IPs/g, "Ips")
    .match(/[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|-/g) ?? [field];
  return words
    .map((word) =>
      ["API", "URL", "UID", "GUID"].includes(word.toUpperCase()) ? word.toUpperCase() : word[0].toUpperCase() + word.slice(1),
    )
    .join(" ")
    .replaceAll("Urls", "URLs")
    .replaceAll("Ips", "IPs");
}
