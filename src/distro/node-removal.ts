/** Stops the containers of nodes and takes away what they leave on the host. */
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Clock } from "#base/mod.ts";
import { deleteNetns, findProcesses, gone, identify, type ProcessId, signal, stopId, stopProcess, unmountUnder } from "#linux/mod.ts";
import { ask } from "./admin.ts";
import { type ClusterConfig, type NodeConfig, readCluster } from "./cluster.ts";
import { type Bundle, nodePlace, readBundles, removeRuntimeState } from "./containerd.ts";
import { removeNodeNetwork } from "./node-network.ts";
import type { Place } from "./place.ts";
import { processesOf } from "./processes.ts";
import { refreshSupervisor } from "./supervisor.ts";

const deleteMs = 5000;

/**
 * Ends every container of a node: TERM, KILL after the grace, pause containers last. containerd still runs, so it takes
 * its shims away itself; shims that stay are ended by pid. Resolves with how many containers ran.
 */
export async function stopContainers(place: Place, node: string, clock: Clock, graceMs: number): Promise<number> {
  const at = nodePlace(place, node);
  const bundles = readBundles(at);
  const [pauses, apps] = split(bundles);
  await Promise.all(apps.map((id) => stopId(clock, id, { graceMs })));
  await Promise.all(pauses.map((id) => stopId(clock, id, { graceMs: 500 })));
  const end = clock.monotonic() + deleteMs;
  while (readBundles(at).length > 0 && clock.monotonic() < end) await clock.sleep(20);
  for (const shim of shimsOf(at.socket)) {
    signal(shim, "SIGKILL");
    await gone(clock, shim, 1000);
  }
  for (const { networkPath, shimSocket } of bundles) {
    if (networkPath && /^\/(var\/)?run\/netns\/cni-[0-9a-f-]+$/.test(networkPath)) await deleteNetns(basename(networkPath));
    if (shimSocket?.startsWith("/run/containerd/s/")) rmSync(shimSocket, { force: true });
  }
  return apps.length;
}

/** Pause containers hold the namespaces of the others: they go last. */
function split(bundles: Bundle[]): [ProcessId[], ProcessId[]] {
  const pauses: ProcessId[] = [];
  const apps: ProcessId[] = [];
  for (const bundle of bundles) {
    const id = bundle.initPid ? identify(bundle.initPid) : undefined;
    if (id) (bundle.sandbox ? pauses : apps).push(id);
  }
  return [pauses, apps];
}

/** Shims carry their containerd's address on the command line. */
export function shimsOf(socket: string): ProcessId[] {
  return findProcesses((argv) => /containerd-shim/.test(argv[0] ?? "") && argv.includes(socket));
}

/** Takes one node out of a running cluster, with everything that it had. */
export async function removeNode(place: Place, cluster: ClusterConfig, node: NodeConfig, clock: Clock): Promise<void> {
  const specs = processesOf(place, { ...cluster, nodes: [node] }).filter((spec) => spec.node === node.name);
  const above = specs.filter((spec) => spec.stage === 1);
  const containerd = specs.find((spec) => spec.stage === 0);
  const rest = readCluster(place);
  if (rest?.nodes.every((other) => other.name !== node.name)) await refreshSupervisor(place, clock);
  await Promise.all(above.map((spec) => stopProcess(clock, spec.pidFile)));
  await stopContainers(place, node.name, clock, 2000);
  if (containerd) await stopProcess(clock, containerd.pidFile);
  await removeNodeNetwork(cluster, node);
  await clearNode(place, node.name);
  await ask(place, cluster, `/api/v1/nodes/${node.name}`, { method: "DELETE" }).catch(() => {}); // no API server: the node is forgotten with its lease
}

/** Unmounts and removes a node's folders. */
export async function clearNode(place: Place, node: string): Promise<void> {
  const at = nodePlace(place, node);
  await unmountUnder(at.state);
  await unmountUnder(at.run);
  removeRuntimeState(at);
}

/** containerd's shims keep sockets in a folder of the whole machine: it goes when nobody else has something in it. */
export function tidyShimFolder(): void {
  for (const folder of ["/run/containerd/s", "/run/containerd/runc", dirname("/run/containerd/s")]) {
    try {
      if (existsSync(folder)) rmdirSync(folder);
    } catch {
      // Not empty: it is somebody else's too.
    }
  }
}
