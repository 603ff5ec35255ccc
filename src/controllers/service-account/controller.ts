/** Every namespace has a `default` service account and the cluster's CA certificate in `kube-root-ca.crt`. */
import { configmaps, namespaces, serviceaccounts } from "#api/mod.ts";
import { isAlreadyExists, isForbidden, isNotFound, keyOf, runController } from "#client/mod.ts";
import { allSynced, type Context, type Controller } from "../shared.ts";

const caName = "kube-root-ca.crt";

/** `caCert`: PEM. */
export function serviceAccountController(context: Context, caCert: string): Controller {
  const { client, clock, log } = context;
  const all = context.watch(namespaces);
  const accounts = context.watch(serviceaccounts);
  const maps = context.watch(configmaps);
  const controller = runController({ name: "serviceaccount", clock, log, workers: 4, reconcile });
  const { queue } = controller;
  all.onChange(({ type, object }) => {
    if (type !== "deleted") queue.add(keyOf(object));
  });
  accounts.onChange(({ type, object }) => {
    if (type === "deleted" && object.metadata.name === "default") queue.add(object.metadata.namespace!);
  });
  maps.onChange(({ type, object }) => {
    if (type !== "added" && object.metadata.name === caName) queue.add(object.metadata.namespace!);
  });

  async function reconcile(namespace: string): Promise<void> {
    await allSynced(all, accounts, maps);
    const found = all.get(namespace);
    if (!found || found.metadata.deletionTimestamp || found.status?.phase === "Terminating") return;
    if (!accounts.get(`${namespace}/default`))
      await ignoring(
        client.create(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } }),
      );
    const data = { "ca.crt": caCert };
    const known = maps.get(`${namespace}/${caName}`);
    const annotations = {
      "kubernetes.io/description":
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
    };
    if (!known)
      await ignoring(
        client.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name: caName, namespace, annotations }, data }),
      );
    else if (known.data?.["ca.crt"] !== caCert || Object.keys(known.data).length !== 1)
      await ignoring(client.update(configmaps, { ...known, apiVersion: "v1", kind: "ConfigMap", data }));
  }

  return { close: () => controller.close() };
}

/** The namespace may go, or somebody else may be first. */
async function ignoring(attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (!isAlreadyExists(error) && !isForbidden(error) && !isNotFound(error)) throw error;
  }
}
