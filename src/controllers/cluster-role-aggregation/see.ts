/**
 * Fills ClusterRoles that are put together from others, such as admin, edit and view. Our own API server does it itself, before a
 * controller could; upstream's leaves it to this one.
 */
import { type ClusterRole, clusterroles, type PolicyRule } from "#api/mod.ts";
import { type Reconciler, reconciler, type Step, via } from "#client/mod.ts";
import { labelSelectorFrom, matchesLabels, sameJson } from "#codec/mod.ts";

interface SeenRoles {
  role: ClusterRole;
  all: readonly ClusterRole[];
}

const name = "clusterrole-aggregation-controller";

export function planAggregation({ role, all }: SeenRoles): Step[] {
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const wanted = labelSelectorFrom(selector);
    const chosen = all.filter(({ metadata }) => metadata.name !== role.metadata.name && matchesLabels(wanted, metadata.labels));
    for (const each of chosen.toSorted((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1)))
      for (const rule of each.rules ?? []) if (!rules.some((known) => sameJson(known, rule))) rules.push(rule);
  }
  if (sameJson(rules, role.rules ?? [])) return [];
  const { uid } = role.metadata;
  // With the uid: a role that is gone is not made anew.
  const metadata = { name: role.metadata.name, ...(uid ? { uid } : {}) };
  const patch = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules };
  // Upstream's name of the one who owns the rules.
  return [{ do: "patch", resource: clusterroles, ref: { name: role.metadata.name ?? "" }, type: "apply", patch, manager: name }];
}

export const clusterRoleAggregation: Reconciler = reconciler<ClusterRole, SeenRoles>({
  name,
  workers: 5,
  also: [
    via(clusterroles, (_, caches) =>
      caches.list(clusterroles).flatMap(({ metadata, aggregationRule }) => (aggregationRule ? (metadata.name ?? []) : [])),
    ),
  ],
  see(key, caches) {
    const role = caches.get(clusterroles, key);
    return role?.aggregationRule ? { role, all: caches.list(clusterroles) } : undefined;
  },
  plan: planAggregation,
});
