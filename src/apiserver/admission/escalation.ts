/** Nobody hands out rights that they do not have: writing roles and bindings needs those rights, or `escalate` and `bind`. */
import { type ClusterRole, type KubeObject, type PolicyRule, type Role, type RoleBinding, semanticEqual } from "#api/mod.ts";
import type { Rbac } from "../authz/rbac.ts";
import { decide } from "../authz/reviews.ts";
import { describeRules, missing } from "../authz/rules.ts";
import type { AdmissionPlugin, Attributes, Authorizer, RequestInfo } from "../contract.ts";
import { forbidden, notFound } from "../request/errors.ts";

const group = "rbac.authorization.k8s.io";
const roleKinds = new Set(["roles", "clusterroles"]);
const bindingKinds = new Set(["rolebindings", "clusterrolebindings"]);
/** What a cluster administrator has: an aggregated role may come to hold anything. */
const fullAuthority: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** The last of the plugins that see an object before its kind's own validation, where upstream's registries ask this. */
export function rbacEscalation(rbac: Rbac, authorizers: readonly Authorizer[]): AdmissionPlugin {
  const may = async ({ user, namespace }: Attributes, verb: string, about: { group: string; resource: string; name: string }) => {
    const info: RequestInfo = {
      path: "",
      verb,
      isResource: true,
      prefix: "apis",
      version: "*",
      namespace,
      subresource: "",
      ...about,
    };
    return (await decide(authorizers, user, info)).allowed;
  };
  const confirm = ({ user, resource, namespace, object }: Attributes, wanted: readonly PolicyRule[], instead?: string) => {
    const lacking = missing(rbac.rulesFor(user, namespace), wanted);
    if (lacking.length > 0)
      throw forbidden({ group, resource }, object?.metadata.name ?? "", instead ?? refusal(user.name, user.groups, lacking));
  };

  async function role(attributes: Attributes): Promise<void> {
    const { resource, info, object, oldObject } = attributes;
    if (await may(attributes, "escalate", { group, resource, name: info.name })) return;
    if (onlyForTheCollector(object!, oldObject)) return;
    confirm(attributes, (object as Role | ClusterRole).rules ?? []);
    if (aggregates(object) || aggregates(oldObject))
      confirm(attributes, fullAuthority, "must have cluster-admin privileges to use the aggregationRule");
  }

  async function binding(attributes: Attributes): Promise<void> {
    const { namespace, object, oldObject } = attributes;
    if (onlyForTheCollector(object!, oldObject)) return;
    const { roleRef } = object as RoleBinding;
    if (!roleRef) return;
    const { kind, name = "", apiGroup = "" } = roleRef;
    if (kind !== "ClusterRole" && kind !== "Role") return; // validation refuses it
    // The namespace of the binding, also for a ClusterRole: who may bind it here may not bind it everywhere.
    const target = kind === "ClusterRole" ? "clusterroles" : "roles";
    if (await may(attributes, "bind", { group: apiGroup, resource: target, name })) return;
    const rules = rbac.rulesOf(roleRef, namespace);
    if (!rules) throw notFound({ group, resource: kind.toLowerCase() }, name);
    confirm(attributes, rules);
  }

  return {
    name: "RBACEscalation",
    matches: [{ apiGroups: [group], resources: [...roleKinds, ...bindingKinds], operations: ["CREATE", "UPDATE"] }],
    async admit(attributes) {
      if (attributes.user.groups.includes("system:masters")) return;
      if (roleKinds.has(attributes.resource)) await role(attributes);
      else if (bindingKinds.has(attributes.resource)) await binding(attributes);
    },
  };
}

const aggregates = (object: KubeObject | undefined) =>
  Boolean((object as ClusterRole | undefined)?.aggregationRule?.clusterRoleSelectors?.length);

/**
 * Whether a write changes nothing but what the garbage collector needs to delete the object one day. Labels count as a change:
 * by them a role joins the roles that aggregate it.
 */
function onlyForTheCollector(object: KubeObject, old: KubeObject | undefined): boolean {
  if (!old) return false;
  const { ownerReferences, finalizers, selfLink, managedFields } = old.metadata;
  return semanticEqual({ ...object, metadata: { ...object.metadata, ownerReferences, finalizers, selfLink, managedFields } }, old);
}

function refusal(name: string, groups: readonly string[], lacking: readonly PolicyRule[]): string {
  const quoted = groups.map((each) => JSON.stringify(each)).join(" ");
  const lines = describeRules(lacking).join("\n");
  return `user ${JSON.stringify(name)} (groups=[${quoted}]) is attempting to grant RBAC permissions not currently held:\n${lines}`;
}
