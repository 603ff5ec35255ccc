/** The controllers alone, in the place of upstream's kube-controller-manager. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { tokenSigner } from "#apiserver/mod.ts";
import { type Log, systemClock, systemRandom } from "#base/mod.ts";
import type { FlagValues } from "#codec/mod.ts";
import { type Controllers, checkNodeRange, type Evictions, type Pace, startControllers } from "#controllers/mod.ts";
import { accountClients } from "./account-tokens.ts";
import type { Dialect } from "./command-line.ts";
import { chosen, missing } from "./controller-names.ts";
import { concurrency, controllersFixed, controllersFlags, controllersIdle, controllersRefused, ownPairs } from "./controllers-flags.ts";
import { runPart, shownElection } from "./part.ts";
import { readNamed } from "./serving-certificate.ts";

type ControllersFlags = FlagValues<typeof controllersFlags>;

export const controllersDialect: Dialect<typeof controllersFlags> = {
  name: "controllers",
  about: "The controllers alone, in the place of upstream's kube-controller-manager.",
  table: controllersFlags,
  fixed: controllersFixed,
  idle: controllersIdle,
  refused: controllersRefused,
};

const clock = systemClock;

export async function runControllers(flags: ControllersFlags, { log, signal }: { log: Log; signal: AbortSignal }): Promise<void> {
  const runs = chosen(flags.controllers);
  const absent = missing.filter(runs);
  if (absent.length > 0) log.warn("upstream runs these too, and they are not there yet", { controllers: absent.join(", ") });
  const workers = workersOf(flags);
  const signing = signingOf(flags);
  const autoscaling = paceOf(flags);
  const evictions = evictionsOf(flags);
  const mostPerSlice = mostPerSliceOf(flags);
  const clusterCidrs = podRangesOf(flags);
  const nodeCidrBits = maskSizesOf(flags, clusterCidrs ?? []);
  const signToken = tokensOf(flags);
  const rootCa = flags["root-ca-file"] && readNamed("root-ca-file", flags["root-ca-file"]);
  let running: Controllers | undefined;
  await runPart(
    flags,
    {
      name: "kube-controller-manager",
      component: "kube-controller-manager",
      start({ access, client, lifetime }) {
        let as = (_: string) => client;
        if (flags["use-service-account-credentials"]) {
          const bare = access.bare();
          lifetime.add(() => bare.close());
          as = accountClients(client, bare, clock);
        }
        running = startControllers({
          client,
          as,
          clock,
          random: systemRandom,
          log,
          runs,
          workers,
          caCert: rootCa || access.ca,
          loadBalancerRanges: [],
          ...(clusterCidrs ? { clusterCidrs } : {}),
          nodeCidrBits,
          nodeGrace: { graceMs: flags["node-monitor-grace-period"], startupGraceMs: flags["node-startup-grace-period"] },
          autoscaling,
          evictions,
          mostPerSlice,
          keptFinishedPods: flags["terminated-pod-gc-threshold"],
          ...(signing ? { signing } : {}),
          ...(signToken ? { signToken } : {}),
        });
        return running;
      },
      metrics: () => running?.counts() ?? [],
      config: () => ({
        "kubecontrollermanager.config.k8s.io": {
          kind: "KubeControllerManagerConfiguration",
          apiVersion: "kubecontrollermanager.config.k8s.io/v1alpha1",
          Generic: {
            ClientConnection: { kubeconfig: flags.kubeconfig, contentType: "application/json" },
            LeaderElection: shownElection(flags),
            Controllers: flags.controllers,
          },
          KubeCloudShared: {
            AllocateNodeCIDRs: flags["allocate-node-cidrs"],
            ClusterCIDR: flags["cluster-cidr"],
            UseServiceAccountCredentials: flags["use-service-account-credentials"],
          },
        },
      }),
    },
    { log, signal },
  );
}

function workersOf(flags: ControllersFlags): Record<string, number> {
  const workers: Record<string, number> = {};
  for (const [flag, controller] of Object.entries(concurrency) as [keyof typeof concurrency, string][]) {
    const number = flags[flag];
    if (number === undefined) continue;
    if (number < 1) throw new Error(`--${flag} must be greater than 0, but got ${number}`);
    workers[controller] = number;
  }
  return workers;
}

function mostPerSliceOf({ "max-endpoints-per-slice": most }: ControllersFlags): number {
  if (most < 1) throw new Error(`max-endpoints-per-slice must not be less than 1, but got ${most}`);
  if (most > 1000) throw new Error(`max-endpoints-per-slice must not be more than 1000, but got ${most}`);
  return most;
}

/** A rate is so many nodes a second; of none nobody is evicted. */
function evictionsOf(flags: ControllersFlags): Evictions {
  const everyMs = (name: "node-eviction-rate" | "secondary-node-eviction-rate") => {
    if (flags[name] < 0) throw new Error(`--${name} must not be negative`);
    return 1000 / flags[name];
  };
  return {
    everyMs: everyMs("node-eviction-rate"),
    slowlyMs: everyMs("secondary-node-eviction-rate"),
    largeZone: flags["large-cluster-size-threshold"],
    unhealthyPart: flags["unhealthy-zone-threshold"],
  };
}

