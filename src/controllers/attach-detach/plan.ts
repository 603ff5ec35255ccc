/**
 * What follows for the attachable volumes of a node. Pure.
 *
 *     wanted:    no attachment ─▶ create ─▶ (the driver's attacher) attached ─▶ listed in volumesAttached: the kubelet may mount
 *     unwanted:  not in volumesInUse, or forced ─▶ taken off volumesAttached ─▶ still not in use at the server ─▶ delete
 *
 * A kubelet says in volumesInUse that it will mount before it looks whether the volume is listed. So no volume that was taken off
 * the list, and is not in use afterwards, is taken from under a mount.
 */
import { type Node, nodes, type Pod, type VolumeAttachment, volumeattachments } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import {
  again,
  conditionOf,
  create,
  lanes,
  type Outcome,
  patch,
  remove,
  type Step,
  tell,
  uniqueVolumeName,
  type VolumeHandle,
} from "#client/mod.ts";

export interface SeenVolume {
  /** Of the VolumeAttachment. */
  attachmentName: string;
  handle: VolumeHandle;
  volumeName: string;
  attachment?: VolumeAttachment | undefined;
  /** Pods of the node that use it and are not at their end; none: it is to be detached. */
  pods: readonly Pod[];
  /** Claim and volume say so of each other: it may be attached. */
  isBound: boolean;
  /** Nodes that have it, or are about to; empty where it may be on several. */
  heldBy: readonly string[];
  /** Pods that use it there. */
  otherPods: readonly Pod[];
  /** What of this has not been told to the pods yet. */
  news?: News | undefined;
  /** Since when nobody wants it. */
  unwantedMs: number;
}

/** Held by another node; or why its attacher has not attached it. */
export type News = { held: true } | { error: string };

export interface SeenNode {
  name: string;
  /** Undefined: gone. */
  node: Node | undefined;
  /** What it mounts: as it says, or said last; undefined when it was never heard. */
  inUse: readonly string[] | undefined;
  volumes: readonly SeenVolume[];
}

/** Upstream's annotation: attaching is ours, not the kubelet's. */
const managed = "volumes.kubernetes.io/controller-managed-attach-detach";
const outOfService = "node.kubernetes.io/out-of-service";
/** How long a node that is not ready may keep a volume mounted that nobody wants. */
export const unmountPatienceMs = 6 * 60_000;
/** How long an attacher may say nothing before pods are told, and told again. */
export const attachPatienceMs = 2 * 60_000;
/** The end of the other's hold wakes us; this is for a hold that ended before anything was written. */
const heldMs = 5_000;

export const isManaged = (node: Node | undefined): boolean => node?.metadata.annotations?.[managed] !== undefined;

export function planNode(seen: SeenNode): Step[] {
  const { node } = seen;
  const listed = (node?.status?.volumesAttached ?? []).map(({ name }) => name ?? "");
  const each = seen.volumes.map((volume) => planVolume(volume, seen, listed.includes(uniqueVolumeName(volume.handle))));
  const toList = each.flatMap(({ list }, i) => (list ? [uniqueVolumeName(seen.volumes[i]!.handle)] : []));
  const list: Step[] = node && isManaged(node) && !sameNames(listed, toList) ? [listAttached(node, toList)] : [];
  return [lanes([[...list, ...each.flatMap(({ told = [] }) => told)], ...each.flatMap(({ steps = [] }) => steps.map((step) => [step]))])];
}

interface VolumePlan {
  /** It stands, or is to stand, in volumesAttached. */
  list: boolean;
  told?: Step[];
  steps?: Step[];
}

function planVolume(volume: SeenVolume, seen: SeenNode, isListed: boolean): VolumePlan {
  if (volume.pods.length === 0) return planDetach(volume, seen, isListed);
  const { attachment, pods, volumeName, news } = volume;
  const told = news ? pods.map((pod) => tellNews(pod, volume, news)) : [];
  if (attachment?.metadata.deletionTimestamp) return { list: false, told };
  if (attachment?.status?.attached) {
    const message = `AttachVolume.Attach succeeded for volume "${volumeName}" `;
    return { list: true, told: isListed ? [] : pods.map((pod) => tell(pod, "Normal", "SuccessfulAttachVolume", message)) };
  }
  if (attachment) return { list: false, told, steps: [again(attachPatienceMs)] };
  if (!volume.isBound) return { list: false };
  if (volume.heldBy.length > 0) return { list: false, told, steps: [again(heldMs)] };
  return { list: false, steps: [create(volumeattachments, attachmentOf(volume, seen.name), { ifAbsent: true })] };
}

