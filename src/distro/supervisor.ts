/**
 * Starts what has ended. It holds no state of its own: what should run follows from cluster.json, what runs from pid files,
 * so it may itself be killed at any time; the control plane starts it again.
 */
import { existsSync } from "node:fs";
import { backoffMs, type Clock, type Log, messageOf } from "#base/mod.ts";
import { isAlive, signal } from "#linux/mod.ts";
import { type ClusterConfig, readCluster } from "./cluster.ts";
import { startImageGate } from "./image-gate.ts";
import { ensureNetwork, nodeNetworkWorks } from "./node-network.ts";
import type { Place } from "./place.ts";
import { ensureProcess, type ProcessSpec, processesOf, runningId, stoppedMark, supervisorOf } from "./processes.ts";

const lookMs = 1000;
const rereadMs = 60_000;
const healthyMs = 10_000;
const restart = { baseMs: 50, maxMs: 10_000 };

export async function runSupervisor(options: { place: Place; clock: Clock; log: Log; signal: AbortSignal }): Promise<void> {
  const { place, clock, log, signal } = options;
  const followed = new Map<string, AbortController>();
  let reread: () => void = () => {};
  process.on("SIGHUP", () => reread());
  const gate = await startImageGate({ cluster: () => readCluster(place), clock, log });
  while (!signal.aborted) {
    const cluster = readCluster(place);
    if (!cluster) break;
    const wanted = new Map(processesOf(place, cluster).map((spec) => [spec.name, spec]));
    for (const [name, stop] of followed) {
      if (wanted.has(name)) continue;
      stop.abort();
      followed.delete(name);
    }
    gate.update();
    for (const spec of wanted.values()) {
      if (followed.has(spec.name)) continue;
      const stop = new AbortController();
      followed.set(spec.name, stop);
      void follow({ spec, cluster, place, clock, log, signal: AbortSignal.any([signal, stop.signal]) });
    }
    // Children do not keep this process alive; this sleep does.
    const asked = new Promise<void>((resolve) => {
      reread = resolve;
    });
    await Promise.race([asked, clock.sleep(rereadMs, signal)]);
  }
  for (const stop of followed.values()) stop.abort();
  await gate.close();
}

interface Follow {
  spec: ProcessSpec;
  cluster: ClusterConfig;
  place: Place;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/** Adopts the process or starts it, waits for its end, and again, slower when it keeps failing. */
async function follow({ spec, cluster, place, clock, log, signal }: Follow): Promise<void> {
  let failures = 0;
  while (!signal.aborted && !existsSync(stoppedMark(place))) {
    const since = clock.monotonic();
    try {
      const node = cluster.nodes.find((candidate) => candidate.name === spec.node);
      if (node && !runningId(spec) && !(await nodeNetworkWorks(cluster, node))) await ensureNetwork(cluster);
      const { id, exited } = await ensureProcess(spec, clock);
      log.info(exited ? "process started" : "process adopted", { process: spec.name, pid: id.pid });
      if (exited) await Promise.race([exited, aborted(signal)]);
      else while (!signal.aborted && isAlive(id)) await clock.sleep(lookMs, signal);
      if (signal.aborted) return;
      log.warn("process ended", { process: spec.name, pid: id.pid, ...(exited ? { exitCode: await exited } : {}) });
    } catch (error) {
      log.error("process could not be started", { process: spec.name, error: messageOf(error) });
    }
    failures = clock.monotonic() - since > healthyMs ? 0 : failures + 1;
    await clock.sleep(backoffMs(failures, restart), signal);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Called now and then by the control plane: the supervisor watches it, it watches the supervisor. */
export async function ensureSupervisor(place: Place, clock: Clock): Promise<void> {
  if (!existsSync(stoppedMark(place))) await ensureProcess(supervisorOf(place), clock);
}

/** Tells the supervisor that cluster.json has changed; starts it when there is none. */
export async function refreshSupervisor(place: Place, clock: Clock): Promise<void> {
  const id = runningId(supervisorOf(place));
  if (id) signal(id, "SIGHUP");
  else await ensureSupervisor(place, clock);
}
