/** Every namespace has the cluster's CA certificate in the ConfigMap `kube-root-ca.crt`: pods verify the API server by it. */
import { type ConfigMap, configmaps, type Namespace, namespaces } from "#api/mod.ts";
import { create, type Reconciler, reconciler, type Step, update, via } from "#client/mod.ts";

interface SeenNamespace {
  namespace: Namespace;
  map: ConfigMap | undefined;
  caCert: string;
}

const name = "kube-root-ca.crt";
const annotations = {
  "kubernetes.io/description":
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
};

export function planRootCa({ namespace, map, caCert }: SeenNamespace): Step[] {
  if (namespace.status?.phase === "Terminating" || namespace.metadata.deletionTimestamp) return [];
  const data = { "ca.crt": caCert };
  const metadata = { name, namespace: namespace.metadata.name, annotations };
  if (!map) return [create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data }, { ifAbsent: true })];
  const keys = Object.keys(map.data ?? {});
  const isRight = keys.length === 1 && map.data?.["ca.crt"] === caCert && Object.keys(annotations).every(isIn(map));
  if (isRight) return [];
  return [
    update(configmaps, { ...map, metadata: { ...map.metadata, annotations: { ...map.metadata.annotations, ...annotations } }, data }),
  ];
}

const isIn = (map: ConfigMap) => (key: string) => map.metadata.annotations?.[key] !== undefined;

/** `caCert`: PEM. */
export function rootCa({ caCert }: { caCert: string }): Reconciler {
  return reconciler<Namespace, SeenNamespace>({
    name: "root-ca-certificate-publisher-controller",
    account: "root-ca-cert-publisher",
    workers: 1,
    of: namespaces,
    when: ({ type }) => type !== "deleted",
    also: [
      via(
        configmaps,
        ({ metadata }) => [metadata.namespace!],
        ({ type, object }) => type !== "added" && object.metadata.name === name,
      ),
    ],
    see(key, caches) {
      const namespace = caches.get(namespaces, key);
      return namespace && { namespace, map: caches.get(configmaps, `${key}/${name}`), caCert };
    },
    plan: planRootCa,
  });
}
