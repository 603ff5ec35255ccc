/** The cells of a table row, in the order of the resource's columns. A kind without rules of its own shows name and time. */
import { formatSelector, labelSelectorFrom, selectorFromMap } from "#codec/mod.ts";
import type { KubeObject, Resource } from "../resource.ts";
import { humanDuration, since } from "./age.ts";
import { podSummary } from "./pod-status.ts";

// biome-ignore lint/suspicious/noExplicitAny: the cells read members of every kind; the schema has checked their types.
type Any = any;
type Cells = (object: Any, now: number) => unknown[];

export function tableRow(resource: Resource, object: KubeObject, now: number): unknown[] {
  const make = rows[resource.group ? `${resource.resource}.${resource.group}` : resource.resource];
  if (make) return make(object, now);
  return resource.columns.map(({ name }) => {
    if (name === "Name") return object.metadata.name ?? "";
    if (name === "Age") return age(object, now);
    if (name === "Created At") return object.metadata.creationTimestamp ?? null;
    return "<unknown>";
  });
}

const age = ({ metadata }: KubeObject, now: number) => since(metadata.creationTimestamp, now);
const none = "<none>";
const unset = "<unset>";
const orNone = (text: string | undefined | null) => text || none;
const joined = (list: string[] | undefined | null) => (list?.length ? list.join(",") : none);
const names = (containers: Any[] | undefined) => (containers ?? []).map((container) => container.name).join(",");
const images = (containers: Any[] | undefined) => (containers ?? []).map((container) => container.image ?? "").join(",");
const selector = (of: Any) => (of ? formatSelector(labelSelectorFrom(of)) || none : none);
const plainSelector = (map: Any) => (map && Object.keys(map).length ? formatSelector(selectorFromMap(map)) : none);
const name = (object: KubeObject) => object.metadata.name ?? "";

/** At most so many, then how many more there are. */
function some(list: string[], most: number): string {
  if (list.length === 0) return none;
  return list.length <= most ? list.join(",") : `${list.slice(0, most).join(",")} + ${list.length - most} more...`;
}

const template = (spec: Any): [string, string] => [names(spec?.template?.spec?.containers), images(spec?.template?.spec?.containers)];

const workload: Cells = (o, now) => [
  name(o),
  o.spec?.replicas ?? 0,
  o.status?.replicas ?? 0,
  o.status?.readyReplicas ?? 0,
  age(o, now),
  ...template(o.spec),
];

function nodeStatus({ spec, status }: Any): string {
  const ready = (status?.conditions ?? [])
    .filter(({ type }: Any) => type === "Ready")
    .map((condition: Any) => (condition.status === "True" ? "Ready" : "NotReady"));
  const parts = ready.length ? ready : ["Unknown"];
  if (spec?.unschedulable) parts.push("SchedulingDisabled");
  return parts.join(",");
}

function nodeRoles({ metadata }: KubeObject): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith("node-role.kubernetes.io/")) roles.add(key.slice("node-role.kubernetes.io/".length));
    else if (key === "kubernetes.io/role" && value) roles.add(value);
  }
  return joined([...roles].filter(Boolean).sort());
}

const address = ({ status }: Any, type: string) => orNone((status?.addresses ?? []).find((one: Any) => one.type === type)?.address);

function externalIp({ spec, status }: Any): string {
  const listed: string[] = spec?.externalIPs ?? [];
  switch (spec?.type ?? "ClusterIP") {
    case "LoadBalancer": {
      const given = (status?.loadBalancer?.ingress ?? []).map((one: Any) => one.ip || one.hostname).filter(Boolean);
      const all = [...new Set([...given, ...listed])];
      return all.length ? all.join(",") : "<pending>";
    }
    case "ExternalName":
      return spec.externalName ?? "";
    default:
      return joined(listed);
  }
}

const servicePorts = ({ spec }: Any) =>
  joined(
    (spec?.ports ?? []).map(({ port, nodePort, protocol = "TCP" }: Any) =>
      nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
    ),
  );

const accessModes: Record<string, string> = { ReadWriteOnce: "RWO", ReadOnlyMany: "ROX", ReadWriteMany: "RWX", ReadWriteOncePod: "RWOP" };
const modes = (list: string[] | undefined) => (list ?? []).map((mode) => accessModes[mode] ?? mode).join(",");

