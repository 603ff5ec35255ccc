/** `spoke agent --server URL --token TOKEN`: makes this machine a node of a cluster elsewhere. */

import { configmaps, nodes } from "#api/mod.ts";
import { type Clock, systemClock } from "#base/mod.ts";
import { conditionOf, createClient, httpTransport, orUndefined } from "#client/mod.ts";
import { bootObstacle } from "../boot.ts";
import { handOver } from "../bring-up/hand-over.ts";
import { planHere } from "../bring-up/plan-here.ts";
import { nodeIdentity, readCa, readPem } from "../certificates.ts";
import { othersHere } from "../claims.ts";
import { type ClusterConfig, type Machine, readCluster, writeCluster } from "../cluster.ts";
import { ensureCredentials, write } from "../join/credentials.ts";
import { discover } from "../join/discover.ts";
import { type Facts, readFacts } from "../join/facts.ts";
import { bearerOf, type JoinToken, readHash, readToken } from "../join/token.ts";
import { factsRef } from "../join/welcome.ts";
import { withLock } from "../lock.ts";
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
  if (!before && !token) throw new Error("--token is needed: spoke token create on the server makes one");
  const noBoot = values.boot ? bootObstacle() : undefined;
  if (noBoot) throw new Error(`--boot: ${noBoot}`);
  const name = keptName(before, values["node-name"]);
  const labels = readLabels(values["node-label"]) ?? before?.machine?.labels;
  await readyForNodes(progress);
  const asked = values.address ?? before?.machine?.address;
  const address = asked === undefined ? await addressTowards(server) : await addressHere(asked);
  const machine: Machine = { address, server, ...(labels ? { labels } : {}) };
  const join: Join = { place, before, machine, server, name, token, clock, progress, wishes: { uplink: values.uplink, boot: values.boot } };
  const code = await withLock(place, clock, () => joinCluster(join), progress.say);
  return handOver(place, code, progress);
}

function serverGiven(text: string | undefined, before: ClusterConfig | undefined): string {
  const known = before?.machine?.server;
  if (text === undefined) {
    if (known) return known;
    throw new Error("--server is needed: https://HOST:6443, where the cluster's API server is");
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" || url.pathname !== "/" || url.search !== "" || url.username !== "")
    throw new Error(`--server ${text}: https://HOST:PORT is needed`);
  const server = `https://${url.hostname}:${url.port || 443}`;
  if (known && known !== server)
    throw new Error(`this machine is a node of the cluster at ${known}: spoke destroy takes it out, or say another --name`);
  return server;
}

/** Without the hash whoever answers first would be believed. */
function tokenGiven(text: string | undefined, hash: string | undefined): JoinToken | undefined {
  if (text === undefined) return undefined;
  const token = readToken(text);
  const caHash = token.caHash ?? (hash === undefined ? undefined : readHash(hash));
  if (caHash === undefined)
    throw new Error(
      "the token does not name the cluster's authority: say its hash with --ca-hash sha256:…, as kubeadm and spoke token create print it",
    );
  if (hash !== undefined && readHash(hash) !== caHash) throw new Error("--ca-hash is another one than the token's");
  return { ...token, caHash };
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
    if (!before) await refuseTakenName(given, ca);
    write(place, "ca.crt", ca);
  }
  const seat = (planned: ClusterConfig, facts: Facts): ClusterConfig => ({
    ...planned,
    slot: facts.slot,
    port: Number(new URL(server).port),
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
  const other = othersHere(place).find(({ slot }) => slot === facts.slot);
  if (other)
    throw new Error(
      `cluster "${other.cluster}" of this machine has the same address ranges (slot ${other.slot}) as the one to join: remove it with spoke destroy`,
    );
  const cluster = await planHere(place, before, { ...wishes, nodes: 0 }, clock, (planned) => seat(planned, facts));
  writeCluster(place, cluster);
  const code = await startMachine({ place, cluster, clock, progress }, before, async () => {});
  if (code === 0) process.stdout.write(`\nThis machine is the node ${name} of the cluster at ${server}.\n`);
  return code;
}

/** Another machine that lives by this name would lose its pods to this one. */
async function refuseTakenName({ server, name, token }: Join, ca: string): Promise<void> {
  const transport = httpTransport({ server, ca, token: bearerOf(token!), userAgent: "spoke-join", timeoutMs: answerMs });
  try {
    const there = await orUndefined(createClient(transport).get(nodes, { name }));
    if (there && conditionOf(there.status?.conditions, "Ready")?.status === "True")
      throw new Error(
        `a node "${name}" is Ready in the cluster already: say another name with --node-name, or remove that one with kubectl delete node`,
      );
  } finally {
    await transport.close();
  }
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
