/**
 * NetworkPolicies → rules of one node, as one nftables table:
 *
 *     from a pod of ours ─▶ egress: address → egress-of/… : egress/<namespace>/<policy> for each that selects it, then drop
 *     to a pod of ours   ─▶ ingress: address → ingress-of/… : the same for what comes in
 *
 * A pod is an element of `ingress` and `egress` and of the sets of those that may talk: one that changes touches a few elements.
 * Egress is judged before ingress and by a chain of its own: both must agree. What a process of the pod's own node sends is never
 * judged, nor what a pod sends to its node, save to the addresses of the node that stand for pods (cluster DNS).
 */
import type { Namespace, NetworkPolicy, Pod } from "#api/mod.ts";
import { type Family, familyOf } from "#base/mod.ts";
import { matchesLabels } from "#codec/mod.ts";
import { type Chain, emptyRuleset, type Ruleset, tableFamilies } from "#linux/mod.ts";
import { Members, type Wanted, type World } from "./members.ts";
import { type Direction, directions, isolationChain, portSet, setTypes } from "./names.ts";
import { type CompiledPolicy, compilePolicy } from "./one-policy.ts";
import type { Group } from "./parse.ts";
import { type Peer, peerOf, withoutDoubles } from "./peers.ts";
import { SelectorIndex } from "./selector-index.ts";

export interface PolicyInput {
  policies: readonly NetworkPolicy[];
  pods: readonly Pod[];
  namespaces: readonly Namespace[];
}

export interface PolicyOptions {
  nodeName: string;
  /** Of the addresses that it knows; IPv4 where none is said. */
  family?: Family;
  /** Addresses of the node itself that are to policies what a pod is. */
  standIns?: readonly StandIn[];
  /** The address of a pod of this node, by uid, before its status has it. */
  addressOf?(uid: string): string | undefined;
}

export interface StandIn {
  ip: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  /** `udp/dns` → number. */
  ports: Readonly<Record<string, number>>;
}

export function compile(input: PolicyInput, options: PolicyOptions): Ruleset {
  return new PolicyCompiler(options).compile(input);
}

/** A pure function of its input that remembers what it found for objects that are still the same. */
export class PolicyCompiler {
  readonly #options: PolicyOptions;
  readonly #family: Family;
  readonly #standIns: readonly Peer[];
  readonly #members: Members;
  readonly #compiled = new WeakMap<NetworkPolicy, CompiledPolicy>();
  readonly #read = new WeakMap<Pod, { address: string | undefined; peer: Peer | undefined }>();
  readonly #selected = new WeakMap<Peer, Selected>();
  #world: World = { peers: new Map(), namespaces: new Map() };
  #byNamespace = new Map<string, Candidates>();
  #isolation = new Map<string, Chain>();
  #relevant: ReadonlySet<CompiledPolicy> = new Set();
  #wanted: Wanted = { groups: new Map(), ports: new Set() };

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.#family = options.family ?? "IPv4";
    this.#members = new Members(this.#family);
    this.#standIns = (options.standIns ?? [])
      .filter(({ ip }) => familyOf(ip) === this.#family)
      .map((each, index) => ({
        ...each,
        key: `node/${index}`,
        local: false,
        ports: new Map(Object.entries(each.ports).map(([name, number]) => [name, [number]])),
        createdAt: "",
      }));
  }

