/** `spoke apiserver`: the API server alone, over etcd, by upstream's flags. */
import { createLog } from "#base/mod.ts";
import { runApiserver, serverWords } from "../components/apiserver.ts";
import { apiserverFlags, fixedFlags, refusedFlags } from "../components/apiserver-flags.ts";
import { readCommandLine } from "../components/command-line.ts";
import { untilAsked } from "../components/until-asked.ts";

export async function command(words: string[]): Promise<number> {
  const flags = readCommandLine(words, {
    name: "apiserver",
    about: "The API server alone, over etcd, in the place of upstream's kube-apiserver.",
    table: apiserverFlags,
    fixed: fixedFlags,
    refused: refusedFlags,
  });
  const log = createLog({ level: flags.v >= 4 ? "debug" : "info" });
  await runApiserver(flags, serverWords(flags), { log, signal: untilAsked(log) });
  return 0;
}
