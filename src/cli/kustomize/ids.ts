/** Who a resource is to kustomize: group, version, kind, name and the namespace that counts. */

export interface Gvk {
  group?: string;
  version?: string;
  kind?: string;
}

export interface Id extends Gvk {
  name: string;
  namespace: string;
}

export const nowhere = "_non_namespaceable_";

/** Kinds that are certainly of no namespace: those of the schema that kustomize carries, Kubernetes 1.21's. */
const clusterScoped = new Set(
  [
    "admissionregistration.k8s.io/v1 MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    "apiextensions.k8s.io/v1 CustomResourceDefinition",
    "apiextensions.k8s.io/v1beta1 CustomResourceDefinition",
    "apiregistration.k8s.io/v1 APIService",
    "apiregistration.k8s.io/v1beta1 APIService",
    "certificates.k8s.io/v1 CertificateSigningRequest",
    "certificates.k8s.io/v1beta1 CertificateSigningRequest",
    "flowcontrol.apiserver.k8s.io/v1beta1 FlowSchema PriorityLevelConfiguration",
    "networking.k8s.io/v1 IngressClass",
    "networking.k8s.io/v1beta1 IngressClass",
    "node.k8s.io/v1 RuntimeClass",
    "node.k8s.io/v1beta1 RuntimeClass",
    "policy/v1beta1 PodSecurityPolicy",
    "rbac.authorization.k8s.io/v1 ClusterRole ClusterRoleBinding",
    "rbac.authorization.k8s.io/v1beta1 ClusterRole ClusterRoleBinding",
    "scheduling.k8s.io/v1 PriorityClass",
    "scheduling.k8s.io/v1beta1 PriorityClass",
    "storage.k8s.io/v1 CSIDriver CSINode StorageClass VolumeAttachment",
    "storage.k8s.io/v1beta1 CSIDriver CSINode StorageClass VolumeAttachment",
    "v1 ComponentStatus Namespace Node PersistentVolume",
  ].flatMap((line) => {
    const [apiVersion, ...kinds] = line.split(" ");
    return kinds.map((kind) => `${apiVersion} ${kind}`);
  }),
);

const namespaced = [
  "apps/v1 ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
  "autoscaling/v1 HorizontalPodAutoscaler",
  "autoscaling/v2beta1 HorizontalPodAutoscaler",
  "autoscaling/v2beta2 HorizontalPodAutoscaler",
  "batch/v1 CronJob Job",
  "batch/v1beta1 CronJob",
  "coordination.k8s.io/v1 Lease",
  "discovery.k8s.io/v1 EndpointSlice",
  "events.k8s.io/v1 Event",
  "networking.k8s.io/v1 Ingress NetworkPolicy",
  "policy/v1 PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1 Role RoleBinding",
  "v1 ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount",
];

/** `apiVersion kind` of what kustomize has a schema for. */
export const knownKinds: ReadonlySet<string> = new Set([
  ...clusterScoped,
  ...namespaced.flatMap((line) => {
    const [apiVersion, ...kinds] = line.split(" ");
    return kinds.map((kind) => `${apiVersion} ${kind}`);
  }),
]);

/** Kinds of `openapi.path` that are said to be of no namespace. */
export interface Scopes {
  clusterScoped: Set<string>;
}

export function splitVersion(apiVersion: string): { group: string; version: string } {
  const at = apiVersion.indexOf("/");
  return at < 0 ? { group: "", version: apiVersion } : { group: apiVersion.slice(0, at), version: apiVersion.slice(at + 1) };
}

export const apiVersionOf = ({ group, version }: Gvk): string => (group ? `${group}/${version ?? ""}` : (version ?? ""));

export function isClusterScoped(gvk: Gvk): boolean {
  return clusterScoped.has(`${apiVersionOf(gvk)} ${gvk.kind}`);
}

/** Where a resource counts as being: unset is the default namespace. */
export function effectiveNamespace(id: Id): string {
  if (isClusterScoped(id)) return nowhere;
  return id.namespace === "" ? "default" : id.namespace;
}

export const sameGvk = (a: Gvk, b: Gvk): boolean =>
  (a.group ?? "") === (b.group ?? "") && (a.version ?? "") === (b.version ?? "") && (a.kind ?? "") === (b.kind ?? "");

export const sameId = (a: Id, b: Id): boolean => effectiveNamespace(a) === effectiveNamespace(b) && a.name === b.name && sameGvk(a, b);

/** What a selector leaves empty fits all. */
export function selectedBy(gvk: Gvk, selector: Gvk): boolean {
  return (
    (!selector.group || selector.group === gvk.group) &&
    (!selector.version || selector.version === gvk.version) &&
    (!selector.kind || selector.kind === gvk.kind)
  );
}

export function gvkText({ group, version, kind }: Gvk): string {
  return `${kind || "[noKind]"}.${version || "[noVer]"}.${group || "[noGrp]"}`;
}

export function idText(id: Id): string {
  return `${gvkText(id)}/${id.name || "[noName]"}.${id.namespace || "[noNs]"}`;
}
