/** A ConfigMap's keys as files, on disk. */
import { keysToFiles } from "./keys-to-files.ts";
import type { VolumePlugin } from "./plugin.ts";
import { configMapData } from "./sources.ts";

export const configMapVolume: VolumePlugin = {
  name: "configmap",
  relabel: "always",
  can: (source) => "configMap" in source && source.configMap !== undefined,
  plan({ pod, source, onDisk }, sources) {
    const { name = "", items, defaultMode = 0o644, optional } = "configMap" in source ? source.configMap! : {};
    const data = configMapData(sources.configMap(pod.metadata.namespace!, name));
    const files = new Map(keysToFiles({ kind: "configmap", name, data, items, mode: defaultMode, optional }));
    return { steps: [{ do: "files", path: onDisk, files, gid: pod.spec?.securityContext?.fsGroup }], path: onDisk, readOnly: true };
  },
};
