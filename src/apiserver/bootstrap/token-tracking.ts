/** Since when the use of long-lived tokens is noted: who cleans them up must not take what was used before for unused. */
import { type ConfigMap, configmaps } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Storage } from "../contract.ts";

const ref = { namespace: "kube-system", name: "kube-apiserver-legacy-service-account-token-tracking" };
const isDay = (text: string | undefined) => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(Date.parse(text!));

/** A day that is there stays; one that nobody can read is written anew. */
export async function ensureTokenTracking(storage: Storage, clock: Clock): Promise<void> {
  const known = storage.get(configmaps, ref) as ConfigMap | undefined;
  if (isDay(known?.data?.since)) return;
  const since = new Date(clock.now()).toISOString().slice(0, 10);
  if (!known) await storage.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata: ref, data: { since } } as ConfigMap);
  else
    await storage.update(configmaps, ref, (map) => {
      const { data } = map as ConfigMap;
      return isDay(data?.since) ? undefined : ({ ...map, data: { ...data, since } } as ConfigMap);
    });
}
