/** What Spoke's own parts may do, beyond upstream's bootstrap policy: written once, and mended when changed. */
import { clusterrolebindings, clusterroles } from "#api/mod.ts";
import { type Log, messageOf } from "#base/mod.ts";
import { type Client, isAlreadyExists } from "#client/mod.ts";
import { identities } from "./certificates.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

const follow = ["get", "list", "watch"];

const own: { name: string; user: string; rules?: Rule[]; role?: string }[] = [
  {
    name: "spoke:dns",
    user: identities.dns.user,
    rules: [
      { apiGroups: [""], resources: ["services", "namespaces", "nodes"], verbs: follow },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: follow },
    ],
  },
  {
    name: "spoke:balancer",
    user: identities.balancer.user,
    rules: [
      { apiGroups: [""], resources: ["services", "nodes"], verbs: follow },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: follow },
    ],
  },
  // Garbage collection and namespace deletion work on every kind that there is or will be: upstream grants them the same.
  { name: "spoke:controllers", user: identities.controllers.user, rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }] },
  { name: "spoke:kubelet-api", user: identities.kubeletClient.user, role: "system:kubelet-api-admin" },
  // The proxy reads EndpointSlices and Services by upstream's role; its node's topology labels too.
  { name: "spoke:proxy", user: identities.proxy.user, role: "system:node-proxier" },
];

export async function ensureOwnRoles(client: Client, log: Log): Promise<void> {
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
