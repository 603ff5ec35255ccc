/**
 * What upstream fills in for each kind. Objects are changed in place; only absent fields are set, and nothing is written to an
 * object that is complete: patches share parts with objects that are stored, and those are frozen.
 */
import type * as api from "../declarations.ts";
import { defaultPod, defaultPodSpec } from "./pod.ts";

type Defaulter<T> = (object: T) => void;

/** Adds what is absent from a member, in the order of `missing`. */
function fill<T extends object, K extends keyof T>(parent: T, key: K, missing: NonNullable<T[K]>): void {
  const own = parent[key] as NonNullable<T[K]> | undefined;
  if (own && (Object.keys(missing) as (keyof typeof own)[]).every((name) => own[name] !== undefined)) return;
  parent[key] = { ...missing, ...own };
}

const deployment: Defaulter<api.Deployment> = ({ spec }) => {
  if (!spec) return;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") fill(spec.strategy, "rollingUpdate", { maxUnavailable: "25%", maxSurge: "25%" });
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  template(spec.template);
};

function template(of: api.PodTemplateSpec | undefined): void {
  if (of?.spec) defaultPodSpec(of.spec);
}

/** Older workloads take labels and selector from their template. */
const replicaSet: Defaulter<api.ReplicaSet> = ({ metadata, spec }) => {
  if (!spec) return;
  spec.replicas ??= 1;
  template(spec.template);
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
};

const replicationController: Defaulter<api.ReplicationController> = ({ metadata, spec }) => {
  if (!spec) return;
  spec.replicas ??= 1;
  template(spec.template);
  const labels = spec.template?.metadata?.labels;
  if (!labels) return;
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
};

const daemonSet: Defaulter<api.DaemonSet> = ({ spec }) => {
  if (!spec) return;
  template(spec.template);
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") fill(spec.updateStrategy, "rollingUpdate", { maxUnavailable: 1, maxSurge: 0 });
  spec.revisionHistoryLimit ??= 10;
};

const statefulSet: Defaulter<api.StatefulSet> = ({ spec }) => {
  if (!spec) return;
  template(spec.template);
  spec.podManagementPolicy ||= "OrderedReady";
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) persistentVolumeClaim(claim);
};

const job: Defaulter<api.Job> = ({ metadata, spec }) => {
  if (!spec) return;
  jobSpec(spec);
  spec.manualSelector ??= false;
  const labels = spec.template?.metadata?.labels;
  if (labels && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
};

function jobSpec(spec: api.JobSpec): void {
  template(spec.template);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  if (spec.backoffLimit === undefined) spec.backoffLimit = spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
}

const cronJob: Defaulter<api.CronJob> = ({ spec }) => {
  if (!spec) return;
  spec.concurrencyPolicy ||= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  template(spec.jobTemplate?.spec?.template);
};

const service: Defaulter<api.Service> = ({ spec }) => {
  if (!spec) return;
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    if (!port.targetPort && port.port) port.targetPort = port.port;
  }
  const outside = spec.type === "NodePort" || spec.type === "LoadBalancer";
  const usesClusterIp = outside || spec.type === "ClusterIP";
  if (outside || (usesClusterIp && (spec.externalIPs?.length ?? 0) > 0)) spec.externalTrafficPolicy ||= "Cluster";
  if (usesClusterIp) spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type === "LoadBalancer") spec.allocateLoadBalancerNodePorts ??= true;
};

/** What a Service's status gets on the way out: a load balancer address is a virtual one unless told. */
const serviceStatus: Defaulter<api.Service> = ({ status }) => {
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= "VIP";
};

