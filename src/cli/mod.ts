/** kubectl, as a function: arguments in, text on streams, an exit code out. */
import type { Readable, Writable } from "node:stream";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Io, Session } from "./connect/session.ts";
import { CliError, ConnectionError, renderFailure, ShowHelp, usageError } from "./failure.ts";
import { commandOf, type Found, findCommand } from "./find-command.ts";
import { existsSync } from "./input/files.ts";
import { Flags, parseFlags } from "./input/flags.ts";
import { globalFlags } from "./input/global-flags.ts";

export interface KubectlOptions {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  env: Record<string, string | undefined>;
  cwd: string;
  /** Aborts what waits: watches, followed logs, forwarded ports. */
  signal?: AbortSignal;
  clock?: Clock;
}

/** Runs one command line (without the program's name) and resolves to its exit code. */
export async function kubectl(argv: string[], options: KubectlOptions): Promise<number> {
  const { stdout, env, cwd, signal, clock = systemClock } = options;
  // Node makes a stream of a standard file when it is first asked for: only who reads or complains pays.
  const io: Io = {
    stdout,
    env,
    cwd,
    signal,
    clock,
    get stdin() {
      return options.stdin;
    },
    get stderr() {
      return options.stderr;
    },
  };
  try {
    return await run(argv, io);
  } catch (error) {
    const { text, exitCode } = renderFailure(error);
    io.stderr.write(text);
    // Only as `spoke kubectl`: under the name kubectl it answers as upstream's does.
    if (error instanceof ConnectionError && error.refused && env.SPOKE_COMMAND)
      io.stderr.write(`no cluster answers there: ${env.SPOKE_COMMAND} up starts one, ${env.SPOKE_COMMAND} status tells what runs\n`);
    return exitCode;
  }
}

async function run(typed: string[], io: Io): Promise<number> {
  const preferences = hasPreferences(typed, io) ? (await import("./kuberc/apply.ts")).prefer(typed, io) : undefined;
  const argv = preferences?.argv ?? typed;
  if (argv[0] === "__complete" || argv[0] === "__completeNoDesc") {
    const { complete } = await import("./completion/complete.ts");
    return complete(argv.slice(1), io, { descriptions: argv[0] === "__complete" });
  }
  const found = findCommand(argv);
  const help = () => import("./help.ts");
  if (found.helpOf) {
    const { path, node } = found.helpOf;
    io.stdout.write(await (await help()).helpText(path, node, await commandOf(node, io.env)));
    return 0;
  }
  const { node, path, rest } = found;
  const command = await commandOf(node, io.env);
  if (!node || !command) return runBare(found, io);
  // A command's own flag is not the global one of its name: `create rolebinding --user` binds users, it chooses none.
  const own = new Set(command.flags.map(({ name }) => name));
  const specs = [...command.flags, ...globalFlags.filter(({ name }) => !own.has(name))];
  const flags = new Flags(specs);
  const name = ["kubectl", ...path].join(" ");
  if (asksForHelp(rest)) {
    io.stdout.write(await (await help()).helpText(path, node, command));
    return 0;
  }
  preferences?.setDefaults(path, specs, flags);
  let parsed: ReturnType<typeof parseFlags>;
  try {
    parsed = parseFlags(rest, specs, flags, { interspersed: command.interspersed });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (command.flagErrorCode === undefined) throw new CliError(`${error.message}\nSee '${name} --help' for usage.`);
    throw new CliError(usageError(error.message, name).message, { exitCode: command.flagErrorCode });
  }
  if (node.sub && !node.anyArguments && parsed.args.length > 0 && !hasFileFlag(flags)) {
    throw new CliError(`Unexpected args: [${parsed.args.join(" ")}]\nSee '${name} -h' for help and examples`);
  }
  for (const { name, deprecated } of specs)
    if (deprecated && flags.given(name)) io.stderr.write(`Flag --${name} has been deprecated, ${deprecated}\n`);
  checkProfile(flags);
  const missing = (command.required ?? []).filter((flag) => !flags.given(flag));
  if (missing.length > 0) throw new CliError(`required flag(s) ${missing.map((flag) => JSON.stringify(flag)).join(", ")} not set`);
  const namedBy = (words: string[]) => findCommand(words).path;
  const { policy: pluginPolicy } = preferences ?? {};
  const session = new Session({ io, flags, args: parsed.args, dash: parsed.dash, command: name, pluginPolicy, commandOf: namedBy });
  try {
    const code = (await command.run(session)) ?? 0;
    if (code === 0 && flags.bool("warnings-as-errors") && session.warnings > 0) {
      throw new CliError(`${session.warnings} warning${session.warnings === 1 ? "" : "s"} received`);
    }
    return code;
  } catch (error) {
    if (!(error instanceof ShowHelp)) throw error;
    io.stdout.write(await (await help()).helpText(path, node, command));
    if (error.failure) throw error.failure;
    return 0;
  } finally {
    await session.close();
  }
}

/** Whether there is a file of preferences to read: most users have none, and pay nothing. */
function hasPreferences(argv: string[], { env }: Io): boolean {
  if (argv.length === 0 || env.KUBECTL_KUBERC?.toLowerCase() === "false") return false;
  if (env.KUBERC || argv.some((word) => word.startsWith("--kuberc"))) return true;
  return existsSync(`${env.HOME || "/"}/.kube/kuberc`);
}

/** Profiles are Go's: none is written, and names that upstream would refuse are refused. */
function checkProfile(flags: Flags): void {
  const flag = flags.declared("profile");
  if (flag === undefined || !globalFlags.includes(flag)) return;
  const name = flags.text("profile");
  if (!["none", "cpu", "heap", "goroutine", "threadcreate", "block", "mutex", "trace", "allocs"].includes(name))
    throw new CliError(`unknown profile '${name}'`);
}

function hasFileFlag(flags: Flags): boolean {
  return flags.has("filename") && flags.given("filename");
}

function asksForHelp(rest: string[]): boolean {
  const end = rest.indexOf("--");
  return (end < 0 ? rest : rest.slice(0, end)).some((word) => word === "--help" || word === "-h" || word === "--help=true");
}

/** A word that only groups others, or no word at all. */
async function runBare(found: Found, io: Io): Promise<number> {
  const { helpText } = await import("./help.ts");
  const name = ["kubectl", ...found.path].join(" ");
  if (found.unknown !== undefined && found.path.length === 0 && !asksForHelp(found.rest)) {
    const plugin = await (await import("./plugins.ts")).runPlugin(found.rest, io);
    if (plugin !== undefined) return plugin;
    const { suggestions } = await import("./help.ts");
    throw new CliError(`unknown command ${JSON.stringify(found.unknown)} for "kubectl"${suggestions(found.unknown)}`);
  }
  if (!asksForHelp(found.rest)) {
    const flags = new Flags(globalFlags);
    try {
      parseFlags(found.rest, globalFlags, flags);
    } catch (error) {
      throw new CliError(`${(error as Error).message}\nSee '${name} --help' for usage.`);
    }
    if (found.unknown !== undefined) throw new CliError(unknownSubcommand(name, found.unknown));
  }
  const alone = asksForHelp(found.rest) ? undefined : found.node?.alone;
  io[alone ?? "stdout"].write(await helpText(found.path, found.node));
  return alone ? 1 : 0;
}

function unknownSubcommand(name: string, word: string): string {
  return `unknown command ${JSON.stringify(word)}\nSee '${name} -h' for help and examples`;
}
