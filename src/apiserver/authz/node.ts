/** A kubelet may touch its own node, and of other objects only what the pods on it refer to. */
import { type Pod, persistentvolumeclaims, pods } from "#api/mod.ts";
import type { Authorizer, Decision, RequestInfo, Storage, User } from "../contract.ts";
import type { Rbac } from "./rbac.ts";
import { rulesAllow } from "./rules.ts";

const prefix = "system:node:";

/** The node that a user is, or undefined. */
export function nodeOf(user: User): string | undefined {
  return user.name.startsWith(prefix) && user.groups.includes("system:nodes") ? user.name.slice(prefix.length) : undefined;
}

export class NodeAuthorizer implements Authorizer {
  /** Node → what its pods refer to (`secrets/ns/name`) → by how many pods. */
  #used = new Map<string, Map<string, number>>();
  #byPod = new Map<string, { node: string; refs: string[] }>();
  #storage: Storage | undefined;
  readonly #rbac: Rbac;

  constructor(rbac: Rbac) {
    this.#rbac = rbac;
  }

  start(storage: Storage): () => void {
    this.#storage = storage;
    return storage.subscribe(pods, (type, object) => this.#set(object as Pod, type === "DELETED"));
  }

  authorize(user: User, info: RequestInfo): Decision {
    const node = nodeOf(user);
    if (!node) return { allowed: false };
    if (!info.isResource) return { allowed: false };
    const no = (reason: string): Decision => ({ allowed: false, reason });
    const yes: Decision = { allowed: true };
    const { resource, verb, name, namespace, subresource } = info;
    const reading = verb === "get" || verb === "list" || verb === "watch";
    const uses = (kind: string) => this.#used.get(node)?.has(`${kind}/${namespace}/${name}`) === true;
    switch (`${info.group}/${resource}`) {
      case "/secrets":
      case "/configmaps":
        if (!reading || subresource) return no("can only read resources of this type");
        return name && uses(resource) ? yes : no(`no relationship found between node '${node}' and this object`);
      case "/persistentvolumeclaims":
        if (subresource === "status" && (verb === "update" || verb === "patch"))
          return uses(resource) ? yes : no(`no relationship found between node '${node}' and this object`);
        return verb === "get" && uses(resource) ? yes : no(`no relationship found between node '${node}' and this object`);
      case "/persistentvolumes":
        return verb === "get" && this.#usesVolume(node, name) ? yes : no(`no relationship found between node '${node}' and this object`);
      case "/serviceaccounts":
        return verb === "create" && subresource === "token" && uses("serviceaccounts")
          ? yes
          : no(`no relationship found between node '${node}' and this object`);
      case "coordination.k8s.io/leases":
        return namespace === "kube-node-lease" && (name === node || verb === "create")
          ? yes
          : no("can only access node lease with the same name as the requesting node");
      case "storage.k8s.io/csinodes":
        return name === node || verb === "create" ? yes : no("can only access CSINode with the same name as the requesting node");
      case "/nodes":
        if (reading && (name === node || info.fieldSelector === `metadata.name=${node}`)) return yes;
        if (reading) return no(`node '${node}' cannot read other nodes`);
        break;
      case "/pods":
        if (verb === "get") return yes;
        if (reading)
          return info.fieldSelector?.includes(`spec.nodeName=${node}`) || name
            ? yes
            : no("can only list/watch pods with spec.nodeName field selector");
        break;
    }
    return rulesAllow(this.#rbac.rulesOf({ kind: "ClusterRole", name: "system:node" }, "") ?? [], info) ? yes : no("");
  }

  #usesVolume(node: string, volume: string): boolean {
    for (const ref of this.#used.get(node)?.keys() ?? []) {
      const [kind, namespace, name] = ref.split("/");
      if (kind !== "persistentvolumeclaims") continue;
      const claim = this.#storage?.get(persistentvolumeclaims, { namespace, name: name! }) as
        | { spec?: { volumeName?: string } }
        | undefined;
      if (claim?.spec?.volumeName === volume) return true;
    }
    return false;
  }

  #set(pod: Pod, gone: boolean): void {
    const uid = pod.metadata.uid ?? "";
    const before = this.#byPod.get(uid);
    const node = pod.spec?.nodeName;
    if (!gone && before && before.node === node) return;
    if (before) {
      const used = this.#used.get(before.node);
      for (const ref of before.refs) {
        const count = (used?.get(ref) ?? 1) - 1;
        if (count > 0) used?.set(ref, count);
        else used?.delete(ref);
      }
      this.#byPod.delete(uid);
    }
    if (gone || !node) return;
    const refs = [...new Set(refsOf(pod))];
    this.#byPod.set(uid, { node, refs });
    const used = this.#used.get(node) ?? new Map<string, number>();
    this.#used.set(node, used);
    for (const ref of refs) used.set(ref, (used.get(ref) ?? 0) + 1);
  }
}

/** Everything that a kubelet must read to run this pod: `kind/namespace/name`. */
function refsOf(pod: Pod): string[] {
  const { namespace = "default" } = pod.metadata;
  const spec = pod.spec ?? {};
  const out: string[] = [];
  const add = (kind: string, name: string | undefined) => {
    if (name) out.push(`${kind}/${namespace}/${name}`);
  };
  add("serviceaccounts", spec.serviceAccountName);
  for (const secret of spec.imagePullSecrets ?? []) add("secrets", secret.name);
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]) {
    for (const from of container.envFrom ?? []) {
      add("secrets", from.secretRef?.name);
      add("configmaps", from.configMapRef?.name);
    }
    for (const variable of container.env ?? []) {
      add("secrets", variable.valueFrom?.secretKeyRef?.name);
      add("configmaps", variable.valueFrom?.configMapKeyRef?.name);
    }
  }
  for (const volume of spec.volumes ?? []) {
    add("secrets", volume.secret?.secretName);
    add("configmaps", volume.configMap?.name);
    add("persistentvolumeclaims", volume.persistentVolumeClaim?.claimName);
    if (volume.ephemeral) add("persistentvolumeclaims", `${pod.metadata.name}-${volume.name}`);
    for (const source of volume.projected?.sources ?? []) {
      add("secrets", source.secret?.name);
      add("configmaps", source.configMap?.name);
    }
  }
  return out;
}
