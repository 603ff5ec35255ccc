/** The cells of one object, by kind, as upstream's server prints them; columns are declared with the resource. */
import type * as api from "../declarations.ts";
import type { KubeObject, Resource } from "../resource.ts";
import { age, formatDuration } from "./ages.ts";
import { podRow } from "./pod-row.ts";

type Row<T> = (object: T, nowMs: number) => unknown[];

const none = "<none>";
const unset = "<unset>";
const orNone = (text: string | undefined) => text || none;
const count = (map: object | undefined) => Object.keys(map ?? {}).length;
const born = (object: { metadata: { creationTimestamp?: string } }, nowMs: number) => age(object.metadata.creationTimestamp, nowMs);

/** In the order of discovery's columns. */
export function tableRow(resource: Resource, object: KubeObject, nowMs: number): unknown[] {
  const row = rows[`${resource.apiVersion}/${resource.kind}`];
  if (row) return row(object, nowMs);
  // A kind without columns of its own has a name and a time of creation.
  return resource.columns.map(({ name }) =>
    name === "Name"
      ? object.metadata.name
      : name === "Age"
        ? born(object, nowMs)
        : name === "Created At"
          ? object.metadata.creationTimestamp
          : none,
  );
}

export function labelSelectorText(selector: api.LabelSelector | undefined): string {
  if (!selector) return none;
  const parts = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    if (operator === "Exists") parts.push(`${key}`);
    else if (operator === "DoesNotExist") parts.push(`!${key}`);
    else parts.push(`${key} ${operator === "In" ? "in" : "notin"} (${values.toSorted().join(",")})`);
  }
  return parts.length > 0 ? parts.join(",") : none;
}

function labelsText(labels: Record<string, string> | undefined): string {
  const parts = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.length > 0 ? parts.map(([key, value]) => `${key}=${value}`).join(",") : none;
}

const containersOf = (template: api.PodTemplateSpec | undefined) => {
  const containers = template?.spec?.containers ?? [];
  return [containers.map((container) => container.name).join(","), containers.map((container) => container.image).join(",")];
};

const node: Row<api.Node> = (object, nowMs) => {
  const { status, spec, metadata } = object;
  const ready = status?.conditions?.find((condition) => condition.type === "Ready");
  const state = ready ? (ready.status === "True" ? "Ready" : "NotReady") : "Unknown";
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) =>
    key.startsWith(prefix) ? key.slice(prefix.length) || [] : key === "kubernetes.io/role" && value ? value : [],
  );
  const address = (type: string) => status?.addresses?.find((each) => each.type === type)?.address;
  const info = status?.nodeInfo;
  return [
    metadata.name,
    spec?.unschedulable ? `${state},SchedulingDisabled` : state,
    roles.length > 0 ? [...new Set(roles)].sort().join(",") : none,
    born(object, nowMs),
    info?.kubeletVersion ?? "",
    orNone(address("InternalIP")),
    orNone(address("ExternalIP")),
    info?.osImage || "<unknown>",
    info?.kernelVersion || "<unknown>",
    info?.containerRuntimeVersion || "<unknown>",
  ];
};

