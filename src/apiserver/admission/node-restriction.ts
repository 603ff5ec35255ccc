/**
 * What a kubelet writes is its own: its Node, the status of its pods, their mirror pods and tokens, its lease, CSINode and slices;
 * and it may not raise itself by labels, taints or owners. Every subresource of a kind obeys what the kind obeys.
 */
import {
  type CSIDriver,
  csidrivers,
  type KubeObject,
  type Node,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type ResourceSlice,
  semanticEqual,
  type TokenRequest,
  type Volume,
} from "#api/mod.ts";
import { nodeOf } from "../authz/node.ts";
import { apiReference } from "../authz/pod-references.ts";
import { decide } from "../authz/reviews.ts";
import type { AdmissionPlugin, Attributes, Authorizer, Storage } from "../contract.ts";
import { notFound } from "../request/errors.ts";
import { forbiddenNodeLabels } from "./node-labels.ts";
import { refused } from "./refused.ts";

const mirror = "kubernetes.io/config.mirror";
const quoted = JSON.stringify;
const podAbout = { group: "", resource: "pods" };

export function nodeRestriction(storage: Storage, authorizers: readonly Authorizer[]): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["CREATE", "UPDATE", "DELETE"] }],
    async admit(attributes) {
      const node = nodeOf(attributes.user);
      if (node === undefined) return;
      if (node === "") throw refused(attributes, `could not determine node from user ${quoted(attributes.user.name)}`);
      const { group, resource, subresource } = attributes;
      switch (group === "" ? resource : `${resource}.${group}`) {
        case "pods":
          return admitPod(storage, node, attributes);
        case "nodes":
          return admitNode(node, attributes);
        case "persistentvolumeclaims":
          if (subresource !== "status") throw refused(attributes, "may only update PVC status");
          return admitClaimStatus(node, attributes);
        case "serviceaccounts":
          return admitToken(storage, authorizers, node, attributes);
        case "leases.coordination.k8s.io":
          return admitLease(node, attributes);
        case "csinodes.storage.k8s.io":
          if (nameIn(attributes) !== node) throw refused(attributes, "can only access CSINode with the same name as the requesting node");
          return;
        case "resourceslices.resource.k8s.io":
          return admitSlice(node, attributes);
        case "certificatesigningrequests.certificates.k8s.io":
          return admitRequest(node, attributes);
      }
    },
  };
}

const nameIn = ({ operation, object, name }: Attributes) => (operation === "CREATE" ? (object?.metadata.name ?? "") : name);

function admitPod(storage: Storage, node: string, attributes: Attributes): void {
  const { subresource, operation, namespace, name, object } = attributes;
  if (subresource === "status") return admitPodStatus(node, attributes);
  if (subresource === "eviction") {
    if (operation !== "CREATE") throw refused(attributes, `unexpected operation ${operation}`);
    const pod = existingPod(storage, namespace, name || (object?.metadata?.name ?? ""));
    if (pod.spec?.nodeName !== node) throw refused(attributes, `node ${node} can only evict pods with spec.nodeName set to itself`);
    return;
  }
  if (subresource !== "")
    throw refused(attributes, `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`);
  if (operation === "CREATE") return admitMirrorPod(storage, node, attributes);
  if (operation !== "DELETE")
    throw refused(attributes, `unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`);
  if (existingPod(storage, namespace, name).spec?.nodeName !== node)
    throw refused(attributes, `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`);
}

function existingPod(storage: Storage, namespace: string, name: string): Pod {
  const pod = storage.get(pods, { namespace, name }) as Pod | undefined;
  if (!pod) throw notFound(podAbout, name);
  return pod;
}

function admitMirrorPod(storage: Storage, node: string, attributes: Attributes): void {
  const pod = attributes.object as Pod;
  const can = (what: string) => refused(attributes, `node ${quoted(node)} can only create pods with ${what}`);
  if (pod.metadata.annotations?.[mirror] === undefined)
    throw refused(attributes, `pod does not have ${quoted(mirror)} annotation, node ${quoted(node)} can only create mirror pods`);
  if (pod.spec?.nodeName !== node) throw can("spec.nodeName set to itself");
  const [owner, ...more] = pod.metadata.ownerReferences ?? [];
  if (more.length > 0) throw can("a single owner reference set to itself");
  if (!owner || owner.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) throw can("an owner reference set to itself");
  if (!owner.controller) throw can("a controller owner reference set to itself");
  if (owner.blockOwnerDeletion) throw refused(attributes, `node ${quoted(node)} must not set blockOwnerDeletion on an owner reference`);
  const own = storage.get(nodes, { name: node });
  if (!own) throw notFound({ group: "", resource: "nodes" }, node);
  if (owner.uid !== own.metadata.uid) throw refused(attributes, `node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`);
  const reference = apiReference(pod);
  if (reference) throw refused(attributes, `node ${quoted(node)} can not create pods that reference ${reference}`);
}

