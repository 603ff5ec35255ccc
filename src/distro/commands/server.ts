/** `spoke server`: a control plane for a machine of its own. */
import { readOptions } from "../options.ts";

const usage = { name: "server", about: "Runs a control plane for a machine of its own. Not there yet." };

export async function command(words: string[]): Promise<number> {
  readOptions(words, usage);
  throw new Error(
    "clusters over several machines are not there yet: spoke up runs a whole cluster, of as many nodes as you like, on this machine",
  );
}
