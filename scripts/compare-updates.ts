/**
 * Counts how much of what our server answers to changes of objects equals a peer's: each object of the manifests is made on both,
 * and then changed, as dry runs, in every member that it has or lacks, one at a time; or read in every form and by every option.
 *
 *     node scripts/compare-updates.ts FOLDER OURS PEER [--by put,merge,strategic,apply,status,read] [--kind KIND] [--show N] [--out FILE]
 *
 * `read` is done only when it is asked for. Neither server may have controllers: `scripts/serve-alone.ts` serves ours so. What was made is deleted again.
 */
import type { Served } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { type Ask, collectionOf, manifestsOf } from "./compare/asking.ts";
import type { Asked } from "./compare/comparison.ts";
import { headOf } from "./compare/head.ts";
import { readsOf } from "./compare/reads.ts";
import { type Json, sampleOf, variationsOf } from "./compare/variations.ts";

const { folder, askOurs, askPeer, comparison, flags } = headOf("compare-updates.ts", { by: "WAYS" });

type Way = "put" | "merge" | "strategic" | "apply" | "status" | "read";
const ways = (flags.by ?? "put,merge,strategic,apply,status").split(",") as Way[];
const contentTypes = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

/** One object on both servers. */
interface Made {
  served: Served;
  manifest: Json;
  path: string;
  /** As the peer shows it, without its managed fields. */
  live: Json;
  /** From the peer's text to ours, for what each server chose by itself. */
  translate(body: string): string;
}

const metadataOf = (object: Json) => object.metadata as Json & { name: string };

async function make(served: Served, manifest: Json): Promise<Made | undefined> {
  const collection = collectionOf(served, manifest);
  const path = `${collection}/${metadataOf(manifest).name}`;
  const made = async (ask: Ask) => {
    await ask({ path: `${collection}?fieldManager=made`, body: JSON.stringify(manifest) });
    return settled(ask, path);
  };
  const [own, their] = [await made(askOurs), await made(askPeer)];
  if (own.code !== 200 || their.code !== 200) return undefined;
  const { managedFields, ...metadata } = metadataOf(their.body as Json);
  const pairs = chosen(their.body, own.body);
  const translate = (body: string) => pairs.reduce((text, [from, to]) => text.replaceAll(from, to), body);
  return { served, manifest, path, live: { ...(their.body as Json), metadata }, translate };
}

const patience = { rounds: 20, waitMs: 300 };

/** Some kinds have controllers within the servers: the object is taken when nothing has changed it for a while. */
async function settled(ask: Ask, path: string) {
  const look = () => ask({ method: "GET", path });
  let seen = await look();
  for (let round = 0; round < patience.rounds; round++) {
    await systemClock.sleep(patience.waitMs);
    const now = await look();
    const versionOf = ({ body }: typeof now) => (body as { metadata?: Json }).metadata?.resourceVersion;
    if (versionOf(now) === versionOf(seen)) return now;
    seen = now;
  }
  return seen;
}

const chosenMembers = new Set(["uid", "resourceVersion", "creationTimestamp", "clusterIP", "nodePort", "healthCheckNodePort"]);

/** What both servers draw themselves, as JSON text: theirs and ours. */
function chosen(their: unknown, own: unknown): [string, string][] {
  if (typeof their !== "object" || typeof own !== "object" || !their || !own) return [];
  return Object.keys(their).flatMap((key): [string, string][] => {
    const [a, b] = [(their as Json)[key], (own as Json)[key]];
    if (!chosenMembers.has(key)) return chosen(a, b);
    if (a === b || b === undefined) return [];
    return typeof a === "number" ? [[`"${key}":${a}`, `"${key}":${b}`]] : [[JSON.stringify(a), JSON.stringify(b)]];
  });
}

async function unmake({ path, live, served }: Made): Promise<void> {
  for (const ask of [askOurs, askPeer]) {
    // Nobody else finalizes a namespace where there are no controllers.
    const finalized = { apiVersion: served.apiVersion, kind: served.kind, metadata: { name: metadataOf(live).name } };
    const finalize = () =>
      ask({ method: "PUT", path: `${path}/finalize`, body: JSON.stringify({ ...finalized, spec: { finalizers: [] } }) });
    const body = JSON.stringify({ metadata: { finalizers: null } });
    await ask({ method: "PATCH", path, body, contentType: contentTypes.merge });
    await ask({ method: "DELETE", path: `${path}?gracePeriodSeconds=0&propagationPolicy=Background` });
    if (served.resource === "namespaces") await finalize();
  }
}

/** The merge patch (RFC 7386) from one to the other. */
function patchOf(from: Json, to: Json): Json {
  const patch: Json = {};
  for (const key of Object.keys(from)) if (!(key in to)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const old = from[key];
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    patch[key] = isPlain(old) && isPlain(value) ? patchOf(old as Json, value as Json) : value;
  }
  return patch;
}

const isPlain = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

function* changesOf(made: Made, way: Way, status: Json | undefined): Generator<Asked> {
  const { served, live, manifest, path, translate } = made;
  const kind = `${served.kind}.${served.group || "core"} ${way}`;
  const asked = (what: string, method: "PUT" | "PATCH", body: Json, query = ""): Asked => {
    const text = JSON.stringify(body);
    const at = `${path}${way === "status" ? "/status" : ""}?dryRun=All&fieldManager=compare${query}`;
    const type = method === "PATCH" ? { contentType: contentTypes[way as "merge"] } : {};
    return {
      kind,
      what,
      theirs: { method, path: at, body: text, ...type },
      ours: { method, path: at, body: translate(text), ...type },
    };
  };
  if (way === "read") {
    for (const read of readsOf(served, collectionOf(served, manifest), metadataOf(manifest).name)) yield { kind, ...read };
  } else if (way === "apply") {
    const { creationTimestamp, ...metadata } = metadataOf(manifest);
    for (const { what, object } of variationsOf({ ...manifest, metadata }, served.schema))
      yield asked(what, "PATCH", object, "&force=true");
  } else if (way === "status") {
    if (status) for (const { what, object } of variationsOf({ ...live, status }, served.schema, "status")) yield asked(what, "PUT", object);
  } else {
    for (const { what, object } of variationsOf(live, served.schema))
      yield way === "put" ? asked(what, "PUT", object) : asked(what, "PATCH", patchOf(live, object));
  }
}

/** A status with as many members as the peer accepts. */
async function wholeStatus({ served, live, path }: Made): Promise<Json | undefined> {
  const field = served.schema.fields.get("status");
  if (field?.schema.type !== "struct" || !served.subresources.some(({ name }) => name === "status")) return undefined;
  let status = { ...((live.status ?? {}) as Json) };
  for (const inner of field.schema.fields.values()) {
    const next = { ...status, [inner.name]: sampleOf(inner.schema, inner) };
    const body = JSON.stringify({ ...live, status: next });
    const { code } = await askPeer({ method: "PUT", path: `${path}/status?dryRun=All`, body });
    if (code === 200) status = next;
  }
  return status;
}

for (const { file, object, served } of manifestsOf(folder, flags.kind)) {
  if (!served.verbs.includes("update")) continue;
  const made = await make(served, object);
  if (!made) {
    console.log(`${served.kind} of ${file} could not be made on both`);
    continue;
  }
  const status = ways.includes("status") ? await wholeStatus(made) : undefined;
  for (const way of ways) await comparison.run(changesOf(made, way, status));
  await unmake(made);
}
comparison.report(flags);
process.exit(0);
