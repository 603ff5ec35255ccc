/** The head that the comparing scripts share: what they are called with, and the two servers. */
import { parseArgs } from "node:util";
import { type Ask, asking } from "./asking.ts";
import { Comparison } from "./comparison.ts";

export interface Head {
  folder: string;
  askOurs: Ask;
  askPeer: Ask;
  comparison: Comparison;
  /** Flags that have a value, and those that have none as `"true"`. */
  flags: { kind?: string; show?: string; out?: string } & Record<string, string | undefined>;
}

/** `own`: flags of this script beside those of all, with what they take; undefined: nothing. */
export function headOf(script: string, own: Readonly<Record<string, string | undefined>>): Head {
  const shared = { kind: "KIND", show: "N", out: "FILE" };
  const all: [string, string | undefined][] = Object.entries({ ...own, ...shared });
  const options = Object.fromEntries(all.map(([name, takes]) => [name, { type: takes ? ("string" as const) : ("boolean" as const) }]));
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const [folder, ours, peer] = positionals;
  if (!folder || !ours || !peer) {
    const usage = all.map(([name, takes]) => `[--${name}${takes ? ` ${takes}` : ""}]`).join(" ");
    console.error(`usage: node scripts/${script} FOLDER OURS PEER ${usage}`);
    process.exit(2);
  }
  const [askOurs, askPeer] = [asking(ours), asking(peer)];
  const flags = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === undefined ? undefined : String(value)]));
  return { folder, askOurs, askPeer, comparison: new Comparison(askOurs, askPeer), flags };
}
