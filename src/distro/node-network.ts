/**
 * The network of local nodes. Each node is a network namespace with one leg on the host's bridge; pods hang on the node by
 * point-to-point links and are routed, never bridged and never translated. On the host: one bridge, routes, and the way out.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { deleteNetns, ensureNetns, ip, isRoot, type Link, links, netnsWorks, routeLine, setSysctls, tryRun, uplink } from "#linux/mod.ts";
import { type ClusterConfig, type FamilyNumbers, type NodeConfig, netnsOf, numbersOf } from "./cluster.ts";
import { ensureMachine, machineWorks, removeMachine } from "./machines/own-network.ts";
import { removeUplink, setUplink } from "./uplink.ts";

/** At most 15 characters, unique on the host: the kernel's limit. */
const hostLeg = (slot: number, index: number): string => `spoke${slot}n${index}`;

/** Brings host and nodes to the cluster's plan, and can be repeated at any time. */
export async function ensureNetwork(cluster: ClusterConfig): Promise<void> {
  if (cluster.machine) return ensureMachine(cluster);
  if (cluster.nodes.length === 0) return;
  const mtu = await ensureBridge(cluster);
  await Promise.all(cluster.nodes.map((node) => ensureNodeNetwork(cluster, node, mtu)));
  await ip([...hostDeadEnds(cluster).map((route) => `route replace ${route}`), ...hostRoutes(cluster)]);
  await setUplink(cluster);
}

/** The host's end, which the API server listens on; resolves with the MTU that all links have. */
export async function ensureBridge(cluster: ClusterConfig): Promise<number> {
  if (cluster.nodes.length === 0 || cluster.machine) return 1500;
  const mtu = (await uplink())?.mtu ?? 1500;
  const { bridge, families } = numbersOf(cluster);
  const there = (await links()).find((link) => link.ifname === bridge);
  if (there && !isOurs(there, cluster))
    throw new Error(
      `the bridge ${bridge} is there and was not made by cluster "${cluster.name}": another one uses its address ranges; end that one, or remove the bridge with: ip link delete ${bridge}`,
    );
  const has = (address: string) => there?.addr_info?.some(({ local }) => local === address);
  if (there?.mtu === mtu && families.every(({ hostAddress }) => has(hostAddress))) return mtu;
  const mark = cluster.id ? [`link set dev ${bridge} alias ${markOf(cluster.id)}`] : [];
  const make = there ? [] : [`link add ${bridge} type bridge stp_state 0 forward_delay 0`, ...mark];
  await ip([...make, `link set ${bridge} mtu ${mtu} up`]);
  // Machines that do without IPv6 switch it off for links that are yet to come, too: this one is ours.
  if (families.some(({ family }) => family === "IPv6")) await setSysctls({ [`net/ipv6/conf/${bridge}/disable_ipv6`]: "0" });
  await ip(families.map((each) => addressLine(each, each.hostAddress, bridge)));
  return mtu;
}

const markOf = (id: string): string => `spoke:${id}`;

/** The kernel keeps whose a bridge is. Without a mark it is from before there were marks, or of somebody that died early. */
function isOurs(link: Link, cluster: ClusterConfig): boolean {
  return !link.ifalias || (cluster.id !== undefined && link.ifalias === markOf(cluster.id));
}

async function ensureNodeNetwork(cluster: ClusterConfig, node: NodeConfig, mtu: number): Promise<void> {
  const { bridge, families } = numbersOf(cluster);
  const netns = netnsOf(cluster, node.name);
  await ensureNetns(netns);
  const legs = await links({ netns });
  const eth0 = legs.find((link) => link.ifname === "eth0");
  const complete = families.every(({ nodeAddress }) => eth0?.addr_info?.some(({ local }) => local === nodeAddress(node.index)));
  if (!complete) {
    const leg = hostLeg(cluster.slot, node.index);
    await tryRun(["ip", "link", "delete", leg]); // half of an earlier attempt
    await ip([
      `link add ${leg} mtu ${mtu} address ${hardwareAddress(`${cluster.name}/${node.name}/host`)} type veth peer name eth0 mtu ${mtu} address ${hardwareAddress(`${cluster.name}/${node.name}`)} netns ${netns}`,
      `link set ${leg} master ${bridge} up`,
    ]);
  }
  // First: an address of IPv6 is of no use while the kernel asks whether somebody else has it.
  await setSysctls(nodeSysctls, { netns });
  await ip(nodeLines(cluster, node), { netns });
}

/** Inside a node: its address, the way to every other node's pods, and dead ends for cluster ranges without a better match. */
export function nodeLines(cluster: ClusterConfig, node: NodeConfig): string[] {
  return ["link set lo up", "link set eth0 up", ...numbersOf(cluster).families.flatMap((each) => familyLines(cluster, node, each))];
}

/** With its range: what has it is a neighbour. Nobody else has our addresses, and the kernel need not ask. */
function addressLine({ family, nodeRange }: FamilyNumbers, address: string, device: string): string {
  return `address replace ${address}/${nodeRange.split("/")[1]} dev ${device}${family === "IPv6" ? " nodad" : ""}`;
}