function planDetach({ attachment, handle, unwantedMs }: SeenVolume, { node, inUse }: SeenNode, isListed: boolean): VolumePlan {
  if (!attachment || attachment.metadata.deletionTimestamp) return { list: false };
  const isReady = conditionOf(node?.status?.conditions, "Ready")?.status === "True";
  const isForced = isOutOfService(node) || (!isReady && unwantedMs > unmountPatienceMs);
  const isMounted = inUse?.includes(uniqueVolumeName(handle)) ?? true;
  if (isMounted && !isForced) {
    const leftMs = unmountPatienceMs - unwantedMs;
    // Later it is the node's readiness that counts, and that wakes us.
    return { list: attachment.status?.attached === true, steps: leftMs >= 0 ? [again(leftMs + 100)] : [] };
  }
  return { list: false, steps: isListed && isManaged(node) ? [] : [remove(volumeattachments, attachment)] };
}

/** Detachments that do not wait for the node to say that it has let go: upstream counts them by reason. */
export function forcedDetaches(seen: SeenNode): { attachmentName: string; reason: "timeout" | "out-of-service" }[] {
  return seen.volumes.flatMap((volume) => {
    const isListed = seen.node?.status?.volumesAttached?.some(({ name }) => name === uniqueVolumeName(volume.handle)) === true;
    const isDetached = volume.pods.length === 0 && planDetach(volume, seen, isListed).steps?.some((step) => step.do === "delete");
    const isLate = volume.unwantedMs > unmountPatienceMs;
    if (!isDetached || !(isLate || isOutOfService(seen.node))) return [];
    return [{ attachmentName: volume.attachmentName, reason: isLate ? ("timeout" as const) : ("out-of-service" as const) }];
  });
}

export const isOutOfService = (node: Node | undefined): boolean => node?.spec?.taints?.some(({ key }) => key === outOfService) === true;

function attachmentOf({ attachmentName, handle, volumeName }: SeenVolume, nodeName: string): VolumeAttachment {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name: attachmentName },
    spec: { attacher: handle.driver, nodeName, source: { persistentVolumeName: volumeName } },
  };
}

const sameNames = (a: readonly string[], b: readonly string[]) => a.length === b.length && b.every((name) => a.includes(name));

function listAttached(node: Node, names: readonly string[]): Step {
  const known = node.status?.volumesAttached ?? [];
  const kept = known.filter(({ name }) => names.includes(name ?? ""));
  const added = names.filter((name) => !known.some((each) => each.name === name)).map((name) => ({ name, devicePath: "" }));
  const volumesAttached = [...kept, ...added];
  return patch(
    nodes,
    node,
    { status: { volumesAttached: volumesAttached.length > 0 ? volumesAttached : null } },
    { subresource: "status" },
  );
}

function tellNews(pod: Pod, volume: SeenVolume, news: News): Step {
  const message = "error" in news ? attachFailed(volume.volumeName, news.error) : heldMessage(pod, volume);
  return tell(pod, "Warning", "FailedAttachVolume", message);
}

const attachFailed = (volumeName: string, why: string) => `AttachVolume.Attach failed for volume "${volumeName}" : ${why}`;

/** Names of pods in other namespaces are nobody's business. */
function heldMessage({ metadata }: Pod, { volumeName, otherPods }: SeenVolume): string {
  const near = otherPods.filter((pod) => pod.metadata.namespace === metadata.namespace).map((pod) => pod.metadata.name);
  const far = `${otherPods.length - near.length} pod(s) in different namespaces`;
  const users = near.length === 0 ? far : `pod(s) ${near.join(", ")}${near.length < otherPods.length ? ` and ${far}` : ""}`;
  const why =
    otherPods.length === 0
      ? "Volume is already exclusively attached to one node, waiting on detach before it can be attached to another node"
      : `Volume is already used by ${users}`;
  return `Waiting for detach for volume "${volumeName}" ${why}`;
}

/** A refused creation is told to every pod that waits for it. */
export function concludeNode({ volumes }: SeenNode, { failures }: Outcome): Step[] {
  return failures.flatMap(({ step, error }) => {
    if (step.do !== "create") return [];
    const volume = volumes.find(({ attachmentName }) => attachmentName === step.object.metadata.name)!;
    const why = `kubernetes.io/csi: attacher.Attach failed: ${messageOf(error)}`;
    return volume.pods.map((pod) => tell(pod, "Warning", "FailedAttachVolume", attachFailed(volume.volumeName, why)));
  });
}
