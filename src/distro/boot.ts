/**
 * Starting with the machine, where systemd runs: a unit whose process is the keeper. It revives the cluster when the machine
 * has started, and stays; systemd starts the keeper again, the keeper the supervisor, the supervisor the rest.
 */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot, run, tryRun } from "#linux/mod.ts";
import type { ClusterConfig } from "./cluster.ts";
import type { Place } from "./place.ts";
import { keeperOf, mainFile } from "./processes.ts";

const units = "/etc/systemd/system";

export const unitOf = (cluster: ClusterConfig): string => `spoke-${cluster.tag ?? cluster.name}.service`;

const fileOf = (cluster: ClusterConfig): string => join(units, unitOf(cluster));

export const systemdRuns = (): boolean => existsSync("/run/systemd/system");

/** Why there can be no unit; undefined when there can. */
export function bootObstacle(): string | undefined {
  if (!isRoot()) return "starting at boot needs root";
  return systemdRuns() ? undefined : "starting at boot needs systemd, and this machine was not started by it";
}

export const hasUnit = (cluster: ClusterConfig): boolean => existsSync(fileOf(cluster));

/** What a process that systemd starts must know of this one's surroundings. */
const passedOn = /^(PATH|HOME|SPOKE_STATE|SPOKE_CACHE|(HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE)$/i;

export function unitText(place: Place, cluster: ClusterConfig, env: NodeJS.ProcessEnv): string {
  const { argv } = keeperOf(place);
  const environment = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && passedOn.test(name) ? [`Environment=${quoted(`${name}=${value}`)}`] : [],
  );
  const stop = [process.execPath, ...process.execArgv, mainFile, "down", "--name", cluster.name].map(shellQuoted).join(" ");
  return `# Made by spoke up --boot; spoke up --no-boot and spoke destroy remove it.
[Unit]
Description=Spoke, Kubernetes cluster ${cluster.name}
After=network-online.target local-fs.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
${environment.join("\n")}
ExecStart=${["/bin/bash", ...argv.slice(1)].map(quoted).join(" ")}
# Also when the keeper was killed systemd runs this, without a MAINPID then: only a stop that was asked for stops the cluster.
ExecStop=/bin/sh -c ${quoted(`[ -z "$MAINPID" ] || exec ${stop}`)}
Restart=on-failure
RestartSec=1
# The keeper alone: processes of the cluster outlive it, and containers live in groups of their own.
KillMode=process
Delegate=yes
LimitNOFILE=1048576
TasksMax=infinity
TimeoutStopSec=180

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
  writeFileSync(fileOf(cluster), unitText(place, cluster, process.env), { mode: 0o644 });
  await run(["systemctl", "daemon-reload"], { timeoutMs: 120_000 });
  await run(["systemctl", "enable", "--quiet", unitOf(cluster)], { timeoutMs: 120_000 });
  await run(["systemctl", "start", unitOf(cluster)], { timeoutMs: 300_000 });
}

/** The unit is forgotten; what runs goes on. */
export async function doNotStartAtBoot(cluster: ClusterConfig): Promise<void> {
  if (!hasUnit(cluster)) return;
  await tryRun(["systemctl", "disable", "--quiet", unitOf(cluster)], { timeoutMs: 120_000 });
  rmSync(fileOf(cluster), { force: true });
  await tryRun(["systemctl", "daemon-reload"], { timeoutMs: 120_000 });
}
