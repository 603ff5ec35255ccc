/**
 * Starts what has ended. It holds no state of its own: what should run follows from cluster.json, what runs from pid files,
 * so it may itself be killed at any time; the control plane starts it again.
 */
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { atMost, backoffMs, type Clock, every, type Log, messageOf } from "#base/mod.ts";
import { isAlive, signal, tryRun } from "#linux/mod.ts";
import { hasUnit } from "./boot.ts";
import { ensureCertificates } from "./certificates.ts";
import { type ClusterConfig, readCluster } from "./cluster.ts";
import { writeRuntimeConfig } from "./containerd.ts";
import { startImageGate } from "./image-gate.ts";
import { withLock } from "./lock.ts";
import { hasControlPlane } from "./machines/seat.ts";
import { ensureBridge, ensureNetwork, nodeNetworkWorks } from "./node-network.ts";
import type { Place } from "./place.ts";
import {
  beatFile,
  ensureProcess,
  inJournal,
  keeperOf,
  type ProcessSpec,
  processesOf,
  runningId,
  spokeArgv,
  stoppedMark,
  supervisorOf,
  trimLog,
} from "./processes.ts";

const lookMs = 1000;
const rereadMs = 60_000;
const healthyMs = 10_000;
const restart = { baseMs: 50, maxMs: 10_000 };
const answerLookMs = 100;
const beatMs = 5000;
/** Certificates have weeks left when they are renewed: a try that failed has many more. */
const renewMs = 6 * 3_600_000;
const firstRenewMs = 60_000;
/** A process that others wait for may be broken: they start all the same. */
const afterMs = 30_000;

export async function runSupervisor(options: { place: Place; clock: Clock; log: Log; signal: AbortSignal }): Promise<void> {
  const { place, clock, log, signal } = options;
  const followed = new Map<string, AbortController>();
  let reread: () => void = () => {};
  process.on("SIGHUP", () => reread());
  const gate = await startImageGate({ cluster: () => readCluster(place), clock, log });
  /** Those that do their work, as far as a connection tells. */
  const answering = new Set<string>();
  let number = 0;
  const beat = every(clock, beatMs, () => {
    try {
      writeBeat(place, ++number, { followed: followed.keys(), answering });
    } catch (error) {
      log.warn("the keeper cannot be told that all goes on", { error: messageOf(error) });
    }
  });
  const renewals = renewNowAndThen({ place, clock, log });
  while (!signal.aborted) {
    const cluster = readCluster(place);
    if (!cluster) break;
    const wanted = new Map(
      [...processesOf(place, cluster), ...(hasUnit(cluster) ? [] : [keeperOf(place)])].map((spec) => [spec.name, spec]),
    );
    for (const [name, stop] of followed) {
      if (wanted.has(name)) continue;
      stop.abort();
      followed.delete(name);
    }
    gate.update();
    for (const { logFile } of wanted.values()) trimLog(logFile);
    for (const spec of wanted.values()) {
      if (followed.has(spec.name)) continue;
      const stop = new AbortController();
      followed.set(spec.name, stop);
      const after = spec.after ? wanted.get(spec.after) : undefined;
      void follow({ spec, after, cluster, place, clock, log, answering, signal: AbortSignal.any([signal, stop.signal]) });
    }
    // Children do not keep this process alive; this sleep does.
    const asked = new Promise<void>((resolve) => {
      reread = resolve;
    });
    await atMost(clock, rereadMs, asked, signal);
  }
  for (const stop of followed.values()) stop.abort();
  beat.cancel();
  renewals.cancel();
  await gate.close();
}

interface Follow {
  spec: ProcessSpec;
  after?: ProcessSpec;
  cluster: ClusterConfig;
  place: Place;
  clock: Clock;
  log: Log;
  answering: Set<string>;
  signal: AbortSignal;
}

/** Adopts the process or starts it, waits for its end, and again, slower when it keeps failing. */
async function follow({ spec, after, cluster, place, clock, log, answering, signal }: Follow): Promise<void> {
  let failures = 0;
  if (after && !runningId(spec)) await answered(after, clock, AbortSignal.any([signal, afterTimeout(clock, signal)]));
  while (!signal.aborted && !existsSync(stoppedMark(place))) {
    const since = clock.monotonic();
    const life = new AbortController();
    let good = false;
    void answered(spec, clock, AbortSignal.any([signal, life.signal])).then((did) => {
      good = did;
      if (did && !life.signal.aborted) answering.add(spec.name);
    });
    try {
      const node = cluster.nodes.find((candidate) => candidate.name === spec.node);
      if (node && !runningId(spec) && !(await nodeNetworkWorks(cluster, node))) await ensureNetwork(cluster);
      const { id, exited } = await ensureProcess(spec, clock);
      log.info(exited ? "process started" : "process adopted", { process: spec.name, pid: id.pid });
      if (exited) await Promise.race([exited, aborted(signal)]);
      else while (!signal.aborted && isAlive(id)) await clock.sleep(lookMs, signal);
      if (signal.aborted) return life.abort();
      log.warn("process ended", { process: spec.name, pid: id.pid, ...(exited ? { exitCode: await exited } : {}) });
    } catch (error) {
      log.error("process could not be started", { process: spec.name, error: messageOf(error) });
    }
    life.abort();
    answering.delete(spec.name);
    // What still answers there is somebody else's, who holds the port.
    if (good && (await connects(spec.answers))) good = false;
    failures = failuresAfter(failures, { livedMs: clock.monotonic() - since, answered: good });
    await clock.sleep(backoffMs(failures, restart), signal);
  }
}

