/** Nobody hands out rights that they do not have: writing roles and bindings needs those rights, or `escalate` and `bind`. */
import type { ClusterRole, PolicyRule, Role, RoleBinding } from "#api/mod.ts";
import type { Rbac } from "../authz/rbac.ts";
import { decide } from "../authz/reviews.ts";
import { covers } from "../authz/rules.ts";
import type { AdmissionPlugin, Authorizer, RequestInfo, User } from "../contract.ts";
import { forbidden, notFound } from "../errors.ts";

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
      if (roleKinds.has(resource)) {
        const rules = (object as Role | ClusterRole).rules ?? [];
        if (oldObject && JSON.stringify((oldObject as Role).rules ?? []) === JSON.stringify(rules)) return;
        if (covers(rbac.rulesFor(user, namespace), rules) || (await may(user, "escalate", resource, namespace, own))) return;
        throw forbidden({ group, resource }, own, refusal(user, rules));
      }
      if (!bindingKinds.has(resource)) return;
      const { roleRef } = object as RoleBinding;
      if (!roleRef) return;
      const rules = rbac.rulesOf(roleRef, namespace);
      const target = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
      if (await may(user, "bind", target, roleRef.kind === "ClusterRole" ? "" : namespace, roleRef.name ?? "")) return;
      if (!rules) throw notFound({ group, resource: target }, roleRef.name ?? "");
      if (!covers(rbac.rulesFor(user, namespace), rules)) throw forbidden({ group, resource }, own, refusal(user, rules));
    },
  };
}

function refusal(user: User, rules: readonly PolicyRule[]): string {
  const text = rules.map((rule) => JSON.stringify(rule)).join("\n");
  const groups = user.groups.map((each) => `"${each}"`).join(" ");
  return `user "${user.name}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${text}`;
}
