/** Every namespace has a service account `default`. */
import { type Namespace, namespaces, type ServiceAccount, serviceaccounts } from "#api/mod.ts";
import { create, reconciler, type Step, via } from "#client/mod.ts";

interface SeenNamespace {
  namespace: Namespace;
  account: ServiceAccount | undefined;
}

const name = "default";

export function planAccount({ namespace, account }: SeenNamespace): Step[] {
  if (account || namespace.status?.phase === "Terminating" || namespace.metadata.deletionTimestamp) return [];
  const metadata = { name, namespace: namespace.metadata.name };
  return [create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata }, { ifAbsent: true })];
}

export const defaultAccounts = reconciler<Namespace, SeenNamespace>({
  name: "serviceaccount-controller",
  account: "service-account-controller",
  workers: 1,
  of: namespaces,
  when: ({ type }) => type !== "deleted",
  also: [
    via(
      serviceaccounts,
      ({ metadata }) => [metadata.namespace!],
      ({ type, object }) => type === "deleted" && object.metadata.name === name,
    ),
  ],
  see(key, caches) {
    const namespace = caches.get(namespaces, key);
    return namespace && { namespace, account: caches.get(serviceaccounts, `${key}/${name}`) };
  },
  plan: planAccount,
});
