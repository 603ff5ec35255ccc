/** The command line of `spoke controllers`: upstream's flags of kube-controller-manager, those that are obeyed and why others are not. */
import type { FlagTable } from "#codec/mod.ts";
import { signers, usualEvictions, usualPace } from "#controllers/mod.ts";
import type { Dialect, FixedFlags } from "./command-line.ts";
import { commonFixed, commonFlags, commonIdle, commonRefused } from "./common-flags.ts";

/** How many keys are under way at once, of which controller. */
export const concurrency = {
  "concurrent-cron-job-syncs": "cronjob-controller",
  "concurrent-daemonset-syncs": "daemonset-controller",
  "concurrent-deployment-syncs": "deployment-controller",
  "concurrent-device-taint-eviction-syncs": "device-taint-eviction-controller",
  "concurrent-endpoint-syncs": "endpoints-controller",
  "concurrent-ephemeralvolume-syncs": "ephemeral-volume-controller",
  "concurrent-gc-syncs": "garbage-collector-controller",
  "concurrent-horizontal-pod-autoscaler-syncs": "horizontal-pod-autoscaler-controller",
  "concurrent-job-syncs": "job-controller",
  "concurrent-namespace-syncs": "namespace-controller",
  "concurrent-rc-syncs": "replicationcontroller-controller",
  "concurrent-replicaset-syncs": "replicaset-controller",
  "concurrent-resource-quota-syncs": "resourcequota-controller",
  "concurrent-service-endpoint-syncs": "endpointslice-controller",
  "concurrent-resourceclaim-syncs": "resourceclaim-controller",
  "concurrent-serviceaccount-token-syncs": "serviceaccount-token-controller",
  "concurrent-statefulset-syncs": "statefulset-controller",
  "concurrent-ttl-after-finished-syncs": "ttl-after-finished-controller",
  "mirroring-concurrent-service-endpoint-syncs": "endpointslice-mirroring-controller",
} as const;

/** Whose certificates are signed by a pair of their own. */
export const ownPairs = {
  "kube-apiserver-client": signers.client,
  "kubelet-client": signers.kubeletClient,
  "kubelet-serving": signers.kubeletServing,
  "legacy-unknown": signers.legacy,
} as const;

type Pairs = { readonly [F in `cluster-signing-${keyof typeof ownPairs}-${"cert" | "key"}-file`]: readonly ["file", undefined] };
const pairs = Object.fromEntries(
  Object.keys(ownPairs).flatMap((signer) => ["cert", "key"].map((half) => [`cluster-signing-${signer}-${half}-file`, ["file", undefined]])),
) as unknown as Pairs;

type Concurrency = { readonly [F in keyof typeof concurrency]: readonly ["int", undefined] };
const numbers = Object.fromEntries(Object.keys(concurrency).map((flag) => [flag, ["int", undefined]])) as unknown as Concurrency;
const port = 10_257;

export const controllersFlags = {
  ...commonFlags(port, "kube-controller-manager"),
  ...numbers,
  ...pairs,
  "allocate-node-cidrs": ["bool", false],
  "cluster-cidr": ["text", ""],
  "cluster-signing-cert-file": ["file", undefined],
  "cluster-signing-duration": ["durationMs", 365 * 24 * 3_600_000],
  "cluster-signing-key-file": ["file", undefined],
  controllers: ["list", ["*"]],
  "horizontal-pod-autoscaler-cpu-initialization-period": ["durationMs", usualPace.startupMs],
  "horizontal-pod-autoscaler-downscale-stabilization": ["durationMs", usualPace.downWindowMs],
  "horizontal-pod-autoscaler-initial-readiness-delay": ["durationMs", usualPace.firstReadinessMs],
  "horizontal-pod-autoscaler-sync-period": ["durationMs", usualPace.syncMs],
  "horizontal-pod-autoscaler-tolerance": ["number", usualPace.tolerance],
  "large-cluster-size-threshold": ["int", usualEvictions.largeZone],
  "max-endpoints-per-slice": ["int", 100],
  "node-cidr-mask-size": ["int", 0],
  "node-cidr-mask-size-ipv4": ["int", 0],
  "node-cidr-mask-size-ipv6": ["int", 0],
  "node-eviction-rate": ["number", 0.1],
  "node-monitor-grace-period": ["durationMs", 50_000],
  "node-startup-grace-period": ["durationMs", 60_000],
  "root-ca-file": ["file", undefined],
  "secondary-node-eviction-rate": ["number", 0.01],
  "service-account-private-key-file": ["file", undefined],
  "terminated-pod-gc-threshold": ["int", 12_500],
  "unhealthy-zone-threshold": ["number", usualEvictions.unhealthyPart],
  "use-service-account-credentials": ["bool", false],
} as const satisfies FlagTable;