function admitPodStatus(node: string, attributes: Attributes): void {
  if (attributes.operation !== "UPDATE") throw refused(attributes, `unexpected operation ${quoted(attributes.operation)}`);
  const [pod, before] = [attributes.object as Pod, attributes.oldObject as Pod];
  if (before.spec?.nodeName !== node)
    throw refused(attributes, `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`);
  const same = (of: (pod: Pod) => unknown) => semanticEqual(of(pod), of(before));
  if (!same(({ metadata }) => metadata.labels ?? {}))
    throw refused(attributes, `node ${quoted(node)} cannot update labels through pod status`);
  // Upstream's words, spelling included.
  if (!same(({ status }) => status?.resourceClaimStatuses))
    throw refused(attributes, `node ${quoted(node)} cannot update resource claim statues`);
  if (!same(({ status }) => status?.extendedResourceClaimStatus))
    throw refused(attributes, `node ${quoted(node)} cannot update extended resource claim status`);
}

/** Status and metadata come here too: the garbage collector deletes what names an owner that is gone. */
function admitNode(node: string, attributes: Attributes): void {
  const target = attributes.name;
  if (target !== node) throw refused(attributes, `node ${quoted(node)} is not allowed to modify node ${quoted(target)}`);
  const [next, before] = [attributes.object as Node | undefined, attributes.oldObject as Node | undefined];
  if (attributes.operation === "CREATE") {
    if (next?.spec?.configSource)
      throw refused(attributes, `node ${quoted(node)} is not allowed to create pods with a non-nil configSource`);
    const labels = forbiddenNodeLabels(undefined, next?.metadata.labels);
    if (labels.length > 0)
      throw refused(attributes, `node ${quoted(node)} is not allowed to set the following labels: ${labels.join(", ")}`);
  }
  if (attributes.operation !== "UPDATE" || !next || !before) return;
  if (next.spec?.configSource && !semanticEqual(next.spec.configSource, before.spec?.configSource))
    throw refused(attributes, `node ${quoted(node)} is not allowed to update configSource to a new non-nil configSource`);
  if (!semanticEqual(next.spec?.taints, before.spec?.taints))
    throw refused(attributes, `node ${quoted(node)} is not allowed to modify taints`);
  if (!semanticEqual(next.metadata.ownerReferences, before.metadata.ownerReferences))
    throw refused(attributes, `node ${quoted(node)} is not allowed to modify ownerReferences`);
  const labels = forbiddenNodeLabels(before.metadata.labels, next.metadata.labels);
  if (labels.length > 0) throw refused(attributes, `is not allowed to modify labels: ${labels.join(", ")}`);
}

/** Of a claim only what growing it changes. */
function admitClaimStatus(node: string, attributes: Attributes): void {
  if (attributes.operation !== "UPDATE") throw refused(attributes, `unexpected operation ${quoted(attributes.operation)}`);
  const rest = (object: KubeObject | undefined) => {
    const { metadata, status, ...more } = object as PersistentVolumeClaim;
    const { capacity: _c, conditions: _o, allocatedResourceStatuses: _s, allocatedResources: _r, ...kept } = status ?? {};
    const { resourceVersion: _v, managedFields: _m, ...meta } = metadata;
    return { ...more, metadata: meta, status: kept };
  };
  if (!semanticEqual(rest(attributes.object), rest(attributes.oldObject)))
    throw refused(attributes, `node ${quoted(node)} is not allowed to update fields other than status.quantity and status.conditions`);
}

