/** `spoke agent --server URL --token TOKEN`: makes this machine a node of a cluster elsewhere. */
import { readOptions } from "../options.ts";

const usage = { name: "agent", about: "Makes this machine a node of a cluster elsewhere. Not there yet." };

export async function command(words: string[]): Promise<number> {
  readOptions(words, usage);
  throw new Error("joining a cluster of another machine is not there yet: spoke up --nodes N runs several nodes on this machine");
}