function familyLines(cluster: ClusterConfig, node: NodeConfig, numbers: FamilyNumbers): string[] {
  const address = numbers.nodeAddress(node.index);
  const isV6 = numbers.family === "IPv6";
  return [
    addressLine(numbers, address, "eth0"),
    // Cluster DNS answers here, in every node's agent.
    `address replace ${numbers.dnsAddress}/${isV6 ? "128" : "32"} dev lo${isV6 ? " nodad" : ""}`,
    routeLine(numbers.podRange, []),
    // Not a dead end: a connection that starts on the node itself is routed before it is rewritten to an endpoint.
    // What nobody rewrites is asked for on the bridge, where nobody has such an address.
    `route replace ${numbers.serviceRange} dev eth0 src ${address}`,
    ...cluster.nodes
      .filter((other) => other.index !== node.index)
      .map((other) => routeLine(numbers.podCidr(other.index), [numbers.nodeAddress(other.index)])),
    // Said in both cases: what was open is closed by it.
    routeLine(isV6 ? "::/0" : "default", cluster.uplink ? [numbers.hostAddress] : []),
  ];
}

const nodeSysctls: Record<string, string> = {
  "net.ipv4.ip_forward": "1",
  "net.ipv6.conf.all.forwarding?": "1",
  "net.ipv6.conf.all.disable_ipv6?": "0",
  "net.ipv6.conf.default.disable_ipv6?": "0",
  // Addresses are given by us: no other one has them, and routers are not asked.
  "net.ipv6.conf.default.accept_dad?": "0",
  "net.ipv6.conf.eth0.accept_dad?": "0",
  "net.ipv6.conf.default.accept_ra?": "0",
  "net.ipv6.conf.eth0.accept_ra?": "0",
  // Pods of one node leave and enter by the node: telling them of a shorter way would be wrong.
  "net.ipv4.conf.all.send_redirects": "0",
  "net.ipv4.conf.default.send_redirects": "0",
  // Replies come by other legs than requests went: loose reverse path checks only.
  "net.ipv4.conf.all.rp_filter": "0",
  "net.ipv4.conf.default.rp_filter": "0",
  "net.ipv4.conf.eth0.rp_filter": "0",
  "net.ipv4.conf.all.route_localnet": "1",
  "net.bridge.bridge-nf-call-iptables?": "1",
  "net.netfilter.nf_conntrack_tcp_be_liberal?": "1",
};

/** On the host: pods of each node by that node's address; Services by all nodes, so that one may stop. */
export function hostRoutes(cluster: ClusterConfig): string[] {
  return numbersOf(cluster).families.flatMap((numbers) => [
    ...cluster.nodes.map((node) => routeLine(numbers.podCidr(node.index), [numbers.nodeAddress(node.index)])),
    routeLine(numbers.serviceRange, cluster.nodes.map((node) => numbers.nodeAddress(node.index)).slice(0, 16)),
  ]);
}

/**
 * Ranges of the cluster that lead nowhere unless a better route says where: without these the host would ask the world for
 * a load balancer's address that no node takes, or for a pod of a node that went, and a stranger might answer.
 */
export function hostDeadEnds(cluster: ClusterConfig): string[] {
  const ranges = numbersOf(cluster).families.flatMap(({ podRange, serviceRange, balancerRange }) => [
    podRange,
    serviceRange,
    balancerRange,
  ]);
  return ranges.map((range) => `unreachable ${range} metric 4096`);
}

/** Takes one node's network away. */
export async function removeNodeNetwork(cluster: ClusterConfig, node: NodeConfig): Promise<void> {
  if (cluster.machine) return removeMachine(cluster);
  const pods = numbersOf(cluster).families.map(({ podCidr }) => `route delete ${podCidr(node.index)}`);
  await ip([...pods, `link delete ${hostLeg(cluster.slot, node.index)}`], { force: true });
  await deleteNetns(netnsOf(cluster, node.name));
}

/** Takes everything away that ensureNetwork made, and nothing else: a cluster without real nodes made nothing. */
export async function removeNetwork(cluster: ClusterConfig): Promise<void> {
  if (!isRoot() || !existsSync("/sys/class/net")) return;
  if (cluster.machine) return removeMachine(cluster);
  const { bridge } = numbersOf(cluster);
  const there = (await links().catch(() => [])).find((link) => link.ifname === bridge);
  if (!there || !isOurs(there, cluster) || (!there.ifalias && cluster.nodes.length === 0)) {
    // The bridge was lost; legs and routes of this slot may be somebody else's by now.
    for (const node of cluster.nodes) await deleteNetns(netnsOf(cluster, node.name));
    return;
  }
  for (const node of cluster.nodes) await removeNodeNetwork(cluster, node);
  await removeUplink(cluster.slot);
  // They hang on no link that would take them along.
  await ip(
    hostDeadEnds(cluster).map((route) => `route delete ${route}`),
    { force: true },
  );
  await ip([`link delete ${bridge}`], { force: true });
}

/** Whether a node's namespace stands. */
export function nodeNetworkWorks(cluster: ClusterConfig, node: NodeConfig): Promise<boolean> {
  if (cluster.machine) return machineWorks(cluster);
  return netnsWorks(netnsOf(cluster, node.name));
}

/** Stable, locally administered: a node made anew keeps its address, and neighbours' caches stay right. */
function hardwareAddress(of: string): string {
  const bytes = createHash("sha256").update(of).digest().subarray(0, 6);
  bytes[0] = (bytes[0] & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
