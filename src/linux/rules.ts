/** Packet rules: whole transactions by `nft -f -`, in a network namespace or here. */
import { run, tryRun } from "./run.ts";

/** Applies a script; the kernel takes all of it or nothing. */
export async function nft(script: string, options: { netns?: string } = {}): Promise<void> {
  await run(["nft", "-f", "-"], { ...options, input: script });
}

/** What `nft -j list …` says; undefined when the table is not there. */
export async function nftList(what: string, options: { netns?: string } = {}): Promise<{ nftables: unknown[] } | undefined> {
  const result = await tryRun(["nft", "-j", "list", ...what.split(" ")], options);
  return result.code === 0 ? (JSON.parse(result.stdout) as { nftables: unknown[] }) : undefined;
}
