/** Where names, labels, annotations, images and counts stand in built-in kinds, unless a configuration says more. */

import type { FieldSpec } from "./field-specs.ts";
import type { Gvk } from "./ids.ts";

export interface NameReference extends Gvk {
  fieldSpecs: FieldSpec[];
}

export interface Config {
  namePrefix: FieldSpec[];
  nameSuffix: FieldSpec[];
  namespace: FieldSpec[];
  commonLabels: FieldSpec[];
  labels: FieldSpec[];
  templateLabels: FieldSpec[];
  commonAnnotations: FieldSpec[];
  nameReference: NameReference[];
  varReference: FieldSpec[];
  images: FieldSpec[];
  replicas: FieldSpec[];
}

const made = (path: string, gvk: Gvk = {}): FieldSpec => ({ path, create: true, ...gvk });
const found = (path: string, gvk: Gvk = {}): FieldSpec => ({ path, ...gvk });

const metadataLabels = [
  made("metadata/labels"),
  made("spec/template/metadata/labels", { version: "v1", kind: "ReplicationController" }),
  ...["Deployment", "ReplicaSet", "DaemonSet"].map((kind) => made("spec/template/metadata/labels", { kind })),
  made("spec/template/metadata/labels", { group: "apps", kind: "StatefulSet" }),
  made("spec/volumeClaimTemplates[]/metadata/labels", { group: "apps", kind: "StatefulSet" }),
  made("spec/template/metadata/labels", { group: "batch", kind: "Job" }),
  made("spec/jobTemplate/metadata/labels", { group: "batch", kind: "CronJob" }),
  made("spec/jobTemplate/spec/template/metadata/labels", { group: "batch", kind: "CronJob" }),
];

