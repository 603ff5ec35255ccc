/**
 * The way out of a local cluster: the host forwards what leaves and gives it its own address, by one table of nftables that is ours.
 * Nothing of the host's own rules is touched. Forwarding is a setting of the whole machine: where we were those who switched it on,
 * the table says so, keeps the outside from coming in that way, and the last cluster to go switches it off again.
 */
import type { Family } from "#base/mod.ts";
import { nft, nftList, readSysctl, run, setSysctls, tryRun, uplink } from "#linux/mod.ts";
import { type ClusterConfig, numbersOf } from "./cluster.ts";

const prefix = "spoke_uplink_";
/** Chains without rules are notes. This one: forwarding was off before us. */
const note = "forwarding_was_off";
/** Of a device, in hexadecimal: it learned its routes from routers, which a machine that forwards does only when told so twice. */
const learned = "learned_routes_";

interface Way {
  family: Family;
  /** Of nftables. */
  table: "ip" | "ip6";
  forwarding: string;
}

const ways: readonly Way[] = [
  { family: "IPv4", table: "ip", forwarding: "net.ipv4.ip_forward" },
  { family: "IPv6", table: "ip6", forwarding: "net.ipv6.conf.all.forwarding" },
];

export async function setUplink(cluster: ClusterConfig): Promise<void> {
  const { families } = numbersOf(cluster);
  for (const way of ways) {
    const has = families.some(({ family }) => family === way.family);
    // Of IPv6 many machines have nothing but their own link: those are left as they are.
    const leads = has && cluster.uplink && (way.family === "IPv4" || (await uplink(way.family)) !== undefined);
    if (!leads) await removeWay(way, cluster.slot);
    else await setWay(way, cluster);
  }
}

async function setWay(way: Way, cluster: ClusterConfig): Promise<void> {
  const known = await tables(way);
  const wasOff = readSysctl(way.forwarding) !== "1" || known.some(({ noted }) => noted);
  const device = way.family === "IPv6" && (await uplink(way.family))?.device;
  const isLearner = device && readSysctl(acceptsOf(device)) === "1";
  const learners = [...new Set([...known.flatMap((each) => each.learners), ...(isLearner ? [device] : [])])];
  await nft(uplinkTable(cluster, way.family, { wasOff, learners }));
  await setSysctls({ ...Object.fromEntries(learners.map((each) => [`${acceptsOf(each)}?`, "2"])), [way.forwarding]: "1" });
}

const acceptsOf = (device: string) => `net/ipv6/conf/${device}/accept_ra`;

interface Before {
  wasOff: boolean;
  learners?: readonly string[];
}

/** The whole table, in place of what stands under its name. */
export function uplinkTable(cluster: Pick<ClusterConfig, "slot" | "families">, family: Family, { wasOff, learners = [] }: Before): string {
  const { bridge, families } = numbersOf(cluster);
  const { nodeRange, podRange } = families.find((each) => each.family === family)!;
  const ip = ways.find((way) => way.family === family)!.table;
  const table = `${prefix}${cluster.slot}`;
  return [
    `table ${ip} ${table}`,
    `delete table ${ip} ${table}`,
    `table ${ip} ${table} {`,
    `  chain out { type nat hook postrouting priority srcnat; ${ip} saddr { ${nodeRange}, ${podRange} } oifname != "${bridge}" masquerade; }`,
    "  chain between {",
    "    type filter hook forward priority filter;",
    // Clusters of one machine do not see each other.
    `    iifname "${bridge}" oifname "spoke*" oifname != "${bridge}" drop`,
    ...(wasOff ? [`    iifname != "spoke*" oifname "${bridge}" ct state new drop`] : []),
    "  }",
    ...(wasOff ? [`  chain ${note} { }`] : []),
    ...learners.map((device) => `  chain ${learned}${Buffer.from(device).toString("hex")} { }`),
    "}",
    "",
  ].join("\n");
}

export async function removeUplink(slot: number): Promise<void> {
  for (const way of ways) await removeWay(way, slot);
}

async function removeWay(way: Way, slot: number): Promise<void> {
  const all = await tables(way);
  const own = all.find(({ name }) => name === `${prefix}${slot}`);
  if (!own) return;
  await tryRun(["nft", "delete", "table", way.table, own.name]);
  if (!own.noted || all.length > 1 || (await othersForward())) return;
  const learners = Object.fromEntries(own.learners.map((device) => [`${acceptsOf(device)}?`, "1"]));
  await setSysctls({ [way.forwarding]: "0", ...learners });
}

interface Listed {
  chain?: { table: string; name: string };
}

/** The tables of this kind, of all clusters of this machine. */
async function tables({ table: ip }: Way): Promise<{ name: string; noted: boolean; learners: string[] }[]> {
  const listed = ((await nftList(`chains ${ip}`))?.nftables ?? []) as Listed[];
  const chains = listed.flatMap(({ chain }) => (chain?.table.startsWith(prefix) ? [chain] : []));
  const names = [...new Set(chains.map(({ table }) => table))];
  return names.map((name) => {
    const own = chains.filter((chain) => chain.table === name).map((chain) => chain.name);
    const hex = own.flatMap((each) => (each.startsWith(learned) ? [each.slice(learned.length)] : []));
    return { name, noted: own.includes(note), learners: hex.map((each) => Buffer.from(each, "hex").toString()) };
  });
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
