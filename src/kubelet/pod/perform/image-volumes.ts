/** Images that a pod has as volumes: all are pulled, and a container has to wait only for those that it mounts. */
import { messageOf } from "#base/mod.ts";
import { imageVolumesOf } from "../../volumes/images/image.ts";
import type { VolumeImage } from "../../volumes/mounts.ts";
import type { AnyContainer } from "../containers.ts";
import type { NodeContext, PodContext } from "../context.ts";
import type { Trouble } from "../history.ts";
import { pull } from "./pull.ts";

/** By volume: those that a container mounts, as the runtime calls them. */
export type PulledVolumes = ReadonlyMap<string, Omit<VolumeImage, "mounted">>;

/** What the runtimes that mount images themselves begin their message with. */
const mountFailed = "ImageVolumeMountFailed";

export async function pullVolumes(
  { name, volumeMounts = [] }: AnyContainer,
  at: PodContext,
): Promise<{ volumes: PulledVolumes } | { trouble: Trouble }> {
  const mounted = new Set(volumeMounts.map((mount) => mount.name));
  const volumes = new Map<string, Omit<VolumeImage, "mounted">>();
  let trouble: Trouble | undefined;
  for (const { name: volume, reference, pullPolicy } of imageVolumesOf(at.pod)) {
    const pulled = await pull({ image: reference, policy: pullPolicy }, at);
    if (!mounted.has(volume)) continue;
    if ("image" in pulled) volumes.set(volume, { image: pulled.image.id, userSpecifiedImage: reference });
    else {
      trouble = pulled.trouble;
      at.tell("Warning", "Failed", `Error: ${trouble.reason}`, name);
    }
  }
  return trouble ? { trouble } : { volumes };
}

/** Makes their files be there, where the runtime does not do it itself. */
export async function viewVolumes(volumes: PulledVolumes, { node, uid }: PodContext): Promise<ReadonlyMap<string, VolumeImage>> {
  const viewed = new Map<string, VolumeImage>();
  for (const [volume, known] of volumes)
    try {
      viewed.set(volume, { ...known, mounted: await node.volumes.view(uid, volume, known.image) });
    } catch (cause) {
      throw new Error(`${mountFailed}: image ${known.userSpecifiedImage} of volume ${JSON.stringify(volume)}: ${messageOf(cause)}`, {
        cause,
      });
    }
  return viewed;
}

/** After an attempt to make a container that mounts them: `failure` is why there is none, if there is none. */
export function countVolumes(volumes: PulledVolumes, { metrics }: Pick<NodeContext, "metrics">, failure?: string): void {
  if (volumes.size === 0) return;
  metrics.imageVolumes.add({}, volumes.size);
  (failure?.startsWith(mountFailed) ? metrics.imageVolumeErrors : metrics.imageVolumeMounts).add({}, volumes.size);
}