const endpoints: Defaulter<api.Endpoints> = ({ subsets }) => {
  for (const subset of subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= "TCP";
};

const endpointSlice: Defaulter<api.EndpointSlice> = ({ ports }) => {
  for (const port of ports ?? []) {
    port.name ??= "";
    port.protocol ??= "TCP";
  }
};

const persistentVolume: Defaulter<api.PersistentVolume> = ({ spec, status }) => {
  if (spec) {
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    if (spec.hostPath) spec.hostPath.type ??= "";
    if (spec.iscsi) spec.iscsi.iscsiInterface ||= "default";
  }
  if (status) status.phase ||= "Pending";
};

const persistentVolumeClaim: Defaulter<api.PersistentVolumeClaim> = (claim) => {
  if (claim.spec) claim.spec.volumeMode ??= "Filesystem";
  claim.status ??= {};
  claim.status.phase ||= "Pending";
};

const limitRange: Defaulter<api.LimitRange> = ({ spec }) => {
  for (const item of spec?.limits ?? []) {
    if (item.type !== "Container") continue;
    if (item.max) fill(item, "default", item.max);
    if (item.default) fill(item, "defaultRequest", item.default);
    if (item.min) fill(item, "defaultRequest", item.min);
  }
};

const rbacGroup = "rbac.authorization.k8s.io";

const binding: Defaulter<api.RoleBinding | api.ClusterRoleBinding> = ({ roleRef, subjects }) => {
  if (roleRef) roleRef.apiGroup ||= rbacGroup;
  for (const subject of subjects ?? [])
    if (!subject.apiGroup && (subject.kind === "User" || subject.kind === "Group")) subject.apiGroup = rbacGroup;
};

const horizontalPodAutoscaler: Defaulter<api.HorizontalPodAutoscaler> = ({ spec }) => {
  if (!spec) return;
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length)
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }];
  const policies = (ups: boolean) =>
    ups
      ? [
          { type: "Pods", value: 4, periodSeconds: 15 },
          { type: "Percent", value: 100, periodSeconds: 15 },
        ]
      : [{ type: "Percent", value: 100, periodSeconds: 15 }];
  if (spec.behavior) {
    const { behavior } = spec;
    fill(behavior, "scaleUp", { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: policies(true) });
    fill(behavior, "scaleDown", { selectPolicy: "Max", policies: policies(false) });
  }
};

const networkPolicy: Defaulter<api.NetworkPolicy> = ({ spec }) => {
  if (!spec) return;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= "TCP";
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ["Ingress", "Egress"] : ["Ingress"];
};

const storageClass: Defaulter<api.StorageClass> = (object) => {
  object.reclaimPolicy ??= "Delete";
  object.volumeBindingMode ??= "Immediate";
};

const csiDriver: Defaulter<api.CSIDriver> = ({ spec }) => {
  if (!spec) return;
  spec.attachRequired ??= true;
  spec.podInfoOnMount ??= false;
  spec.storageCapacity ??= false;
  spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
  spec.volumeLifecycleModes ??= ["Persistent"];
  spec.requiresRepublish ??= false;
  spec.seLinuxMount ??= false;
};

interface Webhook {
  failurePolicy?: string;
  matchPolicy?: string;
  namespaceSelector?: object;
  objectSelector?: object;
  timeoutSeconds?: number;
  reinvocationPolicy?: string;
  clientConfig?: { service?: { port?: number } };
  rules?: { scope?: string }[];
}

const webhooks =
  (mutating: boolean): Defaulter<{ webhooks?: Webhook[] }> =>
  (object) => {
    for (const webhook of object.webhooks ?? []) {
      webhook.failurePolicy ??= "Fail";
      webhook.matchPolicy ??= "Equivalent";
      webhook.namespaceSelector ??= {};
      webhook.objectSelector ??= {};
      webhook.timeoutSeconds ??= 10;
      if (mutating) webhook.reinvocationPolicy ??= "Never";
      if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
      for (const rule of webhook.rules ?? []) rule.scope ??= "*";
    }
  };

const admissionPolicy: Defaulter<api.ValidatingAdmissionPolicy | api.MutatingAdmissionPolicy> = ({ spec }) => {
  if (!spec) return;
  spec.failurePolicy ??= "Fail";
  if (spec.matchConstraints) matchResources(spec.matchConstraints);
};

const admissionPolicyBinding: Defaulter<api.ValidatingAdmissionPolicyBinding | api.MutatingAdmissionPolicyBinding> = ({ spec }) => {
  if (spec?.matchResources) matchResources(spec.matchResources);
  if (spec?.paramRef) spec.paramRef.parameterNotFoundAction ??= "Deny";
};

function matchResources(match: api.MatchResources): void {
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= "*";
}

const priorityLevel: Defaulter<api.PriorityLevelConfiguration> = ({ spec }) => {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0;
    spec.exempt.lendablePercent ??= 0;
  }
  if (!spec?.limited) return;
  spec.limited.nominalConcurrencyShares ??= 30;
  spec.limited.lendablePercent ??= 0;
  const { queuing } = spec.limited.limitResponse ?? {};
  if (!queuing) return;
  queuing.handSize ||= 8;
  queuing.queues ||= 64;
  queuing.queueLengthLimit ||= 50;
};

