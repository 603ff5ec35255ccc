/** Attaches the CSI volumes of pods to the nodes they are bound to, and detaches those that nobody there uses any more. */
import {
  csidrivers,
  type Node,
  nodes,
  type PersistentVolume,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  volumeattachments,
} from "#api/mod.ts";
import {
  attachmentName,
  type Caches,
  conditionOf,
  handleOf,
  index,
  keyOf,
  type Looking,
  orUndefined,
  type Reconciler,
  reconciler,
  uniqueVolumeName,
  type VolumeHandle,
  via,
} from "#client/mod.ts";
import { sameJson } from "#codec/mod.ts";
import { claimKeysOf, podsByClaim } from "../pods.ts";
import { countVolumes } from "./counts.ts";
import { type Draft, volumesOn } from "./drafts.ts";
import { Memory } from "./memory.ts";
import { concludeNode, forcedDetaches, isManaged, isOutOfService, planNode, type SeenNode, type SeenVolume } from "./plan.ts";
import { hasLeftVolumes, usesOf } from "./uses.ts";

const attachmentsOf = index(volumeattachments, ({ spec }) => [spec?.source?.persistentVolumeName ?? ""]);
/** Several of one handle are one volume. */
const byHandle = index(persistentvolumes, (volume) => {
  const handle = handleOf(volume);
  return handle ? [uniqueVolumeName(handle)] : [];
});

export function attachDetach(): Reconciler {
  const memory = new Memory();
  return reconciler<Node, SeenNode>({
    name: "persistentvolume-attach-detach-controller",
    account: "attachdetach-controller",
    component: "attachdetach-controller",
    // One at a time, as upstream's loop: two nodes must not both be given what one may have.
    workers: 1,
    of: nodes,
    when: ({ object, old }) => !sameJson(factsOf(object), factsOf(old)),
    also: [
      via(pods, nodesOf, ({ object, old }) => claimKeysOf(object).length > 0 && (!old || !sameUse(object, old))),
      via(persistentvolumeclaims, (claim, caches) => caches.by(podsByClaim, keyOf(claim)).flatMap(nodesOf)),
      via(persistentvolumes, (volume, caches) => usersOf(volume, caches).flatMap(nodesOf)),
      via(volumeattachments, ({ spec }, caches) => {
        const volume = caches.get(persistentvolumes, spec?.source?.persistentVolumeName ?? "");
        return [spec?.nodeName ?? "", ...(volume ? usersOf(volume, caches).flatMap(nodesOf) : [])];
      }),
      via(csidrivers, (_, caches) => caches.list(nodes).map(keyOf)),
    ],
    see: (name, caches, looking) => (name ? look(name, caches, looking, memory) : undefined),
    plan: planNode,
    conclude(seen, outcome) {
      memory.countForced(forcedDetaches(seen), outcome);
      return concludeNode(seen, outcome);
    },
    counts: (caches) => countVolumes(caches, memory.forced),
  });
}

const nodesOf = ({ spec }: Pod): string[] => (spec?.nodeName ? [spec.nodeName] : []);

/** Those of other volumes of its handle, too. */
function usersOf(volume: PersistentVolume, caches: Caches): Pod[] {
  const handle = handleOf(volume);
  if (!handle) return [];
  const same = caches.by(byHandle, uniqueVolumeName(handle));
  return [volume, ...same].flatMap(({ spec }) => caches.by(podsByClaim, `${spec?.claimRef?.namespace}/${spec?.claimRef?.name}`));
}

const sameUse = (a: Pod, b: Pod) => a.spec?.nodeName === b.spec?.nodeName && hasLeftVolumes(a) === hasLeftVolumes(b);

/** What of a node counts here. */
function factsOf(node: Node | undefined): unknown {
  const { volumesAttached = [], volumesInUse = [], conditions } = node?.status ?? {};
  return [
    node !== undefined,
    isManaged(node),
    isOutOfService(node),
    conditionOf(conditions, "Ready")?.status,
    volumesAttached,
    volumesInUse,
  ];
}

async function look(name: string, caches: Caches, { client, clock }: Looking, memory: Memory): Promise<SeenNode | undefined> {
  let node = caches.get(nodes, name);
  const volumes = volumesOn(name, node, caches);
  const isLeft = ({ pods: users, attachment }: Draft) => users.length === 0 && attachment && !attachment.metadata.deletionTimestamp;
  // Before anything is detached the server is asked: the copy may be behind what the kubelet has said.
  if (node && volumes.some(isLeft)) node = await orUndefined(client.get(nodes, { name }));
  const inUse = memory.inUse(name, node && (node.status?.volumesInUse ?? []));
  const held = new Set(volumes.map(({ attachmentName: each }) => each));
  memory.keep(name, held, new Set(volumes.map(({ handle }) => uniqueVolumeName(handle))), node !== undefined);
  if (!node && volumes.length === 0) return undefined;
  return { name, node, inUse, volumes: volumes.map((draft) => remembered(draft, name, caches, memory, clock.now())) };
}

function remembered(draft: Draft, name: string, caches: Caches, memory: Memory, nowMs: number): SeenVolume {
  const { volume, handle, attachment, pods: own, attachmentName: key } = draft;
  const unique = uniqueVolumeName(handle);
  const isWanted = own.length > 0;
  const heldBy = isWanted && !attachment && volume && isExclusive(volume) ? holdersOf(handle, name, caches, memory) : [];
  if (attachment) memory.release(unique, name);
  const otherPods = heldBy.length > 0 ? caches.by(byHandle, unique).flatMap((each) => usersThere(each, heldBy, caches)) : [];
  const silence = `timed out waiting for external-attacher of ${handle.driver} CSI driver to attach volume ${handle.handle}`;
  return {
    ...draft,
    heldBy,
    otherPods: [...new Set(otherPods)],
    news: isWanted ? memory.news(name, key, { isHeld: heldBy.length > 0, attachment, silence }, nowMs) : undefined,
    unwantedMs: memory.unwantedFor(name, key, isWanted, nowMs),
  };
}

/** Access modes that allow one node; a volume that names none is left to its driver. */
function isExclusive({ spec }: PersistentVolume): boolean {
  const modes = spec?.accessModes ?? [];
  return modes.length > 0 && !modes.includes("ReadWriteMany") && !modes.includes("ReadOnlyMany");
}

function holdersOf(handle: VolumeHandle, name: string, caches: Caches, memory: Memory): string[] {
  const unique = uniqueVolumeName(handle);
  const attached = caches.by(byHandle, unique).flatMap(({ metadata }) => caches.by(attachmentsOf, metadata.name!));
  const ours = attached.filter(({ metadata, spec }) => metadata.name === attachmentName(handle, spec?.nodeName ?? ""));
  const others = ours.map(({ spec }) => spec!.nodeName!).filter((node) => node !== name);
  if (others.length > 0) return others;
  const holder = memory.take(unique, name);
  return holder === name ? [] : [holder];
}

function usersThere(volume: PersistentVolume, there: readonly string[], caches: Caches): Pod[] {
  return usersOf(volume, caches).filter(
    (pod) => there.includes(pod.spec?.nodeName ?? "") && usesOf(pod, caches).some(({ volumeName }) => volumeName === volume.metadata.name),
  );
}
