/** The processes of a local cluster, as data: what `up` and the supervisor start, `status` shows and `down` stops. */
import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { type Clock, hostPort } from "#base/mod.ts";
import { identify, type ProcessId, readPidFile, startDetached } from "#linux/mod.ts";
import { type ClusterConfig, numbersOf } from "./cluster.ts";
import { nodePlace } from "./containerd.ts";
import { etcdProcess } from "./etcd/member.ts";
import { imageGatePort } from "./image-gate.ts";
import { hasControlPlane, nodeAddressOf, withinNode } from "./machines/seat.ts";
import type { Place } from "./place.ts";

export interface ProcessSpec {
  name: string;
  /** Processes of a higher stage need those of a lower one, and stop before them. */
  stage: number;
  /** The node that it belongs to. */
  node?: string;
  argv: string[];
  pidFile: string;
  logFile: string;
  env?: Record<string, string>;
  /** Where it can be connected to when it does its work. */
  answers?: { host: string; port: number } | { path: string };
  /** It is wanted only once that process answers: it would slow the start of others. */
  after?: string;
}

export const mainFile = join(import.meta.dirname, `main${extname(import.meta.filename)}`);
export const keeperFile = join(import.meta.dirname, "keeper.sh");

/** The supervisor only watches, and a stand-in only answers: they must not grow. */
const supervisorFlags = ["--max-old-space-size=64", "--v8-pool-size=1"];
const dnsFlags = ["--max-old-space-size=256", "--v8-pool-size=1"];
const ingressFlags = dnsFlags;
const registryFlags = dnsFlags;
const ownFlags = new Set([...supervisorFlags, ...dnsFlags]);

/** This program again, with the same Node and its flags, but not those that are the starter's own. */
export function spokeArgv(words: readonly string[], nodeFlags: readonly string[] = [], inherited = process.execArgv): string[] {
  return [process.execPath, ...nodeFlags, ...inherited.filter((flag) => !ownFlags.has(flag)), mainFile, ...words];
}

/** Registries by address, in the machine's own networks: with an uplink a node reaches them by itself. */
const nearRanges = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,";

export const ingressFiles = (place: Place) => ({
  socket: join(place.run, "ingress.sock"),
  accessLog: join(place.logs, "ingress-access.log"),
});

export function processesOf(place: Place, cluster: ClusterConfig): ProcessSpec[] {
  const files = (name: string) => ({ pidFile: join(place.run, `${name}.pid`), logFile: join(place.logs, `${name}.log`) });
  const named = ["--name", cluster.name];
  const { hostAddress, families } = numbersOf(cluster);
  const gate = `http://${hostPort(hostAddress, imageGatePort)}`;
  const own = families.flatMap(({ nodeRange, podRange, serviceRange }) => [nodeRange, podRange, serviceRange]);
  const registries = {
    HTTP_PROXY: gate,
    HTTPS_PROXY: gate,
    NO_PROXY: `localhost,127.0.0.0/8,${own.join()},${cluster.uplink ? nearRanges : ""}.svc,.cluster.local`,
  };
  const controlPlane: ProcessSpec = {
    name: "control-plane",
    stage: 0,
    argv: spokeArgv(["run", "control-plane", ...named]),
    ...files("control-plane"),
    answers: { host: "127.0.0.1", port: cluster.port },
  };
  const etcd = etcdProcess(place, cluster);
  const specs = [
    ...(etcd ? [{ name: "etcd", stage: -1, ...files("etcd"), ...etcd }] : []),
    ...(hasControlPlane(cluster) ? [controlPlane] : []),
    ...cluster.nodes.flatMap((node): ProcessSpec[] => {
      const within = (argv: readonly string[]) => withinNode(cluster, node, argv);
      return [
        {
          name: `${node.name}-containerd`,
          stage: 0,
          node: node.name,
          argv: within(["containerd", "--config", nodePlace(place, node.name).config]),
          ...files(`${node.name}-containerd`),
          answers: { path: nodePlace(place, node.name).socket },
          // On a machine of its own it has the machine's way to registries.
          ...(cluster.machine ? {} : { env: registries }),
        },
        {
          name: `${node.name}-agent`,
          stage: 1,
          node: node.name,
          argv: within(spokeArgv(["run", "agent", ...named, "--node", node.name])),
          ...files(`${node.name}-agent`),
          answers: { host: nodeAddressOf(cluster, node), port: 10250 },
        },
        {
          name: `${node.name}-dns`,
          stage: 1,
          node: node.name,
          argv: within(spokeArgv(["run", "dns", ...named, "--node", node.name], dnsFlags)),
          ...files(`${node.name}-dns`),
          answers: { path: nodePlace(place, node.name).dns },
          after: `${node.name}-agent`,
        },
      ];
    }),
    // Simulated pods answer nobody.
    ...cluster.nodes.slice(0, hasControlPlane(cluster) ? 1 : 0).map(
      (node): ProcessSpec => ({
        name: "ingress",
        stage: 1,
        argv: spokeArgv(["run", "ingress", ...named], ingressFlags),
        ...files("ingress"),
        answers: { path: ingressFiles(place).socket },
        after: `${node.name}-agent`,
      }),
    ),
    ...registrySpecs(cluster, named, files),
  ];
  return specs.map((spec) => inJournal(spec, cluster));
}

