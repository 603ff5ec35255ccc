/** Style as a test: room walls, names that only base may use, no paths of one machine, file length; draws the house. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { allowed, drawing, rooms } from "./rooms.ts";

const root = join(import.meta.dirname, "..");
const longFile = 400;
const problems: string[] = [];
const warnings: string[] = [];

/** What may be used only inside src/base, and what to use instead. */
const forbidden: { pattern: RegExp; instead: string }[] = [
  { pattern: /\bDate\.now\b/, instead: "clock.now()" },
  { pattern: /\bnew Date\(\)/, instead: "new Date(clock.now())" },
  { pattern: /\bMath\.random\b/, instead: "a Random from #base/mod.ts" },
  { pattern: /(?<![.\w])set(Timeout|Interval)\(/, instead: "clock.after, clock.sleep or every from #base/mod.ts" },
  { pattern: /\brandomUUID\b/, instead: "random.uuid()" },
];
const machinePath = /(?:^|["'`\s(=])\/(?:home|Users|root|work)\/[A-Za-z0-9_.-]/;

for (const file of sources("src")) checkSource(file);
for (const file of [...sources("scripts"), ...sources("tests")]) checkLines(file, readFileSync(join(root, file), "utf8"), false);
for (const room of readdirSync(join(root, "src"))) {
  if (!rooms.some((r) => r.name === room)) problems.push(`src/${room}: no such room in scripts/rooms.ts`);
  else if (existsSync(join(root, "src", room, "mod.ts")) && !existsSync(join(root, "src", room, "README.md"))) {
    problems.push(`src/${room}: a README.md is missing (picture, glossary, where to start)`);
  }
}
checkDrawing();

for (const warning of warnings) console.warn(`tidy: warning: ${warning}`);
for (const problem of problems) console.error(`tidy: ${problem}`);
console.log(problems.length === 0 ? "tidy: every wall stands" : `tidy: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

function sources(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function checkSource(file: string): void {
  const room = file.split("/")[1];
  const text = readFileSync(join(root, file), "utf8");
  for (const match of text.matchAll(/(?:from\s+|import\s*\(\s*|^\s*import\s+)["']([^"']+)["']/gm)) checkImport(file, room, match[1]);
  checkLines(file, text, room !== "base" && !file.endsWith(".test.ts"));
  const length = text.split("\n").length;
  if (length > longFile && !/generated/.test(file)) warnings.push(`${file}: ${length} lines: are these two stories?`);
}

function checkImport(file: string, room: string, target: string): void {
  if (target.startsWith(".")) {
    const landed = relative(root, join(root, file, "..", target));
    if (!landed.startsWith(`src/${room}/`))
      problems.push(`${file}: imports ${target}: another room is entered by its door, "#<room>/mod.ts"`);
    if (!target.endsWith(".ts") && !target.endsWith(".json")) problems.push(`${file}: imports ${target}: write the ending, .ts`);
    return;
  }
  const door = /^#([a-z]+)\/(.+)$/.exec(target);
  if (!door) return;
  const [, other, path] = door;
  if (other === room) problems.push(`${file}: imports ${target}: inside a room use a relative import`);
  else if (!allowed(room).has(other)) problems.push(`${file}: ${room} may not import ${other} (scripts/rooms.ts)`);
  else if (path !== "mod.ts" && !mayEnter(room, other, path) && !file.endsWith(".test.ts")) {
    problems.push(`${file}: imports ${target}: enter by "#${other}/mod.ts", or add a side door with its reason in scripts/rooms.ts`);
  }
}

function mayEnter(room: string, other: string, path: string): boolean {
  const door = rooms.find((r) => r.name === other)?.sideDoors?.[path];
  return door !== undefined || (rooms.find((r) => r.name === room)?.walksInto?.rooms.includes(other) ?? false);
}

function checkLines(file: string, text: string, strict: boolean): void {
  for (const [index, line] of text.split("\n").entries()) {
    const code = line.replace(/^\s*(\/\/|\*|\/\*).*$/, "");
    if (strict) {
      for (const { pattern, instead } of forbidden) {
        if (pattern.test(code))
          problems.push(
            `${file}:${index + 1}: ${pattern.source.replace("(?<![.\\w])", "").replaceAll("\\b", "").replaceAll("\\", "")} is for src/base only: use ${instead}`,
          );
      }
    }
    if (machinePath.test(line) && file !== "scripts/tidy.ts" && !/tidy: allow/.test(line))
      warnings.push(`${file}:${index + 1}: a path of one machine?`);
  }
}

/** Between the markers of docs/architecture.md stands the drawing of rooms.ts; `--draw` writes it, otherwise it must be current. */
function checkDrawing(): void {
  const file = join(root, "docs/architecture.md");
  const [open, close] = ["<!-- drawn by scripts/tidy.ts --draw -->", "<!-- end of drawing -->"];
  if (!existsSync(file)) return;
  const text = readFileSync(file, "utf8");
  const wanted = `${open}\n\`\`\`mermaid\n${drawing()}\n\`\`\`\n${close}`;
  const next = text.replace(new RegExp(`${open}[^]*${close}`), () => wanted);
  if (next === text) return;
  if (process.argv.includes("--draw")) writeFileSync(file, next);
  else problems.push("docs/architecture.md: the drawing is old: run scripts/tidy.ts --draw");
}
