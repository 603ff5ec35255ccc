/** Exports, files and dependencies that nobody uses, as knip finds them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Debts } from "../tidy.ts";
import type { House } from "./house.ts";

interface Found {
  file: string;
  [kind: string]: string | { name: string; line?: number }[];
}

/** Types that a door offers belong to its functions: only values are looked for. */
export function unused({ root }: House): Debts {
  const knip = join(root, "node_modules/knip/bin/knip.js");
  const config = join(root, "scripts/tidy/knip.json");
  const run = spawnSync(
    process.execPath,
    [knip, "--config", config, "--reporter", "json", "--no-progress", "--exclude", "types,binaries"],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 << 20,
    },
  );
  if (run.status !== 0 && run.status !== 1) throw new Error(`knip could not look for what is unused: ${run.stderr.trim()}`);
  const sins: Debts = {};
  for (const { file, ...kinds } of (JSON.parse(run.stdout) as { issues: Found[] }).issues)
    for (const [kind, names] of Object.entries(kinds))
      if (Array.isArray(names)) for (const { name } of names) sins[place(kind, file, name)] = 1;
  return sins;
}

function place(kind: string, file: string, name: string): string {
  if (kind === "files") return `${file} (nobody imports this file)`;
  if (/ependencies$/.test(kind)) return `package.json (nobody imports ${name})`;
  return `${file} (${kind === "exports" ? "nobody uses the export" : kind} ${name})`;
}
