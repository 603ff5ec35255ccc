/** Which command the words of a command line name, and what is left of them. */
import type { Command, Node } from "./command.ts";
import { commands } from "./commands.ts";
import { globalFlags } from "./input/global-flags.ts";

export interface Found {
  node?: Node;
  path: string[];
  /** Every word but the command's own. */
  rest: string[];
  unknown?: string;
  helpOf?: { path: string[]; node?: Node };
}

const shortsWithValue = new Set(globalFlags.flatMap((flag) => (flag.short && flag.bare === undefined ? [flag.short] : [])));
const namesWithValue = new Set(globalFlags.flatMap((flag) => (flag.bare === undefined ? [flag.name] : [])));

/** `--insecure-skip-tls-verify`, `-s=x`: it stands anywhere before the command's words. */
function isGlobal(word: string): boolean {
  const [name = ""] = word.split("=");
  return globalFlags.some((flag) => (name.startsWith("--") ? flag.name === name.slice(2) : flag.short === name[1]));
}

/** Finds the command's words between global flags. */
export function findCommand(argv: string[]): Found {
  if (argv[0] === "help") {
    const { node, path } = findCommand(argv.slice(1));
    return { path, rest: [], helpOf: { path, node } };
  }
  let level: Record<string, Node> | undefined = commands;
  let node: Node | undefined;
  const path: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (word === "--") return { node, path, rest: [...rest, ...argv.slice(i)] };
    if (word.startsWith("-") && word !== "-") {
      rest.push(word);
      const name = word.startsWith("--") ? word.slice(2) : "";
      const takesNext = name ? namesWithValue.has(name) : word.length === 2 && shortsWithValue.has(word[1]);
      if (takesNext && i + 1 < argv.length) rest.push(argv[++i]);
      else if (node?.load && !isGlobal(word) && !word.includes("=")) return { node, path, rest: [...rest, ...argv.slice(i + 1)] };
      continue;
    }
    const next: [string, Node] | undefined = level && lookup(level, word);
    if (!next) {
      if (node?.load) return { node, path, rest: [...rest, ...argv.slice(i)] };
      return { node, path, rest: [...rest, ...argv.slice(i)], unknown: word };
    }
    path.push(next[0]);
    node = next[1];
    level = node.sub;
    if (!level) return { node, path, rest: [...rest, ...argv.slice(i + 1)] };
  }
  return { node, path, rest };
}

export function lookup(level: Record<string, Node>, word: string): [string, Node] | undefined {
  if (Object.hasOwn(level, word)) return [word, level[word]];
  return Object.entries(level).find(([, node]) => node.aliases?.includes(word));
}

/** What a node runs, with the flags that this environment opens; undefined for a word that only groups others. */
export async function commandOf(node: Node | undefined, env: Record<string, string | undefined>): Promise<Command | undefined> {
  if (!node?.load) return undefined;
  const command = ((await node.load()) as Record<string, Command>)[node.export ?? "command"]!;
  const open = ({ gate }: { gate?: string }) => gate === undefined || env[gate]?.toLowerCase() === "true";
  return command.flags.every(open) ? command : { ...command, flags: command.flags.filter(open) };
}
