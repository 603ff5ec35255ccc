/** The attachable volumes of a node, by what the copies show. */
import { type Node, type PersistentVolume, type Pod, persistentvolumes, type VolumeAttachment, volumeattachments } from "#api/mod.ts";
import { attachmentName, type Caches, handleOf, handleOfUniqueName, index, type VolumeHandle } from "#client/mod.ts";
import { isManaged, type SeenVolume } from "./plan.ts";
import { type Use, usesOn } from "./uses.ts";

const attachmentsOn = index(volumeattachments, ({ spec }) => [spec?.nodeName ?? ""]);

export type Draft = Pick<SeenVolume, "attachmentName" | "handle" | "volumeName" | "attachment" | "isBound"> & {
  volume: PersistentVolume | undefined;
  pods: Pod[];
};

/** Those that are attached to the node, and those that are to be. Attachments of other names are somebody else's. */
export function volumesOn(name: string, node: Node | undefined, caches: Caches): Draft[] {
  const drafts = new Map<string, Draft>();
  const uses = usesOn(name, caches);
  for (const attachment of caches.by(attachmentsOn, name)) {
    const volumeName = attachment.spec?.source?.persistentVolumeName;
    const handle = volumeName === undefined ? undefined : handleOfAttachment(attachment, volumeName, node, caches);
    if (!handle || attachmentName(handle, name) !== attachment.metadata.name) continue;
    // What is attached stays while a pod names it, even where claim and volume have fallen out.
    const own = uses.filter((use) => use.volumeName === volumeName).map(({ pod }) => pod);
    const volume = caches.get(persistentvolumes, volumeName!);
    drafts.set(attachment.metadata.name!, {
      attachmentName: attachment.metadata.name!,
      handle,
      volumeName: volumeName!,
      attachment,
      volume,
      pods: own,
      isBound: true,
    });
  }
  for (const use of isManaged(node) ? uses : []) addUse(drafts, use, name);
  return [...drafts.values()];
}

function addUse(drafts: Map<string, Draft>, { pod, volume, volumeName, isBound }: Use, node: string): void {
  const handle = volume && handleOf(volume);
  if (!handle || !isBound) return;
  const own = attachmentName(handle, node);
  const known = drafts.get(own);
  if (!known) drafts.set(own, { attachmentName: own, handle, volumeName, volume, pods: [pod], isBound });
  else if (!known.pods.includes(pod)) known.pods.push(pod);
}

/** A volume that is gone is still named by the node. */
function handleOfAttachment(
  attachment: VolumeAttachment,
  volumeName: string,
  node: Node | undefined,
  caches: Caches,
): VolumeHandle | undefined {
  const volume = caches.get(persistentvolumes, volumeName);
  if (volume) return handleOf(volume);
  const { volumesAttached = [], volumesInUse = [] } = node?.status ?? {};
  const named = [...volumesAttached.map((each) => each.name ?? ""), ...volumesInUse].map(handleOfUniqueName);
  return named.find((handle) => handle && attachmentName(handle, node!.metadata.name!) === attachment.metadata.name);
}
