/** A command line under the user's preferences: aliases become what they stand for, flags that were not given get defaults. */
import type { PluginPolicy } from "#client/kubeconfig/plugin-policy.ts";
import type { Node } from "../command.ts";
import { commands } from "../commands.ts";
import type { Io } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { findCommand, lookup } from "../find-command.ts";
import type { Flag, Flags } from "../input/flags.ts";
import { klogHead } from "../stamps.ts";
import { type Alias, kubercFile, type OptionDefault, type Preferences, readPreferences, validate } from "./preferences.ts";

export interface Preferred {
  argv: string[];
  policy: PluginPolicy;
  /** Sets what the words did not, for the command that was found. */
  setDefaults(path: string[], specs: Flag[], flags: Flags): void;
}

/** Undefined when there are no preferences. */
export function prefer(argv: string[], io: Io): Preferred | undefined {
  try {
    const place = placeOf(argv, io);
    const warn = (text: string) => void io.stderr.write(text);
    const trace = (place: string, text: string) => {
      if (verbosity(argv) >= 5) warn(`${klogHead("I", io.clock.now())} ${place}] ${text}\n`);
    };
    const preferences = place && readPreferences(place, { warn, trace });
    if (!preferences) return undefined;
    validate(preferences);
    return preferred(argv, preferences, (text) => io.stderr.write(text));
  } catch (error) {
    throw unusable(error);
  }
}

function placeOf(argv: string[], io: Io): ReturnType<typeof kubercFile> {
  const flag = explicitFile(argv);
  try {
    return kubercFile(io, flag);
  } catch (error) {
    throw new CliError(`kuberc error ${(error as Error).message}`);
  }
}

function unusable(error: unknown): unknown {
  return error instanceof CliError ? new CliError(`error occurred while applying preferences ${error.message}`, { raw: true }) : error;
}

/** As far as it can be told before the command, and so its flags, are known. */
function verbosity(argv: string[]): number {
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  const at = words.findLastIndex((word) => /^(--v(=.*)?|-v=?\d*)$/.test(word));
  const own = /^--?v=?(.*)$/.exec(words[at] ?? "")?.[1];
  return Number(own || words[at + 1]) || 0;
}

function explicitFile(argv: string[]): string {
  for (const [index, word] of argv.entries()) {
    if (word === "--") break;
    if (word !== "--kuberc" && !word.startsWith("--kuberc=")) continue;
    // Upstream takes what stands between the first two `=`; an empty word of its own names nothing.
    const value = word === "--kuberc" ? argv[index + 1] : word.split("=")[1];
    if (value === undefined || (value === "" && word !== "--kuberc")) throw new CliError("kuberc file is not found");
    return value;
  }
  return "";
}

export function preferred(argv: string[], preferences: Preferences, warn: (text: string) => void): Preferred {
  const completing = argv[0] === "__complete" || argv[0] === "__completeNoDesc" ? 1 : 0;
  const words = argv.slice(completing);
  const at = words.findIndex((word) => !word.startsWith("-"));
  const alias = isBuiltIn(words) ? undefined : preferences.aliases.find(({ name }) => name === words[at]);
  const expanded = alias ? expand(words, at, alias) : words;
  return {
    argv: [...argv.slice(0, completing), ...expanded],
    policy: preferences.policy,
    setDefaults(path, specs, flags) {
      try {
        const given = expanded;
        if (alias) setAll(alias.options ?? [], { specs, flags, given }, messagesOf(alias));
        else
          for (const { command, options } of preferences.defaults) {
            const node = pathOf(command.split(/\s+/));
            if (!node) warn(`Warning: command ${JSON.stringify(command)} not found to set kuberc override\n`);
            else if (node.at(-1) === path.at(-1)) setAll(options, { specs, flags, given }, messagesOf(command));
          }
      } catch (error) {
        throw unusable(error);
      }
    },
  };
}

function isBuiltIn(words: string[]): boolean {
  const { path, unknown } = findCommand(words);
  return path.length > 0 || unknown === undefined;
}

/** The words of a command, with aliases resolved; undefined when there is none. */
function pathOf(words: string[]): string[] | undefined {
  const path: string[] = [];
  let level: Record<string, Node> | undefined = commands;
  for (const word of words) {
    const found: [string, Node] | undefined = level && lookup(level, word);
    if (!found) break;
    path.push(found[0]);
    level = found[1].sub;
  }
  return path.length > 0 ? path : undefined;
}

function expand(words: string[], at: number, alias: Alias): string[] {
  const path = pathOf(alias.command.split(/\s+/));
  if (!path)
    throw new CliError(`command ${JSON.stringify(alias.command)} not found to set alias ${JSON.stringify(alias.name)}: [${alias.command}]`);
  return [...words.slice(0, at), ...path, ...(alias.prependArgs ?? []), ...words.slice(at + 1), ...(alias.appendArgs ?? [])];
}

interface Messages {
  unknown(flag: string): string;
  unusable(option: OptionDefault, why: string): string;
}

function messagesOf(what: Alias | string): Messages {
  if (typeof what === "string")
    return {
      unknown: (flag) => `invalid flag ${flag} for command ${what}`,
      unusable: (option, why) => `could not apply override value ${option.default} to flag ${option.name} in command ${what} err: ${why}`,
    };
  return {
    unknown: (flag) => `invalid alias flag ${flag} in alias kubectl`,
    unusable: (option, why) => `could not apply value ${option.default} to flag ${option.name} in alias kubectl err: ${why}`,
  };
}

function setAll(options: OptionDefault[], at: { specs: Flag[]; flags: Flags; given: string[] }, messages: Messages): void {
  const shorts = new Set(at.specs.flatMap(({ short }) => short ?? []));
  for (const option of options) {
    const flag = at.specs.find(({ name }) => name === option.name);
    if (!flag) throw new CliError(messages.unknown(option.name));
    if (isGiven(flag, shorts, at.given)) continue;
    try {
      at.flags.set(option.name, option.default);
    } catch (error) {
      throw new CliError(messages.unusable(option, (error as Error).message));
    }
  }
}

/** Whether the words set the flag, whatever stands for whom: `-o`, `-oyaml`, and a letter among others. */
function isGiven(flag: Flag, shorts: Set<string>, given: string[]): boolean {
  const { name, short } = flag;
  return given.some((word) => {
    if (word === `--${name}` || word.startsWith(`--${name}=`)) return true;
    if (!short) return false;
    return word.startsWith(`-${short}`) || (/^-[a-zA-Z]+$/.test(word) && shorts.has(short) && word.slice(1).includes(short));
  });
}
