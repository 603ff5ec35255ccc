/** Programs called `kubectl-NAME` on PATH are commands too. */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Io } from "./connect/session.ts";

/** Runs the longest matching plugin; undefined when there is none. */
export async function runPlugin(argv: string[], io: Io): Promise<number | undefined> {
  const words = argv.findIndex((word) => word.startsWith("-"));
  const names = (words < 0 ? argv : argv.slice(0, words)).map((word) => word.replaceAll("-", "_"));
  for (let count = names.length; count > 0; count--) {
    const file = findProgram(`kubectl-${names.slice(0, count).join("-")}`, io);
    if (!file) continue;
    const result = spawnSync(file, argv.slice(count), { stdio: "inherit", env: io.env as NodeJS.ProcessEnv, cwd: io.cwd });
    return result.status ?? 1;
  }
  return undefined;
}

export function findProgram(name: string, io: Pick<Io, "env">): string | undefined {
  for (const folder of (io.env.PATH ?? "").split(":")) {
    const file = join(folder || ".", name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
