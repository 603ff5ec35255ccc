/** Nobody hands out rights that they do not have: writing roles and bindings needs those rights, or `escalate` and `bind`. */
import type { ClusterRole, KubeObject, PolicyRule, Role, RoleBinding } from "#api/mod.ts";
import type { Rbac } from "../authz/rbac.ts";
import { decide } from "../authz/reviews.ts";
import { describeRules, missing } from "../authz/rules.ts";
import type { AdmissionPlugin, Authorizer, RequestInfo, User } from "../contract.ts";
import { forbidden, notFound } from "../request/errors.ts";

const group = "rbac.authorization.k8s.io";
const roleKinds = new Set(["roles", "clusterroles"]);
const bindingKinds = new Set(["rolebindings", "clusterrolebindings"]);

export function rbacEscalation(rbac: Rbac, authorizers: readonly Authorizer[]): AdmissionPlugin {
  const may = async (user: User, verb: string, resource: string, namespace: string, name: string) => {
    const info: RequestInfo = {
      path: "",
      verb,
      isResource: true,
      prefix: "apis",
      group,
      version: "v1",
      namespace,
      resource,
      subresource: "",
      name,
    };
    return (await decide(authorizers, user, info)).allowed;
  };
  return {
    name: "RBACEscalation",
    handles: (attributes) => attributes.group === group && (attributes.operation === "CREATE" || attributes.operation === "UPDATE"),
    async validate({ user, resource, namespace, object, oldObject, name }) {
      if (user.groups.includes("system:masters")) return;
      const own = object?.metadata.name ?? name;
      if (oldObject && JSON.stringify(policyOf(oldObject)) === JSON.stringify(policyOf(object!))) return;
      if (roleKinds.has(resource)) {
        if (await may(user, "escalate", resource, namespace, name)) return;
        const lacking = missing(rbac.rulesFor(user, namespace), (object as Role | ClusterRole).rules ?? []);
        if (lacking.length) throw forbidden({ group, resource }, own, refusal(user, lacking));
        return;
      }
      if (!bindingKinds.has(resource)) return;
      const { roleRef } = object as RoleBinding;
      if (!roleRef) return;
      const target = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
      // The namespace of the binding, also for a ClusterRole: who may bind it here may not bind it everywhere.
      if (await may(user, "bind", target, namespace, roleRef.name ?? "")) return;
      const rules = rbac.rulesOf(roleRef, namespace);
      if (!rules) throw notFound({ group, resource }, roleRef.name ?? "");
      const lacking = missing(rbac.rulesFor(user, namespace), rules);
      if (lacking.length) throw forbidden({ group, resource }, own, refusal(user, lacking));
    },
  };
}

/** Changes of anything else hand nothing out. */
function policyOf(object: KubeObject): unknown {
  const { rules, subjects, roleRef, aggregationRule } = object as ClusterRole & RoleBinding;
  return [rules ?? [], subjects ?? [], roleRef, aggregationRule];
}

function refusal(user: User, lacking: readonly PolicyRule[]): string {
  const groups = user.groups.map((each) => JSON.stringify(each)).join(" ");
  const lines = describeRules(lacking).join("\n");
  return `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${lines}`;
}