function subjects(list: Any[] | undefined, kind: string): string {
  return (list ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace}/${subject.name}` : subject.name))
    .join(", ");
}

const binding: Cells = (o, now) => [
  name(o),
  `${o.roleRef?.kind}/${o.roleRef?.name}`,
  age(o, now),
  subjects(o.subjects, "User"),
  subjects(o.subjects, "Group"),
  subjects(o.subjects, "ServiceAccount"),
];

function jobRow(o: Any, now: number): unknown[] {
  const { completions, parallelism = 1, selector: chosen } = o.spec ?? {};
  const { succeeded = 0, startTime, completionTime, conditions = [] } = o.status ?? {};
  const holds = (type: string) => conditions?.some((condition: Any) => condition.type === type && condition.status === "True");
  const wanted = completions !== undefined ? `${completions}` : parallelism > 1 ? `1 of ${parallelism}` : "1";
  const status = holds("Complete")
    ? "Complete"
    : holds("Failed")
      ? "Failed"
      : o.metadata.deletionTimestamp
        ? "Terminating"
        : holds("Suspended")
          ? "Suspended"
          : holds("FailureTarget")
            ? "FailureTarget"
            : holds("SuccessCriteriaMet")
              ? "SuccessCriteriaMet"
              : "Running";
  const duration = !startTime ? "" : humanDuration((completionTime ? Date.parse(completionTime) : now) - Date.parse(startTime));
  return [name(o), status, `${succeeded}/${wanted}`, duration, age(o, now), ...template(o.spec), selector(chosen)];
}

function endpointsOf({ subsets }: Any): string {
  const all = (subsets ?? []).flatMap((subset: Any) =>
    (subset.ports?.length ? subset.ports : [undefined]).flatMap((port: Any) =>
      (subset.addresses ?? []).map(({ ip }: Any) => (port ? `${ip.includes(":") ? `[${ip}]` : ip}:${port.port}` : ip)),
    ),
  );
  return some(all, 3);
}

function event(o: Any, now: number): unknown[] {
  const object = o.involvedObject ?? o.regarding ?? {};
  const source =
    o.source?.component || o.deprecatedSource?.component
      ? (o.source ?? o.deprecatedSource)
      : { component: o.reportingComponent ?? o.reportingController ?? "", host: o.reportingInstance ?? "" };
  const first = o.firstTimestamp ?? o.deprecatedFirstTimestamp ?? o.eventTime;
  let last = since(o.lastTimestamp ?? o.deprecatedLastTimestamp ?? o.series?.lastObservedTime ?? first, now);
  const count = o.series?.count ?? o.count ?? o.deprecatedCount;
  if (o.series) last = since(o.series.lastObservedTime, now);
  const target = object.kind ? `${String(object.kind).toLowerCase()}/${object.name}` : String(object.name ?? "");
  return [
    last,
    o.type ?? "",
    o.reason ?? "",
    target,
    object.fieldPath ?? "",
    source.host ? `${source.component}, ${source.host}` : (source.component ?? ""),
    (o.message ?? o.note ?? "").trim(),
    since(first, now),
    count || 1,
    name(o),
  ];
}

function pod(o: Any, now: number): unknown[] {
  const { ready, total, status, restarts } = podSummary(o, now);
  const gates: Any[] = o.spec?.readinessGates ?? [];
  const met = gates.filter(({ conditionType }) =>
    (o.status?.conditions ?? []).some((condition: Any) => condition.type === conditionType && condition.status === "True"),
  );
  return [
    name(o),
    `${ready}/${total}`,
    status,
    restarts,
    age(o, now),
    orNone(o.status?.podIPs?.[0]?.ip ?? o.status?.podIP),
    orNone(o.spec?.nodeName),
    orNone(o.status?.nominatedNodeName),
    gates.length ? `${met.length}/${gates.length}` : none,
  ];
}

function ingress(o: Any, now: number): unknown[] {
  const hosts = (o.spec?.rules ?? []).map((rule: Any) => rule.host).filter(Boolean);
  const given = (o.status?.loadBalancer?.ingress ?? []).map((one: Any) => one.ip || one.hostname).filter(Boolean);
  return [
    name(o),
    orNone(o.spec?.ingressClassName),
    hosts.length ? some(hosts, 3) : "*",
    given.join(","),
    o.spec?.tls?.length ? "80, 443" : "80",
    age(o, now),
  ];
}

const rows: Record<string, Cells> = {
  pods: pod,
  "deployments.apps": (o, now) => [
    name(o),
    `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`,
    o.status?.updatedReplicas ?? 0,
    o.status?.availableReplicas ?? 0,
    age(o, now),
    ...template(o.spec),
    selector(o.spec?.selector),
  ],
  "replicasets.apps": (o, now) => [...workload(o, now), selector(o.spec?.selector)],
  replicationcontrollers: (o, now) => [...workload(o, now), plainSelector(o.spec?.selector)],
  "statefulsets.apps": (o, now) => [name(o), `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`, age(o, now), ...template(o.spec)],
  "daemonsets.apps": (o, now) => [
    name(o),
    o.status?.desiredNumberScheduled ?? 0,
    o.status?.currentNumberScheduled ?? 0,
    o.status?.numberReady ?? 0,
    o.status?.updatedNumberScheduled ?? 0,
    o.status?.numberAvailable ?? 0,
    plainSelector(o.spec?.template?.spec?.nodeSelector),
    age(o, now),
    ...template(o.spec),
    selector(o.spec?.selector),
  ],
  "controllerrevisions.apps": (o, now) => {
    const owner = (o.metadata.ownerReferences ?? []).find((reference: Any) => reference.controller);
    return [
      name(o),
      owner ? `${String(owner.kind).toLowerCase()}.${String(owner.apiVersion).split("/")[0]}/${owner.name}` : none,
      o.revision ?? 0,
      age(o, now),
    ];
  },
  "jobs.batch": jobRow,
  "cronjobs.batch": (o, now) => {
    const spec = o.spec?.jobTemplate?.spec;
    return [
      name(o),
      o.spec?.schedule,
      o.spec?.timeZone ?? none,
      o.spec?.suspend === undefined ? unset : o.spec.suspend ? "True" : "False",
      o.status?.active?.length ?? 0,
      o.status?.lastScheduleTime ? since(o.status.lastScheduleTime, now) : none,
      age(o, now),
      ...template(spec),
      selector(spec?.selector),
    ];
  },
  services: (o, now) => [
    name(o),
    o.spec?.type ?? "ClusterIP",
    orNone(o.spec?.clusterIP),
    externalIp(o),
    servicePorts(o),
    age(o, now),
    plainSelector(o.spec?.selector),
  ],
  endpoints: (o, now) => [name(o), endpointsOf(o), age(o, now)],
  "endpointslices.discovery.k8s.io": (o, now) => [
    name(o),
    o.addressType,
    o.ports?.length
      ? some(
          o.ports.map((port: Any) => String(port.port ?? "*")),
          3,
        )
      : unset,
    o.endpoints?.length
      ? some(
          o.endpoints.flatMap((one: Any) => one.addresses ?? []),
          3,
        )
      : unset,
    age(o, now),
  ],
  "ingresses.networking.k8s.io": ingress,
  "ingressclasses.networking.k8s.io": (o, now) => {
    const { kind, apiGroup, name: own } = o.spec?.parameters ?? {};
    return [name(o), o.spec?.controller, kind ? `${kind}${apiGroup ? `.${apiGroup}` : ""}/${own}` : none, age(o, now)];
  },
  "networkpolicies.networking.k8s.io": (o, now) => [name(o), selector(o.spec?.podSelector ?? {}), age(o, now)],
  "ipaddresses.networking.k8s.io": (o, now) => {
    const { group, resource, namespace, name: own } = o.spec?.parentRef ?? {};
    return [name(o), `${group ? `${group}/` : ""}${resource}/${namespace ? `${namespace}/` : ""}${own}`, age(o, now)];
  },
  "servicecidrs.networking.k8s.io": (o, now) => [name(o), (o.spec?.cidrs ?? []).join(","), age(o, now)],
  nodes: (o, now) => [
    name(o),
    nodeStatus(o),
    nodeRoles(o),
    age(o, now),
    o.status?.nodeInfo?.kubeletVersion ?? "",
    address(o, "InternalIP"),
    address(o, "ExternalIP"),
    o.status?.nodeInfo?.osImage || "<unknown>",
    o.status?.nodeInfo?.kernelVersion || "<unknown>",
    o.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
  ],
  namespaces: (o, now) => [name(o), o.status?.phase ?? "", age(o, now)],
  configmaps: (o, now) => [name(o), Object.keys(o.data ?? {}).length + Object.keys(o.binaryData ?? {}).length, age(o, now)],
  secrets: (o, now) => [name(o), o.type ?? "", Object.keys(o.data ?? {}).length, age(o, now)],
  serviceaccounts: (o, now) => [name(o), age(o, now)],
  events: event,
  "events.events.k8s.io": event,
  "leases.coordination.k8s.io": (o, now) => [name(o), o.spec?.holderIdentity ?? "", age(o, now)],
  podtemplates: (o) => [name(o), ...template(o), plainSelector(o.template?.metadata?.labels)],
  persistentvolumes: (o, now) => [
    name(o),
    o.spec?.capacity?.storage ?? "0",
    modes(o.spec?.accessModes),
    o.spec?.persistentVolumeReclaimPolicy ?? "",
    o.metadata.deletionTimestamp ? "Terminating" : (o.status?.phase ?? ""),
    o.spec?.claimRef ? `${o.spec.claimRef.namespace}/${o.spec.claimRef.name}` : "",
    o.spec?.storageClassName ?? "",
    o.spec?.volumeAttributesClassName ?? unset,
    o.status?.reason ?? "",
    age(o, now),
    o.spec?.volumeMode ?? unset,
  ],
  persistentvolumeclaims: (o, now) => {
    const bound = Boolean(o.spec?.volumeName);
    return [
      name(o),
      o.metadata.deletionTimestamp ? "Terminating" : (o.status?.phase ?? ""),
      o.spec?.volumeName ?? "",
      bound ? (o.status?.capacity?.storage ?? "0") : "",
      bound ? modes(o.status?.accessModes) : "",
      o.spec?.storageClassName ?? "",
      o.spec?.volumeAttributesClassName ?? unset,
      age(o, now),
      o.spec?.volumeMode ?? unset,
    ];
  },
  "storageclasses.storage.k8s.io": (o, now) => {
    const isDefault = o.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
    return [
      isDefault ? `${name(o)} (default)` : name(o),
      o.provisioner,
      o.reclaimPolicy ?? "Delete",
      o.volumeBindingMode ?? "Immediate",
      o.allowVolumeExpansion === true,
      age(o, now),
    ];
  },
  "poddisruptionbudgets.policy": (o, now) => [
    name(o),
    String(o.spec?.minAvailable ?? "N/A"),
    String(o.spec?.maxUnavailable ?? "N/A"),
    o.status?.disruptionsAllowed ?? 0,
    age(o, now),
  ],
  "priorityclasses.scheduling.k8s.io": (o, now) => [name(o), o.value ?? 0, o.globalDefault === true, age(o, now), o.preemptionPolicy ?? ""],
  "runtimeclasses.node.k8s.io": (o, now) => [name(o), o.handler, age(o, now)],
  "rolebindings.rbac.authorization.k8s.io": binding,
  "clusterrolebindings.rbac.authorization.k8s.io": binding,
  resourcequotas: (o, now) => {
    const show = (limits: boolean) =>
      Object.keys(o.status?.hard ?? {})
        .filter((key) => key.startsWith("limits") === limits)
        .sort()
        .map((key) => `${key}: ${o.status.used?.[key] ?? "0"}/${o.status.hard[key]}`)
        .join(", ");
    return [name(o), show(false), show(true), age(o, now)];
  },
  "horizontalpodautoscalers.autoscaling": (o, now) => {
    const metrics: Any[] = o.spec?.metrics ?? [];
    const targets = metrics.map((metric) => {
      const own = (o.status?.currentMetrics ?? []).find(
        (one: Any) => one.type === metric.type && one.resource?.name === metric.resource?.name,
      );
      const wanted = metric.resource?.target;
      const isShare = wanted?.averageUtilization !== undefined;
      const is = isShare ? own?.resource?.current?.averageUtilization : own?.resource?.current?.averageValue;
      const shown = is === undefined ? "<unknown>" : isShare ? `${is}%` : is;
      return `${metric.resource?.name ? `${metric.resource.name}: ` : ""}${shown}/${isShare ? `${wanted.averageUtilization}%` : (wanted?.averageValue ?? wanted?.value ?? "<auto>")}`;
    });
    const percent = o.spec?.targetCPUUtilizationPercentage;
    if (percent !== undefined) targets.push(`cpu: ${o.status?.currentCPUUtilizationPercentage ?? "<unknown>"}/${percent}%`);
    const { kind, name: target } = o.spec?.scaleTargetRef ?? {};
    return [
      name(o),
      `${kind}/${target}`,
      targets.length ? targets.join(", ") : none,
      String(o.spec?.minReplicas ?? unset),
      o.spec?.maxReplicas ?? 0,
      o.status?.currentReplicas ?? 0,
      age(o, now),
    ];
  },
  "certificatesigningrequests.certificates.k8s.io": (o, now) => {
    const types = new Set((o.status?.conditions ?? []).map((condition: Any) => condition.type));
    let state = types.has("Denied") ? "Denied" : types.has("Approved") ? "Approved" : "Pending";
    if (types.has("Failed")) state += ",Failed";
    if (o.status?.certificate) state += ",Issued";
    const seconds = o.spec?.expirationSeconds;
    return [
      name(o),
      age(o, now),
      o.spec?.signerName ?? none,
      orNone(o.spec?.username),
      seconds ? humanDuration(seconds * 1000) : none,
      state,
    ];
  },
  "validatingwebhookconfigurations.admissionregistration.k8s.io": (o, now) => [name(o), o.webhooks?.length ?? 0, age(o, now)],
  "mutatingwebhookconfigurations.admissionregistration.k8s.io": (o, now) => [name(o), o.webhooks?.length ?? 0, age(o, now)],
  "volumeattachments.storage.k8s.io": (o, now) => [
    name(o),
    o.spec?.attacher,
    o.spec?.source?.persistentVolumeName ?? "",
    o.spec?.nodeName,
    o.status?.attached === true,
    age(o, now),
  ],
  "csinodes.storage.k8s.io": (o, now) => [name(o), o.spec?.drivers?.length ?? 0, age(o, now)],
  "csidrivers.storage.k8s.io": (o, now) => [
    name(o),
    o.spec?.attachRequired !== false,
    o.spec?.podInfoOnMount === true,
    o.spec?.storageCapacity === true,
    o.spec?.tokenRequests?.length ? o.spec.tokenRequests.map((one: Any) => one.audience).join(",") : unset,
    o.spec?.requiresRepublish === true,
    (o.spec?.volumeLifecycleModes ?? []).join(","),
    age(o, now),
  ],
  "apiservices.apiregistration.k8s.io": (o, now) => {
    const available = (o.status?.conditions ?? []).find((condition: Any) => condition.type === "Available");
    const { namespace, name: own } = o.spec?.service ?? {};
    return [
      name(o),
      own ? `${namespace}/${own}` : "Local",
      available ? (available.status === "True" ? "True" : `${available.status} (${available.reason})`) : "Unknown",
      age(o, now),
    ];
  },
  "flowschemas.flowcontrol.apiserver.k8s.io": (o, now) => {
    const dangling = (o.status?.conditions ?? []).find((condition: Any) => condition.type === "Dangling");
    return [
      name(o),
      o.spec?.priorityLevelConfiguration?.name ?? "",
      o.spec?.matchingPrecedence ?? 0,
      o.spec?.distinguisherMethod?.type ?? none,
      age(o, now),
      dangling?.status ?? "?",
    ];
  },
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": (o, now) => {
    const { limited, type } = o.spec ?? {};
    const queuing = limited?.limitResponse?.queuing;
    return [
      name(o),
      type,
      limited?.nominalConcurrencyShares ?? none,
      queuing?.queues ?? none,
      queuing?.handSize ?? none,
      queuing?.queueLengthLimit ?? none,
      age(o, now),
    ];
  },
};
