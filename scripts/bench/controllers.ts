/**
 * A Deployment of 2,000 pods on simulated nodes, in this process with API server and scheduler: grown, rolled out, shrunk.
 * What counts is CPU time: other work on the machine changes the clock's time, hardly this.
 */
import { deployments, pods } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { startCluster } from "../../tests/integration/cluster.ts";

const replicas = 2000;
const nodes = 40;
const namespace = "default";
const name = "bench";
const patienceMs = 300_000;

export async function benchControllers(repeats: number): Promise<void> {
  const taken = new Map<string, { seconds: number[]; cpu: number[] }>();
  for (let run = 0; run < repeats; run++) {
    const cluster = await startCluster({ nodes });
    const { client } = cluster;
    const measure = async (row: string, act: () => Promise<unknown>, done: () => Promise<boolean>) => {
      const [from, used] = [systemClock.monotonic(), process.cpuUsage()];
      await act();
      while (!(await done())) {
        if (systemClock.monotonic() - from > patienceMs) throw new Error(`${row}: not done after ${patienceMs / 1000} s`);
        await systemClock.sleep(50);
      }
      const { user, system } = process.cpuUsage(used);
      const figures = taken.get(row) ?? { seconds: [], cpu: [] };
      taken.set(row, figures);
      figures.seconds.push((systemClock.monotonic() - from) / 1000);
      figures.cpu.push((user + system) / 1e6);
    };
    const rolledOut = async (image: string) => {
      const { status, metadata, spec } = await client.get(deployments, { namespace, name });
      const done = [status?.updatedReplicas, status?.replicas, status?.availableReplicas].every((each) => (each ?? 0) === spec?.replicas);
      return done && status?.observedGeneration === metadata.generation && spec?.template?.spec?.containers?.[0]?.image === image;
    };
    const container = (image: string) => ({ name: "c", image });
    const template = (image: string) => ({ metadata: { labels: { app: name } }, spec: { containers: [container(image)] } });
    const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } };
    const spec = { replicas, strategy, selector: { matchLabels: { app: name } }, template: template("example.org/app:1") };
    const kind = { apiVersion: "apps/v1", kind: "Deployment" };
    const patch = (change: object) => client.patch(deployments, { namespace, name }, "strategic", change);
    await measure(
      "grow from 0 to 2,000",
      () => client.create(deployments, { ...kind, metadata: { name, namespace }, spec }),
      () => rolledOut("example.org/app:1"),
    );
    await measure(
      "roll out a new image",
      () => patch({ spec: { template: template("example.org/app:2") } }),
      () => rolledOut("example.org/app:2"),
    );
    await measure(
      "shrink to 0",
      () => patch({ spec: { replicas: 0 } }),
      async () => (await client.list(pods, { namespace, limit: 1 })).items.length === 0,
    );
    await cluster.close();
  }
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!.toFixed(1);
  console.log(`A Deployment of ${replicas} pods on ${nodes} simulated nodes, whole control plane in one process, median of ${repeats}.\n`);
  console.log("| | CPU seconds | seconds |\n|---|---|---|");
  for (const [row, { cpu, seconds }] of taken) console.log(`| ${row} | ${median(cpu)} | ${median(seconds)} |`);
}
