/** Which controllers run: upstream's names and aliases, and what `--controllers` says of them. Pure. */
import { controllerNames } from "#controllers/mod.ts";

const aliases: Readonly<Record<string, string>> = {
  "serviceaccount-token": "serviceaccount-token-controller",
  endpoint: "endpoints-controller",
  endpointslice: "endpointslice-controller",
  endpointslicemirroring: "endpointslice-mirroring-controller",
  replicationcontroller: "replicationcontroller-controller",
  podgc: "pod-garbage-collector-controller",
  resourcequota: "resourcequota-controller",
  namespace: "namespace-controller",
  serviceaccount: "serviceaccount-controller",
  garbagecollector: "garbage-collector-controller",
  daemonset: "daemonset-controller",
  job: "job-controller",
  deployment: "deployment-controller",
  replicaset: "replicaset-controller",
  horizontalpodautoscaling: "horizontal-pod-autoscaler-controller",
  disruption: "disruption-controller",
  statefulset: "statefulset-controller",
  cronjob: "cronjob-controller",
  csrsigning: "certificatesigningrequest-signing-controller",
  csrapproving: "certificatesigningrequest-approving-controller",
  csrcleaner: "certificatesigningrequest-cleaner-controller",
  ttl: "ttl-controller",
  bootstrapsigner: "bootstrap-signer-controller",
  tokencleaner: "token-cleaner-controller",
  nodeipam: "node-ipam-controller",
  nodelifecycle: "node-lifecycle-controller",
  "persistentvolume-binder": "persistentvolume-binder-controller",
  attachdetach: "persistentvolume-attach-detach-controller",
  "persistentvolume-expander": "persistentvolume-expander-controller",
  "clusterrole-aggregation": "clusterrole-aggregation-controller",
  "pvc-protection": "persistentvolumeclaim-protection-controller",
  "pv-protection": "persistentvolume-protection-controller",
  "ttl-after-finished": "ttl-after-finished-controller",
  "root-ca-cert-publisher": "root-ca-certificate-publisher-controller",
  "ephemeral-volume": "ephemeral-volume-controller",
  "storage-version-gc": "storageversion-garbage-collector-controller",
  "resource-claim-controller": "resourceclaim-controller",
  "legacy-service-account-token-cleaner": "legacy-serviceaccount-token-cleaner-controller",
  "validatingadmissionpolicy-status": "validatingadmissionpolicy-status-controller",
  service: "service-lb-controller",
};

/** On by default upstream, and not here. */
export const missing: readonly string[] = ["legacy-serviceaccount-token-cleaner-controller", "validatingadmissionpolicy-status-controller"];

/** Those of features that are off by default, there and here: which. */
const ofFeatures: Readonly<Record<string, string>> = {
  "kube-apiserver-serving-clustertrustbundle-publisher-controller": "ClusterTrustBundle",
  "podcertificaterequest-cleaner-controller": "PodCertificateRequest",
  "podgroup-protection-controller": "GenericWorkload",
  "resourcepoolstatusrequest-controller": "DRAResourcePoolStatus",
  "storage-version-migrator-controller": "StorageVersionMigrator",
  "storageversion-garbage-collector-controller": "StorageVersionAPI",
};
/** Off unless it is named, and not here. */
const absent = "selinux-warning-controller";

const offByDefault: ReadonlySet<string> = new Set(["bootstrap-signer-controller", "token-cleaner-controller"]);
/** Upstream has them in a cloud's own controller manager. */
const ofClouds: ReadonlySet<string> = new Set(["service-lb-controller", "node-route-controller", "cloud-node-lifecycle-controller"]);

/** Says of a name whether it runs. Throws a sentence about a word that names nothing, or what is not there. */
export function chosen(words: readonly string[]): (name: string) => boolean {
  const said = new Map<string, boolean>();
  for (const word of words) {
    if (word === "*") continue;
    const off = word.startsWith("-");
    const bare = off ? word.slice(1) : word;
    const name = aliases[bare] ?? bare;
    const isKnown =
      controllerNames.includes(name) || missing.includes(name) || ofClouds.has(name) || Object.hasOwn(ofFeatures, name) || name === absent;
    if (!isKnown) throw new Error(`${JSON.stringify(bare)} is not in the list of known controllers`);
    if (!off && ofClouds.has(name)) throw new Error(`--controllers: ${name} is of a cloud, and there is none`);
    if (!off && Object.hasOwn(ofFeatures, name)) throw new Error(`--controllers: ${name} is of ${ofFeatures[name]}, which is off`);
    if (!off && (missing.includes(name) || name === absent)) throw new Error(`--controllers: ${name} is not there yet`);
    // Upstream: the first word about a controller counts.
    if (!said.has(name)) said.set(name, !off);
  }
  const star = words.includes("*");
  return (name) => said.get(name) ?? (star && !offByDefault.has(name) && !ofClouds.has(name));
}
