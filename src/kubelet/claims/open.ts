/** Opens what claims of a node are about: the folder of drivers' own sockets, and what was prepared before this kubelet. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { HouseParts } from "../house.ts";
import type { DeviceFolders, KubeletOptions } from "../options.ts";
import { NodeClaims } from "./claims.ts";

export async function openClaims(
  { client, stateFolder }: KubeletOptions,
  folders: DeviceFolders,
  { runtime, lifetime }: Pick<HouseParts, "runtime" | "lifetime">,
): Promise<NodeClaims> {
  const file = join(stateFolder, "dra_manager_state");
  const claims = new NodeClaims({ client, runtime, file });
  await mkdir(folders.sockets, { recursive: true, mode: 0o750 });
  await claims.start();
  lifetime.add(() => claims.close());
  return claims;
}

/** Under which names pods of this node reach them. */
export const driverPlaces = ({ registry, sockets }: DeviceFolders): Record<string, string> => ({
  "/var/lib/kubelet/plugins_registry": registry,
  "/var/lib/kubelet/plugins": sockets,
});
