/** The API servers of a cluster over several machines, as one of them knows them: learned from the Service `kubernetes`, and kept for its next start. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { type EndpointSlice, endpointslices } from "#api/discovery/endpoint-slice.ts";
import { type Clock, hostPort, type Lifetime, type Log, type Random } from "#base/mod.ts";
import type { Client } from "#client/contract.ts";
import { informer } from "#client/informer.ts";
import { openServers, type Servers } from "#client/servers.ts";
import { readCa } from "../certificates.ts";
import type { ClusterConfig } from "../cluster.ts";
import type { Place } from "../place.ts";
import { hasControlPlane, serverFromHere, serverOf } from "./seat.ts";

interface Known {
  servers: string[];
  current: string;
}

interface Options {
  place: Place;
  cluster: ClusterConfig;
  clock: Clock;
  random: Random;
  log: Log;
  lifetime: Lifetime;
  /** Writes down what it learns: one process of a machine does. */
  keeps: boolean;
}

export interface ApiServers {
  /** For transports. */
  server: string | Servers;
  /** Learns from now on, as a client that may follow EndpointSlices. */
  follow(client: Client): void;
}

/** A try that is not answered in this time is none. */
const probeMs = 1500;

export function apiServersOf({ place, cluster, clock, random, log, lifetime, keeps }: Options): ApiServers {
  const first = serverOf(cluster);
  if (!cluster.machine) return { server: first, follow() {} };
  const known = readKnown(place);
  const ca = readCa(place);
  const servers = openServers({
    self: cluster.nodes[0]?.name ?? "",
    first,
    ...(known ? { known } : {}),
    ...(hasControlPlane(cluster) ? { own: first } : {}),
    probe: (server) => probe(server, ca),
    clock,
    log,
  });
  lifetime.add(() => servers.close());
  if (keeps) servers.onChange(() => writeKnown(place, { servers: [...servers.all], current: servers.current }));
  return {
    server: servers,
    follow(client) {
      const labelSelector = "kubernetes.io/service-name=kubernetes";
      const following = informer(client, endpointslices, { namespace: "default", labelSelector, clock, log, random });
      following.onChange(() => servers.learn(serversIn(following.list())));
      lifetime.add(() => following.close());
    },
  };
}

export function serversIn(slices: readonly EndpointSlice[]): string[] {
  return slices.flatMap(({ endpoints, ports }) => {
    const port = ports?.find(({ name }) => name === "https")?.port;
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    return port ? ready.flatMap(({ addresses = [] }) => addresses.map((address) => `https://${hostPort(address, port)}`)) : [];
  });
}

/** One that refuses who asks serves; one that is ending, or without its store, says 500. */
function probe(server: string, ca: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(`${server}/readyz`, { ca, agent: false, timeout: probeMs }, (response) => {
      response.resume();
      if ((response.statusCode ?? 500) < 500) resolve();
      else reject(new Error(`HTTP ${response.statusCode}`));
    });
    call.on("timeout", () => call.destroy(new Error(`no answer within ${probeMs} ms`)));
    call.on("error", reject);
    call.end();
  });
}

/** The API server that this machine's processes ask now. */
export const serverNow = (place: Place, cluster: ClusterConfig): string =>
  hasControlPlane(cluster) ? serverFromHere(cluster) : (readKnown(place)?.current ?? serverFromHere(cluster));

const fileOf = (place: Place): string => join(place.state, "api-servers.json");

function readKnown(place: Place): Known | undefined {
  if (!existsSync(fileOf(place))) return undefined;
  try {
    const { servers, current } = JSON.parse(readFileSync(fileOf(place), "utf8")) as Known;
    return [...servers, current].every((server) => /^https:\/\//.test(server)) ? { servers, current } : undefined;
  } catch {
    return undefined; // it is learned again
  }
}

function writeKnown(place: Place, known: Known): void {
  writeFileSync(`${fileOf(place)}.new`, JSON.stringify(known), { mode: 0o600 });
  renameSync(`${fileOf(place)}.new`, fileOf(place));
}
