/** The description of a local cluster: what `up` was asked for, kept as `cluster.json`, and the numbers that follow from it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Family } from "#base/mod.ts";
import type { ProviderPlaces } from "#kubelet/mod.ts";
import type { ProxyMode } from "#proxy/mod.ts";
import type { EtcdConfig } from "./etcd/config.ts";
import { clustersFolder, type Place } from "./place.ts";
import { type RegistryConfig, type RegistryWishes, registryOf } from "./registry/config.ts";

export interface ClusterConfig {
  name: string;
  /** Tells clusters of one machine apart: each has a bridge and address ranges of its own. */
  slot: number;
  port: number;
  /** Real nodes, each a network namespace with its own containerd. */
  nodes: NodeConfig[];
  /** How many simulated nodes are wanted beside them. */
  simulatedNodes: number;
  /** Cluster traffic to the world is let out, masqueraded by the host. */
  uplink: boolean;
  /** Of addresses of pods, Services and nodes, the first one first; absent: IPv4. */
  families?: readonly [Family, ...Family[]];
  /** How nodes keep the rules of Services; absent: by nftables. */
  proxyMode?: ProxyMode;
  /** The images of samples.ts are loaded because the registries do not answer. */
  standIns?: boolean;
  /** It starts with the machine, by a unit of systemd. */
  boot?: boolean;
  /** How long the API server, asked to end, serves on while it says that it is not ready. */
  shutdownDelaySeconds?: number;
  /** Of a thousand requests over HTTP/2, how many ask their client to connect anew. */
  goawayPerMille?: number;
  /** Of the API server, by upstream's names: `--audit-log-path=/var/log/audit.log`. */
  apiserverFlags?: string[];
  /** The text of a KubeletConfiguration, for every node. */
  kubeletConfig?: string;
  /** Who is asked for credentials of images: paths of this machine, and a hash of what was read there. */
  imageCredentials?: ProviderPlaces & { hash: string };
  /** Absent: all of the cluster is on this machine. */
  machine?: Machine;
  /** Where the objects are; absent: in the embedded store, on this machine. */
  etcd?: EtcdConfig;
  /** Absent: there is no registry. */
  registry?: RegistryConfig;
  /** The text of a KubeSchedulerConfiguration; a file would have to be there, and right, at every start. */
  schedulerConfig?: string;
  /** Marks what the cluster made on the machine as its own; clusters from before there was one have none. */
  id?: string;
  /** Names its namespaces and cgroups, where another cluster of this machine, with its state elsewhere, has the same name. */
  tag?: string;
}

/** This machine, of a cluster over several: its node lives in its own network, and not in a namespace that is made for it. */
export interface Machine {
  /** What the others reach it by. */
  address: string;
  /** Of a machine that joined: the API server, on another one. Absent: it is here. */
  server?: string;
  /** Labels that the node registers with. */
  labels?: Record<string, string>;
  /** Only what tolerates the control plane's taint runs here. */
  noPods?: boolean;
  /** How packets go to other machines; absent: by routes on one segment, by VXLAN elsewhere. */
  backend?: "vxlan";
}

export interface NodeConfig {
  name: string;
  /** From 1. */
  index: number;
}

/** Addresses of one family. */
export interface FamilyNumbers {
  family: Family;
  hostAddress: string;
  nodeRange: string;
  podRange: string;
  serviceRange: string;
  /** External addresses of Services of type LoadBalancer. */
  balancerRange: string;
  apiServiceAddress: string;
  dnsAddress: string;
  nodeAddress(index: number): string;
  podCidr(index: number): string;
}

/** Of the cluster's first family, and below of each. */
export interface Numbers extends FamilyNumbers {
  bridge: string;
  families: readonly FamilyNumbers[];
}

export const proxyModes = ["nftables", "iptables"] as const satisfies readonly ProxyMode[];
export const clusterDomain = "cluster.local";
export const mostNodes = 200;
export const mostSlots = 16;
/** Of slot 0; the next slots have the next ports. */
export const firstPort = 6443;

/** The name of a node's network namespace. */
export const netnsOf = (cluster: ClusterConfig, node: string): string => `spoke-${cluster.tag ?? cluster.name}-${node}`;

/** Where a cluster's pods hang in the cgroup tree, and below it each node's. */
export const clusterCgroup = (cluster: ClusterConfig): string => `/spoke/${cluster.tag ?? cluster.name}`;
export const cgroupOf = (cluster: ClusterConfig, node: string): string => `${clusterCgroup(cluster)}/${node}`;

/** Slot 0 has the documented ranges; the others lie beside them. */
export function numbersOf({ slot, families = ["IPv4"] }: Pick<ClusterConfig, "slot" | "families">): Numbers {
  const all = families.map((family) => (family === "IPv4" ? numbersOfV4(slot) : numbersOfV6(slot)));
  return { ...all[0]!, bridge: `spoke${slot}`, families: all };
}

