/** Plugins among the completions: their names, and what their own `kubectl_complete-NAME` programs say. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import type { Io } from "../connect/session.ts";
import { findProgram } from "../plugins.ts";
import { type Completions, does } from "./protocol.ts";

/** First words of the plugins on PATH. */
export function pluginNames(io: Io, word: string): string[] {
  const names = programs(io).map((name) => name.split("-")[1]!.replaceAll("_", "-"));
  return [...new Set(names)]
    .filter((name) => name.startsWith(word))
    .map((name) => `${name}\tThe command ${name} is a plugin installed by the user`);
}

function programs(io: Io): string[] {
  const found = new Set<string>();
  for (const folder of new Set((io.env.PATH ?? "").split(":").filter((part) => part !== ""))) {
    try {
      for (const name of readdirSync(folder)) if (/^kubectl-./.test(name)) found.add(name);
    } catch {
      // A folder that is not there has no plugins.
    }
  }
  return [...found];
}

const timeoutMs = 10_000;

/** Undefined when no plugin has these words. */
export async function pluginCompletions(before: string[], last: string, io: Io): Promise<Completions | undefined> {
  const names = before.map((word) => word.replaceAll("-", "_"));
  for (let count = names.length; count > 0; count--) {
    const name = names.slice(0, count).join("-");
    if (!findProgram(`kubectl-${name}`, io)) continue;
    const program = findProgram(`kubectl_complete-${name}`, io);
    if (!program) return { choices: [], directive: does.default };
    const args = [...before.slice(count), last];
    const { stdout } = spawnSync(program, args, { encoding: "utf8", env: io.env as NodeJS.ProcessEnv, cwd: io.cwd, timeout: timeoutMs });
    const lines = (stdout ?? "").split("\n").filter((line) => line !== "");
    const directive = /^:(\d+)$/.exec(lines.at(-1) ?? "");
    return { choices: directive ? lines.slice(0, -1) : lines, directive: Number(directive?.[1] ?? does.default) };
  }
  return undefined;
}
