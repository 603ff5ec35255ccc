/**
 * A cluster of a hundred nodes from one seed, under a virtual clock: minutes of it take seconds, and what a seed did once it
 * does again, to the last revision. A failing seed is a bug that can be looked at as often as needed.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type Deployment, deployments, pods } from "#api/mod.ts";
import { VirtualClock } from "#base/mod.ts";
import { Cluster, simulated } from "#cluster/mod.ts";
import { createMemoryStore, type Store, under } from "#store/mod.ts";

const namespace = "default";
const replicas = 200;

function aDeployment(image: string): Deployment {
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } } },
  };
}

/** Every change of the store: its moment, revision, key and bytes. */
function traceOf(store: Store, clock: VirtualClock): { lines: string[]; stop(): void } {
  const lines: string[] = [];
  assert.ok(store.local, "the memory store tells its changes at once");
  const stop = store.local.follow(under("/registry/"), store.local.revision(), {
    events(events) {
      for (const { revision, type, key, value } of events) {
        const bytes = createHash("sha256").update(value).digest("hex").slice(0, 16);
        lines.push(`${clock.now()} ${revision} ${type} ${key} ${bytes}`);
      }
    },
    failed(error) {
      throw error;
    },
  });
  return { lines, stop };
}

interface Run {
  lines: string[];
  hash: string;
  /** How many pods ran the new image, and how many revisions it took, when it was over. */
  updated: number;
  pods: number;
  virtualMs: number;
}

async function rollout(seed: number): Promise<Run> {
  const clock = new VirtualClock();
  const start = clock.now();
  const store = await createMemoryStore({ clock });
  const trace = traceOf(store, clock);
  const cluster = new Cluster({ store, clock, seed, nodes: [simulated(100)] });
  await clock.during(cluster.start());
  const { client } = cluster;
  const status = async () => (await client.get(deployments, { namespace, name: "web" })).status ?? {};
  const available = async (what: string) => {
    for (let seconds = 0; seconds < 600; seconds++) {
      const { availableReplicas, updatedReplicas, replicas: all, observedGeneration } = await clock.during(status());
      if (observedGeneration === generation && availableReplicas === replicas && updatedReplicas === replicas && all === replicas) return;
      await clock.advance(1000);
    }
    assert.fail(`${what}: not within ten minutes of virtual time: ${JSON.stringify(await clock.during(status()))}`);
  };

  let generation = 1;
  await clock.during(client.create(deployments, aDeployment("example.org/web:1")));
  await available("the first pods");
  const change = { spec: { template: { spec: { containers: [{ name: "c", image: "example.org/web:2" }] } } } };
  await clock.during(client.patch(deployments, { namespace, name: "web" }, "strategic", change));
  generation = 2;
  let updated = 0;
  for (let looks = 0; updated < replicas / 4 && looks < 1000; looks++) {
    await clock.advance(10);
    updated = (await clock.during(status())).updatedReplicas ?? 0;
  }
  await clock.during(cluster.stopPart("controllers"));
  assert.ok(updated >= replicas / 4 && updated < replicas, `the controllers are killed in the middle of the rollout: at ${updated}`);
  await clock.advance(30_000);
  cluster.startPart("controllers");
  await available("the rollout after the kill");
  const { items } = await clock.during(client.list(pods, { namespace, labelSelector: "app=web" }));
  await clock.during(cluster.close());
  trace.stop();
  return {
    lines: trace.lines,
    hash: createHash("sha256").update(trace.lines.join("\n")).digest("hex"),
    updated: items.filter((pod) => pod.spec?.containers?.[0]?.image === "example.org/web:2").length,
    pods: items.filter((pod) => !pod.metadata.deletionTimestamp).length,
    virtualMs: clock.now() - start,
  };
}

test("a rollout whose controllers are killed arrives, and one seed does the same twice", { timeout: 900_000 }, async (t) => {
  const seed = Number(process.env.SPOKE_SEED ?? 1);
  const first = await rollout(seed);
  t.diagnostic(
    `seed ${seed}: ${first.lines.length} revisions in ${first.virtualMs / 1000} s of virtual time, trace ${first.hash.slice(0, 16)}`,
  );
  assert.deepEqual([first.updated, first.pods], [replicas, replicas]);
  const second = await rollout(seed);
  const differs = first.lines.findIndex((line, at) => line !== second.lines[at]);
  assert.equal(differs, -1, `the runs part at change ${differs}:\n  ${first.lines[differs]}\n  ${second.lines[differs]}`);
  assert.equal(second.hash, first.hash);
  const other = await rollout(seed + 1);
  assert.notEqual(other.hash, first.hash, "another seed is another history");
  assert.deepEqual([other.updated, other.pods], [replicas, replicas], "with the same end");
});