  compile({ policies, pods, namespaces }: PolicyInput): Ruleset {
    this.#world = { peers: this.#peersOf(pods), namespaces: labelsOf(namespaces, this.#world.namespaces) };
    this.#byNamespace = this.#sorted(policies);
    const rules = frame(this.#family, this.#standIns);
    const relevant = this.#isolate(rules);
    if (relevant.symmetricDifference(this.#relevant).size > 0) {
      this.#relevant = relevant;
      this.#wanted = wantedBy(relevant);
    }
    for (const policy of relevant) for (const [name, chain] of policy.chains) rules.chains.set(name, chain);
    const members = this.#members.of(this.#wanted, this.#world);
    for (const [key, set] of members.groups) rules.sets.set(this.#wanted.groups.get(key)!.set, set);
    for (const [key, set] of members.ports) rules.sets.set(portSet(...(key.split("/") as [string, string])), set);
    return rules;
  }

  /** What is equal to what was known stays the same object. */
  #peersOf(pods: readonly Pod[]): Map<string, Peer> {
    const { nodeName, addressOf } = this.#options;
    const seen: Peer[] = [...this.#standIns];
    for (const pod of pods) {
      const address = addressOf?.(pod.metadata.uid ?? "");
      const before = this.#read.get(pod);
      if (before && before.address === address) {
        if (before.peer) seen.push(before.peer);
        continue;
      }
      const made = peerOf(pod, { nodeName, family: this.#family }, address);
      const known = made && this.#world.peers.get(made.key);
      const peer = known && isSame(known, made) ? known : made;
      this.#read.set(pod, { address, peer });
      if (peer) seen.push(peer);
    }
    return new Map(withoutDoubles(seen).map((peer) => [peer.key, peer]));
  }

  /** By namespace and name; a namespace whose policies are those of before keeps its list. */
  #sorted(policies: readonly NetworkPolicy[]): Map<string, Candidates> {
    const lists = new Map<string, CompiledPolicy[]>();
    for (const policy of policies) {
      const compiled = this.#compiled.get(policy) ?? compilePolicy(policy, this.#family);
      this.#compiled.set(policy, compiled);
      const list = lists.get(compiled.namespace);
      if (list) list.push(compiled);
      else lists.set(compiled.namespace, [compiled]);
    }
    const all = new Map<string, Candidates>();
    for (const [namespace, list] of lists) {
      list.sort(byName);
      const before = this.#byNamespace.get(namespace);
      const isSameList = before?.list.length === list.length && list.every((policy, index) => policy === before.list[index]);
      all.set(namespace, isSameList ? before : { list, index: new SelectorIndex(list, ({ pods }) => pods) });
    }
    return all;
  }

  /** Elements and chains of this node's pods that policies select; returns those policies. */
  #isolate(rules: Ruleset): Set<CompiledPolicy> {
    const relevant = new Set<CompiledPolicy>();
    const isolation = new Map<string, Chain>();
    const self = rules.sets.get("self")!.elements;
    const elements = { ingress: rules.sets.get("ingress")!.elements, egress: rules.sets.get("egress")!.elements };
    for (const peer of this.#world.peers.values()) {
      if (!peer.local) continue;
      const { policies, chains, verdicts, selfKey } = this.#selectedBy(peer);
      if (policies.length === 0) continue;
      self.set(selfKey, "");
      for (const direction of directions) {
        const name = chains[direction];
        if (!name) continue;
        elements[direction].set(peer.ip, verdicts[direction]);
        if (isolation.has(name)) continue;
        isolation.set(name, this.#isolation.get(name) ?? isolationOf(direction, policies));
        for (const policy of policies) relevant.add(policy);
      }
    }
    for (const [name, chain] of isolation) rules.chains.set(name, chain);
    this.#isolation = isolation;
    return relevant;
  }

  #selectedBy(peer: Peer): Selected {
    const of = this.#byNamespace.get(peer.namespace);
    const known = this.#selected.get(peer);
    if (known && known.of === of) return known;
    const policies = (of?.index.candidates(peer.labels) ?? []).filter(({ pods }) => matchesLabels(pods, peer.labels)).toSorted(byName);
    const chainFor = (direction: Direction): string | undefined => {
      const names = policies.flatMap(({ parts }) => parts[direction]?.name ?? []);
      return names.length > 0 ? isolationChain(direction, names.join(" ")) : undefined;
    };
    const chains = { ingress: chainFor("ingress"), egress: chainFor("egress") };
    const verdicts = { ingress: `goto ${chains.ingress}`, egress: `goto ${chains.egress}` };
    const selected = { of, policies, chains, verdicts, selfKey: `${peer.ip} . ${peer.ip}` };
    this.#selected.set(peer, selected);
    return selected;
  }
}

/** The policies of one namespace. */
interface Candidates {
  list: readonly CompiledPolicy[];
  index: SelectorIndex<CompiledPolicy>;
}

interface Selected {
  /** Those that were asked. */
  of: Candidates | undefined;
  policies: readonly CompiledPolicy[];
  chains: Record<Direction, string | undefined>;
  /** What its elements say; without meaning where there is no chain. */
  verdicts: Record<Direction, string>;
  selfKey: string;
}

const byName = (a: CompiledPolicy, b: CompiledPolicy): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function isSame(a: Peer, b: Peer): boolean {
  const same = a.ip === b.ip && a.local === b.local && a.createdAt === b.createdAt && a.ports.size === b.ports.size;
  if (!same) return false;
  for (const [name, numbers] of a.ports) if (b.ports.get(name)?.join() !== numbers.join()) return false;
  if (a.labels === b.labels) return true;
  const keys = Object.keys(a.labels);
  return (
    keys.length === Object.keys(b.labels).length && keys.every((key) => Object.hasOwn(b.labels, key) && a.labels[key] === b.labels[key])
  );
}

/** The map of before when nothing in it is new. */
function labelsOf(namespaces: readonly Namespace[], before: World["namespaces"]): World["namespaces"] {
  const now = new Map(namespaces.map(({ metadata }) => [metadata.name ?? "", metadata.labels ?? noLabels]));
  if (now.size !== before.size) return now;
  for (const [name, labels] of now) if (before.get(name) !== labels) return now;
  return before;
}

const noLabels: Readonly<Record<string, string>> = {};

/** The part that never changes. */
function frame(family: Family, standIns: readonly Peer[]): Ruleset {
  const ip = tableFamilies[family];
  const address = setTypes[family];
  const rules = emptyRuleset(ip);
  rules.sets.set("ingress", { kind: "map", type: `${address} : verdict`, elements: new Map() });
  rules.sets.set("egress", { kind: "map", type: `${address} : verdict`, elements: new Map() });
  rules.sets.set("self", { kind: "set", type: `${address} . ${address}`, elements: new Map() });
  // What was allowed once goes on; a pod reaches itself through a Service.
  const always = ["ct state established,related accept", `${ip} saddr . ${ip} daddr @self accept`];
  const chain = (name: string, hook: string, body: string[]) => rules.chains.set(name, { hook, rules: body });
  // A pod may write any source into its packets: policies go by the source, so it must be the one that the link belongs to.
  chain("true-source", "type filter hook prerouting priority raw", [
    // A link's own addresses are how neighbours find each other.
    `iifname "veth*" ${family === "IPv6" ? "ip6 saddr != { ::, fe80::/10 } " : ""}fib saddr . iif oif missing drop`,
  ]);
  // After the rules of Services: what nobody answers is refused there, which is kinder than silence.
  chain("from-pods", "type filter hook forward priority filter + 10", [...always, `${ip} saddr vmap @egress`]);
  chain("to-pods", "type filter hook forward priority filter + 20", [...always, `${ip} daddr vmap @ingress`]);
  if (standIns.length > 0)
    chain("from-pods-to-node", "type filter hook input priority filter + 10", [
      "ct state established,related accept",
      `${ip} daddr { ${standIns.map((each) => each.ip).join(", ")} } ${ip} saddr vmap @egress`,
    ]);
  return rules;
}

function isolationOf(direction: Direction, policies: readonly CompiledPolicy[]): Chain {
  return { rules: [...policies.flatMap(({ parts }) => (parts[direction] ? [`jump ${parts[direction].name}`] : [])), "drop"] };
}

function wantedBy(policies: Iterable<CompiledPolicy>): Wanted {
  const groups = new Map<string, Group>();
  const ports = new Set<string>();
  for (const policy of policies)
    for (const part of Object.values(policy.parts)) {
      for (const group of part.groups) groups.set(group.key, group);
      for (const port of part.ports) ports.add(port);
    }
  return { groups, ports };
}
