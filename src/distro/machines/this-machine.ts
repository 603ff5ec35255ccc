/** What this machine is called and reached by, asked for or found. */

import { connect, isIP } from "node:net";
import { hostname } from "node:os";
import { type Link, links, uplink } from "#linux/mod.ts";

/** Links that programs made for themselves. */
const madeBySomebody = /^(lo|spoke|veth|cni|docker|br-|virbr|cali|flannel|kube)/;

export async function addressHere(asked: string | undefined): Promise<string> {
  const all = (await links()).filter(({ ifname }) => !madeBySomebody.test(ifname));
  const own = all.flatMap(ipv4Of);
  if (asked !== undefined) {
    if (isIP(asked) !== 4) throw new Error(`--address ${asked}: an IPv4 address of this machine is needed`);
    if (own.includes(asked)) return asked;
    throw new Error(`--address ${asked}: this machine has ${own.join(", ") || "no address but loopback"}`);
  }
  const device = (await uplink())?.device;
  const way = device === undefined ? undefined : all.find(({ ifname }) => ifname === device);
  const usual = way ? ipv4Of(way)[0] : own.length === 1 ? own[0] : undefined;
  if (usual) return usual;
  throw new Error(
    own.length === 0
      ? "this machine has no address that others could reach"
      : `which address do others reach? --address one of ${own.join(", ")}`,
  );
}

const ipv4Of = ({ addr_info = [] }: Link): string[] => addr_info.flatMap(({ family, local }) => (family === "inet" ? [local] : []));

const connectMs = 10_000;

/** The address that leads to a server: the one that the kernel gives a connection to it. */
export function addressTowards(server: string): Promise<string> {
  const { hostname: host, port } = new URL(server);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port: Number(port || 443), timeout: connectMs });
    const fail = (cause?: Error) => {
      socket.destroy();
      reject(new Error(`${server} cannot be reached from this machine`, { cause }));
    };
    socket.once("timeout", () => fail());
    socket.once("error", fail);
    socket.once("connect", () => {
      const { localAddress = "" } = socket;
      socket.destroy();
      resolve(localAddress.replace("::ffff:", ""));
    });
  });
}

export function nodeNameHere(asked: string | undefined): string {
  const name = (asked ?? hostname()).toLowerCase();
  if (
    name.length <= 253 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name) &&
    name !== "lock" &&
    name !== "stopped"
  )
    return name;
  throw new Error(
    `${asked === undefined ? `this machine is called ${JSON.stringify(name)}, which no node can be: say a name with --node-name` : `--node-name ${asked}`}: letters, digits, '-' and '.' are needed`,
  );
}

/** `a=b,c=d`. What the cluster itself says of a node is not for the node to say. */
export function readLabels(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  const part = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";
  const form = new RegExp(`^((?:[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?${part})=(${part})?$`);
  const labels = text.split(",").map((pair): [string, string] => {
    const [, key = "", , , value = ""] = form.exec(pair) ?? [];
    if (key === "") throw new Error(`--node-label ${text}: key=value is needed, with commas between them`);
    if (/(^|\.)(kubernetes|k8s)\.io\//.test(key) && !/^(node|kubelet)\.kubernetes\.io\//.test(key))
      throw new Error(`--node-label ${key}: a node may not say this of itself; say it on the server with kubectl label node`);
    return [key, value ?? ""];
  });
  return Object.fromEntries(labels);
}