function registrySpecs(
  cluster: ClusterConfig,
  named: string[],
  files: (name: string) => Pick<ProcessSpec, "pidFile" | "logFile">,
): ProcessSpec[] {
  if (!cluster.registry) return [];
  const spec: ProcessSpec = {
    name: "registry",
    stage: 1,
    argv: spokeArgv(["run", "registry", ...named], registryFlags),
    ...files("registry"),
    answers: { host: "127.0.0.1", port: cluster.registry.port },
  };
  return [cluster.nodes[0] ? { ...spec, after: `${cluster.nodes[0].name}-agent` } : spec];
}

/** Where systemd starts the cluster its journal has what the processes write, and bounds it. The process itself becomes what runs. */
export function inJournal(spec: ProcessSpec, cluster: ClusterConfig): ProcessSpec {
  if (!writesToJournal(cluster)) return spec;
  return { ...spec, argv: ["systemd-cat", `--identifier=${journalName(cluster.name, spec.name)}`, "--level-prefix=no", ...spec.argv] };
}

export const writesToJournal = (cluster: ClusterConfig): boolean => cluster.boot === true && existsSync("/run/systemd/system");

/** By this the journal finds what a process wrote: `journalctl -t spoke/spoke/control-plane`. */
export const journalName = (cluster: string, process: string): string => `spoke/${cluster}/${process}`;

export function supervisorOf(place: Place): ProcessSpec {
  return {
    name: "supervisor",
    stage: 2,
    argv: spokeArgv(["run", "supervisor", "--name", place.cluster], supervisorFlags),
    pidFile: join(place.run, "supervisor.pid"),
    logFile: join(place.logs, "supervisor.log"),
  };
}

/**
 * Looks whether the supervisor lives and works, and starts it again: together with the control plane it may be killed. A shell, because
 * it does nothing else, and what it needs to do it is small.
 */
export function keeperOf(place: Place): ProcessSpec {
  const files = keeperFiles(place);
  return {
    name: "keeper",
    stage: 2,
    argv: ["bash", keeperFile, ...files, ...spokeArgv(["run", "revive", "--name", place.cluster])],
    pidFile: files[0],
    logFile: join(place.logs, "keeper.log"),
  };
}

/** What `keeper.sh` is told of: its own pid file first. */
export const keeperFiles = (place: Place): [string, string, string, string] => [
  join(place.run, "keeper.pid"),
  supervisorOf(place).pidFile,
  stoppedMark(place),
  beatFile(place),
];

export const runningId = (spec: ProcessSpec): ProcessId | undefined => readPidFile(spec.pidFile);

const claimPatienceMs = 5000;

/**
 * Starts it unless it runs; `exited` is there only when it was started now. Supervisor, control plane and `up` may all want
 * to start one thing at once: a claim file lets one of them through, the others find it running.
 */
export async function ensureProcess(spec: ProcessSpec, clock: Clock): Promise<{ id: ProcessId; exited?: Promise<number> }> {
  mkdirSync(dirname(spec.pidFile), { recursive: true, mode: 0o700 });
  const claim = `${spec.pidFile}.claim`;
  const end = clock.monotonic() + claimPatienceMs;
  for (;;) {
    const id = runningId(spec);
    if (id) return { id };
    if (takeClaim(claim)) break;
    if (!readPidFile(claim) || clock.monotonic() > end) rmSync(claim, { force: true }); // who claimed it died
    await clock.sleep(10);
  }
  try {
    const id = runningId(spec);
    if (id) return { id };
    rotate(spec.logFile);
    return startDetached({ argv: spec.argv, logFile: spec.logFile, pidFile: spec.pidFile, env: spec.env });
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Written beside and linked into place, so that nobody ever reads half a claim. */
function takeClaim(claim: string): boolean {
  const own = `${claim}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    linkSync(own, claim);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

const mostLogBytes = 20 * 1024 * 1024;

/** One older log is kept. */
function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > mostLogBytes) renameSync(file, `${file}.1`);
}

/** Of a process that runs for months: what it has written is copied, and its file begins anew; lines of that very moment may be lost. */
export function trimLog(file: string): void {
  if (!existsSync(file) || statSync(file).size <= mostLogBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** Written anew every few seconds by the supervisor: the keeper sees by it that it works, and what the cluster does. */
export const beatFile = (place: Place): string => join(place.run, "beat");

/** While this file exists, nobody starts anything: the cluster is being stopped, or is stopped. */
export const stoppedMark = (place: Place): string => join(place.run, "stopped");
