/** Every controller, by upstream's name: one line each. Nothing else need be touched to add one. */
import type { Family } from "#base/mod.ts";
import type { Reconciler } from "#client/mod.ts";
import { attachDetach } from "./attach-detach/see.ts";
import { clusterInfoSigning, tokenCleaning } from "./bootstrap-token/see.ts";
import type { SigningPair } from "./certificate-requests/authority.ts";
import { requestApproval, requestCleaning, requestSigning } from "./certificate-requests/see.ts";
import { clusterRoleAggregation } from "./cluster-role-aggregation/see.ts";
import { cronJobs } from "./cron-job/see.ts";
import { daemonSets } from "./daemon-set/see.ts";
import { deploymentReconciler } from "./deployment/see.ts";
import { deviceTaintEviction } from "./device-taint-eviction/see.ts";
import { disruptionBudgets, staleDisruptions } from "./disruption/see.ts";
import { endpointSlices } from "./endpoint-slice/see.ts";
import { endpointSliceMirroring } from "./endpoint-slice-mirroring/see.ts";
import { serviceEndpoints } from "./endpoints/see.ts";
import { ephemeralVolumes } from "./ephemeral-volume/see.ts";
import { garbageCollector } from "./garbage-collector/see.ts";
import { podAutoscalers } from "./horizontal-pod-autoscaler/see.ts";
import type { Pace } from "./horizontal-pod-autoscaler/seen.ts";
import { jobOrphans, jobReconciler } from "./job/see.ts";
import { loadBalancers } from "./load-balancer/see.ts";
import { namespaceContent } from "./namespace/see.ts";
import { nodeIpam } from "./node-ipam/see.ts";
import type { Evictions } from "./node-lifecycle/plan.ts";
import { nodeLifecycle } from "./node-lifecycle/see.ts";
import { claimBinder, volumeBinder } from "./persistent-volume-binder/see.ts";
import { podGarbageCollector } from "./pod-gc/see.ts";
import { replicaSets, replicationControllers } from "./replica-set/see.ts";
import { podResourceClaims, unusedResourceClaims } from "./resource-claim/see.ts";
import { quotaReconciler } from "./resource-quota/see.ts";
import { rootCa } from "./root-ca/see.ts";
import { defaultAccounts } from "./service-account/see.ts";
import { accountTokens } from "./service-account-token/see.ts";
import { serviceRanges } from "./service-cidrs/see.ts";
import { statefulSets } from "./stateful-set/see.ts";
import { attributesClassProtection, claimProtection, volumeProtection } from "./storage-protection/see.ts";
import { taintEviction } from "./taint-eviction/see.ts";
import { nodeTtl } from "./ttl/see.ts";
import { ttlAfterFinished } from "./ttl-after-finished/see.ts";
import { volumeExpansion } from "./volume-expand/see.ts";

/** What a cluster tells its controllers. */
export interface Settings {
  /** PEM: published to every namespace. */
  caCert: string;
  /** Addresses for Services of type LoadBalancer, such as `10.89.100.0/24`; one of each family at most. */
  loadBalancerRanges: readonly string[];
  /** Pod addresses of the whole cluster, one of each family at most; absent: nodes bring their own ranges. */
  clusterCidrs?: readonly string[];
  /** How long the range of a node is, by family; absent: 24 and 64. */
  nodeCidrBits?: Partial<Record<Family, number>>;
  /** How long nodes may be silent; absent: upstream's. */
  nodeGrace?: { graceMs: number; startupGraceMs: number };
  /** Endpoints that an EndpointSlice takes; absent: 100. */
  mostPerSlice?: number;
  /** How fast, and when, pods of nodes that are not ready are evicted; absent: as upstream's. */
  evictions?: Evictions;
  /** How horizontal pod autoscalers look and judge; absent: as upstream's. */
  autoscaling?: Pace;
  /** How many finished pods may stay, 0: all of them; absent: 12,500. */
  keptFinishedPods?: number;
  /** Signs certificates that are asked for, of all signers or by the signer's name; absent: requests stay unsigned. */
  signing?: SigningPair | ReadonlyMap<string, SigningPair>;
  /** Signs long-lived tokens of service accounts; absent: their Secrets stay empty. */
  signToken?(payload: Record<string, unknown>): Promise<string>;
}

