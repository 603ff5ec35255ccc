/** The checkout as the rules see it: every TypeScript file with its text, its syntax tree and what it imports. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Program, parseSync } from "oxc-parser";

export interface Source {
  /** Relative to the root, with slashes: `src/api/mod.ts`. */
  file: string;
  text: string;
  program: Program;
  /** What stands in import, export-from and dynamic import, as written. */
  imports: string[];
}

export interface House {
  root: string;
  /** src, then scripts, then tests, each in the order of names. */
  sources: Source[];
}

export function readHouse(root: string): House {
  const sources: Source[] = [];
  for (const folder of ["src", "scripts", "tests"]) for (const file of typescriptBelow(root, folder)) sources.push(read(root, file));
  return { root, sources };
}

function typescriptBelow(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function read(root: string, file: string): Source {
  const text = readFileSync(join(root, file), "utf8");
  const { program, module } = parseSync(file, text);
  const imports = [
    ...module.staticImports.map((found) => found.moduleRequest.value),
    ...module.staticExports.flatMap((found) => found.entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
    ...module.dynamicImports.map((found) => text.slice(found.moduleRequest.start, found.moduleRequest.end).replace(/^["']|["']$/g, "")),
  ];
  return { file, text, program, imports: [...new Set(imports)] };
}

/** The file that `target`, as written in `from`, names; undefined for packages. */
export function fileOf(from: string, target: string): string | undefined {
  if (target.startsWith(".")) return join(from, "..", target);
  const door = /^#([a-z]+)\/(.+)$/.exec(target);
  return door ? `src/${door[1]}/${door[2]}` : undefined;
}
