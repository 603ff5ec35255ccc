/**
 * What a cluster needs in a machine's own network: one link that takes what has no other way, settings of the kernel, and the way
 * out. Ways to other machines are the agent's (`network.ts`). All of it is taken back, the settings to what they were before.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ip, links, nft, readSysctl, setSysctls, tryRun } from "#linux/mod.ts";
import { type ClusterConfig, numbersOf } from "../cluster.ts";
import { placeOf } from "../place.ts";
import { tunnelOf } from "./ways.ts";

const linkOf = (cluster: ClusterConfig): string => numbersOf(cluster).bridge;
const tableOf = (cluster: ClusterConfig): string => `spoke_machine_${cluster.slot}`;

/** As on nodes of one machine, but for what only they need. */
const settings: Record<string, string> = {
  "net.ipv4.ip_forward": "1",
  // Replies come by other ways than requests went, where one machine tunnels and the other does not.
  "net.ipv4.conf.all.rp_filter": "0",
  "net.ipv4.conf.default.rp_filter": "0",
  "net.netfilter.nf_conntrack_tcp_be_liberal": "1",
};

/** The link is a bridge without ports, which every kernel of a node has: what no rule rewrote ends in it and nowhere else. */
export function machineLines(cluster: ClusterConfig, isThere: boolean): string[] {
  const { dnsAddress, podRange, serviceRange, balancerRange } = numbersOf(cluster);
  const link = linkOf(cluster);
  const { address = "" } = cluster.machine ?? {};
  return [
    ...(isThere ? [] : [`link add ${link} type bridge stp_state 0 forward_delay 0`]),
    `link set ${link} up`,
    // Cluster DNS answers here, in every node's agent.
    `address replace ${dnsAddress}/32 dev ${link}`,
    // Connections that start on the machine are routed before they are rewritten to an endpoint.
    `route replace ${serviceRange} dev ${link} src ${address}`,
    `route replace ${balancerRange} dev ${link} src ${address}`,
    `route replace unreachable ${podRange} metric 4096`,
  ];
}

export async function ensureMachine(cluster: ClusterConfig): Promise<void> {
  const isThere = (await links()).some((link) => link.ifname === linkOf(cluster));
  remember(cluster);
  await ip(machineLines(cluster, isThere));
  await setSysctls(Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${name}?`, value])));
  if (cluster.uplink) await nft(wayOut(cluster));
  else await tryRun(["nft", "delete", "table", "ip", tableOf(cluster)]);
}

/** What leaves the cluster has the machine's address; what stays within keeps its own. */
export function wayOut(cluster: ClusterConfig): string {
  const { podRange, serviceRange } = numbersOf(cluster);
  const table = tableOf(cluster);
  return [
    `table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {`,
    `  chain out { type nat hook postrouting priority srcnat; ip saddr ${podRange} ip daddr != { ${podRange}, ${serviceRange} } fib daddr type != local masquerade; }`,
    "}",
    "",
  ].join("\n");
}

export async function machineWorks(cluster: ClusterConfig): Promise<boolean> {
  const { dnsAddress } = numbersOf(cluster);
  const link = (await links()).find(({ ifname }) => ifname === linkOf(cluster));
  return link?.addr_info?.some(({ local }) => local === dnsAddress) ?? false;
}

/** In a namespace they go with it. */
const tablesOfNode = ["spoke-proxy", "spoke-policy"] as const;

export async function removeMachine(cluster: ClusterConfig): Promise<void> {
  for (const table of [tableOf(cluster), ...tablesOfNode]) await tryRun(["nft", "delete", "table", "ip", table]);
  await ip(
    [
      `link delete ${tunnelOf(cluster.slot)}`,
      `link delete ${linkOf(cluster)}`,
      `route flush proto ${wayProtocol}`,
      `route delete unreachable ${numbersOf(cluster).podRange} metric 4096`,
    ],
    { force: true },
  );
  const file = fileOf(cluster);
  if (!existsSync(file)) return;
  const before = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  await setSysctls(Object.fromEntries(Object.entries(before).map(([name, value]) => [`${name}?`, value])));
  rmSync(file);
}

/** Marks routes of ours in the kernel's table. */
export const wayProtocol = 178;

const fileOf = (cluster: ClusterConfig): string => join(placeOf(cluster.name).state, "settings-before.json");

/** Written once: what is found later is our own doing. */
function remember(cluster: ClusterConfig): void {
  if (existsSync(fileOf(cluster))) return;
  const before = Object.keys(settings).flatMap((name) => {
    const value = readSysctl(name);
    return value === undefined ? [] : [[name, value]];
  });
  writeFileSync(fileOf(cluster), JSON.stringify(Object.fromEntries(before)), { mode: 0o600 });
}
