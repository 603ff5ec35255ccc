/** `spoke logs [PROCESS] [-f]`: what Spoke's own processes wrote. Pods' logs are kubectl's. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readOptions, type Usage } from "../options.ts";
import { placeOf } from "../place.ts";

const usage = {
  name: "logs",
  words: "[PROCESS]…",
  about: "Shows what Spoke's own processes wrote (all of them, or those named). Pods' logs are kubectl's.",
  options: {
    follow: { type: "boolean", short: "f", text: "go on with what they write from now on" },
    tail: { type: "string", value: "LINES", default: "50", text: "how many lines of each" },
  },
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const place = placeOf(values.name);
  const all = existsSync(place.logs) ? readdirSync(place.logs).filter((file) => file.endsWith(".log")) : [];
  const known = all.map((file) => file.slice(0, -4)).sort();
  const asked = positionals.length > 0 ? positionals : known;
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no log of ${unknown.join(", ")}; there are: ${known.join(", ") || "none"}`);
  if (asked.length === 0) throw new Error(`cluster "${values.name}" has written no logs here`);
  const files = asked.map((name) => join(place.logs, `${name}.log`));
  return spawnSync("tail", ["-n", values.tail, ...(values.follow ? ["-F"] : []), ...files], { stdio: "inherit" }).status ?? 1;
}