/** In a process of its own, which loads what makes certificates and ends: the supervisor stays small. */
function renewNowAndThen({ place, clock, log }: Pick<Follow, "place" | "clock" | "log">): { cancel(): void } {
  const renew = async () => {
    const { code, stdout, stderr } = await tryRun(spokeArgv(["run", "renew", "--name", place.cluster]), { timeoutMs: 1_200_000 });
    const said = { output: (stdout + stderr).trim().slice(-1000) };
    if (code !== 0) log.warn("certificates could not be renewed: tried again later", said);
    else if (said.output !== "") log.info("certificates were renewed", said);
  };
  let again: { cancel(): void } | undefined;
  const first = clock.after(
    firstRenewMs,
    () => {
      again = every(clock, renewMs, renew);
      void renew();
    },
    { background: true },
  );
  return {
    cancel() {
      first.cancel();
      again?.cancel();
    },
  };
}

/** The keeper reads it: a number that was not there before, `ready` when all do their work, and words for people. */
function writeBeat(place: Place, number: number, { followed, answering }: { followed: Iterable<string>; answering: Set<string> }): void {
  const waited = [...followed].filter((name) => name !== "keeper" && !answering.has(name));
  const words = waited.length === 0 ? "all processes answer" : `waiting for ${waited.join(", ")}`;
  writeFileSync(`${beatFile(place)}.new`, `${process.pid}.${number} ${waited.length === 0 ? "ready" : "starting"} ${words}\n`, {
    mode: 0o600,
  });
  renameSync(`${beatFile(place)}.new`, beatFile(place));
}

/** A long life, or a short one in which it did its work, makes up for the failures before it: what ended it came from outside. */
export function failuresAfter(failures: number, life: { livedMs: number; answered: boolean }): number {
  return life.livedMs > healthyMs || life.answered ? 0 : failures + 1;
}

function afterTimeout(clock: Clock, signal: AbortSignal): AbortSignal {
  const end = new AbortController();
  const timer = clock.after(afterMs, () => end.abort(), { background: true });
  signal.addEventListener("abort", () => timer.cancel(), { once: true });
  return end.signal;
}

/** Tries to connect until that works; false when it did not before `signal`, or when there is nothing to connect to. */
async function answered({ answers }: ProcessSpec, clock: Clock, signal: AbortSignal): Promise<boolean> {
  while (answers && !signal.aborted) {
    if (await connects(answers, signal)) return true;
    await clock.sleep(answerLookMs, signal);
  }
  return false;
}

function connects(where: ProcessSpec["answers"], signal?: AbortSignal): Promise<boolean> {
  if (!where) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ ...where, signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Called now and then by the control plane: the supervisor watches it, it watches the supervisor. */
export async function ensureSupervisor(place: Place, clock: Clock): Promise<void> {
  const cluster = readCluster(place);
  if (cluster && !existsSync(stoppedMark(place))) await ensureProcess(inJournal(supervisorOf(place), cluster), clock);
}

/** What the keeper asks for, and the machine's start: after it the folders in /run and the network may be gone. */
export async function revive(place: Place, cluster: ClusterConfig, clock: Clock): Promise<void> {
  await withLock(place, clock, async () => {
    if (existsSync(stoppedMark(place))) return;
    // What ran out while the machine was off is of no use to what is started now.
    if (hasControlPlane(cluster)) await ensureCertificates(place, cluster, clock);
    const mtu = await ensureBridge(cluster);
    for (const node of cluster.nodes) writeRuntimeConfig(place, cluster, node, mtu);
    await ensureNetwork(cluster);
    await ensureSupervisor(place, clock);
  });
}

/** Tells the supervisor that cluster.json has changed; starts it when there is none. */
export async function refreshSupervisor(place: Place, clock: Clock): Promise<void> {
  const id = runningId(supervisorOf(place));
  if (id) signal(id, "SIGHUP");
  else await ensureSupervisor(place, clock);
}
