/**
 * `kubectl __complete WORDS… LAST`: what may stand for the last word, one a line with a description behind a tab, and at the end
 * `:N`, the sum of what the shell shall do (see `does`). The protocol is cobra's, so scripts of upstream's kubectl work with it.
 */
import type { Command, Node } from "../command.ts";
import { commands } from "../commands.ts";
import { type Io, Session } from "../connect/session.ts";
import { commandOf, type Found, findCommand } from "../find-command.ts";
import { type Flag, Flags, parseFlags } from "../input/flags.ts";
import { globalFlags } from "../input/global-flags.ts";
import { type Completions, does } from "./protocol.ts";
import { argumentChoices, flagChoices } from "./tables.ts";

export async function complete(words: string[], io: Io, how: { descriptions: boolean }): Promise<number> {
  let found: Completions = { choices: [], directive: does.default };
  try {
    found = await completionsOf(words, io);
  } catch (error) {
    io.stderr.write(`[Debug] [Error] ${(error as Error).message}\n`);
  }
  for (const choice of found.choices) {
    const [line = ""] = (how.descriptions ? choice : choice.split("\t")[0]!).split("\n");
    io.stdout.write(`${line.trim()}\n`);
  }
  io.stdout.write(`:${found.directive}\n`);
  io.stderr.write(`Completion ended with directive: ${directiveText(found.directive)}\n`);
  return 0;
}

function directiveText(directive: number): string {
  const names: [number, string][] = [
    [does.error, "Error"],
    [does.noSpace, "NoSpace"],
    [does.noFiles, "NoFileComp"],
    [does.byExtension, "FilterFileExt"],
    [does.foldersOnly, "FilterDirs"],
  ];
  const held = names.filter(([bit]) => directive & bit).map(([, name]) => `ShellCompDirective${name}`);
  return held.join(", ") || "ShellCompDirectiveDefault";
}

export async function completionsOf(words: string[], io: Io): Promise<Completions> {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? "";
  const found = findCommand(before);
  if (found.unknown !== undefined && found.path.length === 0) {
    const { pluginCompletions } = await import("./plugins.ts");
    const plugin = await pluginCompletions(before, last, io);
    if (plugin) return plugin;
    throw new Error(`unable to find a command for arguments: [${before.join(" ")}]`);
  }
  const { node } = found;
  const command = await commandOf(node, io.env);
  const own = new Set(command?.flags.map(({ name }) => name));
  const specs = [...(command?.flags ?? []), ...globalFlags.filter(({ name }) => !own.has(name))];
  const asked = askedFlag(specs, found.rest, last);
  const flag = "flag" in asked ? asked.flag : undefined;
  const flags = new Flags(specs);
  let args: string[];
  try {
    ({ args } = parseFlags(asked.rest, specs, flags, { interspersed: command?.interspersed }));
  } catch (error) {
    throw new Error(`Error while parsing flags from args [${asked.rest.join(" ")}]: ${(error as Error).message}`);
  }
  if ("unknown" in asked && !pastFlags(asked.rest, specs, command))
    throw new Error(`Subcommand '${found.path.at(-1) ?? "kubectl"}' does not support flag '${asked.unknown}'`);
  if (flags.given("help")) return { choices: [], directive: does.noFiles };
  const session = new Session({ io, flags, args, dash: -1, command: ["kubectl", ...found.path].join(" ") });
  try {
    const flagsCount = !pastFlags(asked.rest, specs, command);
    const at = { session, args, word: asked.word };
    if (flag && flagsCount) return await flagValue(flag, found, at);
    if (flagsCount && asked.word.startsWith("-") && !asked.word.includes("="))
      return flagNames({ command, specs, flags, word: asked.word, path: found.path });
    return await argumentWords(found, { command, flags, io, ...at });
  } finally {
    await session.close();
  }
}

/** The flag whose value is being typed, `--x=va` or `--x va`, what stands before it, and the value so far. */
function askedFlag(
  specs: Flag[],
  rest: string[],
  last: string,
): { rest: string[]; word: string } & (object | { flag: Flag } | { unknown: string }) {
  const named = (text: string) => {
    const name = text.startsWith("--") ? text.slice(2) : text.slice(-1);
    return specs.find((flag) => (text.startsWith("--") ? flag.name === name : flag.short === name)) ?? name;
  };
  const mark = last.startsWith("-") ? last.indexOf("=") : -1;
  if (mark > 0) {
    const flag = named(last.slice(0, mark));
    if (typeof flag === "string") return { rest, word: last, unknown: flag };
    return { rest, word: last.slice(mark + 1), flag };
  }
  if (last.startsWith("-")) return { rest, word: last };
  const previous = rest.at(-1) ?? "";
  if (!/^-(-[^-]|[^-])/.test(previous) || previous.includes("=")) return { rest, word: last };
  const flag = named(previous);
  if (typeof flag === "string") return { rest, word: last, unknown: flag };
  return flag.bare === undefined ? { rest: rest.slice(0, -1), word: last, flag } : { rest, word: last };
}

