/** Every file begins with a whole sentence that says why it exists, and every room has a README whose files exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rooms } from "../rooms.ts";
import type { Debts } from "../tidy.ts";
import type { House } from "./house.ts";

export function headers({ sources }: House): Debts {
  const sins: Debts = {};
  for (const { file, text } of sources) {
    if (file.endsWith("/mod.ts") || file.endsWith(".test.ts")) continue;
    const first = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//
      .exec(text)?.[1]
      .replace(/^\s*\*/gm, "")
      .trim()
      .split("\n\n")[0];
    if (!first) sins[`${file} (begins without one)`] = 1;
    else if (/^Declarations of |, …|…\s*\.?$/.test(first)) sins[`${file} (lists, or breaks off)`] = 1;
  }
  return sins;
}

export function readmes({ root, sources }: House): string[] {
  const problems: string[] = [];
  for (const { name } of rooms) {
    const readme = join(root, "src", name, "README.md");
    if (!existsSync(readme)) {
      if (existsSync(join(root, "src", name, "mod.ts")))
        problems.push(`src/${name}: a README.md is missing (picture, glossary, where to start)`);
      continue;
    }
    for (const [, path] of readFileSync(readme, "utf8").matchAll(/`([a-z][\w/-]*\.ts)`/g))
      if (!sources.some(({ file }) => file.startsWith("src/") && (file === `src/${name}/${path}` || file.endsWith(`/${path}`))))
        problems.push(`src/${name}/README.md: names ${path}, which is not there`);
  }
  return problems;
}
