/** Waiting for what was started, with what is waited for on the screen. */
import { existsSync, readFileSync, statSync } from "node:fs";
import type { Clock } from "#base/mod.ts";
import { type NodeState, nodeStates, waitFor } from "../admin.ts";
import type { ClusterConfig } from "../cluster.ts";
import type { Place } from "../place.ts";
import { processesOf, runningId, supervisorOf } from "../processes.ts";
import type { Progress } from "../progress.ts";

/** Generous: an emulated machine needs minutes for what a laptop does in a second. What is waited for is shown. */
const apiPatienceMs = 300_000;
const nodePatienceMs = 600_000;

export interface Running {
  place: Place;
  cluster: ClusterConfig;
  clock: Clock;
  progress: Progress;
}

/** `startsByItself`: somebody else starts it, and at first there is nobody. */
export async function waitForServer({ place, cluster, clock, progress }: Running, startsByItself = false): Promise<void> {
  const [controlPlane] = processesOf(place, cluster);
  // Without a supervisor nobody starts again what ends, so its end is the end of waiting.
  const worthwhile = () => Boolean(startsByItself || runningId(controlPlane) || runningId(supervisorOf(place)));
  const ready = await progress.during("waiting for the API server", () =>
    waitFor(place, cluster, "/readyz", clock, apiPatienceMs, worthwhile),
  );
  if (ready) return;
  const why = worthwhile()
    ? `did not answer on port ${cluster.port} within ${apiPatienceMs / 1000} s`
    : `ended: ${lastLine(controlPlane.logFile)}`;
  throw new Error(`the API server ${why}: see spoke logs control-plane, and spoke doctor`);
}

function lastLine(file: string): string {
  if (!existsSync(file)) return "what it wrote is in the journal";
  return readFileSync(file, "utf8").trimEnd().split("\n").at(-1)?.slice(0, 500) ?? "it wrote nothing";
}

/** A node is Ready when its agent of now has said so: what the API server remembers of an earlier life does not count. */
export async function waitForNodes({ place, cluster, clock, progress }: Running): Promise<NodeState[]> {
  const agents = new Map(processesOf(place, cluster).flatMap((spec) => (spec.name === `${spec.node}-agent` ? [[spec.node, spec]] : [])));
  const startedMs = (node: string): number => {
    const file = agents.get(node)?.pidFile;
    return file && existsSync(file) ? statSync(file).mtimeMs : Number.POSITIVE_INFINITY;
  };
  const waiting = new Set(cluster.nodes.map((node) => node.name));
  const total = waiting.size;
  const end = clock.monotonic() + nodePatienceMs;
  let states: NodeState[] = [];
  await progress.during(total === 1 ? `waiting for ${[...waiting][0]}` : "waiting for nodes", async (at) => {
    while (waiting.size > 0 && clock.monotonic() < end) {
      states = await nodeStates(place, cluster).catch(() => states);
      for (const node of states) {
        if (!waiting.has(node.name) || !node.ready || (node.heartbeatMs ?? 0) < startedMs(node.name)) continue;
        waiting.delete(node.name);
        progress.say(`${node.name} is Ready`);
      }
      if (total > 1) at(total - waiting.size, total);
      if (waiting.size > 0) await clock.sleep(25);
    }
  });
  const unheard = { ready: false, message: "it has not registered" };
  return [...waiting].map((name) => {
    const state = states.find((node) => node.name === name) ?? { name, ...unheard };
    return state.ready ? { ...state, message: "its agent has not been heard from since it started" } : state;
  });
}
