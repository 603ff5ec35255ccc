/** What Spoke's own parts may do, beyond upstream's bootstrap policy: written once, and mended when changed. */
import { clusterrolebindings, clusterroles } from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { type Client, isAlreadyExists } from "#client/mod.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
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

export const controllersUser = "system:kube-controller-manager";

/** Garbage collection and namespace deletion work on every kind that there is or will be: upstream grants them the same. */
export const controllersRole: OwnRole = {
  name: "spoke:controllers",
  user: controllersUser,
  rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }],
};

export async function ensureOwnRoles(client: Client, own: readonly OwnRole[], log: Log): Promise<void> {
  const labels = { "spoke.dev/own": "true" };
  const make = async (what: string, create: () => Promise<unknown>) => {
    try {
      await create();
    } catch (error) {
      if (!isAlreadyExists(error)) log.error("own roles: not written", { what, error: messageOf(error) });
    }
  };
  await Promise.all(
    own.flatMap(({ name, user, rules, role }) => [
      ...(rules
        ? [
            make(name, () =>
              client.create(clusterroles, {
                apiVersion: "rbac.authorization.k8s.io/v1",
                kind: "ClusterRole",
                metadata: { name, labels },
                rules,
              }),
            ),
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
