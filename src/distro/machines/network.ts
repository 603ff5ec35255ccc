/** The machine's part of the pod network: its own range for containers, and ways to the ranges of the other machines, kept as nodes come and go. */
import { nodes } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf, type Random } from "#base/mod.ts";
import { type Client, informer } from "#client/mod.ts";
import { ip, links, run, setSysctls } from "#linux/mod.ts";
import type { ClusterConfig, NodeConfig } from "../cluster.ts";
import { nodePlace, writeCniConfig } from "../containerd.ts";
import type { Place } from "../place.ts";
import { wayProtocol } from "./own-network.ts";
import { endOf, hardwareOf, linesFor, peersOf, type Segment, tunnelId, tunnelOf, tunnelOverhead, tunnelPort, waysTo } from "./ways.ts";

export interface MachineNetwork {
  close(): Promise<void>;
}

interface Options {
  place: Place;
  cluster: ClusterConfig;
  node: NodeConfig;
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
}

const settleMs = 20;
/** Links go down and take their routes along; nobody tells of it. */
const lookMs = 2000;

export function startMachineNetwork(options: Options): MachineNetwork {
  const { cluster, node, client, clock, random, log } = options;
  const { slot } = cluster;
  const following = informer(client, nodes, { clock, log, random });
  let running: Promise<void> | undefined;
  let dirty = false;
  let closed = false;
  let written = "";
  let said = "";

  const bring = async () => {
    const segment = await segmentOf(cluster.machine!.address);
    const all = following.list();
    const own = all.find(({ metadata }) => metadata.name === node.name)?.spec?.podCIDR;
    const ways = waysTo(peersOf(all, node.name), segment, cluster.machine?.backend);
    const mtu = segment.mtu - (cluster.machine?.backend === "vxlan" ? tunnelOverhead : 0);
    if (own && ways.some((way) => way.tunnel)) await ensureTunnel({ slot, node: node.name, own, segment });
    if (own && written !== `${own} ${mtu}`) {
      writeCniConfig(nodePlace(options.place, node.name), [own], mtu);
      written = `${own} ${mtu}`;
      log.info("pods of this machine have a range", { podCIDR: own, mtu });
    }
    // Without a range of its own the machine has no end of a tunnel.
    const ready = own ? ways : ways.filter((way) => !way.tunnel);
    const lines = linesFor(ready, { slot, routes: await ourRoutes(), protocol: wayProtocol, segment });
    await ip(lines.ip);
    if (lines.bridge.length > 0) await run(["bridge", "-batch", "-"], { input: `${lines.bridge.join("\n")}\n` });
    const text = ready.map(({ name, address, tunnel }) => `${name} ${tunnel ? "by VXLAN to" : "by"} ${address}`).join(", ");
    if (text !== said) log.info("ways to other machines", { ways: text || "none" });
    said = text;
  };
  const work = async () => {
    await following.synced;
    while (dirty && !closed) {
      dirty = false;
      try {
        await bring();
      } catch (error) {
        log.warn("ways to other machines could not be brought up to date", { error: messageOf(error) });
      }
      await clock.sleep(settleMs);
    }
  };
  const wake = () => {
    dirty = true;
    if (closed) return;
    running ??= work().finally(() => {
      running = undefined;
      if (dirty && !closed) wake();
    });
  };
  const stop = following.onChange(({ object, old }) => {
    // Heartbeats change neither.
    const of = (it: typeof object | undefined) => JSON.stringify([it?.spec?.podCIDR, it?.status?.addresses]);
    if (of(object) !== of(old)) wake();
  });
  const looking = every(clock, lookMs, async () => wake());
  wake();
  return {
    async close() {
      closed = true;
      looking.cancel();
      stop();
      following.close();
      await running;
    },
  };
}

interface MachineSegment extends Segment {
  mtu: number;
}

async function segmentOf(address: string): Promise<MachineSegment> {
  for (const { ifname, mtu, addr_info = [] } of await links()) {
    const own = addr_info.find(({ local }) => local === address);
    if (own) return { address, prefix: own.prefixlen, device: ifname, mtu };
  }
  throw new Error(`this machine has not the address ${address} that the cluster knows it by`);
}

async function ourRoutes(): Promise<{ dst: string; gateway?: string; dev?: string }[]> {
  return JSON.parse((await run(["ip", "-json", "route", "show", "proto", String(wayProtocol)])) || "[]");
}

interface Tunnel {
  slot: number;
  node: string;
  /** This machine's range of pods. */
  own: string;
  segment: MachineSegment;
}

/** Its hardware address follows from the node's name, so that the others know it unasked. */
async function ensureTunnel({ slot, node, own, segment }: Tunnel): Promise<void> {
  const name = tunnelOf(slot);
  const mtu = segment.mtu - tunnelOverhead;
  const there = (await links()).find(({ ifname }) => ifname === name);
  const address = `${endOf(own)}/32`;
  if (there?.mtu === mtu && there.address === hardwareOf(node, slot) && there.addr_info?.some(({ local }) => local === endOf(own))) return;
  await ip([
    ...(there ? [`link delete ${name}`] : []),
    `link add ${name} address ${hardwareOf(node, slot)} mtu ${mtu} type vxlan id ${tunnelId(slot)} dstport ${tunnelPort} local ${segment.address} nolearning`,
    `address replace ${address} dev ${name}`,
    `link set ${name} up`,
  ]);
  await setSysctls({ [`net.ipv4.conf.${name}.rp_filter?`]: "0" });
}
