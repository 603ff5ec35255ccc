/**
 * Counts how much of what our server answers to manifests equals a peer's: each is sent as a dry run to both, and code, message,
 * causes, warnings and object are compared.
 *
 *     node scripts/compare-manifests.ts FOLDER OURS PEER [--vary] [--kind KIND] [--show N] [--out FILE]
 *
 * FOLDER holds YAML or JSON (tests/manifests is one), OURS and PEER are kubeconfigs. --vary sends every object also in each of
 * its variations. Both servers need the service account default/default; the peer without controllers gets it by `kubectl create`.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Agent } from "undici";
import { builtInKinds, type Served } from "#api/mod.ts";
import { readKubeconfig } from "#client/mod.ts";
import { readYaml, splitDocuments } from "#codec/mod.ts";
import { type Answer, type Difference, differenceOf } from "./compare/answers.ts";
import { type Json, variationsOf } from "./compare/variations.ts";

interface Request {
  kind: string;
  what: string;
  path: string;
  body: string;
}

interface Found extends Difference {
  kind: string;
  what: string;
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { vary: { type: "boolean" }, kind: { type: "string" }, show: { type: "string" }, out: { type: "string" } },
});
const [folder, ours, peer] = positionals;
if (!folder || !ours || !peer) {
  console.error("usage: node scripts/compare-manifests.ts FOLDER OURS PEER [--vary] [--kind KIND] [--show N] [--out FILE]");
  process.exit(2);
}

function filesOf(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(place, name));
}

function* objectsOf(text: string): Generator<Json> {
  for (const part of splitDocuments(text)) {
    const object = readYaml(part.text).value as Json | null;
    if (!object || typeof object !== "object") continue;
    if (Array.isArray(object.items) && String(object.kind).endsWith("List")) yield* object.items as Json[];
    else yield object;
  }
}

function pathOf(served: Served, object: Json): string {
  const { namespace } = (object.metadata ?? {}) as { namespace?: unknown };
  const base = served.group ? `/apis/${served.group}/${served.version}` : `/api/${served.version}`;
  const scope = served.namespaced ? `/namespaces/${typeof namespace === "string" && namespace ? namespace : "default"}` : "";
  return `${base}${scope}/${served.resource}?dryRun=All&fieldManager=compare`;
}

function* requestsOf(place: string): Generator<Request> {
  for (const file of filesOf(place))
    for (const object of objectsOf(readFileSync(file, "utf8"))) {
      const served = builtInKinds.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
      if (!served || (flags.kind && flags.kind !== served.kind)) continue;
      const path = pathOf(served, object);
      const variations = flags.vary ? variationsOf(object, served.schema) : [{ what: file, object }];
      const kind = `${served.kind}.${served.group || "core"}`;
      for (const one of variations) yield { kind, what: one.what, path, body: JSON.stringify(one.object) };
    }
}

/** What asks one server, with the certificates of its kubeconfig. */
function asking(file: string): (request: Request) => Promise<Answer> {
  const config = readKubeconfig(file) as { clusters: { cluster: Json }[]; users: { user: Json }[] };
  const [cluster, user] = [config.clusters[0]!.cluster, config.users[0]!.user];
  const pem = (value: unknown) => (typeof value === "string" ? Buffer.from(value, "base64").toString() : undefined);
  const connect = {
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  };
  const agent = new Agent({ connections: 4, connect, maxHeaderSize: 1 << 20 });
  return async ({ path, body }) => {
    // Some objects keep who made them: on both servers the same.
    const who = { "impersonate-user": "compare", "impersonate-group": "system:masters" };
    const headers = { "content-type": "application/json", accept: "application/json", ...who };
    // A connection may end between two requests, and a dry run may be made twice.
    const ask = () => agent.request({ origin: String(cluster.server), path, method: "POST", headers, body });
    const response = await ask()
      .catch(ask)
      .catch((error: Error) => error);
    // A server that fell over a request closes the connection.
    if (response instanceof Error) return { code: 0, body: response.message, warnings: [] };
    const text = await response.body.text();
    const warning = [response.headers.warning ?? []].flat();
    const texts = warning.flatMap((line) => [...line.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!));
    // What is not whole here says so, of itself.
    const warnings = texts.filter((text) => !text.includes("in this cluster yet"));
    return { code: response.statusCode, body: parsed(text), warnings };
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** "nothing": the peer fell over the request, and there is nothing to be equal to. Where upstream walks a map, its order is chance: what differs in nothing else is asked again, and then taken as a set. */
async function compare(
  request: Request,
  sides: { theirs: typeof askPeer; ours: typeof askPeer },
): Promise<Difference | "nothing" | undefined> {
  const [theirs, own] = await Promise.all([sides.theirs(request), sides.ours(request)]);
  if (theirs.code === 0) return "nothing";
  const strict = differenceOf(theirs, own);
  if (!strict || differenceOf(theirs, own, true)) return strict;
  for (let i = 0; i < 4; i++) {
    const again = await sides.theirs(request);
    if (differenceOf(theirs, again)) return undefined;
  }
  return strict;
}

const askPeer = asking(peer);
const askOurs = asking(ours);
const tally = new Map<string, { equal: number; total: number }>();
const found: Found[] = [];

async function worker(requests: Iterator<Request>): Promise<void> {
  for (let next = requests.next(); !next.done; next = requests.next()) {
    const request = next.value;
    const difference = await compare(request, { theirs: askPeer, ours: askOurs });
    if (difference === "nothing") continue;
    const count = tally.get(request.kind) ?? { equal: 0, total: 0 };
    tally.set(request.kind, count);
    count.total++;
    if (difference) found.push({ kind: request.kind, what: request.what, ...difference });
    else count.equal++;
  }
}

const requests = requestsOf(folder);
await Promise.all(Array.from({ length: 4 }, () => worker(requests)));

const sum = { equal: 0, total: 0 };
for (const [kind, { equal, total }] of [...tally].sort()) {
  sum.equal += equal;
  sum.total += total;
  if (equal < total) console.log(`${kind}: ${equal} of ${total}`);
}
for (const one of found.slice(0, Number(flags.show ?? 0))) {
  const short = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing")).slice(0, 600);
  console.log(`\n${one.kind}: ${one.what}: ${one.of}\n  theirs ${short(one.theirs)}\n  ours   ${short(one.ours)}`);
}
if (flags.out) writeFileSync(flags.out, `${JSON.stringify(found, null, 1)}\n`);
console.log(`${sum.equal} of ${sum.total} answers are equal`);
process.exit(0);
