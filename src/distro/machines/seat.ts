/** Where the parts of a cluster are: in namespaces of one machine, or on machines of their own. All that depends on it asks here. */
import { hostPort } from "#base/mod.ts";
import { inNetns } from "#linux/mod.ts";
import { type ClusterConfig, type FamilyNumbers, type NodeConfig, netnsOf, numbersOf } from "../cluster.ts";

/** Store, API server and controllers are on this machine. */
export const hasControlPlane = ({ machine }: ClusterConfig): boolean => machine?.server === undefined;

/** What nodes reach this machine by: its own address, or its end of the bridge. */
export const hostAddressOf = (cluster: ClusterConfig): string => hostAddressesOf(cluster)[0];

/** One, or one of each family. */
export const hostAddressesOf = (cluster: ClusterConfig): [string, ...string[]] =>
  cluster.machine ? [cluster.machine.address] : ofEach(cluster, ({ hostAddress }) => hostAddress);

export const nodeAddressOf = (cluster: ClusterConfig, node: NodeConfig): string => nodeAddressesOf(cluster, node)[0];

export const nodeAddressesOf = (cluster: ClusterConfig, node: NodeConfig): [string, ...string[]] =>
  cluster.machine ? [cluster.machine.address] : ofEach(cluster, ({ nodeAddress }) => nodeAddress(node.index));

const ofEach = (cluster: ClusterConfig, read: (numbers: FamilyNumbers) => string): [string, ...string[]] =>
  numbersOf(cluster).families.map(read) as [string, ...string[]];

/** The API server, as nodes and other machines reach it. */
export const serverOf = (cluster: ClusterConfig): string =>
  cluster.machine?.server ?? `https://${hostPort(hostAddressOf(cluster), cluster.port)}`;

/** The API server, as this machine reaches it. */
export const serverFromHere = ({ machine, port }: ClusterConfig): string => machine?.server ?? `https://127.0.0.1:${port}`;

/** For people's contexts, which are handed over to other machines where the cluster is of several. */
export const serverForOthers = (cluster: ClusterConfig): string => (cluster.machine ? serverOf(cluster) : serverFromHere(cluster));

/** A command line that runs where the node is. */
export const withinNode = (cluster: ClusterConfig, node: NodeConfig, argv: readonly string[]): string[] =>
  cluster.machine ? [...argv] : inNetns(netnsOf(cluster, node.name), argv);
