/** An etcd that Spoke runs: one member on each control plane, with authorities of its own for clients and for members. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostPort } from "#base/mod.ts";
import type { ClusterConfig, Machine } from "../cluster.ts";
import type { Place } from "../place.ts";
import type { EtcdConfig } from "./config.ts";

/** In the pki folder. Who has the keys can become a member. */
export const authorities = { clients: "etcd-ca", members: "etcd-peer-ca" } as const;
export const leaves = { client: "etcd-client", server: "etcd-server", peer: "etcd-peer" } as const;

interface Urls {
  client: string;
  peer: string;
}

/** etcd's usual ports; other clusters of the machine have the next ones. */
export function urlsOf(slot: number, { address }: Pick<Machine, "address">): Urls {
  const at = (port: number) => `https://${hostPort(address, port + 2 * slot)}`;
  return { client: at(2379), peer: at(2380) };
}

export const firstEtcd = (name: string, { client, peer }: Urls, token?: string): EtcdConfig => ({
  servers: [client],
  member: { name, initial: `${name}=${peer}`, state: "new", ...(token === undefined ? {} : { token }) },
});

/** It has not started yet: its address can still be another one, and what it begins with may have been put there (`backup/`). */
export const isUnborn = (place: Place, { etcd }: Pick<ClusterConfig, "etcd">): boolean => etcd?.member?.state === "new" && !hasData(place);

export const dataFolder = (place: Place): string => join(place.state, "etcd");

/** It has started before: what it knows of the others is in its data. */
export const hasData = (place: Place): boolean => existsSync(join(dataFolder(place), "member", "wal"));

/** The first member, which has been one: started as it was then it would begin an empty cluster beside what the others have. */
export const hasLostData = (place: Place, cluster: Pick<ClusterConfig, "etcd">): boolean =>
  isUnborn(place, cluster) && existsSync(knownFile(place));

/** Nothing where the member has not been let in yet, or has lost its data. */
export function etcdProcess(
  place: Place,
  { etcd, machine, slot, id = "" }: ClusterConfig,
): { argv: string[]; answers: { host: string; port: number } } | undefined {
  if (!machine || !etcd?.member?.initial || hasLostData(place, { etcd })) return undefined;
  const { client, peer } = urlsOf(slot, machine);
  const { name, initial, state, token = id } = etcd.member;
  const pem = (file: string) => join(place.pki, file);
  const options = {
    name,
    "data-dir": dataFolder(place),
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": initial,
    "initial-cluster-state": state,
    ...(state === "new" && token !== "" ? { "initial-cluster-token": token } : {}),
    "cert-file": pem(`${leaves.server}.crt`),
    "key-file": pem(`${leaves.server}.key`),
    "trusted-ca-file": pem(`${authorities.clients}.crt`),
    "client-cert-auth": "true",
    "peer-cert-file": pem(`${leaves.peer}.crt`),
    "peer-key-file": pem(`${leaves.peer}.key`),
    "peer-trusted-ca-file": pem(`${authorities.members}.crt`),
    "peer-client-cert-auth": "true",
    logger: "zap",
    "log-outputs": "stderr",
    "log-level": "warn",
  };
  const { hostname: host, port } = new URL(client);
  return {
    argv: ["etcd", ...Object.entries(options).map(([option, value]) => `--${option}=${value}`)],
    answers: { host, port: Number(port) },
  };
}

const knownFile = (place: Place): string => join(place.state, "etcd-servers.json");

/** Other members, as far as this machine has heard of them. */
export const othersKnown = (place: Place, { machine, slot }: Pick<ClusterConfig, "machine" | "slot">): string[] =>
  existsSync(knownFile(place))
    ? (JSON.parse(readFileSync(knownFile(place), "utf8")) as string[]).filter((server) => server !== urlsOf(slot, machine!).client)
    : [];

/** The members' client URLs, as this machine's control plane heard of them last. */
export function writeKnownServers(place: Place, servers: readonly string[]): void {
  writeFileSync(`${knownFile(place)}.new`, JSON.stringify(servers), { mode: 0o600 });
  renameSync(`${knownFile(place)}.new`, knownFile(place));
}

export const forgetKnownServers = (place: Place): void => rmSync(knownFile(place), { force: true });

/** Its own first; without what was learned those of its beginning. */
export function serversOf(place: Place, { etcd, machine, slot }: ClusterConfig): [string, ...string[]] {
  const { servers, member } = etcd!;
  if (!member || !machine) return servers;
  const known = existsSync(knownFile(place)) ? (JSON.parse(readFileSync(knownFile(place), "utf8")) as string[]) : servers;
  const own = urlsOf(slot, machine).client;
  const others = known.filter((server) => server !== own);
  return member.initial === "" && others.length > 0 ? (others as [string, ...string[]]) : [own, ...others];
}