function numbersOfV4(slot: number): FamilyNumbers {
  const pods = 244 - slot;
  const services = 96 + slot;
  return {
    family: "IPv4",
    hostAddress: `10.89.${slot}.1`,
    nodeRange: `10.89.${slot}.0/24`,
    podRange: `10.${pods}.0.0/16`,
    serviceRange: `10.${services}.0.0/16`,
    balancerRange: `10.88.${slot}.0/24`,
    apiServiceAddress: `10.${services}.0.1`,
    dnsAddress: `10.${services}.0.10`,
    nodeAddress: (index) => `10.89.${slot}.${10 + index}`,
    podCidr: (index) => `10.${pods}.${index}.0/24`,
  };
}

/** Unique local addresses; the prefix spells the project's name. */
const prefix = "fd53:706f:6b65";

/** The last digits are those of IPv4, so that people find one from the other; a node has a /64 of pods, as upstream gives. */
function numbersOfV6(slot: number): FamilyNumbers {
  const net = (kind: number, low = 0) => `${prefix}:${((kind << 8) + low).toString(16)}`;
  const [pods, nodes, balancers, services] = [0x10 + slot, 0x89, 0x88, 0x96] as const;
  return {
    family: "IPv6",
    hostAddress: `${net(nodes, slot)}::1`,
    nodeRange: `${net(nodes, slot)}::/64`,
    podRange: `${net(pods)}::/56`,
    serviceRange: `${net(services, slot)}::/108`,
    balancerRange: `${net(balancers, slot)}::/112`,
    apiServiceAddress: `${net(services, slot)}::1`,
    dnsAddress: `${net(services, slot)}::a`,
    nodeAddress: (index) => `${net(nodes, slot)}::${10 + index}`,
    podCidr: (index) => `${net(pods, index)}::/64`,
  };
}

/** `ipv4`, `ipv6,ipv4`. */
export function familiesOf(text: string): readonly [Family, ...Family[]] {
  const names: Readonly<Record<string, Family>> = { ipv4: "IPv4", ipv6: "IPv6" };
  const words = text.split(",").map((word) => word.trim().toLowerCase());
  const all = words.flatMap((word) => names[word] ?? []);
  if (all.length < words.length || new Set(all).size < all.length)
    throw new Error(`--families ${text}: ipv4, ipv6, or both with a comma between them are needed, the first one first`);
  return all as [Family, ...Family[]];
}

const fileOf = (place: Place): string => join(place.state, "cluster.json");

export function readCluster(place: Place): ClusterConfig | undefined {
  if (!existsSync(fileOf(place))) return undefined;
  try {
    return JSON.parse(readFileSync(fileOf(place), "utf8")) as ClusterConfig;
  } catch (cause) {
    throw new Error(`${fileOf(place)} cannot be read: restore it, or remove the cluster with: spoke destroy --name ${place.cluster}`, {
      cause,
    });
  }
}

export function writeCluster(place: Place, cluster: ClusterConfig): void {
  mkdirSync(place.state, { recursive: true, mode: 0o700 });
  writeFileSync(`${fileOf(place)}.new`, `${JSON.stringify(cluster, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${fileOf(place)}.new`, fileOf(place));
}

/** Names of the clusters whose state is side by side in one folder. */
export function clusterNames(folder = clustersFolder()): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "cluster.json")));
}

export interface Wishes {
  nodes?: number;
  simulatedNodes?: number;
  uplink?: boolean;
  port?: number;
  boot?: boolean;
  proxyMode?: ProxyMode;
  families?: ClusterConfig["families"];
  shutdownDelaySeconds?: number;
  goawayPerMille?: number;
  /** All of them anew; empty: none any more. */
  apiserverFlags?: string[];
  /** Empty: none any more. */
  schedulerConfig?: string;
  /** Empty: none any more. */
  kubeletConfig?: string;
  /** Empty: nobody any more. */
  imageCredentials?: NonNullable<ClusterConfig["imageCredentials"]> | "";
  registry?: RegistryWishes;
}

export interface Newcomer {
  id: string;
  /** Another cluster of this machine has the name too. */
  nameTaken: boolean;
  /** This machine has a way to the world: pods may use it, unless it was said that they may not. */
  wayOut: boolean;
}