const service: Row<api.Service> = (object, nowMs) => {
  const { spec, status } = object;
  const ports = (spec?.ports ?? []).map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ""}/${port.protocol}`).join(",");
  return [
    object.metadata.name,
    spec?.type,
    spec?.type === "ExternalName" ? none : orNone(spec?.clusterIP),
    externalIp(spec, status),
    orNone(ports),
    born(object, nowMs),
    labelsText(spec?.selector),
  ];
};

function externalIp(spec: api.Service["spec"], status: api.Service["status"]): string {
  const own = spec?.externalIPs ?? [];
  if (spec?.type === "ExternalName") return orNone(spec.externalName);
  if (spec?.type !== "LoadBalancer") return own.length > 0 ? own.join(",") : none;
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap((ingress) => ingress.ip || ingress.hostname || []);
  const all = [...new Set([...balanced, ...own])];
  return all.length > 0 ? all.join(",") : "<pending>";
}

const endpoints: Row<api.Endpoints> = (object, nowMs) => {
  const all: string[] = [];
  for (const subset of object.subsets ?? []) {
    const addresses = subset.addresses ?? [];
    if (!subset.ports?.length) all.push(...addresses.map((address) => address.ip ?? ""));
    else for (const port of subset.ports) all.push(...addresses.map((address) => `${address.ip}:${port.port}`));
  }
  const text = all.length === 0 ? none : all.length > 3 ? `${all.slice(0, 3).join(",")} + ${all.length - 3} more...` : all.join(",");
  return [object.metadata.name, text, born(object, nowMs)];
};

const endpointSlice: Row<api.EndpointSlice> = (object, nowMs) => {
  const ports = (object.ports ?? []).map((port) => String(port.port ?? "*"));
  const addresses = (object.endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []);
  const short = (list: string[]) =>
    list.length === 0 ? unset : list.length > 3 ? `${list.slice(0, 3).join(",")} + ${list.length - 3} more...` : list.join(",");
  return [object.metadata.name, object.addressType, short(ports), short(addresses), born(object, nowMs)];
};

const event: Row<api.Event> = (object, nowMs) => {
  const first = object.eventTime && !object.firstTimestamp ? object.eventTime : object.firstTimestamp;
  const firstSeen = age(first, nowMs);
  const series = object.series;
  const times = series?.count ?? object.count ?? 1;
  const last = series ? series.lastObservedTime : object.lastTimestamp || object.eventTime;
  const lastSeen = times > 1 ? `${age(last, nowMs)} (x${times} over ${firstSeen})` : last ? age(last, nowMs) : firstSeen;
  const about = object.involvedObject;
  const target = about?.name ? `${(about.kind ?? "").toLowerCase()}/${about.name}` : (about?.kind ?? "").toLowerCase();
  const source = [object.source?.component || object.reportingComponent, object.source?.host].filter(Boolean).join(", ");
  return [
    series || times > 1 ? lastSeen.split(" (")[0] : lastSeen,
    object.type,
    object.reason,
    target,
    about?.fieldPath ?? "",
    source,
    (object.message ?? "").trim(),
    firstSeen,
    times,
    object.metadata.name,
  ];
};

const job: Row<api.Job> = (object, nowMs) => {
  const { spec, status } = object;
  const done = status?.succeeded ?? 0;
  const completions =
    spec?.completions !== undefined
      ? `${done}/${spec.completions}`
      : (spec?.parallelism ?? 1) > 1
        ? `${done}/1 of ${spec?.parallelism}`
        : `${done}/1`;
  const start = Date.parse(status?.startTime ?? "");
  const end = Date.parse(status?.completionTime ?? "");
  const duration = Number.isNaN(start) ? "" : formatDuration((Number.isNaN(end) ? nowMs : end) - start);
  const is = (type: string) => status?.conditions?.some((condition) => condition.type === type && condition.status === "True");
  const state = is("Complete")
    ? "Complete"
    : is("Failed")
      ? "Failed"
      : object.metadata.deletionTimestamp
        ? "Terminating"
        : is("Suspended")
          ? "Suspended"
          : is("FailureTarget")
            ? "FailureTarget"
            : is("SuccessCriteriaMet")
              ? "SuccessCriteriaMet"
              : "Running";
  return [
    object.metadata.name,
    state,
    completions,
    duration,
    born(object, nowMs),
    ...containersOf(spec?.template),
    labelSelectorText(spec?.selector),
  ];
};

const modes: Record<string, string> = { ReadWriteOnce: "RWO", ReadOnlyMany: "ROX", ReadWriteMany: "RWX", ReadWriteOncePod: "RWOP" };
const modesText = (list: readonly string[] | undefined) => (list ?? []).map((mode) => modes[mode] ?? mode).join(",");

const volume: Row<api.PersistentVolume> = (object, nowMs) => {
  const { spec, status, metadata } = object;
  const claim = spec?.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : "";
  const phase = metadata.deletionTimestamp ? "Terminating" : status?.phase;
  return [
    metadata.name,
    spec?.capacity?.storage ?? "",
    modesText(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy,
    phase,
    claim,
    spec?.storageClassName ?? "",
    spec?.volumeAttributesClassName || unset,
    status?.reason ?? "",
    born(object, nowMs),
    spec?.volumeMode ?? unset,
  ];
};

const claim: Row<api.PersistentVolumeClaim> = (object, nowMs) => {
  const { spec, status, metadata } = object;
  const bound = Boolean(spec?.volumeName);
  const phase = metadata.deletionTimestamp ? "Terminating" : status?.phase;
  return [
    metadata.name,
    phase,
    spec?.volumeName ?? "",
    bound ? (status?.capacity?.storage ?? "") : "",
    bound ? modesText(status?.accessModes) : "",
    spec?.storageClassName ?? "",
    spec?.volumeAttributesClassName || unset,
    born(object, nowMs),
    spec?.volumeMode ?? unset,
  ];
};

const ingress: Row<api.Ingress> = (object, nowMs) => {
  const hosts = (object.spec?.rules ?? []).map((rule) => rule.host || "*");
  const addresses = (object.status?.loadBalancer?.ingress ?? []).map((each) => each.ip || each.hostname || "");
  const shown =
    hosts.length === 0 ? "*" : hosts.length > 3 ? `${hosts.slice(0, 3).join(",")} + ${hosts.length - 3} more...` : hosts.join(",");
  return [
    object.metadata.name,
    orNone(object.spec?.ingressClassName),
    shown,
    addresses.join(","),
    object.spec?.tls?.length ? "80, 443" : "80",
    born(object, nowMs),
  ];
};

const subjects = (list: readonly api.Subject[] | undefined, kind: string) =>
  (list ?? [])
    .filter((subject) => subject.kind === kind)
    .map((subject) => (kind === "ServiceAccount" ? `${subject.namespace}/${subject.name}` : subject.name));

const binding: Row<api.RoleBinding> = (object, nowMs) => [
  object.metadata.name,
  `${object.roleRef?.kind}/${object.roleRef?.name}`,
  born(object, nowMs),
  subjects(object.subjects, "User").join(", "),
  subjects(object.subjects, "Group").join(", "),
  subjects(object.subjects, "ServiceAccount").join(", "),
];

const autoscaler: Row<api.HorizontalPodAutoscaler> = (object, nowMs) => {
  const { spec, status } = object;
  const target = `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`;
  const metrics = (spec?.metrics ?? []).map((metric) => {
    const wanted = metric.resource?.target;
    if (!metric.resource) return `<unknown>/<auto>`;
    const now = status?.currentMetrics?.find((each) => each.resource?.name === metric.resource?.name)?.resource?.current;
    if (wanted?.averageValue) return `${metric.resource.name}: ${now?.averageValue ?? "<unknown>"}/${wanted.averageValue}`;
    return `${metric.resource.name}: ${now?.averageUtilization === undefined ? "<unknown>" : `${now.averageUtilization}%`}/${wanted?.averageUtilization}%`;
  });
  return [
    object.metadata.name,
    target,
    metrics.length > 0 ? metrics.join(", ") : none,
    spec?.minReplicas === undefined ? unset : String(spec.minReplicas),
    spec?.maxReplicas,
    status?.currentReplicas ?? 0,
    born(object, nowMs),
  ];
};

const role: Row<KubeObject> = (object) => [object.metadata.name, object.metadata.creationTimestamp];

// biome-ignore lint/suspicious/noExplicitAny: each entry takes the kind that its key names.
const rows: Readonly<Record<string, Row<any>>> = {
  "v1/Pod": podRow,
  "v1/Node": node,
  "v1/Service": service,
  "v1/Endpoints": endpoints,
  "v1/Event": event,
  "events.k8s.io/v1/Event": (object: api.EventsV1Event, nowMs) =>
    event(
      {
        ...object,
        involvedObject: object.regarding,
        message: object.note,
        firstTimestamp: object.deprecatedFirstTimestamp,
        lastTimestamp: object.deprecatedLastTimestamp,
        count: object.deprecatedCount,
        source: object.deprecatedSource,
        reportingComponent: object.reportingController,
      } as api.Event,
      nowMs,
    ),
  "v1/ConfigMap": (object: api.ConfigMap, nowMs) => [
    object.metadata.name,
    count(object.data) + count(object.binaryData),
    born(object, nowMs),
  ],
  "v1/Secret": (object: api.Secret, nowMs) => [object.metadata.name, object.type, count(object.data), born(object, nowMs)],
  "v1/Namespace": (object: api.Namespace, nowMs) => [object.metadata.name, object.status?.phase, born(object, nowMs)],
  "v1/ServiceAccount": (object: api.ServiceAccount, nowMs) => [object.metadata.name, object.secrets?.length ?? 0, born(object, nowMs)],
  "v1/PersistentVolume": volume,
  "v1/PersistentVolumeClaim": claim,
  "v1/ReplicationController": (object: api.ReplicationController, nowMs) => [
    object.metadata.name,
    object.spec?.replicas ?? 0,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    born(object, nowMs),
    ...containersOf(object.spec?.template),
    labelsText(object.spec?.selector),
  ],
  "v1/LimitRange": role,
  "v1/ResourceQuota": (object: api.ResourceQuota, nowMs) => {
    const shown = (limits: boolean) =>
      Object.entries(object.status?.hard ?? object.spec?.hard ?? {})
        .filter(([name]) => name.startsWith("limits.") === limits)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, hard]) => `${name}: ${object.status?.used?.[name] ?? "0"}/${hard}`)
        .join(", ");
    return [object.metadata.name, shown(false), shown(true), born(object, nowMs)];
  },
  "v1/PodTemplate": (object: api.PodTemplate) => [
    object.metadata.name,
    ...containersOf(object.template),
    labelsText(object.template?.metadata?.labels),
  ],
  "apps/v1/Deployment": (object: api.Deployment, nowMs) => {
    const { spec, status } = object;
    return [
      object.metadata.name,
      `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 1}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      born(object, nowMs),
      ...containersOf(spec?.template),
      labelSelectorText(spec?.selector),
    ];
  },
  "apps/v1/ReplicaSet": (object: api.ReplicaSet, nowMs) => [
    object.metadata.name,
    object.spec?.replicas ?? 1,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    born(object, nowMs),
    ...containersOf(object.spec?.template),
    labelSelectorText(object.spec?.selector),
  ],
  "apps/v1/StatefulSet": (object: api.StatefulSet, nowMs) => [
    object.metadata.name,
    `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 1}`,
    born(object, nowMs),
    ...containersOf(object.spec?.template),
  ],
  "apps/v1/DaemonSet": (object: api.DaemonSet, nowMs) => {
    const { status, spec } = object;
    return [
      object.metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelsText(spec?.template?.spec?.nodeSelector),
      born(object, nowMs),
      ...containersOf(spec?.template),
      labelSelectorText(spec?.selector),
    ];
  },
  "apps/v1/ControllerRevision": (object: api.ControllerRevision, nowMs) => {
    const owner = object.metadata.ownerReferences?.find((each) => each.controller);
    return [
      object.metadata.name,
      owner ? `${owner.kind?.toLowerCase()}.${owner.apiVersion?.split("/")[0]}/${owner.name}` : none,
      object.revision,
      born(object, nowMs),
    ];
  },
  "batch/v1/Job": job,
  "batch/v1/CronJob": (object: api.CronJob, nowMs) => {
    const { spec, status } = object;
    const last = status?.lastScheduleTime ? age(status.lastScheduleTime, nowMs) : none;
    return [
      object.metadata.name,
      spec?.schedule,
      spec?.timeZone ?? none,
      spec?.suspend ? "True" : "False",
      status?.active?.length ?? 0,
      last,
      born(object, nowMs),
      ...containersOf(spec?.jobTemplate?.spec?.template),
      labelSelectorText(spec?.jobTemplate?.spec?.selector),
    ];
  },
  "discovery.k8s.io/v1/EndpointSlice": endpointSlice,
  "networking.k8s.io/v1/Ingress": ingress,
  "networking.k8s.io/v1/IngressClass": (object: api.IngressClass, nowMs) => {
    const { parameters, controller } = object.spec ?? {};
    return [
      object.metadata.name,
      controller,
      parameters ? `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ""}/${parameters.name}` : none,
      born(object, nowMs),
    ];
  },
  "networking.k8s.io/v1/NetworkPolicy": (object: api.NetworkPolicy, nowMs) => [
    object.metadata.name,
    labelSelectorText(object.spec?.podSelector),
    born(object, nowMs),
  ],
  "networking.k8s.io/v1/IPAddress": (object: api.IPAddress, nowMs) => {
    const parent = object.spec?.parentRef;
    return [
      object.metadata.name,
      parent
        ? [`${parent.resource}${parent.group ? `.${parent.group}` : ""}`, parent.namespace, parent.name].filter(Boolean).join("/")
        : none,
      born(object, nowMs),
    ];
  },
  "networking.k8s.io/v1/ServiceCIDR": (object: api.ServiceCIDR, nowMs) => [
    object.metadata.name,
    (object.spec?.cidrs ?? []).join(","),
    born(object, nowMs),
  ],
  "policy/v1/PodDisruptionBudget": (object: api.PodDisruptionBudget, nowMs) => [
    object.metadata.name,
    object.spec?.minAvailable ?? "N/A",
    object.spec?.maxUnavailable ?? "N/A",
    object.status?.disruptionsAllowed ?? 0,
    born(object, nowMs),
  ],
  "rbac.authorization.k8s.io/v1/Role": role,
  "rbac.authorization.k8s.io/v1/ClusterRole": role,
  "rbac.authorization.k8s.io/v1/RoleBinding": binding,
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": binding,
  "autoscaling/v2/HorizontalPodAutoscaler": autoscaler,
  "autoscaling/v1/HorizontalPodAutoscaler": (object: api.AutoscalingV1HorizontalPodAutoscaler, nowMs) => {
    const { spec, status } = object;
    const now = status?.currentCPUUtilizationPercentage;
    return [
      object.metadata.name,
      `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
      `cpu: ${now === undefined ? "<unknown>" : `${now}%`}/${spec?.targetCPUUtilizationPercentage ?? 80}%`,
      String(spec?.minReplicas ?? unset),
      spec?.maxReplicas,
      status?.currentReplicas ?? 0,
      born(object, nowMs),
    ];
  },
  "coordination.k8s.io/v1/Lease": (object: api.Lease, nowMs) => [
    object.metadata.name,
    object.spec?.holderIdentity ?? "",
    born(object, nowMs),
  ],
  "scheduling.k8s.io/v1/PriorityClass": (object: api.PriorityClass, nowMs) => [
    object.metadata.name,
    object.value ?? 0,
    object.globalDefault === true,
    born(object, nowMs),
    object.preemptionPolicy ?? "",
  ],
  "storage.k8s.io/v1/StorageClass": (object: api.StorageClass, nowMs) => {
    const isDefault = object.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
    return [
      `${object.metadata.name}${isDefault ? " (default)" : ""}`,
      object.provisioner,
      object.reclaimPolicy ?? "Delete",
      object.volumeBindingMode ?? "Immediate",
      object.allowVolumeExpansion === true,
      born(object, nowMs),
    ];
  },
  "storage.k8s.io/v1/CSINode": (object: api.CSINode, nowMs) => [
    object.metadata.name,
    object.spec?.drivers?.length ?? 0,
    born(object, nowMs),
  ],
  "storage.k8s.io/v1/VolumeAttachment": (object: api.VolumeAttachment, nowMs) => [
    object.metadata.name,
    object.spec?.attacher,
    object.spec?.source?.persistentVolumeName ?? "",
    object.spec?.nodeName,
    object.status?.attached === true,
    born(object, nowMs),
  ],
  "node.k8s.io/v1/RuntimeClass": (object: api.RuntimeClass, nowMs) => [object.metadata.name, object.handler, born(object, nowMs)],
  "certificates.k8s.io/v1/CertificateSigningRequest": (object: api.CertificateSigningRequest, nowMs) => {
    const { spec, status } = object;
    const is = (type: string) => status?.conditions?.some((condition) => condition.type === type);
    const state = [
      is("Denied") ? "Denied" : is("Approved") ? "Approved" : is("Failed") ? "" : "Pending",
      is("Failed") ? "Failed" : "",
      status?.certificate ? "Issued" : "",
    ]
      .filter(Boolean)
      .join(",");
    const seconds = spec?.expirationSeconds;
    return [
      object.metadata.name,
      born(object, nowMs),
      spec?.signerName,
      spec?.username,
      seconds === undefined ? none : formatDuration(seconds * 1000),
      state,
    ];
  },
  "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration": (object: api.MutatingWebhookConfiguration, nowMs) => [
    object.metadata.name,
    object.webhooks?.length ?? 0,
    born(object, nowMs),
  ],
  "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration": (object: api.ValidatingWebhookConfiguration, nowMs) => [
    object.metadata.name,
    object.webhooks?.length ?? 0,
    born(object, nowMs),
  ],
  "apiextensions.k8s.io/v1/CustomResourceDefinition": role,
  "apiregistration.k8s.io/v1/APIService": (object: api.APIService, nowMs) => {
    const available = object.status?.conditions?.find((condition) => condition.type === "Available");
    const state = available?.status === "True" ? "True" : available ? `False (${available.reason})` : "Unknown";
    const target = object.spec?.service;
    return [object.metadata.name, target ? `${target.namespace}/${target.name}` : "Local", state, born(object, nowMs)];
  },
  "v1/ComponentStatus": (object: api.ComponentStatus) => {
    const healthy = object.conditions?.find((condition) => condition.type === "Healthy");
    return [object.metadata.name, healthy?.status === "True" ? "Healthy" : "Unhealthy", healthy?.message ?? "", healthy?.error ?? ""];
  },
};
