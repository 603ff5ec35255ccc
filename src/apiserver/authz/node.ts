/** A kubelet may touch its own node, and of other objects only what the pods on it refer to. */
import type { PolicyRule } from "#api/mod.ts";
import type { Authorizer, Decision, RequestInfo, Storage, User } from "../contract.ts";
import { NodeGraph, type NodeVertex } from "./node-graph.ts";
import { rulesAllow } from "./rules.ts";

const prefix = "system:node:";
const yes: Decision = { allowed: true };
const no = (reason: string): Decision => ({ allowed: false, reason });
const reading = new Set(["get", "list", "watch"]);
const owning = new Set(["get", "create", "update", "patch", "delete"]);

/** The node that a user is, empty for a node without a name, undefined for everybody else. */
export function nodeOf(user: User): string | undefined {
  return user.name.startsWith(prefix) && user.groups.includes("system:nodes") ? user.name.slice(prefix.length) : undefined;
}

export class NodeAuthorizer implements Authorizer {
  readonly #graph = new NodeGraph();
  readonly #rules: readonly PolicyRule[];

  /** `rules`: what every node may do, whatever the stored roles say. */
  constructor(rules: readonly PolicyRule[]) {
    this.#rules = rules;
  }

  start(storage: Storage): () => void {
    return this.#graph.follow(storage);
  }

  authorize(user: User, info: RequestInfo): Decision {
    const node = nodeOf(user);
    if (node === undefined) return { allowed: false };
    if (node === "") return no(`unknown node for user ${JSON.stringify(user.name)}`);
    return (info.isResource && this.#special(node, info)) || (rulesAllow(this.#rules, info) ? yes : no(""));
  }

  /** Undefined: nothing sets this resource apart from the rules. */
  #special(node: string, info: RequestInfo): Decision | undefined {
    switch (info.group === "" ? info.resource : `${info.resource}.${info.group}`) {
      case "secrets":
        return this.#readNamespaced(node, "secrets", info);
      case "configmaps":
        return this.#readNamespaced(node, "configmaps", info);
      case "persistentvolumeclaims":
        if (info.subresource !== "status") return this.#get(node, "persistentvolumeclaims", info);
        if (info.verb !== "update" && info.verb !== "patch") return no("can only get/update/patch this type");
        return this.#related(node, "persistentvolumeclaims", info);
      case "persistentvolumes":
        return this.#get(node, "persistentvolumes", info);
      case "resourceclaims.resource.k8s.io":
        return this.#get(node, "resourceclaims", info);
      case "volumeattachments.storage.k8s.io":
        return this.#get(node, "volumeattachments", info);
      case "serviceaccounts":
        return this.#serviceAccount(node, info);
      case "leases.coordination.k8s.io":
        return lease(node, info);
      case "csinodes.storage.k8s.io":
        return csiNode(node, info);
      case "resourceslices.resource.k8s.io":
        return this.#slice(node, info);
      case "nodes":
        return ownNode(node, info);
      case "pods":
        return this.#pod(node, info);
      case "podcertificaterequests.certificates.k8s.io":
        return { allowed: false }; // the kind is not served
      default:
        return undefined;
    }
  }

  #related(node: string, kind: NodeVertex, { namespace, name }: RequestInfo): Decision {
    if (name === "") return no("No Object name found");
    const scope = kind === "persistentvolumes" || kind === "volumeattachments" || kind === "resourceslices" ? "" : namespace;
    return this.#graph.reaches(node, kind, scope, name) ? yes : no(`no relationship found between node '${node}' and this object`);
  }

  #get(node: string, kind: NodeVertex, info: RequestInfo): Decision {
    if (info.verb !== "get") return no("can only get individual resources of this type");
    if (info.subresource !== "") return no("cannot get subresource");
    return this.#related(node, kind, info);
  }

  #readNamespaced(node: string, kind: NodeVertex, info: RequestInfo): Decision {
    if (!reading.has(info.verb)) return no("can only read resources of this type");
    if (info.subresource !== "") return no("cannot read subresource");
    if (info.namespace === "") return no("can only read namespaced object of this type");
    return this.#related(node, kind, info);
  }

  #serviceAccount(node: string, info: RequestInfo): Decision {
    if (info.verb === "get" && info.subresource === "") return this.#readNamespaced(node, "serviceaccounts", info);
    if (info.verb !== "create" || info.name === "") return no("can only create tokens for individual service accounts");
    if (info.subresource !== "token") return no("can only create token subresource of serviceaccount");
    return this.#related(node, "serviceaccounts", info);
  }

  #slice(node: string, info: RequestInfo): Decision {
    if (info.subresource !== "") return no("cannot authorize ResourceSlice subresources");
    switch (info.verb) {
      case "create":
        return yes; // admission looks at the node that the slice names
      case "get":
      case "update":
      case "patch":
      case "delete":
        return this.#related(node, "resourceslices", info);
      case "watch":
      case "list":
      case "deletecollection":
        return selects(info, "spec.nodeName", node)
          ? yes
          : no("can only list/watch/deletecollection resourceslices with nodeName field selector");
      default:
        return no(
          "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
        );
    }
  }

  #pod(node: string, info: RequestInfo): Decision {
    const { subresource, verb } = info;
    if (subresource === "status") return verb === "update" || verb === "patch" ? yes : no("");
    if (subresource === "eviction") return verb === "create" ? yes : no("");
    if (subresource !== "") return no("");
    switch (verb) {
      case "get":
        return this.#get(node, "pods", info);
      case "list":
      case "watch":
        if (selects(info, "spec.nodeName", node)) return yes;
        return info.name === "" ? no("can only list/watch pods with spec.nodeName field selector") : this.#related(node, "pods", info);
      case "create":
      case "delete":
        return yes; // admission keeps it to mirror pods of its own
      default:
        return no("");
    }
  }
}

/** Requirements are all to hold, so one that keeps to the node is enough; a text that only contains it is not. */
const selects = ({ fieldRequirements }: RequestInfo, field: string, value: string): boolean =>
  (fieldRequirements ?? []).some((each) => each.field === field && each.equal && each.value === value);

function lease(node: string, { verb, namespace, name }: RequestInfo): Decision {
  if (!owning.has(verb)) return no("can only get, create, update, patch, or delete a node lease");
  if (namespace !== "kube-node-lease") return no('can only access leases in the "kube-node-lease" system namespace');
  return verb === "create" || name === node ? yes : no("can only access node lease with the same name as the requesting node");
}

function csiNode(node: string, { verb, subresource, name }: RequestInfo): Decision {
  if (!owning.has(verb)) return no("can only get, create, update, patch, or delete a CSINode");
  if (subresource !== "") return no("cannot authorize CSINode subresources");
  return verb === "create" || name === node ? yes : no("can only access CSINode with the same name as the requesting node");
}

function ownNode(node: string, { verb, subresource, name }: RequestInfo): Decision {
  if (subresource === "status") return verb === "update" || verb === "patch" ? yes : no("");
  if (subresource !== "") return no("");
  if (verb === "create" || verb === "update" || verb === "patch") return yes; // admission keeps it to its own
  if (!reading.has(verb)) return no("");
  if (name === node) return yes;
  return no(
    name === ""
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  );
}
