/** Names that only src/base may use, each with what to use instead; and paths of one machine, which nobody may. */
import type { Debts } from "../tidy.ts";
import type { House } from "./house.ts";

interface Ban {
  pattern: RegExp;
  instead: string;
}

const clockBans: Ban[] = [
  { pattern: /\bDate\.now\b/, instead: "clock.now()" },
  { pattern: /\bnew Date\(\)/, instead: "new Date(clock.now())" },
  { pattern: /\bMath\.random\b/, instead: "a Random from #base/mod.ts" },
  { pattern: /(?<![.\w])set(?:Timeout|Interval)\(/, instead: "clock.after, clock.sleep or every from #base/mod.ts" },
  { pattern: /\bAbortSignal\.timeout\b/, instead: "a Lifetime or clock.after with an AbortController" },
  { pattern: /\bprocess\.hrtime\b/, instead: "clock.now()" },
  { pattern: /\brandomUUID\b/, instead: "random.uuid()" },
  { pattern: /(?<![.\w])randomBytes\(/, instead: "random.bytes(), or secretBytes() where it must not be guessed" },
  { pattern: /(?<![.\w])setImmediate\b/, instead: "clock.turn() or clock.soon()" },
  { pattern: /(?<!clock\.)\bperformance\.(?:now|timeOrigin)\b/, instead: "clock.now()" },
  { pattern: /\bnode:timers\b/, instead: "the clock of #base/mod.ts" },
];
const machinePath = /(?:^|["'`\s(=])\/(?:home|Users|root|work)\/[A-Za-z0-9_.-]/;

/** How often each file does what only src/base may, with what to use instead. */
export function bans({ sources }: House): Debts {
  const sins: Debts = {};
  for (const { file, text } of sources) {
    if (!file.startsWith("src/") || file.startsWith("src/base/")) continue;
    for (const line of text.split("\n")) {
      const code = line.replace(/^\s*(\/\/|\*|\/\*).*$/, "");
      for (const { pattern, instead } of clockBans) {
        const found = pattern.exec(code);
        if (!found) continue;
        const place = `${file} (${found[0].replace("(", "")}: use ${instead})`;
        sins[place] = (sins[place] ?? 0) + 1;
      }
    }
  }
  return sins;
}

export function machinePaths({ sources }: House): string[] {
  const problems: string[] = [];
  for (const { file, text } of sources) {
    if (file === "scripts/tidy/bans.ts") continue;
    for (const [index, line] of text.split("\n").entries())
      if (machinePath.test(line) && !/tidy: allow/.test(line)) problems.push(`${file}:${index + 1}: a path of one machine`);
  }
  return problems;
}
