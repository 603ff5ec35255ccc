/** Upstream's API server and ours on one etcd: each shows, changes and deletes what the other has stored. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { builtInKinds, resourcePath, type Served } from "#api/mod.ts";
import { seededRandom, systemClock } from "#base/mod.ts";
import { readYaml, splitDocuments } from "#codec/mod.ts";
import { createEtcdStore } from "#store/mod.ts";
import { type SecureFixture, secureFixture } from "../../src/apiserver/fixture.ts";
import { findEtcd, type RunningEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";
import { lacksPeer, type Peer, peerNetwork, startPeerApiServer } from "./peer.ts";

const etcdFound = findEtcd();
const skip = lacksPeer("kube-apiserver") || ("missing" in etcdFound && etcdFound.missing);

interface Whole {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

const folder = join(import.meta.dirname, "..", "manifests");
const manifests = readdirSync(folder).flatMap((file) =>
  [...splitDocuments(readFileSync(join(folder, file), "utf8"))].flatMap(({ text }) => (readYaml(text).value as Whole | null) ?? []),
);
/** What acts upon what is written after it comes last. */
const acting = ({ apiVersion, kind }: Whole) =>
  apiVersion.startsWith("admissionregistration") ? 2 : ["ResourceQuota", "LimitRange"].includes(kind) ? 1 : 0;
const inOrder = manifests.toSorted((a, b) => acting(a) - acting(b));
/** Kinds whose name says what is in them. */
const isNamed = ({ kind }: Whole) => ["CustomResourceDefinition", "APIService", "IPAddress"].includes(kind);
/** There from the beginning, and it cannot be deleted. */
const isOwn = ({ kind, metadata }: Whole) => kind === "PriorityLevelConfiguration" && metadata.name === "exempt";

type Ask = Peer["ask"];
interface Side {
  ask: Ask;
  other: Ask;
}

const pathTo = (kind: Served, { namespace }: Whole["metadata"], name?: string) =>
  resourcePath(kind, { namespace: namespace ?? "default", ...(name === undefined ? {} : { name }) });

describe("upstream's API server and ours take turns on one etcd", { skip }, () => {
  let etcd: RunningEtcd;
  let ours: SecureFixture;
  let theirs: Peer;
  before(async () => {
    etcd = await startEtcd((etcdFound as { path: string }).path);
    theirs = await startPeerApiServer(etcd.endpoint, ["--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none"]);
    ours = await secureFixture({
      store: await createEtcdStore({ endpoints: [etcd.endpoint] }),
      random: seededRandom(1),
      clock: systemClock,
      serviceRanges: [peerNetwork.serviceRange],
      issuer: peerNetwork.issuer,
      admission: { disable: ["ServiceAccount"] },
    });
  });
  after(async () => {
    await theirs?.stop();
    await ours?.close();
    await ours?.store.close();
    await etcd?.stop();
  });

  /** Upstream's own are made before: theirs and ours must not differ either. */
  const sides: Record<string, Side> = {
    ours: { ask: (...words) => ours.admin(...words), other: (...words) => theirs.ask(...words) },
    upstreams: { ask: (...words) => theirs.ask(...words), other: (method, ...words) => ours.admin(method, ...words) },
  };
  for (const [name, { ask, other }] of Object.entries(sides))
    test(`what ${name} has made, both show alike, and the other changes and deletes it`, { timeout: 120_000 }, async () => {
      const made: { path: string; acts: number }[] = [];
      const problems: string[] = [];
      for (const object of inOrder) {
        const kind = builtInKinds.find(({ apiVersion, kind }) => apiVersion === object.apiVersion && kind === object.kind);
        if (!kind || kind.storage !== "here" || isOwn(object)) continue;
        const own = isNamed(object) ? object : { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-${name}` } };
        const { status, message } = await ask("POST", pathTo(kind, own.metadata), own);
        // A kind may have two versions.
        if (status === 409) continue;
        if (status === 201) made.push({ path: pathTo(kind, own.metadata, own.metadata.name), acts: acting(own) });
        else problems.push(`${kind.id} ${own.metadata.name}: ${status} ${message}`);
      }
      problems.push(...(await differences()));
      for (const { path } of made.toSorted((a, b) => b.acts - a.acts)) {
        const changed = await other("PATCH", path, { metadata: { annotations: { turn: "yours" } } });
        if (changed.status !== 200) problems.push(`changing ${path}: ${changed.status} ${changed.message}`);
        const seen = await ask("GET", path);
        if (seen.object.metadata?.annotations?.turn !== "yours") problems.push(`${path} does not show what was changed: ${seen.message}`);
        const gone = await other("DELETE", path);
        if (gone.status !== 200) problems.push(`deleting ${path}: ${gone.status} ${gone.message}`);
        // What has a finalizer waits for a controller, and none runs here.
        const after = await ask("GET", path);
        if (after.status !== 404 && !after.object.metadata?.deletionTimestamp) problems.push(`${path} is still there: ${after.status}`);
      }
      assert.deepEqual(problems, []);
      assert.ok(made.length > 70, `${made.length} objects`);
    });

  /** Where the lists of the two servers are not the same. */
  async function differences(): Promise<string[]> {
    const problems: string[] = [];
    for (const kind of builtInKinds.filter(({ storage }) => storage === "here")) {
      const path = resourcePath(kind);
      const [own, other] = [await ours.admin("GET", path), await theirs.ask("GET", path)];
      assert.deepEqual([own.status, other.status], [200, 200], path);
      const nameOf = ({ metadata: { namespace = "", name } }: Whole) => `${namespace}/${name}`;
      const byName = new Map<string, Whole>(other.object.items.map((item: Whole) => [nameOf(item), item]));
      for (const item of own.object.items as Whole[]) {
        const different = differing(item, byName.get(nameOf(item)) ?? {});
        if (different.length > 0) problems.push(`${path} ${nameOf(item)}: ${different.join("; ")}`);
        byName.delete(nameOf(item));
      }
      for (const name of byName.keys()) problems.push(`${path} ${name}: only upstream's server shows it`);
    }
    return problems;
  }
});

/** Where two objects differ, and how. Items of a list need not say what they are. */
function differing(ours: unknown, theirs: unknown, at = ""): string[] {
  if (isDeepStrictEqual(ours, theirs) || at === ".kind" || at === ".apiVersion") return [];
  if (typeof ours !== "object" || typeof theirs !== "object" || !ours || !theirs)
    return [`${at || "all"}: ours ${JSON.stringify(ours)}, upstream's ${JSON.stringify(theirs)}`];
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  return names.flatMap((name) => differing(ours[name as never], theirs[name as never], `${at}.${name}`));
}