const customResourceDefinition: Defaulter<api.CustomResourceDefinition> = ({ spec }) => {
  if (!spec) return;
  spec.scope ||= "Namespaced";
  spec.names ??= {};
  if (spec.names.kind) {
    spec.names.singular ||= spec.names.kind.toLowerCase();
    spec.names.listKind ||= `${spec.names.kind}List`;
  }
  spec.conversion ??= { strategy: "None" };
  if (spec.conversion.webhook?.clientConfig?.service) spec.conversion.webhook.clientConfig.service.port ??= 443;
};

const apiService: Defaulter<api.APIService> = ({ spec }) => {
  if (spec?.service) spec.service.port ??= 443;
};

/** By `apiVersion/kind`. */
// biome-ignore lint/suspicious/noExplicitAny: each entry takes the kind that its key names.
export const defaulters: Readonly<Record<string, Defaulter<any>>> = {
  "v1/Pod": (pod: api.Pod) => {
    if (pod.spec) defaultPod(pod.spec);
  },
  "v1/PodTemplate": (object: api.PodTemplate) => template(object.template),
  "v1/ReplicationController": replicationController,
  "v1/Service": (object: api.Service) => {
    service(object);
    serviceStatus(object);
  },
  "v1/Endpoints": endpoints,
  "v1/Secret": (secret: api.Secret) => {
    secret.type ||= "Opaque";
    // Write-only: it is never stored.
    for (const [key, text] of Object.entries(secret.stringData ?? {}))
      secret.data = { ...secret.data, [key]: Buffer.from(text).toString("base64") } as typeof secret.data;
    delete secret.stringData;
  },
  "v1/PersistentVolume": persistentVolume,
  "v1/PersistentVolumeClaim": persistentVolumeClaim,
  "v1/LimitRange": limitRange,
  "v1/Namespace": (object: api.Namespace) => {
    object.status ??= {};
    object.status.phase ||= "Active";
    if (object.metadata.name) object.metadata.labels = { ...object.metadata.labels, "kubernetes.io/metadata.name": object.metadata.name };
  },
  "v1/Node": ({ status }: api.Node) => {
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  },
  "apps/v1/Deployment": deployment,
  "apps/v1/ReplicaSet": replicaSet,
  "apps/v1/DaemonSet": daemonSet,
  "apps/v1/StatefulSet": statefulSet,
  "batch/v1/Job": job,
  "batch/v1/CronJob": cronJob,
  "discovery.k8s.io/v1/EndpointSlice": endpointSlice,
  "rbac.authorization.k8s.io/v1/RoleBinding": binding,
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": binding,
  "autoscaling/v2/HorizontalPodAutoscaler": horizontalPodAutoscaler,
  "autoscaling/v1/HorizontalPodAutoscaler": ({ spec }: api.AutoscalingV1HorizontalPodAutoscaler) => {
    if (spec) spec.minReplicas ??= 1;
  },
  "networking.k8s.io/v1/NetworkPolicy": networkPolicy,
  "networking.k8s.io/v1/IngressClass": ({ spec }: api.IngressClass) => {
    if (spec?.parameters) spec.parameters.scope ??= "Cluster";
  },
  "storage.k8s.io/v1/StorageClass": storageClass,
  "storage.k8s.io/v1/CSIDriver": csiDriver,
  "scheduling.k8s.io/v1/PriorityClass": (object: api.PriorityClass) => {
    object.preemptionPolicy ??= "PreemptLowerPriority";
  },
  "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration": webhooks(false),
  "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration": webhooks(true),
  "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy": admissionPolicy,
  "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy": admissionPolicy,
  "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding": admissionPolicyBinding,
  "admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding": admissionPolicyBinding,
  "flowcontrol.apiserver.k8s.io/v1/FlowSchema": ({ spec }: api.FlowSchema) => {
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  "flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration": priorityLevel,
  "certificates.k8s.io/v1/CertificateSigningRequest": ({ spec }: api.CertificateSigningRequest) => {
    if (spec) spec.usages ??= ["digital signature", "key encipherment"];
  },
  "apiextensions.k8s.io/v1/CustomResourceDefinition": customResourceDefinition,
  "apiregistration.k8s.io/v1/APIService": apiService,
};