/** A function where a controller needs settings, or remembers something between its looks; undefined: it has nothing to do here. */
export type Entry = Reconciler | ((settings: Settings) => Reconciler | undefined);

export const all: Readonly<Record<string, Entry>> = {
  "bootstrap-signer-controller": clusterInfoSigning,
  "token-cleaner-controller": tokenCleaning,
  "certificatesigningrequest-approving-controller": requestApproval,
  "certificatesigningrequest-cleaner-controller": requestCleaning,
  "certificatesigningrequest-signing-controller": requestSigning,
  "clusterrole-aggregation-controller": clusterRoleAggregation,
  "cronjob-controller": cronJobs,
  "daemonset-controller": daemonSets,
  "deployment-controller": deploymentReconciler,
  "device-taint-eviction-controller": deviceTaintEviction,
  "disruption-controller": disruptionBudgets,
  "stale-pod-disruption": staleDisruptions,
  "ephemeral-volume-controller": ephemeralVolumes,
  "endpoints-controller": serviceEndpoints,
  "endpointslice-controller": endpointSlices,
  "endpointslice-mirroring-controller": endpointSliceMirroring,
  "horizontal-pod-autoscaler-controller": podAutoscalers,
  "job-controller": jobReconciler,
  "job-orphans": jobOrphans,
  "garbage-collector-controller": garbageCollector,
  "namespace-controller": namespaceContent,
  "node-ipam-controller": nodeIpam,
  "node-lifecycle-controller": nodeLifecycle,
  "persistentvolume-attach-detach-controller": attachDetach,
  "persistentvolume-binder-controller": claimBinder,
  "persistentvolume-binder-volumes": volumeBinder,
  "persistentvolume-expander-controller": volumeExpansion,
  "persistentvolume-protection-controller": volumeProtection,
  "persistentvolumeclaim-protection-controller": claimProtection,
  "pod-garbage-collector-controller": podGarbageCollector,
  "replicaset-controller": replicaSets,
  "replicationcontroller-controller": replicationControllers,
  "statefulset-controller": statefulSets,
  "resourceclaim-controller": podResourceClaims,
  "resourceclaim-cleaning": unusedResourceClaims,
  "resourcequota-controller": quotaReconciler,
  "root-ca-certificate-publisher-controller": rootCa,
  "service-lb-controller": loadBalancers,
  "service-cidr-controller": serviceRanges,
  "serviceaccount-controller": defaultAccounts,
  "serviceaccount-token-controller": accountTokens,
  "taint-eviction-controller": taintEviction,
  "ttl-controller": nodeTtl,
  "ttl-after-finished-controller": ttlAfterFinished,
  "volumeattributesclass-protection-controller": attributesClassProtection,
};

/** Kinds that do nothing without a controller (or another part of the cluster), and what that is called. */
const needed: Readonly<Record<string, string>> = {
  "daemonsets.apps": "daemonset-controller",
  "statefulsets.apps": "statefulset-controller",
  "jobs.batch": "job-controller",
  "cronjobs.batch": "cronjob-controller",
  "horizontalpodautoscalers.autoscaling": "horizontal-pod-autoscaler-controller",
  "poddisruptionbudgets.policy": "disruption-controller",
  resourcequotas: "resourcequota-controller",
  persistentvolumeclaims: "persistentvolume-binder-controller",
  "certificatesigningrequests.certificates.k8s.io": "certificatesigningrequest-signing-controller",
  // No controllers in the proper sense: these lines go with the change that brings the thing.
};

/** Kinds that are served and nobody acts upon yet: a create says so. */
export const withoutController: readonly string[] = Object.keys(needed).filter((kind) => !(needed[kind]! in all));
