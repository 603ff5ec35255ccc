/** How long files and functions are, and how many files lie in one folder: what exceeds its bound, with its size. */
import { dirname } from "node:path";
import { type Node, Visitor } from "oxc-parser";
import type { Debts } from "../tidy.ts";
import type { House, Source } from "./house.ts";

const [mostLines, mostFunctionLines, mostFiles] = [400, 70, 25];

export function longFiles({ sources }: House): Debts {
  const long: Debts = {};
  for (const { file, text } of sources) {
    const lines = text.split("\n").length;
    if (lines > mostLines) long[file] = lines;
  }
  return long;
}

/** Tests are lists of cases: only their files are bounded. Files that lie beside their tests, or a kind beside its rules, count once. */
export function fullFolders({ sources }: House): Debts {
  const count: Debts = {};
  for (const { file } of sources) if (!/(\.test|-rules)\.ts$/.test(file)) count[dirname(file)] = (count[dirname(file)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(count).filter(([, files]) => files > mostFiles));
}

/** An outer function that is long because of an inner one counts as well: it is the closure that hides a shell and a plan. */
export function longFunctions({ sources }: House): Debts {
  const long: Debts = {};
  for (const source of sources) if (!source.file.endsWith(".test.ts")) for (const [name, lines] of functionsOf(source)) long[name] = lines;
  return long;
}

function functionsOf({ file, text, program }: Source): [string, number][] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineOf = (offset: number) => {
    let [low, high] = [0, starts.length];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle;
    }
    return low;
  };
  const found: [string, number][] = [];
  let name = "";
  const measure = (node: Node & { id?: { name: string } | null }) => {
    const lines = lineOf(node.end) - lineOf(node.start) + 1;
    if (lines > mostFunctionLines) found.push([`${file} > ${node.id?.name ?? (name || "a function without a name")}`, lines]);
  };
  const named = (id: Node | null | undefined) => {
    name = id && "name" in id && typeof id.name === "string" ? id.name : "";
  };
  new Visitor({
    VariableDeclarator: (node) => named(node.id),
    MethodDefinition: (node) => named(node.key),
    Property: (node) => named(node.key),
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  }).visit(program);
  return found;
}
