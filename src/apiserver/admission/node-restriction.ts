/** A kubelet may change only its own Node and the pods on it, and may not raise itself by labels, taints or owners. */
import { type Node, type Pod, pods } from "#api/mod.ts";
import { nodeOf } from "../authz/node.ts";
import type { AdmissionPlugin, Storage } from "../contract.ts";
import { forbidden } from "../request/errors.ts";

const kubeletLabels = new Set([
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/os",
  "beta.kubernetes.io/arch",
  "node.kubernetes.io/instance-type",
  "beta.kubernetes.io/instance-type",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
]);

export function nodeRestriction(storage: Storage): AdmissionPlugin {
  return {
    name: "NodeRestriction",
    handles: ({ user }) => nodeOf(user) !== undefined,
    admit({ user, resource, group, subresource, operation, object, oldObject, name, namespace }) {
      const node = nodeOf(user)!;
      const refuse = (why: string) => forbidden({ group, resource }, name || object?.metadata.name || "", why);
      if (group !== "") return;
      if (resource === "nodes") {
        const target = object?.metadata.name ?? name;
        if (target !== node) throw refuse(`node "${node}" is not allowed to modify node "${target}"`);
        if (operation === "CREATE" && (object as Node).spec?.configSource) throw refuse("node may not set spec.configSource");
        if (operation === "UPDATE" && subresource === "") {
          const before = (oldObject as Node).spec?.taints ?? [];
          if (JSON.stringify((object as Node).spec?.taints ?? []) !== JSON.stringify(before))
            throw refuse(`node "${node}" is not allowed to modify taints`);
          if (JSON.stringify(object?.metadata.ownerReferences ?? []) !== JSON.stringify(oldObject?.metadata.ownerReferences ?? []))
            throw refuse(`node "${node}" is not allowed to modify ownerReferences`);
        }
        const changed = changedLabels(oldObject?.metadata.labels, object?.metadata.labels).filter((key) => isRestricted(key));
        if (operation !== "DELETE" && changed.length > 0) throw refuse(`is not allowed to modify labels: ${changed.sort().join(", ")}`);
      }
      if (resource === "pods" && subresource === "status" && (oldObject as Pod | undefined)?.spec?.nodeName !== node)
        throw refuse(`node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
      if (resource === "pods" && subresource === "" && operation === "CREATE") {
        if (object?.metadata.annotations?.["kubernetes.io/config.mirror"] === undefined)
          throw refuse(`pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`);
        if ((object as Pod).spec?.nodeName !== node) throw refuse(`node "${node}" can only create pods with spec.nodeName set to itself`);
      }
      if (resource === "pods" && (operation === "DELETE" || subresource === "eviction")) {
        const pod = (oldObject ?? storage.get(pods, { namespace, name })) as Pod | undefined;
        if (pod && pod.spec?.nodeName !== node) throw refuse(`node "${node}" can only delete pods with spec.nodeName set to itself`);
      }
    },
  };
}

function changedLabels(before: Record<string, string> = {}, after: Record<string, string> = {}): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]);
}

/** Of kubernetes.io and k8s.io a kubelet may set the well-known ones and those of its own prefix. */
function isRestricted(key: string): boolean {
  if (kubeletLabels.has(key)) return false;
  const domain = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  if (domain === "node-restriction.kubernetes.io" || domain.endsWith(".node-restriction.kubernetes.io")) return true;
  const ours = /(^|\.)(kubernetes\.io|k8s\.io)$/.test(domain);
  return ours && !/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(domain);
}