/** `--` was given, or the words belong to someone else already. */
function pastFlags(rest: string[], specs: Flag[], command: Command | undefined): boolean {
  if (rest.includes("--")) return true;
  if (command?.interspersed !== false) return false;
  return parseFlags(rest, specs, new Flags(specs), { interspersed: false }).args.length > 0;
}

async function flagValue(flag: Flag, found: Found, at: { session: Session; args: string[]; word: string }): Promise<Completions> {
  if (flag.name === "filename") return { choices: ["json", "yaml", "yml"], directive: does.byExtension };
  const completer = flagChoices(found.path, flag, globalFlags.includes(flag));
  return completer ? completer(at) : { choices: [], directive: does.default };
}

/** Those that must be given first; otherwise all that may still be. `config` declares --kubeconfig for itself. */
function flagNames(at: { command: Command | undefined; specs: Flag[]; flags: Flags; word: string; path: string[] }): Completions {
  const { command, flags, word, path } = at;
  const required = requiredFlags(command, flags, word);
  if (required.length > 0) return { choices: required, directive: does.noFiles };
  const again = globalFlags.filter(({ name }) => path.join(" ") === "config" && name === "kubeconfig");
  const own = [...(command?.flags ?? []), ...again];
  const global = globalFlags.filter((flag) => flag.name !== "help" && !own.some(({ name }) => name === flag.name));
  const help = globalFlags.find(({ name }) => name === "help");
  const local = [...own, ...(help ? [{ ...help, hidden: false }] : [])];
  const sorted = path.length === 0 ? byName([...global, ...local]) : [...byName(global), ...byName(local)];
  const open = (flag: Flag) => !flag.hidden && (!flags.given(flag.name) || ["strings", "list", "pairs"].includes(flag.type));
  return { choices: sorted.filter(open).flatMap((flag) => namesOf(flag, word)), directive: does.noFiles };
}

const byName = (flags: Flag[]) => [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));

function namesOf(flag: Flag, word: string): string[] {
  const names = [`--${flag.name}`, ...(flag.short ? [`-${flag.short}`] : [])];
  return names.filter((name) => name.startsWith(word)).map((name) => `${name}\t${flag.help}`);
}

function requiredFlags(command: Command | undefined, flags: Flags, word: string): string[] {
  const missing = (command?.required ?? []).filter((name) => !flags.given(name));
  return (command?.flags ?? []).filter(({ name }) => missing.includes(name)).flatMap((flag) => namesOf(flag, word));
}

async function argumentWords(
  found: Found,
  at: { command: Command | undefined; flags: Flags; io: Io; session: Session; args: string[]; word: string },
): Promise<Completions> {
  const { command, flags, args, word } = at;
  const choices: string[] = [];
  let directive: number = does.default;
  const below = found.node ? found.node.sub : commands;
  const ownGiven = (command?.flags ?? []).some(({ name }) => flags.given(name));
  if (below && args.length === 0 && !ownGiven) {
    choices.push(...subcommands(below, found.path.length === 0, word));
    directive = does.noFiles;
    if (found.path.length === 0) {
      const { pluginNames } = await import("./plugins.ts");
      choices.push(...pluginNames(at.io, word));
      choices.sort();
    }
  }
  choices.push(...requiredFlags(command, flags, word));
  const completer = argumentChoices(found.path);
  if (!completer) return { choices, directive };
  const more = await completer(at);
  return { choices: [...choices, ...more.choices], directive: more.directive };
}

function subcommands(nodes: Record<string, Node>, root: boolean, word: string): string[] {
  const all: [string, string][] = Object.entries(nodes)
    .filter(([, node]) => !node.hidden)
    .map(([name, node]) => [name, node.short]);
  if (root) all.push(["help", "Help about any command"]);
  return all
    .filter(([name]) => name.startsWith(word))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, short]) => `${name}\t${short}`);
}
