/** Which members of an etcd answer, before something is done that only a lost one may have done to it. */
import type { Clock } from "#base/mod.ts";
import { type EtcdOptions, memberStatus } from "#store/mod.ts";
import { insist, isSlow } from "./insist.ts";

/** A busy machine is slow, and not lost. */
const patience = { ms: 12_000, passes: isSlow };

export async function livingAmong(urls: readonly string[], tls: EtcdOptions["tls"], clock: Clock): Promise<string[]> {
  const asked = urls.map((url) =>
    insist(clock, () => memberStatus(url, tls), patience).then(
      () => [url],
      () => [],
    ),
  );
  return (await Promise.all(asked)).flat();
}
