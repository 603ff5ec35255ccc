/** Starts what this machine runs of a cluster over several, or changes it to what the description says; waits until its node is Ready. */
import { rmSync } from "node:fs";
import { stopProcess } from "#linux/mod.ts";
import { keep } from "../bring-up/keep.ts";
import { type Running, waitForNodes, waitForServer } from "../bring-up/wait.ts";
import { type ClusterConfig, controlPlaneGraceMs } from "../cluster.ts";
import { writeRuntimeConfig } from "../containerd.ts";
import { provideImages } from "../images/provide.ts";
import { ensureNetwork } from "../node-network.ts";
import { ensureProcess, processesOf, stoppedMark } from "../processes.ts";
import { endOtherVersion } from "../program/version.ts";
import { refreshSupervisor } from "../supervisor.ts";
import { hasControlPlane } from "./seat.ts";

/** `serverAnswers`: what can be done once the API server does. Resolves with the exit code. */
export async function startMachine(
  running: Running,
  before: ClusterConfig | undefined,
  serverAnswers: () => Promise<void>,
): Promise<number> {
  const { place, cluster, clock, progress } = running;
  rmSync(stoppedMark(place), { force: true });
  const specs = processesOf(place, cluster);
  await endOtherVersion({ place, cluster: before ?? cluster, clock, say: progress.say });
  if (before && JSON.stringify(before) !== JSON.stringify(cluster)) {
    // containerd and etcd know nothing of what can be changed, and pods go on.
    const stale = specs.filter(({ name }) => !name.endsWith("-containerd") && name !== "etcd");
    await Promise.all(stale.map((spec) => stopProcess(clock, spec.pidFile, { graceMs: controlPlaneGraceMs(before) })));
  }
  await ensureNetwork(cluster);
  // The range of its pods is the agent's to hear, and with it how long their packets may be.
  for (const node of cluster.nodes) writeRuntimeConfig(place, cluster, node, 0);
  for (const spec of specs) if (!spec.after) await ensureProcess(spec, clock);
  const images = provideImages(place, cluster, clock, progress);
  images.catch(() => {}); // awaited below
  if (hasControlPlane(cluster)) await waitForServer(running);
  await refreshSupervisor(place, clock);
  await serverAnswers();
  const late = await waitForNodes(running);
  await images;
  for (const spec of specs) await ensureProcess(spec, clock);
  await keep(running);
  for (const node of late) progress.say(`${node.name} is not Ready: ${node.message}`);
  if (late.length > 0) progress.say(`see: spoke logs ${late[0]!.name}-agent, spoke logs ${late[0]!.name}-containerd, spoke doctor`);
  return late.length > 0 ? 1 : 0;
}
