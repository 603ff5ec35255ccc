/**
 * Volumes as the scheduler knows them: the API's objects, and over them what it has decided and the API does not show yet.
 * Carries out what a placement asks for: links volumes to claims, tells provisioners the node, and waits until all is bound.
 */
import {
  type CSINode,
  csidrivers,
  csinodes,
  csistoragecapacities,
  type KubeObject,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
  storageclasses,
  type VolumeAttachment,
  volumeattachments,
} from "#api/mod.ts";
import {
  type Client,
  classOfVolume,
  type Informer,
  type InformerOptions,
  index,
  informer,
  keyOf,
  type NodeFacts,
  reaches,
} from "#client/mod.ts";
import type { ClusterChange, VolumeWork } from "./plugin.ts";
import { limitsOf } from "./plugins/node-volume-limits.ts";
import { claimsNamedBy, isBound, selectedNode, type Volumes } from "./plugins/volume-binding.ts";
import type { PodInfo } from "./pod-info.ts";

const byClass = index(persistentvolumes, (volume) => [classOfVolume(volume)]);
const byNode = index(volumeattachments, ({ spec }) => [spec?.nodeName ?? ""]);

export interface VolumeBook extends Volumes {
  readonly synced: Promise<unknown>;
  /** Counts the work as done: the next pod sees it so. */
  assume(work: VolumeWork): void;
  /** Takes back what the API does not show. */
  revert(work: VolumeWork): void;
  /** Rejects when it cannot be done, or takes too long: the pod is to be scheduled anew. */
  carryOut(work: VolumeWork, place: Place): Promise<void>;
  close(): void;
}

export interface Place {
  pod: PodInfo;
  node(): NodeFacts | undefined;
  nodeName: string;
  /** The pod still waits for its volumes. */
  isWanted(): boolean;
  timeoutMs?: number;
}

/** Upstream's patience with provisioners. */
export const usualBindTimeoutMs = 600_000;

/** Something changed; the second tells which pods it may concern. */
type Changed = (change: ClusterChange, concerns?: (pod: PodInfo) => boolean) => void;

export function followVolumes(client: Client, watch: InformerOptions, changed: Changed): VolumeBook {
  const claims = informer(client, persistentvolumeclaims, watch);
  const volumes = informer(client, persistentvolumes, watch);
  const classes = informer(client, storageclasses, watch);
  const drivers = informer(client, csidrivers, watch);
  const capacities = informer(client, csistoragecapacities, watch);
  const limits = informer(client, csinodes, watch);
  const attachments = informer(client, volumeattachments, watch);
  const changing = [volumes, classes, drivers, capacities] as Informer[];
  const all = [claims, ...changing, limits, attachments] as Informer[];
  const assumed = { claims: new Map<string, PersistentVolumeClaim>(), volumes: new Map<string, PersistentVolume>() };
  const waiting = new Set<() => void>();

  claims.onChange(({ object }) => {
    const { namespace, name } = object.metadata;
    changed("volume-changed", (pod) => pod.namespace === namespace && claimsNamedBy(pod.pod).some((each) => each.name === name));
  });
  for (const each of changing) each.onChange(() => changed("volume-changed"));
  tellOfLimits(limits, attachments, changed);
  const lookAgain = () => waiting.forEach((look) => void look());
  for (const each of [claims, volumes] as Informer[]) each.onChange(lookAgain);

  const book: VolumeBook = {
    synced: Promise.all(all.map((each) => each.synced)),
    claim: (namespace, name) => over(assumed.claims, claims.get(`${namespace}/${name}`)),
    volume: (name) => over(assumed.volumes, volumes.get(name)),
    volumesOfClass: (name) => volumes.by(byClass, name).map((volume) => over(assumed.volumes, volume)!),
    storageClass: (name) => classes.get(name),
    capacities: (provisioner) => (drivers.get(provisioner)?.spec?.storageCapacity === true ? capacities.list() : undefined),
    csiNode: (name) => limits.get(name),
    attachmentsOn: (node) => attachments.by(byNode, node),
    assume({ bind, provision }) {
      for (const { volume } of bind) assumed.volumes.set(keyOf(volume), volume);
      for (const claim of provision) assumed.claims.set(keyOf(claim), claim);
    },
    revert({ bind, provision }) {
      for (const { volume } of bind) forget(assumed.volumes, volume);
      for (const claim of provision) forget(assumed.claims, claim);
    },
    async carryOut(work, place) {
      const written = await write(client, work);
      await until(() => isDone(written, place, { claims, volumes }), place.timeoutMs ?? usualBindTimeoutMs);
    },
    close() {
      for (const each of all) each.close();
    },
  };

  /** Looks after each change, until it is so or `look` throws. */
  const until = (look: () => boolean, timeoutMs: number) =>
    new Promise<void>((resolve, reject) => {
      const end = (act: () => void) => {
        waiting.delete(again);
        timer.cancel();
        act();
      };
      const again = () => {
        try {
          if (look()) end(resolve);
        } catch (cause) {
          end(() => reject(new Error(`binding volumes: ${(cause as Error).message}`, { cause })));
        }
      };
      const late = new Error("binding volumes: context deadline exceeded");
      const timer = watch.clock.after(timeoutMs, () => end(() => reject(late)), { background: true });
      waiting.add(again);
      again();
    });
  return book;
}

