/** Makes a pod's volumes on this node and keeps those that mirror objects current. */
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  type Volume,
} from "#api/mod.ts";
import { type Clock, messageOf } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { performSteps, type VolumeTools } from "./perform.ts";
import type { VolumeSource } from "./plugin.ts";
import { volumePlugins } from "./plugins.ts";
import type { Sources } from "./sources.ts";
import { Tokens } from "./tokens.ts";

export interface VolumeOptions extends VolumeTools {
  client: Client;
  clock: Clock;
  objects: Pick<Sources, "configMap" | "secret">;
  /** Where pods' folders are. */
  root: string;
  /** Where those volumes are that never reach a disk: one tmpfs for all of them, since a mount each would cost a process each. */
  memoryRoot: string;
  hostIp: string;
  allocatable(): Record<string, string>;
  unmountUnder(path: string): Promise<void>;
}

/** A volume that cannot be had now. The message goes into a FailedMount event. */
export class VolumeError extends Error {
  override name = "VolumeError";
}

export interface MountedVolume {
  path: string;
  readOnly: boolean;
}

export class PodVolumes {
  readonly #options: VolumeOptions;
  readonly #tokens: Tokens;
  readonly #sources: Sources;

  constructor(options: VolumeOptions) {
    this.#options = options;
    this.#tokens = new Tokens(options.client, options.clock);
    this.#sources = {
      configMap: options.objects.configMap,
      secret: options.objects.secret,
      token: (pod, audience, seconds) => this.#tokens.get(pod, audience, seconds),
      hostIp: options.hostIp,
      allocatable: options.allocatable,
    };
  }

  folder(uid: string): string {
    return join(this.#options.root, uid);
  }

  /** Volume name → where it is. Called on every pass: what is right already is left alone. */
  async ensure(pod: Pod, podIp: string): Promise<Map<string, MountedVolume>> {
    const made = await Promise.all(
      (pod.spec?.volumes ?? []).map(async (volume) => [volume.name ?? "", await this.#ensureOne(pod, volume, podIp)] as const),
    );
    return new Map(made);
  }

  /** Milliseconds since 1970 when some token of the pod must be fetched anew. */
  refreshAt(uid: string): number | undefined {
    return this.#tokens.refreshAt(uid);
  }

  /** Folders of volumes of the pod that count as its own storage, by volume name. */
  ownFolders(pod: Pod): Map<string, string> {
    const empty = (pod.spec?.volumes ?? []).filter((volume) => volume.emptyDir);
    return new Map(empty.map((volume) => [volume.name ?? "", this.#place(pod.metadata.uid!, "empty-dir", volume.name).onDisk]));
  }

  async remove(uid: string): Promise<void> {
    this.#tokens.forget(uid);
    const { own, memoryRoot, unmountUnder } = this.#options;
    const folder = this.folder(uid);
    const isThere = await access(folder).then(
      () => true,
      () => false,
    );
    if (!isThere) return;
    await unmountUnder(folder);
    await own.run(`removal of ${folder}`, async () => {
      await rm(join(memoryRoot, uid), { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    });
  }

  async #ensureOne(pod: Pod, volume: Volume, podIp: string): Promise<MountedVolume> {
    const { name = "" } = volume;
    try {
      const { source, readOnly } = await this.#sourceOf(pod, volume);
      const plugin = volumePlugins.find((each) => each.can(source));
      if (!plugin) throw new Error(unsupported(source));
      const place = this.#place(pod.metadata.uid!, plugin.name, name);
      const plan = await plugin.plan({ pod, name, source, readOnly, podIp, ...place }, this.#sources);
      await performSteps(plan.steps, this.#options);
      return { path: plan.path, readOnly: plan.readOnly };
    } catch (error) {
      throw new VolumeError(`MountVolume.SetUp failed for volume "${name}" : ${messageOf(error)}`, { cause: error });
    }
  }

  #place(uid: string, plugin: string, name = ""): { onDisk: string; inMemory: string } {
    const below = join("volumes", `kubernetes.io~${plugin}`, name);
    return { onDisk: join(this.folder(uid), below), inMemory: join(this.#options.memoryRoot, uid, below) };
  }

  /** A claim is followed to the volume that it is bound to. */
  async #sourceOf(pod: Pod, volume: Volume): Promise<{ source: VolumeSource; readOnly: boolean }> {
    const { persistentVolumeClaim, ephemeral } = volume;
    if (!persistentVolumeClaim && !ephemeral) return { source: volume, readOnly: false };
    const { client } = this.#options;
    const name = persistentVolumeClaim?.claimName ?? `${pod.metadata.name}-${volume.name}`;
    const claim: PersistentVolumeClaim = await client.get(persistentvolumeclaims, { namespace: pod.metadata.namespace!, name });
    if (ephemeral && !claim.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === pod.metadata.uid))
      throw new Error(
        `PVC ${claim.metadata.namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`,
      );
    if (!claim.spec?.volumeName || claim.status?.phase !== "Bound") throw new Error(`persistentvolumeclaim "${name}" is not bound yet`);
    const bound: PersistentVolume = await client.get(persistentvolumes, { name: claim.spec.volumeName });
    if (bound.spec?.claimRef?.uid !== claim.metadata.uid)
      throw new Error(`PVC ${claim.metadata.namespace}/${name} does not match PV ${bound.metadata.name}'s claimRef`);
    if (claim.spec.volumeMode === "Block")
      throw new Error(`volume ${bound.metadata.name} has volumeMode Block, which this node does not support`);
    return { source: bound.spec!, readOnly: persistentVolumeClaim?.readOnly === true };
  }
}

function unsupported(source: VolumeSource): string {
  const known = new Set([
    "name",
    "capacity",
    "accessModes",
    "claimRef",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "mountOptions",
    "volumeMode",
  ]);
  const kind = Object.keys(source).find((key) => !known.has(key));
  return `volumes of type ${kind} are not supported on this node: use emptyDir, hostPath, configMap, secret, downwardAPI, projected or a claim bound to a hostPath or local volume`;
}