/** What the cluster should be now: what it was, changed by what is asked for. Nodes are added and taken at the end. */
export function plan(
  name: string,
  before: ClusterConfig | undefined,
  wishes: Wishes,
  takenSlots: ReadonlySet<number>,
  newcomer?: Newcomer,
): ClusterConfig {
  const slot = before?.slot ?? firstFree(takenSlots);
  const count = wishes.nodes ?? before?.nodes.length ?? 1;
  if (!Number.isInteger(count) || count < 0 || count > mostNodes)
    throw new Error(`--nodes ${count}: a whole number from 0 to ${mostNodes} is needed`);
  const prefix = name === "spoke" ? "" : `${name}-`;
  return {
    name,
    slot,
    port: wishes.port ?? before?.port ?? firstPort + slot,
    nodes: Array.from({ length: count }, (_, at) => ({ name: `${prefix}node-${at + 1}`, index: at + 1 })),
    simulatedNodes: wishes.simulatedNodes ?? before?.simulatedNodes ?? 0,
    uplink: wishes.uplink ?? before?.uplink ?? newcomer?.wayOut ?? false,
    ...(before?.machine ? { machine: before.machine } : {}),
    ...(before?.etcd ? { etcd: before.etcd } : {}),
    ...(before?.standIns === undefined ? {} : { standIns: before.standIns }),
    ...modeOf(wishes.proxyMode ?? before?.proxyMode),
    ...familiesFor(name, before, wishes.families),
    ...((wishes.boot ?? before?.boot) ? { boot: true } : {}),
    ...endingOf({
      shutdownDelaySeconds: wishes.shutdownDelaySeconds ?? before?.shutdownDelaySeconds,
      goawayPerMille: wishes.goawayPerMille ?? before?.goawayPerMille,
    }),
    ...flagsOf(wishes.apiserverFlags ?? before?.apiserverFlags),
    ...configOf(wishes.schedulerConfig ?? before?.schedulerConfig),
    ...kubeletsOf(wishes.kubeletConfig ?? before?.kubeletConfig),
    ...providersOf(wishes.imageCredentials ?? before?.imageCredentials),
    ...registryOf(before?.registry, wishes.registry ?? {}),
    ...(before ? identityOf(before) : newcomer ? { id: newcomer.id, ...(newcomer.nameTaken ? { tag: `${name}.${slot}` } : {}) } : {}),
  };
}

const kubeletsOf = (text: string | undefined): Pick<ClusterConfig, "kubeletConfig"> => (text ? { kubeletConfig: text } : {});
const providersOf = (places: Wishes["imageCredentials"]): Pick<ClusterConfig, "imageCredentials"> =>
  places ? { imageCredentials: places } : {};
const flagsOf = (flags: string[] | undefined): Pick<ClusterConfig, "apiserverFlags"> => (flags?.length ? { apiserverFlags: flags } : {});

const configOf = (text: string | undefined): Pick<ClusterConfig, "schedulerConfig"> => (text ? { schedulerConfig: text } : {});

const modeOf = (mode: ProxyMode | undefined): Pick<ClusterConfig, "proxyMode"> =>
  mode === undefined || mode === "nftables" ? {} : { proxyMode: mode };

/** What has addresses keeps them: the families of a cluster are chosen when it is made. */
function familiesFor(name: string, before: ClusterConfig | undefined, asked: ClusterConfig["families"]): Pick<ClusterConfig, "families"> {
  const has = before?.families ?? ["IPv4"];
  if (before && asked && asked.join() !== has.join())
    throw new Error(
      `--families ${asked.join().toLowerCase()}: the cluster was made with ${has.join().toLowerCase()}, which does not change; remove it first with: spoke destroy --name ${name}`,
    );
  const families = before ? before.families : asked;
  return !families || families.join() === "IPv4" ? {} : { families };
}

const mostGoawayPerMille = 20;

function endingOf({ shutdownDelaySeconds, goawayPerMille }: Wishes): Pick<ClusterConfig, "shutdownDelaySeconds" | "goawayPerMille"> {
  if ((goawayPerMille ?? 0) > mostGoawayPerMille) throw new Error(`--goaway-per-mille ${goawayPerMille}: at most ${mostGoawayPerMille}`);
  return { ...(shutdownDelaySeconds ? { shutdownDelaySeconds } : {}), ...(goawayPerMille ? { goawayPerMille } : {}) };
}

const stopMs = 10_000;

/** How long the control plane may take to end. */
export const controlPlaneGraceMs = ({ shutdownDelaySeconds = 0 }: ClusterConfig): number => stopMs + shutdownDelaySeconds * 1000;

/** A name with a dot cannot be a cluster's own. */
function identityOf({ id, tag }: ClusterConfig): Pick<ClusterConfig, "id" | "tag"> {
  return { ...(id === undefined ? {} : { id }), ...(tag === undefined ? {} : { tag }) };
}

function firstFree(taken: ReadonlySet<number>): number {
  for (let slot = 0; slot < mostSlots; slot++) if (!taken.has(slot)) return slot;
  throw new Error(
    `none of the ${mostSlots} places for clusters of this machine is free (each needs a bridge and a port of its own): remove one with: spoke destroy --name <name>`,
  );
}
