/** A folder of an NFS server, mounted by the system's own tools; also as a PersistentVolume. */
import { isIPv6 } from "node:net";
import type { VolumePlugin } from "./plugin.ts";

export const nfsVolume: VolumePlugin = {
  name: "nfs",
  can: (source) => source.nfs !== undefined,
  plan({ source, readOnly, onDisk, persistent }) {
    const { server = "", path = "", readOnly: bySource = false } = source.nfs!;
    // A PersistentVolume's own word does not count: upstream asks the claim alone.
    const onlyRead = readOnly || (!persistent && bySource);
    const options = "mountOptions" in source ? (source.mountOptions ?? []) : [];
    return {
      steps: [
        {
          do: "mount",
          path: onDisk,
          source: `${isIPv6(server) ? `[${server}]` : server}:${path}`,
          type: "nfs",
          options: [...new Set([...options, ...(onlyRead ? ["ro"] : [])])].sort(),
        },
      ],
      path: onDisk,
      readOnly: onlyRead,
    };
  },
};
