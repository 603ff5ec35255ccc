/** Runs one short command of the system, and says on failure what was attempted and what it answered. */
import { type ChildProcess, spawn } from "node:child_process";

export interface RunOptions {
  /** Written to standard input. */
  input?: string;
  /** Standard input is a pipe that `started` fills. */
  pipeInput?: boolean;
  /** Name of a network namespace in /run/netns to run in (or a path). Only the network changes: cgroups and mounts stay visible. */
  netns?: string;
  /** Killed after this time; default two minutes. */
  timeoutMs?: number;
  env?: Record<string, string>;
  cwd?: string;
  signal?: AbortSignal;
  /** Told of the child as soon as it runs. */
  started?(child: ChildProcess): void;
}

export interface RunResult {
  /** Exit code; 128 + signal number is not imitated: a killed command has code -1. */
  code: number;
  stdout: string;
  stderr: string;
}

/** The command failed. `message` names it, its exit code and its words. */
export class CommandError extends Error {
  override name = "CommandError";
  readonly result: RunResult;
  constructor(argv: readonly string[], result: RunResult) {
    const said = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-5).join("; ");
    super(`${argv.join(" ")} failed (${result.code === -1 ? "killed" : `exit ${result.code}`})${said ? `: ${said}` : ""}`);
    this.result = result;
  }
}

const mostOutput = 64 * 1024 * 1024;

/** Resolves with standard output; rejects with CommandError when the exit code is not zero. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(argv, options);
  if (result.code !== 0) throw new CommandError(argv, result);
  return result.stdout;
}

/** Resolves with whatever came; rejects only when the command does not exist or cannot start. */
export function tryRun(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command, ...args] = options.netns ? inNetns(options.netns, argv) : argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: [options.input === undefined && !options.pipeInput ? "ignore" : "pipe", "pipe", "pipe"],
      timeout: options.timeoutMs ?? 120_000,
      killSignal: "SIGKILL",
      env: options.env ? { ...process.env, ...options.env } : process.env,
      cwd: options.cwd,
      signal: options.signal,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size > mostOutput) child.kill("SIGKILL");
      else into.push(chunk);
    };
    child.stdout?.on("data", keep(out));
    child.stderr?.on("data", keep(err));
    child.once("error", (cause) => {
      const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
      reject(missing ? new Error(`${command}: not found: is its package installed? (spoke doctor)`, { cause }) : cause);
    });
    child.once("close", (code) => {
      resolve({ code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
    child.stdin?.on("error", () => {}); // the command ended before it read everything: its exit code tells
    if (options.input !== undefined) child.stdin?.end(options.input);
    options.started?.(child);
  });
}

/** `nsenter` and not `ip netns exec`: the latter remounts /sys and hides cgroups from what it starts. */
export function inNetns(netns: string, argv: readonly string[]): string[] {
  return ["nsenter", `--net=${netns.startsWith("/") ? netns : `/run/netns/${netns}`}`, ...argv];
}
