/**
 * The way out of a local cluster: the host forwards what leaves and gives it its own address, by one table of nftables that is ours.
 * Nothing of the host's own rules is touched. Forwarding is a setting of the whole machine: where we were those who switched it on,
 * the table says so, keeps the outside from coming in that way, and the last cluster to go switches it off again.
 */
import { nft, nftList, readSysctl, run, setSysctls, tryRun, uplink } from "#linux/mod.ts";
import { type ClusterConfig, numbersOf } from "./cluster.ts";

const prefix = "spoke_uplink_";
const forwarding = "net.ipv4.ip_forward";
/** A chain without rules: its being there is the note that forwarding was off before us. */
const note = "forwarding_was_off";

export async function setUplink(cluster: ClusterConfig): Promise<void> {
  if (!cluster.uplink) return removeUplink(cluster.slot);
  const wasOff = readSysctl(forwarding) !== "1" || (await tables()).some(({ noted }) => noted);
  await nft(uplinkTable(cluster, wasOff));
  await setSysctls({ [forwarding]: "1" });
}

/** The whole table, in place of what stands under its name. */
export function uplinkTable({ slot }: Pick<ClusterConfig, "slot">, wasOff: boolean): string {
  const { bridge, nodeRange, podRange } = numbersOf(slot);
  const table = `${prefix}${slot}`;
  return [
    `table ip ${table}`,
    `delete table ip ${table}`,
    `table ip ${table} {`,
    `  chain out { type nat hook postrouting priority srcnat; ip saddr { ${nodeRange}, ${podRange} } oifname != "${bridge}" masquerade; }`,
    "  chain between {",
    "    type filter hook forward priority filter;",
    // Clusters of one machine do not see each other.
    `    iifname "${bridge}" oifname "spoke*" oifname != "${bridge}" drop`,
    ...(wasOff ? [`    iifname != "spoke*" oifname "${bridge}" ct state new drop`] : []),
    "  }",
    ...(wasOff ? [`  chain ${note} { }`] : []),
    "}",
    "",
  ].join("\n");
}

export async function removeUplink(slot: number): Promise<void> {
  const all = await tables();
  const own = all.find(({ name }) => name === `${prefix}${slot}`);
  if (!own) return;
  await tryRun(["nft", "delete", "table", "ip", own.name]);
  if (own.noted && all.length === 1 && !(await othersForward())) await setSysctls({ [forwarding]: "0" });
}

interface Listed {
  chain?: { table: string; name: string };
}

/** The tables of this kind, of all clusters of this machine. */
async function tables(): Promise<{ name: string; noted: boolean }[]> {
  const listed = ((await nftList("chains ip"))?.nftables ?? []) as Listed[];
  const chains = listed.flatMap(({ chain }) => (chain?.table.startsWith(prefix) ? [chain] : []));
  const names = [...new Set(chains.map(({ table }) => table))];
  return names.map((name) => ({ name, noted: chains.some((chain) => chain.table === name && chain.name === note) }));
}

/** Whoever came after us found it on and may live by it: links made by programs, but for the machine's own way out, are a sign. */
async function othersForward(): Promise<boolean> {
  const links = JSON.parse((await run(["ip", "-details", "-json", "link", "show"])) || "[]") as {
    ifname: string;
    linkinfo?: { info_kind?: string };
  }[];
  const way = (await uplink())?.device;
  return links.some(({ ifname, linkinfo }) => linkinfo?.info_kind !== undefined && ifname !== way && !/^spoke\d/.test(ifname));
}

/** Whether the machine's own firewall drops what is forwarded: Docker's and ufw's do, and then nothing leaves by us either. */
export async function forwardingIsBlocked(): Promise<boolean> {
  const listed = ((await nftList("chains ip"))?.nftables ?? []) as { chain?: { hook?: string; policy?: string } }[];
  return listed.some(({ chain }) => chain?.hook === "forward" && chain.policy === "drop");
}