const usual = "only upstream's default is obeyed yet";
const no = "there is no such thing here";
const fixed = (why: string, values: Record<string, string[]>): FixedFlags =>
  Object.fromEntries(Object.entries(values).map(([flag, takes]) => [flag, { takes, why }]));

export const controllersFixed: FixedFlags = {
  ...commonFixed,
  ...fixed(usual, {
    "cidr-allocator-type": ["RangeAllocator"],
    "enable-dynamic-provisioning": ["true"],
    "enable-garbage-collector": ["true"],
    "mirroring-max-endpoints-per-subset": ["1000"],
  }),
  ...fixed(no, {
    "cloud-config": [""],
    "cloud-provider": ["", "external"],
    "configure-cloud-routes": ["false"],
    "enable-hostpath-provisioner": ["false"],
    "enable-leader-migration": ["false"],
    "external-cloud-volume-plugin": [""],
    "leader-migration-config": [""],
  }),
};

const noCloud = "there is no cloud";
const watched = "what changed is seen at once and looked at again by the controller itself, not by a period";
const notHere = "its controller is not there";
const recycled = "volumes are not recycled";

export const controllersIdle: NonNullable<Dialect<FlagTable>["idle"]> = {
  ...commonIdle,
  "attach-detach-reconcile-sync-period": ["durationMs", watched],
  "cluster-name": ["text", noCloud],
  "concurrent-service-syncs": ["int", noCloud],
  "concurrent-validating-admission-policy-status-syncs": ["int", notHere],
  "min-resync-period": ["durationMs", watched],
  "namespace-sync-period": ["durationMs", watched],
  "node-monitor-period": ["durationMs", watched],
  "pvclaimbinder-sync-period": ["durationMs", watched],
  "pv-recycler-increment-timeout-nfs": ["int", recycled],
  "pv-recycler-minimum-timeout-hostpath": ["int", recycled],
  "pv-recycler-minimum-timeout-nfs": ["int", recycled],
  "pv-recycler-timeout-increment-hostpath": ["int", recycled],
  "resource-quota-sync-period": ["durationMs", watched],
  "route-reconciliation-period": ["durationMs", noCloud],
  "service-cluster-ip-range": ["text", "ranges of nodes are taken from --cluster-cidr alone: let it not overlap"],
};

const later = "it is not obeyed yet";
export const controllersRefused: Readonly<Record<string, string>> = {
  ...commonRefused,
  ...Object.fromEntries(
    [
      ...[
        "controller-shutdown-timeout",
        "controller-start-interval",
        "disable-attach-detach-reconcile-sync",
        "disable-force-detach-on-timeout",
      ],
      ...["endpoint-updates-batch-period", "endpointslice-updates-batch-period", "mirroring-endpointslice-updates-batch-period"],
      ...["flex-volume-plugin-dir", "legacy-service-account-token-clean-up-period"],
      ...["pv-recycler-pod-template-filepath-hostpath", "pv-recycler-pod-template-filepath-nfs"],
    ].map((name) => [name, later]),
  ),
};
