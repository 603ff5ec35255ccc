/**
 * Makes volumes for claims on this node's own disk, and removes them: runs on each node, beside the kubelet, and acts on the claims for
 * which the scheduler has chosen the node.
 *
 *     claim names the class ─▶ scheduler writes the node on it ─▶ folder ─▶ PersistentVolume, bound to that node ─▶ pod
 *     claim goes ─▶ volume is Released ─▶ Delete: folder and volume go · Retain: both stay
 */
import {
  type Node,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
  type StorageClass,
  storageclasses,
} from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import {
  type Change,
  type Client,
  classOfClaim,
  eventRecorder,
  type Informer,
  informer,
  keyOf,
  orUndefined,
  type RunningController,
  runController,
  WorkQueue,
} from "#client/mod.ts";
import type { Disk } from "./disk.ts";
import { carryOut, DiskError } from "./hands.ts";
import { provisionerName } from "./names.ts";
import {
  giveBack,
  isForUs,
  isOurs,
  isReleased,
  type LocalStep,
  letGo,
  nodeChosen,
  nodeOf,
  planClaim,
  planVolume,
  volumeNameOf,
} from "./plan.ts";

export interface LocalPathOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** The nodes whose volumes it makes; the first has those that may lie anywhere. */
  nodes: readonly string[];
  /** The folder of its volumes. */
  root: string;
  disk: Disk;
}

export interface LocalPath {
  close(): Promise<void>;
}

/** A claim for a node that is gone is given back to the scheduler by whoever is there, after that time. */
const lostMs = 60_000;
const workers = 4;

interface Followed {
  claims: Informer<PersistentVolumeClaim>;
  volumes: Informer<PersistentVolume>;
  classes: Informer<StorageClass>;
}

export function startLocalPath(options: LocalPathOptions): LocalPath {
  const { client, clock, random, log } = options;
  const watch = { clock, random, log };
  const follow: Followed = {
    claims: informer(client, persistentvolumeclaims, watch),
    volumes: informer(client, persistentvolumes, watch),
    classes: informer(client, storageclasses, watch),
  };
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve(), { once: true }));
  const ready = Promise.race([ended, Promise.all((Object.values(follow) as Informer[]).map((each) => each.synced))]);
  const queue = new WorkQueue({ clock });
  const looks = new Looks(options, follow);
  feed(queue, options.nodes, follow);
  const controller: RunningController = runController({
    name: "local-path",
    clock,
    log,
    workers,
    queue,
    async reconcile(key) {
      await ready;
      if (ending.signal.aborted) return;
      const [kind = "", name = ""] = key.split(" ");
      await looks[kind as keyof Looks](name);
    },
  });
  return {
    async close() {
      ending.abort();
      await controller.close();
      for (const each of Object.values(follow)) each.close();
    },
  };
}

/** Keys are `claim …`, `volume …` and, for what belongs to another node, `lost …`: it is looked at late, in case the node is gone. */
function feed(queue: WorkQueue, own: readonly string[], { claims, volumes, classes }: Followed): void {
  claims.onChange(({ type, object }: Change<PersistentVolumeClaim>) => {
    const isBound = Boolean(object.spec?.volumeName);
    if (type === "deleted" || !(isForUs(object) || isBound)) return;
    queue.add(`claim ${keyOf(object)}`);
    const chosen = nodeChosen(object);
    if (chosen !== undefined && !isBound && !own.includes(chosen)) queue.addAfter(`lost ${keyOf(object)}`, lostMs);
  });
  volumes.onChange(({ type, object }: Change<PersistentVolume>) => {
    if (type === "deleted" || !isOurs(object)) return;
    if (own.includes(nodeOf(object) ?? "")) queue.add(`volume ${keyOf(object)}`);
    else if (isReleased(object)) queue.addAfter(`lost ${keyOf(object)}`, lostMs);
    const { claimRef } = object.spec ?? {};
    if (claimRef) queue.add(`claim ${claimRef.namespace}/${claimRef.name}`);
  });
  classes.onChange(({ type, object }) => {
    if (type === "deleted" || object.provisioner !== provisionerName) return;
    for (const claim of claims.list()) if (isForUs(claim) && !claim.spec?.volumeName) queue.add(`claim ${keyOf(claim)}`);
  });
}

/** A look at one object: what there is, what follows, done. */
class Looks {
  readonly #options: LocalPathOptions;
  readonly #follow: Followed;
  readonly #run: (steps: readonly LocalStep[]) => Promise<void>;

  constructor(options: LocalPathOptions, follow: Followed) {
    const { client, clock, log, nodes: own, disk } = options;
    const recorder = eventRecorder(client, { component: provisionerName, host: own[0] ?? "", clock, log });
    this.#options = options;
    this.#follow = follow;
    this.#run = (steps) => carryOut(steps, { client, recorder, disk });
  }

  async claim(key: string): Promise<void> {
    const { claims, volumes, classes } = this.#follow;
    const { nodes: own, root } = this.#options;
    const claim = claims.get(key);
    if (!claim) return;
    const volume = volumes.get(claim.spec?.volumeName || volumeNameOf(claim));
    const chosen = nodeChosen(claim) ?? own[0];
    const isMine = own.includes((volume ? nodeOf(volume) : chosen) ?? "");
    if (!isMine) return;
    const storageClass = classes.get(classOfClaim(claim));
    const node = volume ? undefined : await this.#node(chosen);
    try {
      await this.#run(planClaim({ claim, storageClass, node, isMine, volume, root }));
    } catch (error) {
      if (!(error instanceof DiskError) || !storageClass) throw error;
      await this.#run(giveBack(claim, storageClass, error.message));
    }
  }

  async volume(name: string): Promise<void> {
    const { client, nodes: own, root } = this.#options;
    const known = this.#follow.volumes.get(name);
    if (!known || !own.includes(nodeOf(known) ?? "")) return;
    if (!isReleased(known)) return this.#run(planVolume({ volume: known, isMine: true, hasClaim: true, root }));
    // What is gone is gone: before data are removed, the API is asked, not a copy.
    const volume = await orUndefined(client.get(persistentvolumes, { name }));
    if (!volume || volume.metadata.uid !== known.metadata.uid) return;
    const { namespace = "", name: claimName = "", uid } = volume.spec?.claimRef ?? {};
    const claim = claimName ? await orUndefined(client.get(persistentvolumeclaims, { namespace, name: claimName })) : undefined;
    await this.#run(planVolume({ volume, isMine: true, hasClaim: claim !== undefined && claim.metadata.uid === uid, root }));
  }

  /** A node that is gone has no provisioner: whoever is there does its work. Its data went with it. */
  async lost(key: string): Promise<void> {
    const volume = this.#follow.volumes.get(key);
    if (volume) {
      if (isReleased(volume) && !(await this.#node(nodeOf(volume)))) await this.#run(letGo(volume));
      return;
    }
    const claim = this.#follow.claims.get(key);
    const storageClass = claim && this.#follow.classes.get(classOfClaim(claim));
    const chosen = claim && nodeChosen(claim);
    if (!claim || !storageClass || chosen === undefined || claim.spec?.volumeName || this.#options.nodes.includes(chosen)) return;
    if (!(await this.#node(chosen))) await this.#run(giveBack(claim, storageClass, `node "${chosen}" not found`));
  }

  async #node(name: string | undefined): Promise<Node | undefined> {
    return name === undefined ? undefined : orUndefined(this.#options.client.get(nodes, { name }));
  }
}
