/** The pod's own fields and its containers' resources as files, in memory. */
import type { Pod, Volume } from "#api/mod.ts";
import { fieldValue, resourceValue } from "../pod/env.ts";
import type { FileToWrite, VolumePlugin } from "./plugin.ts";
import type { Sources } from "./sources.ts";

type Items = NonNullable<Volume["downwardAPI"]>["items"];

export function downwardFiles(pod: Pod, items: Items, mode: number, podIps: readonly string[], sources: Sources): [string, FileToWrite][] {
  const at = { podIps, hostIps: sources.hostIps };
  return (items ?? []).map(({ path = "", fieldRef, resourceFieldRef, mode: own }) => {
    const text = fieldRef
      ? fieldValue(pod, fieldRef.fieldPath ?? "", at)
      : resourceValue(pod, resourceFieldRef ?? {}, undefined, sources.allocatable());
    return [path, { content: Buffer.from(text), mode: own ?? mode }];
  });
}

export const downwardApiVolume: VolumePlugin = {
  name: "downward-api",
  relabel: "always",
  can: (source) => "downwardAPI" in source && source.downwardAPI !== undefined,
  plan({ pod, source, inMemory, podIps }, sources) {
    const { items, defaultMode = 0o644 } = "downwardAPI" in source ? source.downwardAPI! : {};
    const files = new Map(downwardFiles(pod, items, defaultMode, podIps, sources));
    return { steps: [{ do: "files", path: inMemory, files, gid: pod.spec?.securityContext?.fsGroup }], path: inMemory, readOnly: true };
  },
};
