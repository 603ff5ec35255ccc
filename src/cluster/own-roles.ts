/** What Spoke's own parts may do, beyond upstream's bootstrap policy: written once, and mended when changed. */
import { clusterrolebindings, clusterroles, type Resource } from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { type Client, isAlreadyExists, isNotFound, orUndefined } from "#client/mod.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

export interface OwnRole {
  name: string;
  user: string;
  /** Of a role of its own, */
  rules?: Rule[];
  /** or of one that is there. */
  role?: string;
}

/** Rights of an earlier version that nobody needs any more: controllers act as their own service accounts. */
const retired = ["spoke:controllers"];

export async function ensureOwnRoles(client: Client, own: readonly OwnRole[], log: Log): Promise<void> {
  const labels = { "spoke.dev/own": "true" };
  const make = async (what: string, create: () => Promise<unknown>) => {
    try {
      await create();
    } catch (error) {
      if (!isAlreadyExists(error)) log.error("own roles: not written", { what, error: messageOf(error) });
    }
  };
  const take = async (resource: Resource, name: string) => {
    try {
      await client.delete(resource, { name });
    } catch (error) {
      if (!isNotFound(error)) log.error("own roles: not taken back", { what: name, error: messageOf(error) });
    }
  };
  await Promise.all(retired.flatMap((name) => [take(clusterrolebindings, name), take(clusterroles, name)]));
  await Promise.all(
    own.flatMap(({ name, user, rules, role }) => [
      ...(rules
        ? [
            make(name, async () => {
              const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name, labels }, rules };
              const known = await orUndefined(client.get(clusterroles, { name }));
              if (!known) await client.create(clusterroles, role);
              else if (JSON.stringify(known.rules) !== JSON.stringify(rules)) await client.update(clusterroles, { ...known, rules });
            }),
          ]
        : []),
      make(`${name} (binding)`, () =>
        client.create(clusterrolebindings, {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "ClusterRoleBinding",
          metadata: { name, labels },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role ?? name },
          subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user }],
        }),
      ),
    ]),
  );
}
