/** `spoke test [STEP]`: the checkout's own tests, by the Node that Spoke runs on. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

export async function command(words: string[]): Promise<number> {
  const root = join(import.meta.dirname, "../../..");
  const script = join(root, "scripts/test.ts");
  if (!existsSync(script)) throw new Error("tests are part of a checkout, and this is not one: git clone Spoke first");
  return spawnSync(process.execPath, [...process.execArgv, script, ...words], { cwd: root, stdio: "inherit" }).status ?? 1;
}
