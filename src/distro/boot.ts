/**
 * Starting with the machine, where systemd runs: a unit whose process is the keeper. It revives the cluster when the machine
 * has started, and stays; systemd starts the keeper again, the keeper the supervisor, the supervisor the rest.
 */
import { existsSync, lstatSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot, run, tryRun } from "#linux/mod.ts";
import type { ClusterConfig } from "./cluster.ts";
import type { Place } from "./place.ts";
import { journalName, keeperFile, keeperFiles, mainFile, stoppedMark } from "./processes.ts";
import { defaultCluster } from "./roles/yaml-file.ts";

const units = "/etc/systemd/system";

/** The usual cluster's is the one that people look for: `systemctl status spoke`. */
export const unitOf = ({ name, tag = name }: Named): string => (tag === defaultCluster ? `${tag}.service` : `spoke-${tag}.service`);

/** What it was called before. */
const formerUnitOf = ({ name, tag = name }: Named): string => `spoke-${tag}.service`;

type Named = Pick<ClusterConfig, "name" | "tag">;

const fileOf = (cluster: Named): string => join(units, unitOf(cluster));

export const systemdRuns = (): boolean => existsSync("/run/systemd/system");

/** Why there can be no unit; undefined when there can. */
export function bootObstacle(): string | undefined {
  if (!isRoot()) return "starting at boot needs root";
  return systemdRuns()
    ? undefined
    : "starting at boot needs systemd, and this machine was not started by it (spoke install --print shows the unit)";
}

/** It starts with the machine, by a unit of ours or of a package. */
export const hasUnit = (cluster: Named): boolean => isThere(join(units, "multi-user.target.wants", unitOf(cluster)));

/** A link counts, wherever it leads. */
const isThere = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

/** This process was started by the unit, which must not be asked for the start that it is about. */
export const isWithinUnit = (env: NodeJS.ProcessEnv = process.env): boolean => env.SPOKE_UNIT === "1";

/** What a process that systemd starts must know of this one's surroundings. */
const passedOn = /^(PATH|HOME|SPOKE_STATE|SPOKE_CACHE|SPOKE_CONFIG|(HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE)$/i;

/** What the unit starts. */
interface Launcher {
  spoke: readonly string[];
  keeper: string;
  /** Who made the unit, and how one is rid of it. */
  from: string;
}

const thisProgram: Launcher = {
  spoke: [process.execPath, ...process.execArgv, mainFile],
  keeper: keeperFile,
  from: "Made by spoke install (up --boot); spoke uninstall, up --no-boot and spoke destroy remove it.",
};

export function unitText(place: Place, cluster: Named, env: NodeJS.ProcessEnv, launcher: Launcher = thisProgram): string {
  const environment = Object.entries({ ...env, SPOKE_UNIT: undefined }).flatMap(([name, value]) =>
    value !== undefined && passedOn.test(name) ? [`Environment=${quoted(`${name}=${value}`)}`] : [],
  );
  const spoke = (...words: string[]) => [...launcher.spoke, ...words, "--name", cluster.name];
  const keeper = ["/bin/bash", launcher.keeper, ...keeperFiles(place), ...spoke("run", "revive")];
  const stop = spoke("down").map(shellQuoted).join(" ");
  return `# ${launcher.from}
[Unit]
Description=Spoke, Kubernetes cluster ${cluster.name}
After=network-online.target local-fs.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
# The keeper tells by a program of systemd's; whatever else runs here does not know the socket.
NotifyAccess=all
${["Environment=SPOKE_UNIT=1", ...environment].join("\n")}
# A stop that was asked for ends with this start.
ExecStartPre=/bin/rm -f ${quoted(stoppedMark(place))}
ExecStart=${keeper.map(quoted).join(" ")}
ExecReload=${spoke("run", "bring-up").map(quoted).join(" ")}
# Also when the keeper was killed systemd runs this, without a MAINPID then: only a stop that was asked for stops the cluster.
ExecStop=/bin/sh -c ${quoted(`[ -z "$MAINPID" ] || exec ${stop}`)}
Restart=on-failure
RestartSec=1
# Ready: every process of the cluster answers. Images may be made first.
TimeoutStartSec=30min
TimeoutStopSec=180
# The keeper, and that the supervisor does its work; who watches what else: docs/decisions/002.
WatchdogSec=180
# The keeper alone: processes of the cluster outlive it, and containers live in groups of their own.
KillMode=process
Delegate=yes
SyslogIdentifier=${journalName(cluster.name, "keeper")}
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
# What is killed for want of memory does not take the rest along.
OOMPolicy=continue
OOMScoreAdjust=-900
UMask=0022
# No sandbox: mounts, capabilities, system calls and devices that are taken away here are taken away from every pod.

[Install]
WantedBy=multi-user.target
`;
}

/** systemd's own quoting: C-like escapes; its specifiers and variables are doubled, so that what runs sees them as they are. */
function quoted(word: string): string {
  if (/^[\w@/:.,=+-]+$/.test(word)) return word;
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%");
  return `"${escaped.replaceAll("$", () => "$$")}"`;
}

const shellQuoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Writes the unit and hands the keeper over to systemd. */
export async function startAtBoot(place: Place, cluster: ClusterConfig): Promise<void> {
  await removeUnits([formerUnitOf(cluster)].filter((unit) => unit !== unitOf(cluster)));
  writeFileSync(fileOf(cluster), unitText(place, cluster, process.env), { mode: 0o644 });
  await run(["systemctl", "daemon-reload"], { timeoutMs: 120_000 });
  await run(["systemctl", "enable", "--quiet", unitOf(cluster)], { timeoutMs: 120_000 });
  await run(["systemctl", "start", unitOf(cluster)], { timeoutMs: 600_000 });
}

/** The unit is forgotten; what runs goes on. */
export const doNotStartAtBoot = (cluster: ClusterConfig): Promise<void> => removeUnits([unitOf(cluster), formerUnitOf(cluster)]);

async function removeUnits(all: readonly string[]): Promise<void> {
  const links = (unit: string) => [join(units, unit), join(units, "multi-user.target.wants", unit)];
  const there = all.filter((unit) => links(unit).some(isThere));
  if (there.length === 0) return;
  for (const unit of there) await tryRun(["systemctl", "disable", "--quiet", unit], { timeoutMs: 120_000 });
  for (const unit of there) for (const file of links(unit)) rmSync(file, { force: true });
  await tryRun(["systemctl", "daemon-reload"], { timeoutMs: 120_000 });
}
