/**
 * Keeps a node's rules equal to what NetworkPolicies ask for, and lets no pod start before the rules that isolate it stand.
 * Pods and namespaces are followed only once there is a policy: a cluster without any pays nothing for them.
 */
import { type Namespace, type NetworkPolicy, namespaces, networkpolicies, type Pod, pods } from "#api/mod.ts";
import { type Clock, type Family, familyOf, type Log, messageOf, passes, type Random } from "#base/mod.ts";
import { type Client, type Informer, type InformerOptions, informer } from "#client/mod.ts";
import { type Ruleset, transaction } from "#linux/mod.ts";
import { PolicyCompiler, type PolicyInput, type StandIn } from "./compile.ts";

export interface PoliciesOptions {
  client: Client;
  nodeName: string;
  /** Of the addresses that pods have here. */
  families?: readonly Family[];
  standIns?: readonly StandIn[];
  clock: Clock;
  random?: Random;
  log: Log;
  /** Applies a script to the node's network; rejects with what the tool said. */
  nft(script: string): Promise<void>;
  table?: string;
}

/** The rules of one family. */
interface Side {
  readonly compiler: PolicyCompiler;
  standing: Ruleset | undefined;
}

export interface Policies {
  /** Resolves when what isolates this pod of ours, at these addresses, stands; rejects when it cannot be made to within a while. */
  admit(pod: Pod, ips: readonly string[]): Promise<void>;
  /** Its containers are gone, and its address with them. */
  released(uid: string): void;
  close(): Promise<void>;
}

const settleMs = 5;
const retry = { baseMs: 200, maxMs: 10_000 };
/** How long a pod's start waits at once; the kubelet tries again. */
const patienceMs = 10_000;

export function startPolicies(options: PoliciesOptions): Policies {
  const { client, clock, log, nft, families = ["IPv4"], table = "spoke-policy" } = options;
  const watch = { clock, log, random: options.random };
  /** This node's pods from their first packet to their last, whatever the API knows of them yet or still. */
  const own = new Map<string, { pod: Pod; ips: readonly string[] }>();
  const sides = families.map((family): Side => {
    const addressOf = (uid: string) => own.get(uid)?.ips.find((ip) => familyOf(ip) === family);
    return { compiler: new PolicyCompiler({ ...options, family, addressOf }), standing: undefined };
  });
  const policies = informer(client, networkpolicies, watch);
  const others = lateFollowers(client, watch);
  let closed = false;
  const ended = Promise.withResolvers<void>();

  const wanted = (): PolicyInput => {
    const known = others.pods();
    const seen = new Set(known.map(({ metadata }) => metadata.uid));
    const more = [...own.values()].flatMap(({ pod }) => (seen.has(pod.metadata.uid) ? [] : [pod]));
    return { policies: policies.list(), pods: [...known, ...more], namespaces: others.namespaces() };
  };
  const work = passes({
    clock,
    settleMs,
    retry,
    async pass() {
      // With the first policy there is more to know: rules made of half of it would open what was closed.
      await Promise.race([policies.synced.then(others.synced), ended.promise]);
      if (closed) return;
      const input = wanted();
      for (const side of sides) await bring(side, input, { table, nft });
    },
    failed: (error, failures) => log.warn("policy: rules not applied", { error: messageOf(error), failures }),
  });
  policies.onChange(() => {
    others.follow(work.changed);
    work.changed();
  });
  work.changed();

  return {
    async admit(pod, ips) {
      const uid = pod.metadata.uid ?? "";
      const stands = () => sides.every(({ standing }) => standing);
      if (pod.spec?.hostNetwork || (own.get(uid)?.ips.join() === ips.join() && stands())) return;
      await hear(client, policies, pod.metadata.namespace ?? "");
      own.set(uid, { pod, ips });
      const input = wanted();
      if (sides.every(({ compiler, standing }) => standing && transaction(table, standing, compiler.compile(input)) === "")) return;
      if (await work.through(patienceMs)) return;
      own.delete(uid);
      throw new Error(`its network policies do not stand after ${patienceMs / 1000} s`);
    },
    released(uid) {
      if (own.delete(uid)) work.changed();
    },
    async close() {
      closed = true;
      ended.resolve();
      policies.close();
      others.close();
      await work.close();
    },
  };
}

/** To what the input asks for. */
async function bring(side: Side, input: PolicyInput, { table, nft }: { table: string; nft: PoliciesOptions["nft"] }): Promise<void> {
  const rules = side.compiler.compile(input);
  const script = transaction(table, side.standing, rules);
  // What the kernel holds after a failure is unknown: then the next attempt replaces all of it.
  side.standing = undefined;
  if (script) await nft(script);
  side.standing = rules;
}

/** Pods and namespaces, from when they are first asked for. */
function lateFollowers(client: Client, watch: InformerOptions) {
  let followed: { pods: Informer<Pod>; namespaces: Informer<Namespace> } | undefined;
  return {
    follow(changed: () => void): void {
      if (followed) return;
      followed = { pods: informer(client, pods, watch), namespaces: informer(client, namespaces, watch) };
      followed.pods.onChange(changed);
      followed.namespaces.onChange(changed);
    },
    pods: () => followed?.pods.list() ?? [],
    namespaces: () => followed?.namespaces.list() ?? [],
    /** Also of what began to be followed in the meantime. */
    async synced(): Promise<void> {
      for (let known: typeof followed | "none" = "none"; known !== followed; ) {
        known = followed;
        await Promise.all([known?.pods.synced, known?.namespaces.synced]);
      }
    },
    close(): void {
      followed?.pods.close();
      followed?.namespaces.close();
    },
  };
}

/** A policy that was there before the pod is obeyed, even if our copy has not heard of it yet. */
async function hear(client: Client, policies: Informer<NetworkPolicy>, namespace: string): Promise<void> {
  const { items } = await client.list(networkpolicies, { namespace });
  const newest = items.reduce((most, { metadata }) => larger(most, BigInt(metadata.resourceVersion ?? 0)), 0n);
  const heard = await policies.until(() => policies.hasSynced() && BigInt(policies.version() || 0) >= newest, patienceMs);
  if (!heard) throw new Error(`the network policies of ${namespace} have not arrived within ${patienceMs / 1000} s`);
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
