/**
 * Style as a test. What a rule finds is either a problem at once, or a debt: a known sin with a size, listed in
 * tidy/debts.json, that may only shrink. `--settle` writes the list anew, `--draw` the drawing of docs/architecture.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bans, machinePaths } from "./tidy/bans.ts";
import { circles } from "./tidy/circles.ts";
import { drawn } from "./tidy/drawing.ts";
import { headers, readmes } from "./tidy/headers.ts";
import { readHouse } from "./tidy/house.ts";
import { fullFolders, longFiles, longFunctions } from "./tidy/sizes.ts";
import { unused } from "./tidy/unused.ts";
import { walls } from "./tidy/walls.ts";

/** Sizes by place: `src/a.ts` 412 lines, `src/a.ts > planPod` 80 lines. */
export type Debts = Record<string, number>;

const debtsFile = join(import.meta.dirname, "tidy/debts.json");
const house = readHouse(join(import.meta.dirname, ".."));
const problems = [...walls(house), ...machinePaths(house), ...readmes(house), ...drawn(house, process.argv.includes("--draw"))];
const owed: Record<string, Debts> = {
  "a file has at most 400 lines": longFiles(house),
  "a function has at most 70 lines": longFunctions(house),
  "a folder has at most 25 files": fullFolders(house),
  "files do not import one another in a circle, not even types": circles(house),
  "clocks, chance and timers are for src/base": bans(house),
  "a file begins with a whole sentence that says why it exists": headers(house),
  "what is exported, kept or depended on is used": unused(house),
};

if (process.argv.includes("--settle")) writeFileSync(debtsFile, `${JSON.stringify(owed, undefined, 2)}\n`);
const known = JSON.parse(readFileSync(debtsFile, "utf8")) as Record<string, Debts>;
let paid = 0;
for (const [rule, debts] of Object.entries(owed)) {
  const before = known[rule] ?? {};
  const fresh = Object.entries(debts).filter(([place]) => !(place in before));
  const settled = Object.keys(before).filter((place) => !(place in debts)).length;
  // A file that moves takes its debt along: a new place is a problem when it makes the list longer.
  if (fresh.length > settled) problems.push(...fresh.map(([place, size]) => `${place}: ${size}: ${rule}`));
  // A tenth is for the change that must touch a long function before it can be split.
  for (const [place, size] of Object.entries(debts))
    if (size > before[place] * 1.1) problems.push(`${place}: grew from ${before[place]} to ${size}: ${rule}`);
  paid += settled - fresh.length;
}

for (const problem of problems) console.error(`tidy: ${problem}`);
if (paid > 0) console.log(`tidy: ${paid} debts of scripts/tidy/debts.json are paid: write it anew by scripts/tidy.ts --settle`);
console.log(problems.length === 0 ? "tidy: every wall stands" : `tidy: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
