/** Everything outside of the runtime that a pod needs: objects that it refers to, its folder, its volumes. */
import { mkdir } from "node:fs/promises";
import type { MountedVolume } from "../../volumes/volumes.ts";
import type { PodContext } from "../context.ts";
import { referencesOf } from "../references.ts";

export async function prepare({ node, pod, uid }: PodContext, podIps: readonly string[]): Promise<Map<string, MountedVolume>> {
  const refs = referencesOf(pod);
  if (refs.length > 0) await node.objects.hold(uid, refs);
  await node.files.run("folder of the pod", () => mkdir(node.volumes.folder(uid), { recursive: true, mode: 0o750 }));
  return node.volumes.ensure(pod, podIps);
}
