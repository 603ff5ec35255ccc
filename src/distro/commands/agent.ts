/** `spoke agent --server URL --token TOKEN`: makes this machine a node of a cluster elsewhere. */

import { configmaps } from "#api/mod.ts";
import { type Clock, systemClock } from "#base/mod.ts";
import { createClient, httpTransport } from "#client/mod.ts";
import { bootObstacle } from "../boot.ts";
import { handOver } from "../bring-up/hand-over.ts";
import { planHere } from "../bring-up/plan-here.ts";
import { nodeIdentity, readCa, readPem } from "../certificates.ts";
import { refuseTakenSlot } from "../claims.ts";
import { type ClusterConfig, type Machine, readCluster, writeCluster } from "../cluster.ts";
import { ensureCredentials, write } from "../join/credentials.ts";
import { discover } from "../join/discover.ts";
import { type Facts, readFacts } from "../join/facts.ts";
import { refuseTakenName } from "../join/taken-name.ts";
import { bearerOf, type JoinToken, serverUrl, tokenGiven } from "../join/token.ts";
import { factsRef } from "../join/welcome.ts";
import { withLock } from "../lock.ts";
import { serverNow } from "../machines/api-servers.ts";
import { startMachine } from "../machines/start.ts";
import { addressHere, addressTowards, readLabels } from "../machines/this-machine.ts";
import { type Place, placeOf } from "../place.ts";
import { type Progress, showProgress } from "../progress.ts";
import { readRole } from "../roles/read-role.ts";
import { agentUsage } from "../roles/usages.ts";
import { keptName, readyForNodes } from "./server.ts";

const answerMs = 20_000;

export async function command(words: string[]): Promise<number> {
  const { values } = readRole(agentUsage, words);
  const clock = systemClock;
  const progress = showProgress(clock);
  const place = placeOf(values.name);
  const before = readCluster(place);
  if (before && !before.machine?.server)
    throw new Error(`there is a cluster "${before.name}" on this machine: spoke destroy removes it, or say another name with --name`);
  const server = serverGiven(values.server, before);
  const token = tokenGiven(values.token ?? process.env.SPOKE_TOKEN, values["ca-hash"]);
  if (token?.key) throw new Error("this token hands over the keys of the cluster, which no node needs: make one with spoke token create");
  if (!before && !token) throw new Error("--token is needed: spoke token create on the server makes one");
  const noBoot = values.boot ? bootObstacle() : undefined;
  if (noBoot) throw new Error(`--boot: ${noBoot}`);
  const name = keptName(before, values["node-name"]);
  const labels = readLabels(values["node-label"]) ?? before?.machine?.labels;
  await readyForNodes(progress);
  const asked = values.address ?? before?.machine?.address;
  const address = asked === undefined ? await addressTowards(server) : await addressHere(asked);
  const machine: Machine = { address, server, ...(labels ? { labels } : {}) };
  const asks = before && !token ? serverNow(place, before) : server;
  const join: Join = {
    place,
    before,
    machine,
    server: asks,
    name,
    token,
    clock,
    progress,
    wishes: { uplink: values.uplink, boot: values.boot },
  };
  const code = await withLock(place, clock, () => joinCluster(join), progress.say);
  return handOver(place, code, progress);
}

function serverGiven(text: string | undefined, before: ClusterConfig | undefined): string {
  const known = before?.machine?.server;
  if (text === undefined) {
    if (known) return known;
    throw new Error("--server is needed: https://HOST:6443, where the cluster's API server is");
  }
  const server = serverUrl("server", text);
  if (known && known !== server)
    throw new Error(`this machine is a node of the cluster at ${known}: spoke destroy takes it out, or say another --name`);
  return server;
}

interface Join {
  place: Place;
  before: ClusterConfig | undefined;
  machine: Machine;
  server: string;
  name: string;
  /** Absent: the machine is a node already. */
  token: JoinToken | undefined;
  clock: Clock;
  progress: Progress;
  wishes: { uplink: boolean | undefined; boot: boolean | undefined };
}

async function joinCluster(given: Join): Promise<number> {
  const { place, before, machine, server, name, token, clock, progress, wishes } = given;
  const node = { name, index: 1 };
  if (token) {
    const { ca } = await progress.during("asking the server who it is", () => discover(server, token));
    progress.say(`the server is who the token names: ${token.caHash}`);
    if (!before) await refuseTakenName({ server, ca, name, token });
    write(place, "ca.crt", ca);
  }
  const seat = (planned: ClusterConfig, facts: Facts): ClusterConfig => ({
    ...planned,
    slot: facts.slot,
    port: Number(new URL(machine.server!).port),
    machine: { ...machine, ...(facts.backend ? { backend: facts.backend } : {}) },
    nodes: [node],
    ...(facts.proxyMode ? { proxyMode: facts.proxyMode } : {}),
  });
  // Names and the address are all that the certificates need to know.
  const sketch = { name: place.cluster, slot: 0, port: 0, nodes: [node], simulatedNodes: 0, uplink: false, machine };
  const isNew = await progress.during("asking for certificates", () =>
    ensureCredentials({ place, cluster: sketch, node, server, clock }, token && bearerOf(token)),
  );
  if (isNew.length > 0) progress.say(`the cluster has signed the certificates of the node ${name}`);
  const facts = await readClusterFacts(given);
  refuseTakenSlot(place, facts.slot);
  const cluster = await planHere(place, before, { ...wishes, nodes: 0 }, clock, (planned) => seat(planned, facts));
  writeCluster(place, cluster);
  const code = await startMachine({ place, cluster, clock, progress }, before, async () => {});
  if (code === 0) process.stdout.write(`\nThis machine is the node ${name} of the cluster at ${server}.\n`);
  return code;
}

async function readClusterFacts({ place, server, name }: Join): Promise<Facts> {
  const own = readPem(place, nodeIdentity(name).file);
  const transport = httpTransport({ server, ca: readCa(place), ...own, userAgent: "spoke-join", timeoutMs: answerMs });
  try {
    return readFacts((await createClient(transport).get(configmaps, factsRef)).data ?? {});
  } finally {
    await transport.close();
  }
}
