/** A Secret's keys as files, in memory: they never reach a disk. */
import { keysToFiles } from "./keys-to-files.ts";
import type { VolumePlugin } from "./plugin.ts";
import { secretData } from "./sources.ts";

export const secretVolume: VolumePlugin = {
  name: "secret",
  relabel: "always",
  can: (source) => "secret" in source && source.secret !== undefined,
  plan({ pod, source, inMemory }, sources) {
    const { secretName = "", items, defaultMode = 0o644, optional } = "secret" in source ? source.secret! : {};
    const data = secretData(sources.secret(pod.metadata.namespace!, secretName));
    const files = new Map(keysToFiles({ kind: "secret", name: secretName, data, items, mode: defaultMode, optional }));
    return { steps: [{ do: "files", path: inMemory, files, gid: pod.spec?.securityContext?.fsGroup }], path: inMemory, readOnly: true };
  },
};
