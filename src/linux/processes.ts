/** Long-running processes that outlive whoever starts them, known by pid and start time so that never a stranger is signalled. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "#base/mod.ts";

/** A pid together with the kernel's start tick of its process: together they are unique until the next boot. */
export interface ProcessId {
  pid: number;
  startTick: number;
  bootId: string;
}

export interface DetachedOptions {
  argv: readonly string[];
  /** Standard output and error are appended here. */
  logFile: string;
  pidFile: string;
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** Starts a process in a session of its own and writes its pid file. `exited` resolves when it ends, while this process lives. */
export function startDetached(options: DetachedOptions): { id: ProcessId; exited: Promise<number> } {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  mkdirSync(dirname(options.pidFile), { recursive: true, mode: 0o700 });
  const log = openSync(options.logFile, "a", 0o600);
  try {
    const child = spawn(options.argv[0], options.argv.slice(1), {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...options.env },
      cwd: options.cwd ?? "/",
    });
    const exited = new Promise<number>((resolve) => {
      child.once("exit", (code) => resolve(code ?? -1));
      child.once("error", () => resolve(-1));
    });
    if (child.pid === undefined) throw new Error(`${options.argv[0]} could not be started: is its package installed? (spoke doctor)`);
    child.unref();
    const id = identify(child.pid);
    if (!id) throw new Error(`${options.argv.join(" ")} ended at once: see ${options.logFile}`);
    writeFileSync(`${options.pidFile}.new`, JSON.stringify(id), { mode: 0o600 });
    renameSync(`${options.pidFile}.new`, options.pidFile);
    return { id, exited };
  } finally {
    closeSync(log);
  }
}

/** The process as it is now; undefined when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessId | undefined {
  const stat = readStat(pid);
  return stat && stat.state !== "Z" && stat.state !== "X" ? { pid, startTick: stat.startTick, bootId: bootId() } : undefined;
}

export function isAlive(id: ProcessId | undefined): boolean {
  if (!id) return false;
  const now = identify(id.pid);
  return now !== undefined && now.startTick === id.startTick && now.bootId === id.bootId;
}

/** What a pid file says, when that process still lives. */
export function readPidFile(file: string): ProcessId | undefined {
  try {
    const id = JSON.parse(readFileSync(file, "utf8")) as ProcessId;
    return isAlive(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

/**
 * TERM, then KILL after the grace; resolves when it is gone. The pid file stays: by then it may tell of the next process, started
 * by whoever watches this one, and one whose process has ended tells of nobody.
 */
export async function stopProcess(
  clock: Clock,
  pidFile: string,
  options: { graceMs?: number; signal?: NodeJS.Signals } = {},
): Promise<boolean> {
  const id = readPidFile(pidFile);
  if (id) await stopId(clock, id, options);
  return id !== undefined;
}

export async function stopId(clock: Clock, id: ProcessId, options: { graceMs?: number; signal?: NodeJS.Signals } = {}): Promise<void> {
  signal(id, options.signal ?? "SIGTERM");
  if (await gone(clock, id, options.graceMs ?? 10_000)) return;
  signal(id, "SIGKILL");
  await gone(clock, id, 5000);
}

export function signal(id: ProcessId, name: NodeJS.Signals): void {
  try {
    if (isAlive(id)) process.kill(id.pid, name);
  } catch {
    // It went in between.
  }
}

/** Waits for the end; false when it still lives after `ms`. */
export async function gone(clock: Clock, id: ProcessId, ms: number): Promise<boolean> {
  const end = clock.monotonic() + ms;
  for (let pause = 2; isAlive(id); pause = Math.min(50, pause * 2)) {
    if (clock.monotonic() > end) return false;
    await clock.sleep(pause);
  }
  return true;
}

/** Every process whose command line satisfies `match`. */
export function findProcesses(match: (argv: string[]) => boolean): ProcessId[] {
  const found: ProcessId[] = [];
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const argv = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      const id = match(argv) ? identify(Number(entry)) : undefined;
      if (id) found.push(id);
    } catch {
      // It went in between.
    }
  }
  return found;
}

function readStat(pid: number): { state: string; startTick: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // the name in parentheses may hold spaces
    return { state: fields[0], startTick: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return boot;
}
