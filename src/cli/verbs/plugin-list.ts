/** `plugin list`: the programs on PATH that extend kubectl, and what keeps one from being reached. */
import { accessSync, constants, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { reasonOf } from "#client/kubeconfig/config.ts";
import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { bool } from "../input/flags.ts";

export const command: Command = {
  use: "plugin list [flags]",
  long: "List all available plugin files on a user's PATH: executable files whose name begins with kubectl-.",
  flags: [bool("name-only", "If true, display only the binary name of each plugin, rather than its full path")],
  async run(session) {
    const found = pluginsOn(session);
    const errors: string[] = [];
    if (found.length > 0) session.out("The following compatible plugins are available:\n\n");
    else errors.push("error: unable to find any kubectl plugins in your PATH");
    const seen = new Map<string, string>();
    let warnings = 0;
    for (const path of found) {
      session.line(session.flags.bool("name-only") ? basename(path) : path);
      for (const warning of problemsOf(path, { seen, commandOf: session.commandOf })) {
        warnings++;
        session.err(`  - ${warning}\n`);
      }
    }
    if (warnings > 0) errors.push(warnings === 1 ? "error: one plugin warning was found" : `error: ${warnings} plugin warnings were found`);
    if (errors.length > 0) throw new CliError(errors.join("\n"));
  },
};

function pluginsOn(session: Session): string[] {
  const found: string[] = [];
  for (const folder of new Set((session.io.env.PATH ?? "").split(":").filter((part) => part.trim() !== ""))) {
    try {
      for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)))
        if (entry.name.startsWith("kubectl-") && !entry.isDirectory()) found.push(join(folder, entry.name));
    } catch (error) {
      session.err(`Unable to read directory ${JSON.stringify(folder)} from your PATH: open ${folder}: ${reasonOf(error)}. Skipping...\n`);
    }
  }
  return found;
}

function problemsOf(path: string, { seen, commandOf }: { seen: Map<string, string>; commandOf(words: string[]): string[] }): string[] {
  const name = basename(path);
  const problems: string[] = [];
  try {
    accessSync(path, constants.X_OK);
  } catch {
    problems.push(`warning: ${path} identified as a kubectl plugin, but it is not executable`);
  }
  const earlier = seen.get(name);
  if (earlier !== undefined) problems.push(`warning: ${path} is overshadowed by a similarly named plugin: ${earlier}`);
  else seen.set(name, path);
  const command = commandOf(name.split("-").slice(1));
  if (command.length > 0)
    problems.push(`warning: ${name} overwrites existing command: ${JSON.stringify(["kubectl", ...command].join(" "))}`);
  return problems;
}