const spread = (kind: string) =>
  [
    ...["podAffinity", "podAntiAffinity"].flatMap((affinity) => [
      `affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels`,
      `affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
    ]),
    "topologySpreadConstraints/labelSelector/matchLabels",
  ].map((path) => found(`spec/template/spec/${path}`, { group: "apps", kind }));

const selectors = [
  made("spec/selector", { version: "v1", kind: "Service" }),
  made("spec/selector", { version: "v1", kind: "ReplicationController" }),
  made("spec/selector/matchLabels", { kind: "Deployment" }),
  ...spread("Deployment"),
  made("spec/selector/matchLabels", { kind: "ReplicaSet" }),
  made("spec/selector/matchLabels", { kind: "DaemonSet" }),
  made("spec/selector/matchLabels", { group: "apps", kind: "StatefulSet" }),
  ...spread("StatefulSet"),
  found("spec/selector/matchLabels", { group: "batch", kind: "Job" }),
  found("spec/jobTemplate/spec/selector/matchLabels", { group: "batch", kind: "CronJob" }),
  found("spec/selector/matchLabels", { group: "policy", kind: "PodDisruptionBudget" }),
  ...["spec/podSelector", "spec/ingress/from/podSelector", "spec/egress/to/podSelector"].map((path) =>
    found(`${path}/matchLabels`, { group: "networking.k8s.io", kind: "NetworkPolicy" }),
  ),
];

const commonAnnotations = [
  made("metadata/annotations"),
  made("spec/template/metadata/annotations", { version: "v1", kind: "ReplicationController" }),
  ...["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"].map((kind) => made("spec/template/metadata/annotations", { kind })),
  made("spec/template/metadata/annotations", { group: "batch", kind: "Job" }),
  made("spec/jobTemplate/metadata/annotations", { group: "batch", kind: "CronJob" }),
  made("spec/jobTemplate/spec/template/metadata/annotations", { group: "batch", kind: "CronJob" }),
];

/** The pod's own spec in each kind that holds one. */
const podSpecs: Record<string, string> = {
  Pod: "spec",
  PodTemplate: "template/spec",
  Deployment: "spec/template/spec",
  ReplicaSet: "spec/template/spec",
  DaemonSet: "spec/template/spec",
  StatefulSet: "spec/template/spec",
  ReplicationController: "spec/template/spec",
  Job: "spec/template/spec",
  CronJob: "spec/jobTemplate/spec/template/spec",
};

const inPods = (kinds: string[], paths: string[]): FieldSpec[] =>
  kinds.flatMap((kind) => paths.map((path) => found(`${podSpecs[kind]}/${path}`, { kind })));

const configured = ["PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob"];
const owning = ["StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job", "DaemonSet"];

function keyed(source: string, from: string): string[] {
  const containers = ["containers", "initContainers"];
  return [...containers.map((list) => `${list}/env/valueFrom/${source}/name`), ...containers.map((list) => `${list}/envFrom/${from}/name`)];
}

const configMapPaths = ["volumes/configMap/name", ...keyed("configMapKeyRef", "configMapRef"), "volumes/projected/sources/configMap/name"];
const secretPaths = [
  "volumes/secret/secretName",
  ...keyed("secretKeyRef", "secretRef"),
  "imagePullSecrets/name",
  "volumes/projected/sources/secret/name",
];

const ofPod = (paths: string[]) => paths.map((path) => found(`spec/${path}`, { version: "v1", kind: "Pod" }));
const annotation = (name: string) => found(`metadata/annotations/${name.replaceAll("/", "\\/")}`, { kind: "Ingress" });
const ruled = ["Role", "ClusterRole"].map((kind) => found("rules/resourceNames", { kind }));
const rbac = "rbac.authorization.k8s.io";
const admission = "admissionregistration.k8s.io";

const nameReference: NameReference[] = [
  ...["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map((kind) => ({
    kind,
    fieldSpecs: [found("spec/scaleTargetRef/name", { kind: "HorizontalPodAutoscaler" })],
  })),
  {
    kind: "ConfigMap",
    version: "v1",
    fieldSpecs: [
      ...ofPod(configMapPaths),
      ...inPods(configured, configMapPaths),
      found("spec/configSource/configMap", { kind: "Node" }),
      ...ruled,
      annotation("nginx.ingress.kubernetes.io/fastcgi-params-configmap"),
    ],
  },
  {
    kind: "Secret",
    version: "v1",
    fieldSpecs: [
      ...ofPod(secretPaths),
      ...inPods(configured, secretPaths),
      found("spec/tls/secretName", { kind: "Ingress" }),
      annotation("ingress.kubernetes.io/auth-secret"),
      annotation("nginx.ingress.kubernetes.io/auth-secret"),
      annotation("nginx.ingress.kubernetes.io/auth-tls-secret"),
      found("imagePullSecrets/name", { kind: "ServiceAccount" }),
      ...["secretName", "adminSecretName", "userSecretName", "secretRef"].map((name) =>
        found(`parameters/${name}`, { kind: "StorageClass" }),
      ),
      ...ruled,
      found("spec/template/spec/containers/env/valueFrom/secretKeyRef/name", {
        group: "serving.knative.dev",
        version: "v1",
        kind: "Service",
      }),
      found("spec/azureFile/secretName", { kind: "PersistentVolume" }),
    ],
  },
  {
    kind: "Service",
    version: "v1",
    fieldSpecs: [
      found("spec/serviceName", { kind: "StatefulSet", group: "apps" }),
      ...[
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
      ].map((path) => found(path, { kind: "Ingress" })),
      found("spec/service/name", { kind: "APIService", group: "apiregistration.k8s.io" }),
      found("webhooks/clientConfig/service", { kind: "ValidatingWebhookConfiguration", group: admission }),
      found("webhooks/clientConfig/service", { kind: "MutatingWebhookConfiguration", group: admission }),
    ],
  },
  { kind: "Role", group: rbac, fieldSpecs: [found("roleRef/name", { kind: "RoleBinding", group: rbac })] },
  {
    kind: "ClusterRole",
    group: rbac,
    fieldSpecs: ["RoleBinding", "ClusterRoleBinding"].map((kind) => found("roleRef/name", { kind, group: rbac })),
  },
  {
    kind: "ServiceAccount",
    version: "v1",
    fieldSpecs: [
      ...["RoleBinding", "ClusterRoleBinding"].map((kind) => found("subjects", { kind, group: rbac })),
      ...inPods(["Pod", ...owning], ["serviceAccountName"]),
    ],
  },
  {
    kind: "PersistentVolumeClaim",
    version: "v1",
    fieldSpecs: inPods(["Pod", ...owning], ["volumes/persistentVolumeClaim/claimName"]),
  },
  {
    kind: "PersistentVolume",
    version: "v1",
    fieldSpecs: [found("spec/volumeName", { kind: "PersistentVolumeClaim" }), found("rules/resourceNames", { kind: "ClusterRole" })],
  },
  {
    kind: "StorageClass",
    version: "v1",
    group: "storage.k8s.io",
    fieldSpecs: [
      found("spec/storageClassName", { kind: "PersistentVolume" }),
      found("spec/storageClassName", { kind: "PersistentVolumeClaim" }),
      found("spec/volumeClaimTemplates/spec/storageClassName", { kind: "StatefulSet" }),
    ],
  },
  {
    kind: "PriorityClass",
    version: "v1",
    group: "scheduling.k8s.io",
    fieldSpecs: inPods(["Pod", ...owning], ["priorityClassName"]),
  },
  {
    kind: "IngressClass",
    version: "v1",
    group: "networking.k8s.io/v1",
    fieldSpecs: [found("spec/ingressClassName", { kind: "Ingress" })],
  },
  {
    kind: "ValidatingAdmissionPolicy",
    group: admission,
    fieldSpecs: [found("spec/policyName", { kind: "ValidatingAdmissionPolicyBinding", group: admission })],
  },
];

const variable = ["args", "command", "env/value", "volumeMounts/mountPath"];
const varsOf = (kind: string, spec: string, nfs: string) => [
  ...["containers", "initContainers"].flatMap((list) => variable.map((path) => found(`${spec}/${list}/${path}`, { kind }))),
  found(nfs, { kind }),
];

const varReference: FieldSpec[] = [
  ...varsOf("CronJob", podSpecs.CronJob!, "spec/jobTemplate/spec/template/volumes/nfs/server"),
  ...["DaemonSet", "Deployment", "Job", "ReplicaSet"].flatMap((kind) =>
    varsOf(kind, podSpecs[kind]!, "spec/template/spec/volumes/nfs/server"),
  ),
  ...varsOf("StatefulSet", podSpecs.StatefulSet!, "spec/volumeClaimTemplates/spec/nfs/server"),
  ...varsOf("Pod", "spec", "spec/volumes/nfs/server"),
  found("spec/template/metadata/annotations", { kind: "Deployment" }),
  ...["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"].map((path) => found(path, { kind: "Ingress" })),
  ...["spec/ports/port", "spec/ports/targetPort"].map((path) => found(path, { kind: "Service" })),
  found("spec/nfs/server", { kind: "PersistentVolume" }),
  found("metadata/labels"),
  found("metadata/annotations"),
];

export const defaultConfig: Readonly<Config> = {
  namePrefix: [found("metadata/name")],
  nameSuffix: [found("metadata/name")],
  namespace: [
    made("metadata/name", { kind: "Namespace" }),
    made("spec/service/namespace", { group: "apiregistration.k8s.io", kind: "APIService" }),
    found("spec/conversion/webhook/clientConfig/service/namespace", {
      group: "apiextensions.k8s.io",
      kind: "CustomResourceDefinition",
    }),
  ],
  commonLabels: [...selectors, ...metadataLabels],
  labels: [],
  templateLabels: metadataLabels,
  commonAnnotations,
  nameReference,
  varReference,
  images: ["spec", "spec/template/spec"].flatMap((spec) =>
    ["containers[]/image", "initContainers[]/image", "volumes[]/image/reference"].map((path) => made(`${spec}/${path}`)),
  ),
  replicas: ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map((kind) => made("spec/replicas", { kind })),
};
