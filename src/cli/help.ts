/** Help texts in kubectl's layout, and suggestions for mistyped commands. */
import type { Command, Node } from "./command.ts";
import { commands, groups } from "./commands.ts";
import { flagList } from "./input/flag-list.ts";

/** `command`: what the node runs, if it does not only group others. */
export async function helpText(path: string[], node?: Node, command?: Command): Promise<string> {
  if (!node) return rootHelp();
  const name = ["kubectl", ...path].join(" ");
  const parts = [command?.long ?? `${node.short}.`];
  if (node.aliases && (node.showAliases ?? !node.sub)) parts.push(`Aliases:\n${[path.at(-1), ...node.aliases].join(", ")}`);
  const shown = command && (command.examples ?? (await import("./examples.ts")).examples[path.join(" ")]);
  if (shown) parts.push(`Examples:\n${shown.trim().replaceAll(/^/gm, "  ")}`);
  if (node.sub) parts.push(`Available Commands:\n${listing(node.sub, 14)}`);
  if (command && command.flags.length > 0) parts.push(`Options:\n${flagList(command.flags)}`);
  const usage = command ? `kubectl ${command.use}` : `${name} ${node.usage ?? "SUBCOMMAND"}`;
  parts.push(`Usage:\n  ${usage}${usage.includes("[options]") ? "" : " [options]"}`);
  const sub = node.sub ? `Use "${name} <command> --help" for more information about a given command.\n` : "";
  parts.push(`${sub}Use "kubectl options" for a list of global command-line options (applies to all commands).`);
  return `${parts.join("\n\n")}\n`;
}

function rootHelp(): string {
  const parts = [
    "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/",
  ];
  for (const group of groups) {
    const members = Object.fromEntries(Object.entries(commands).filter(([, node]) => node.group === group));
    parts.push(`${group}:\n${listing(members, 16)}`);
  }
  parts.push("Usage:\n  kubectl [flags] [options]");
  parts.push(
    'Use "kubectl <command> --help" for more information about a given command.\nUse "kubectl options" for a list of global command-line options (applies to all commands).',
  );
  return `${parts.join("\n\n")}\n`;
}

function listing(nodes: Record<string, Node>, width: number): string {
  const widest = Math.max(width, ...Object.keys(nodes).map((name) => name.length + 1));
  return Object.entries(nodes)
    .map(([name, node]) => `  ${name.padEnd(widest)}${node.short}`)
    .join("\n");
}

/** `\n\nDid you mean this?` with commands that are a few letters away. */
export function suggestions(word: string): string {
  const near = Object.keys(commands).filter((name) => distance(word, name) <= 2 || name.toLowerCase().startsWith(word.toLowerCase()));
  return near.length === 0 ? "" : `\n\nDid you mean this?\n${near.map((name) => `\t${name}`).join("\n")}\n`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1].toLowerCase() === b[j - 1].toLowerCase() ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