/** What may make room on a node: a driver that can have more there, a volume that is no longer attached. */
function tellOfLimits(limits: Informer<CSINode>, attachments: Informer<VolumeAttachment>, changed: Changed): void {
  limits.onChange(({ type, object, old }) => {
    const before = limitsOf(old);
    const isRaised = [...limitsOf(object)].some(([driver, most]) => most > (before.get(driver) ?? 0));
    if (type === "added" || (type === "updated" && isRaised)) changed("volume-limit-raised");
  });
  attachments.onChange(({ type }) => {
    if (type === "deleted") changed("volume-detached", ({ pod }) => claimsNamedBy(pod).some(({ ephemeral }) => !ephemeral));
  });
}

/** What is assumed counts as long as the API shows the version that it was made from. */
function over<T extends KubeObject>(assumed: Map<string, T>, known: T | undefined): T | undefined {
  if (!known) return undefined;
  const key = keyOf(known);
  const mine = assumed.get(key);
  if (!mine) return known;
  if (mine.metadata.resourceVersion === known.metadata.resourceVersion) return mine;
  assumed.delete(key);
  return known;
}

function forget<T extends KubeObject>(assumed: Map<string, T>, object: T): void {
  const key = keyOf(object);
  if (assumed.get(key)?.metadata.resourceVersion === object.metadata.resourceVersion) assumed.delete(key);
}

/** As the server answered. The rest is the binder's and the provisioners' to do. */
async function write(client: Client, { bind, provision }: VolumeWork): Promise<VolumeWork> {
  const written: VolumeWork = { bind: [], provision: [] };
  for (const { volume, claim } of bind) written.bind.push({ volume: await client.update(persistentvolumes, volume), claim });
  for (const claim of provision) written.provision.push(await client.update(persistentvolumeclaims, claim));
  return written;
}

interface Copies {
  claims: Informer<PersistentVolumeClaim>;
  volumes: Informer<PersistentVolume>;
}

/** Throws when it will not become so: upstream's words. */
function isDone({ bind, provision }: VolumeWork, { pod, node, nodeName, isWanted }: Place, { claims, volumes }: Copies): boolean {
  const facts = node();
  if (!facts) throw new Error(`failed to get node "${nodeName}": node "${nodeName}" not found`);
  if (!isWanted()) throw new Error(`pod does not exist any more: pod "${pod.name}" not found`);
  const mustReach = (volume: PersistentVolume) => {
    if (!reaches(facts, volume))
      throw new Error(`pv "${volume.metadata.name}" node affinity doesn't match node "${nodeName}": no matching NodeSelectorTerms`);
  };
  for (const { volume, claim } of bind) {
    const [seen, seenClaim] = [volumes.get(keyOf(volume)), claims.get(keyOf(claim))];
    if (!seen) throw new Error(`failed to check binding: persistentvolume "${volume.metadata.name}" not found`);
    if (!seenClaim) throw new Error(`failed to check binding: persistentvolumeclaim "${keyOf(claim)}" not found`);
    if (isOlder(seen, volume)) return false;
    mustReach(seen);
    if (!seen.spec?.claimRef?.uid) throw new Error(`ClaimRef got reset for pv "${volume.metadata.name}"`);
    if (!isBound(seenClaim)) return false;
  }
  for (const claim of provision) {
    const seen = claims.get(keyOf(claim));
    if (!seen) throw new Error(`failed to check provisioning pvc: persistentvolumeclaim "${keyOf(claim)}" not found`);
    if (isOlder(seen, claim)) return false;
    // Who fails to make the volume takes the node's name away, so that another is tried.
    if (seen.metadata.annotations === undefined) throw new Error(`selectedNode annotation reset for PVC "${seen.metadata.name}"`);
    if (selectedNode(seen) !== nodeName) throw new Error(`provisioning failed for PVC "${seen.metadata.name}"`);
    if (!seen.spec?.volumeName) return false;
    const volume = volumes.get(seen.spec.volumeName);
    // It may have gone, and then the claim will say so; or its copy is late.
    if (!volume) return false;
    mustReach(volume);
    if (!isBound(seen)) return false;
  }
  return true;
}

const isOlder = (seen: KubeObject, written: KubeObject) => Number(seen.metadata.resourceVersion) < Number(written.metadata.resourceVersion);