/** Only tokens bound to a pod of the node's own, for audiences that the pod, its volumes' drivers or a role name. */
async function admitToken(storage: Storage, authorizers: readonly Authorizer[], node: string, attributes: Attributes): Promise<void> {
  if (attributes.operation !== "CREATE" || attributes.subresource !== "token") return;
  const { boundObjectRef: ref, audiences = [] } = (attributes.object as TokenRequest).spec ?? {};
  if (!ref || ref.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name)
    throw refused(attributes, "node requested token not bound to a pod");
  if (!ref.uid) throw refused(attributes, "node requested token with a pod binding without a uid");
  const pod = existingPod(storage, attributes.namespace, ref.name);
  if (ref.uid !== pod.metadata.uid)
    throw refused(
      attributes,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec?.nodeName !== node) throw refused(attributes, "node requested token bound to a pod scheduled on a different node");
  if ((audiences ?? []).length > 1) throw refused(attributes, "node may only request 0 or 1 audiences");
  const audience = audiences?.[0] ?? "";
  const problems: string[] = [];
  if (namesAudience(storage, pod, audience, problems)) return;
  if (problems.length > 0)
    throw refused(
      attributes,
      `error validating audience ${quoted(audience)}: ${problems.length > 1 ? `[${problems.join(", ")}]` : problems[0]}`,
    );
  const { allowed } = await decide(authorizers, attributes.user, {
    path: "",
    verb: "request-serviceaccounts-token-audience",
    isResource: true,
    prefix: "api",
    group: "",
    version: "v1",
    namespace: attributes.namespace,
    resource: audience,
    subresource: "",
    name: attributes.name,
  });
  if (!allowed)
    throw refused(
      attributes,
      `audience ${quoted(audience)} not found in pod spec volume, ${attributes.user.name} is not authorized to request tokens for this audience`,
    );
}

function namesAudience(storage: Storage, pod: Pod, audience: string, problems: string[]): boolean {
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.projected?.sources?.some(({ serviceAccountToken: token }) => token && (token.audience ?? "") === audience)) return true;
    const driver = driverOf(storage, pod, volume, problems);
    if (!driver) continue;
    const found = storage.get(csidrivers, { name: driver }) as CSIDriver | undefined;
    if (!found) problems.push(`csidriver.storage.k8s.io ${quoted(driver)} not found`);
    else if (found.spec?.tokenRequests?.some((each) => (each.audience ?? "") === audience)) return true;
  }
  return false;
}

/** In-tree volumes that upstream has moved to drivers. */
const moved: Record<string, string> = {
  awsElasticBlockStore: "ebs.csi.aws.com",
  azureDisk: "disk.csi.azure.com",
  azureFile: "file.csi.azure.com",
  cinder: "cinder.csi.openstack.org",
  gcePersistentDisk: "pd.csi.storage.gke.io",
  portworxVolume: "pxd.portworx.com",
  vsphereVolume: "csi.vsphere.vmware.com",
};
const movedDriver = (source: object): string | undefined => Object.entries(moved).find(([field]) => field in source)?.[1];

function driverOf(storage: Storage, pod: Pod, volume: Volume, problems: string[]): string | undefined {
  if (volume.csi) return volume.csi.driver;
  const name = volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName;
  if (!name) return movedDriver(volume);
  const claim = storage.get(persistentvolumeclaims, { namespace: pod.metadata.namespace, name }) as PersistentVolumeClaim | undefined;
  if (!claim) return void problems.push(`persistentvolumeclaim ${quoted(name)} not found`);
  const volumeName = claim.spec?.volumeName ?? "";
  const found = storage.get(persistentvolumes, { name: volumeName }) as PersistentVolume | undefined;
  if (!found) return void problems.push(`persistentvolume ${quoted(volumeName)} not found`);
  return found.spec?.csi?.driver ?? movedDriver(found.spec ?? {});
}

function admitLease(node: string, attributes: Attributes): void {
  if (attributes.namespace !== "kube-node-lease")
    throw refused(attributes, 'can only access leases in the "kube-node-lease" system namespace');
  if (nameIn(attributes) !== node) throw refused(attributes, "can only access node lease with the same name as the requesting node");
}

function admitSlice(node: string, attributes: Attributes): void {
  const { operation, object, oldObject } = attributes;
  if (operation !== "CREATE" && operation !== "DELETE") return; // the authorizer has looked at the stored one
  const slice = (operation === "CREATE" ? object : oldObject) as ResourceSlice | undefined;
  if (slice?.spec?.nodeName !== node)
    throw refused(attributes, `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`);
}

/** A kubelet asks for certificates of its own name; what else they hold is the signer's to look at. */
async function admitRequest(node: string, attributes: Attributes): Promise<void> {
  if (attributes.operation !== "CREATE") return;
  const { spec } = attributes.object as unknown as { spec?: { signerName?: string; request?: string } };
  if (spec?.signerName !== "kubernetes.io/kubelet-serving" && spec?.signerName !== "kubernetes.io/kube-apiserver-client-kubelet") return;
  const { subjectOfRequest } = await import("./certificate-subject.ts"); // slow to load, rarely needed
  const subject = subjectOfRequest(spec.request);
  if (typeof subject === "string") throw refused(attributes, `unable to parse csr: ${subject}`);
  if (subject.commonName !== `system:node:${node}`) throw refused(attributes, `can only create a node CSR with CN=system:node:${node}`);
}
