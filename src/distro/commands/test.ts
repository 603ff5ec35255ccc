/** `spoke test [STEP]`: the checkout's own tests, by the Node that Spoke runs on. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HelpWanted } from "../options.ts";

const about = `Runs the tests of this checkout: all of them, or one step and of that all files or some.

usage: spoke test [STEP [FILE…]]

steps: check (types, lint, tidy, unit), types, lint, tidy, unit, integration, simulation, e2e, install, vm
`;

export async function command(words: string[]): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) throw new HelpWanted(about);
  const root = join(import.meta.dirname, "../../..");
  const script = join(root, "scripts/test.ts");
  if (!existsSync(script)) throw new Error("tests are part of a checkout, and this is not one: git clone Spoke first");
  return spawnSync(process.execPath, [...process.execArgv, script, ...words], { cwd: root, stdio: "inherit" }).status ?? 1;
}
