/** What is installed is JavaScript: Node strips types in a checkout, and refuses to below `node_modules`, where npm puts programs. */
import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, join } from "node:path";
import { parseSync } from "oxc-parser";

export interface Part {
  /** Relative to the program's folder: `src/distro/main.js`. */
  path: string;
  bytes: Buffer | string;
  isExecutable: boolean;
}

/** All of `src` that runs: modules as JavaScript, programs of the shell, and the files that a module names. Tests and what only they read stay behind. */
export function compiledSources(root: string): Part[] {
  const entries = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).sort();
  const modules = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const texts = new Map(modules.map((file) => [file, readFileSync(join(root, file), "utf8")]));
  const named = [...texts.values()].join("\n");
  const beside = files.filter(
    (file) => !file.endsWith(".ts") && !file.endsWith(".md") && (file.endsWith(".sh") || named.includes(`${basename(file)}"`)),
  );
  return [
    ...[...texts].map(([file, text]): Part => ({ path: asJs(file), bytes: compiled(file, text), isExecutable: false })),
    ...beside.map((file): Part => ({ path: file, bytes: readFileSync(join(root, file)), isExecutable: file.endsWith(".sh") })),
  ];
}

/** Types become blanks, so that lines and columns stay; relative imports name what the files are called now. */
export function compiled(file: string, text: string): string {
  const js = stripTypeScriptTypes(text, { mode: "strip" });
  const { module, errors } = parseSync(asJs(file), js);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const spans = [
    ...module.staticImports.map((found) => found.moduleRequest),
    ...module.staticExports.flatMap((found) => found.entries.flatMap((entry) => entry.moduleRequest ?? [])),
    ...module.dynamicImports.map((found) => found.moduleRequest),
  ];
  const seen = new Map(spans.map(({ start, end }) => [start, end]));
  let result = js;
  for (const [start, end] of [...seen].sort(([a], [b]) => b - a)) {
    const quoted = js.slice(start, end);
    if (/^(["'])\.{1,2}\/.*\.ts\1$/.test(quoted))
      result = `${result.slice(0, start)}${quoted.slice(0, -4)}.js${quoted.at(-1)}${result.slice(end)}`;
    else if (!/^(["']).*\1$/.test(quoted)) throw new Error(`${file}: import(${quoted}): only an import of a plain text can be compiled`);
  }
  return result.replace(/[ \t]+$/gm, "");
}

const asJs = (file: string): string => file.replace(/\.ts$/, ".js");

/** `"#base/*": "./src/base/*"` of a checkout: whoever asks for `#base/mod.ts` gets `src/base/mod.js`. */
export function compiledImports(imports: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(imports).map(([door, folder]) => [`${door}.ts`, `${folder}.js`]));
}