/** As upstream checks them: a period that is none would look without end. */
function paceOf(flags: Pick<ControllersFlags, Extract<keyof ControllersFlags, `horizontal-pod-autoscaler-${string}`>>): Pace {
  const pace = {
    syncMs: flags["horizontal-pod-autoscaler-sync-period"],
    tolerance: flags["horizontal-pod-autoscaler-tolerance"],
    downWindowMs: flags["horizontal-pod-autoscaler-downscale-stabilization"],
    startupMs: flags["horizontal-pod-autoscaler-cpu-initialization-period"],
    firstReadinessMs: flags["horizontal-pod-autoscaler-initial-readiness-delay"],
  };
  if (pace.syncMs <= 0) throw new Error("--horizontal-pod-autoscaler-sync-period must be greater than 0");
  if (pace.tolerance < 0) throw new Error("--horizontal-pod-autoscaler-tolerance must not be negative");
  return pace;
}

/** Of all signers, or of those that have a pair of their own: then the others sign nothing, as upstream. */
function signingOf(flags: Pick<ControllersFlags, Extract<keyof ControllersFlags, `cluster-signing-${string}`>>) {
  const pairOf = (name: `cluster-signing-${"" | `${keyof typeof ownPairs}-`}`) => {
    const [cert, key] = [flags[`${name}cert-file`], flags[`${name}key-file`]];
    if (!cert && !key) return undefined;
    if (!cert || !key) throw new Error(`--${name}cert-file and --${name}key-file must be said together`);
    const lifeMs = flags["cluster-signing-duration"];
    return { cert: readNamed(`${name}cert-file`, cert), key: readNamed(`${name}key-file`, key), lifeMs };
  };
  const names = Object.keys(ownPairs) as (keyof typeof ownPairs)[];
  const own = names.flatMap((name) => {
    const pair = pairOf(`cluster-signing-${name}-`);
    return pair ? [[ownPairs[name], pair] as const] : [];
  });
  const all = pairOf("cluster-signing-");
  if (all && own.length > 0) throw new Error("cannot specify default and per controller certs at the same time");
  return own.length > 0 ? new Map(own) : all;
}

function podRangesOf(flags: ControllersFlags): string[] | undefined {
  if (!flags["allocate-node-cidrs"]) return undefined;
  const ranges = flags["cluster-cidr"].split(",").filter((range) => range !== "");
  if (ranges.length === 0 || ranges.length > 2)
    throw new Error("--allocate-node-cidrs: --cluster-cidr must name one range of addresses, or one of each family");
  return ranges;
}

/** As upstream: one flag for clusters of one family, another for each family of those of two. */
export function maskSizesOf(
  flags: Pick<ControllersFlags, `node-cidr-mask-size${"" | "-ipv4" | "-ipv6"}`>,
  clusterCidrs: readonly string[],
) {
  const [single, four, six] = [flags["node-cidr-mask-size"], flags["node-cidr-mask-size-ipv4"], flags["node-cidr-mask-size-ipv6"]];
  if (clusterCidrs.length > 1 && single !== 0) throw new Error("usage of --node-cidr-mask-size is not allowed with dual-stack clusters");
  if (clusterCidrs.length === 1 && (four !== 0 || six !== 0) && single !== 0)
    throw new Error("usage of --node-cidr-mask-size-ipv4 and --node-cidr-mask-size-ipv6 is not allowed if --node-cidr-mask-size is set");
  const sizes = { ...(single || four ? { IPv4: single || four } : {}), ...(single || six ? { IPv6: single || six } : {}) };
  // Throws a sentence where a range has no room for them.
  for (const cidr of clusterCidrs) checkNodeRange(cidr, sizes);
  return sizes;
}

function tokensOf(flags: ControllersFlags) {
  const file = flags["service-account-private-key-file"];
  if (!file) return undefined;
  const key = createPrivateKey(readNamed("service-account-private-key-file", file));
  return tokenSigner({
    private: key.export({ type: "pkcs8", format: "pem" }).toString(),
    public: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
  });
}
