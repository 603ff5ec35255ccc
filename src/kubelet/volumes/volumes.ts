/** Makes a pod's volumes on this node and keeps those that mirror objects current. */
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Pod, Volume } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { Client, NodeFacts } from "#client/mod.ts";
import type { CsiVolumes } from "../csi/volumes.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { ClaimError, type Resolved, resolve } from "./claims.ts";
import { fillOfDevice, fillOfDriver, fillOfFileSystem, fillOfFiles, measureOf, type VolumeFill } from "./fill.ts";
import { imageVolume } from "./images/image.ts";
import { ensureView, removeViews } from "./images/views.ts";
import { Ownership } from "./ownership.ts";
import { performSteps, type VolumeTools } from "./perform.ts";
import { statIfThere } from "./places.ts";
import { SetUpError, type VolumeSource, VolumesWait } from "./plugin.ts";
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
  hostIps: readonly string[];
  nodePath: Sources["nodePath"];
  allocatable(): Record<string, string>;
  /** This node, as the API has it. */
  node(): Promise<NodeFacts>;
  unmountUnder(path: string): Promise<void>;
  /** SELinux labels of files are kept on what is mounted there. */
  isLabelled(path: string): Promise<boolean>;
  csi: Pick<CsiVolumes, "ensure" | "release" | "lookAt" | "usage">;
  csiDevice: Sources["csiDevice"];
  warn(pod: Pod, reason: string, message: string): void;
  runtime: Pick<Runtime, "imageView" | "removeImageView">;
  log: Log;
}

/** A volume that cannot be had now. The message goes into an event. */
export class VolumeError extends Error {
  override name = "VolumeError";
  /** The event's. */
  readonly reason: "FailedMount" | "FailedMapVolume";
  constructor(message: string, { reason = "FailedMount", cause }: { reason?: VolumeError["reason"]; cause?: unknown } = {}) {
    super(message, { cause });
    this.reason = reason;
  }
}

export interface MountedVolume {
  path: string;
  readOnly: boolean;
  /** The path is that of a device, for containers that ask for it. */
  block: boolean;
  /** With SELinux: what is in it may be labelled for the pod. */
  relabel: boolean;
}

export class PodVolumes {
  readonly #options: VolumeOptions;
  readonly #tokens: Tokens;
  readonly #sources: Sources;
  readonly #ownership = new Ownership();
  /** Pod's uid → volume's name → what it is made of: a claim that is bound stays so as long as its pod is there. */
  readonly #resolved = new Map<string, Map<string, Resolved>>();
  /** Pod's uid → volume's name → where it is. */
  readonly #made = new Map<string, Map<string, MountedVolume & Pick<Resolved, "source" | "claim"> & { specName: string }>>();
  /** Pod's uid → since when it waits for volumes to be attached. */
  readonly #waiting = new Map<string, number>();

  constructor(options: VolumeOptions) {
    this.#options = options;
    this.#tokens = new Tokens(options.client, options.clock);
    this.#sources = {
      configMap: options.objects.configMap,
      secret: options.objects.secret,
      token: (pod, audience, seconds) => this.#tokens.get(pod, audience, seconds),
      hostIps: options.hostIps,
      nodePath: options.nodePath,
      isBlockDevice: (path) => options.foreign.run(`path ${path}`, async () => (await statIfThere(path))?.isBlockDevice() === true),
      csiDevice: options.csiDevice,
      allocatable: options.allocatable,
    };
  }

  folder(uid: string): string {
    return join(this.#options.root, uid);
  }

  /** Volume name → where it is. Called on every pass: what is right already is left alone. */
  async ensure(pod: Pod, podIps: readonly string[]): Promise<Map<string, MountedVolume>> {
    const volumes = pod.spec?.volumes ?? [];
    const resolved = await this.#resolve(pod, volumes);
    const made = new Map<string, MountedVolume>();
    const failed: [name: string, error: unknown][] = [];
    await Promise.all(
      volumes.map(async ({ name = "" }) => {
        try {
          made.set(name, await this.#ensureOne(pod, name, resolved.get(name)!, podIps));
        } catch (error) {
          failed.push([name, error]);
        }
      }),
    );
    this.#throwFirst(pod.metadata.uid!, failed);
    return made;
  }

  /** Makes the files of an image that is there be the volume. False: the runtime mounts them itself. */
  view(uid: string, volume: string, image: string): Promise<boolean> {
    return ensureView({ uid, volume, path: this.#place(uid, imageVolume.name, volume).onDisk }, image, this.#options);
  }

  /** What has failed comes before what only waits. */
  #throwFirst(uid: string, failed: readonly [name: string, error: unknown][]): void {
    const fault = failed.find(([, error]) => !(error instanceof VolumesWait));
    if (fault) throw fault[1];
    if (failed.length === 0) return void this.#waiting.delete(uid);
    const sinceMs = this.#waiting.get(uid) ?? this.#options.clock.now();
    this.#waiting.set(uid, sinceMs);
    throw new VolumesWait(
      failed.map(([name]) => name),
      sinceMs,
    );
  }

  /** It was told that the pod waits: from now on it waits anew. */
  waitsAnew(uid: string): void {
    this.#waiting.delete(uid);
  }

  /** Milliseconds since 1970 when a token of the pod, or what a driver has of it, must be looked at again. */
  refreshAt(uid: string): number | undefined {
    const times = [this.#tokens.refreshAt(uid), this.#options.csi.lookAt(uid)].filter((time) => time !== undefined);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Nothing of the pod runs any more: drivers get back what they gave it. Rejects with what stays. */
  async release(uid: string): Promise<void> {
    await this.#options.csi.release(uid);
  }

  /** Folders of volumes of the pod that count as its own storage, by volume name. */
  ownFolders(pod: Pod): Map<string, string> {
    const folders = new Map<string, string>();
    for (const { name = "", emptyDir, configMap } of pod.spec?.volumes ?? [])
      if (emptyDir || configMap) folders.set(name, this.#place(pod.metadata.uid!, emptyDir ? "empty-dir" : "configmap", name).onDisk);
    return folders;
  }

  /** How full the pod's volumes are; one that does not answer is left out, as are those of which upstream tells nothing. */
  async fills({ metadata: { uid = "", name: pod } }: Pod): Promise<VolumeFill[]> {
    const { csi, own, foreign, log } = this.#options;
    const made = [...(this.#made.get(uid) ?? [])];
    const byDriver = made.some(([, { source }]) => source.csi) ? await csi.usage(uid) : undefined;
    const all = made.map(async ([volume, { path, block, source, specName, claim }]): Promise<VolumeFill[]> => {
      const measured = {
        driver: async () => byDriver?.get(specName) && fillOfDriver(byDriver.get(specName)!),
        device: () => foreign.run(`size of ${path}`, () => fillOfDevice(path)),
        "file system": () => foreign.run(`file system of ${path}`, () => fillOfFileSystem(path)),
        files: () => own.run(`files of ${path}`, () => fillOfFiles(path)),
      };
      try {
        const measure = measureOf(source, block);
        const fill = measure && (await measured[measure]());
        return fill ? [{ volume, fill, ...(claim ? { claim } : {}) }] : [];
      } catch (error) {
        log.debug("kubelet: a volume was not measured", { pod, volume, error: messageOf(error) });
        return [];
      }
    });
    return (await Promise.all(all)).flat();
  }

  async remove(uid: string): Promise<void> {
    await this.release(uid);
    this.#waiting.delete(uid);
    this.#tokens.forget(uid);
    this.#resolved.delete(uid);
    this.#made.delete(uid);
    const { own, memoryRoot, unmountUnder, runtime } = this.#options;
    const folder = this.folder(uid);
    const isThere = await access(folder).then(
      () => true,
      () => false,
    );
    if (!isThere) return;
    await unmountUnder(folder);
    await removeViews(uid, folder, runtime);
    await own.run(`removal of ${folder}`, async () => {
      await rm(join(memoryRoot, uid), { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    });
  }

  /** Claims are followed to the volumes that they are bound to; once for a pod. */
  async #resolve(pod: Pod, volumes: readonly Volume[]): Promise<Map<string, Resolved>> {
    const uid = pod.metadata.uid!;
    const known = this.#resolved.get(uid) ?? new Map<string, Resolved>();
    const all = new Map(known);
    const failed = new Map<string, string>();
    await Promise.all(
      volumes.map(async (volume) => {
        const { name = "" } = volume;
        if (known.has(name)) return;
        try {
          const found = await resolve(pod, volume, this.#options.client, this.#options.node);
          all.set(name, found);
          if (found.persistent) known.set(name, found);
        } catch (error) {
          if (!(error instanceof ClaimError)) throw setUpFailed(name, error);
          failed.set(name, error.message);
        }
      }),
    );
    if (known.size > 0) this.#resolved.set(uid, known);
    if (failed.size === 0) return all;
    const names = [...failed.keys()].sort().join(" ");
    throw new VolumeError(
      `Unable to attach or mount volumes: unmounted volumes=[${names}], unattached volumes=[], failed to process volumes=[${names}]: ` +
        [...failed.values()].join("; "),
    );
  }

  async #ensureOne(pod: Pod, name: string, resolved: Resolved, podIps: readonly string[]): Promise<MountedVolume> {
    const { source, readOnly, persistent, block, name: specName, claim } = resolved;
    try {
      const shared = persistent && this.#isUsedElsewhere(pod.metadata.uid!, specName);
      if (shared && resolved.exclusive)
        throw new SetUpError(
          block ? "MapVolume.SetUpDevice" : "MountVolume.SetUp",
          "volume uses the ReadWriteOncePod access mode and is already in use by another pod",
        );
      const plugin = volumePlugins.find((each) => each.can(source));
      if (!plugin) throw new Error(unsupported(source));
      if (block && !plugin.blocks)
        throw new SetUpError(
          "MapVolume.FindMapperPluginBySpec",
          `volumes of type ${plugin.name} cannot be block devices: local ones and those of CSI drivers can`,
        );
      const place = this.#place(pod.metadata.uid!, plugin.name, name);
      const wanted = { pod, name, source, readOnly, persistent, specName, block, shared, podIps, ...place, ...(claim ? { claim } : {}) };
      const plan = await plugin.plan(wanted, this.#sources);
      const warn = (reason: string, message: string) => this.#options.warn(pod, reason, message);
      await performSteps(plan.steps, { ...this.#options, ownership: this.#ownership, warn });
      const isWritten = !plan.readOnly && !readOnly;
      const relabel =
        plugin.relabel === "always" ||
        (plugin.relabel === "written" && isWritten) ||
        (plugin.relabel === "labelled" && isWritten && !block && (await this.#options.isLabelled(plan.path)));
      const mounted = { path: plan.path, readOnly: plan.readOnly, block, relabel };
      const ofPod = this.#made.get(pod.metadata.uid!) ?? new Map();
      this.#made.set(pod.metadata.uid!, ofPod.set(name, { ...mounted, source, specName, ...(claim ? { claim } : {}) }));
      return mounted;
    } catch (error) {
      if (error instanceof VolumesWait) throw error;
      throw setUpFailed(specName, error);
    }
  }

  #isUsedElsewhere(uid: string, volume: string): boolean {
    for (const [other, volumes] of this.#resolved)
      if (other !== uid) for (const each of volumes.values()) if (each.persistent && each.name === volume) return true;
    return false;
  }

  #place(uid: string, plugin: string, name = ""): { onDisk: string; inMemory: string } {
    const below = join("volumes", `kubernetes.io~${plugin}`, name);
    return { onDisk: join(this.folder(uid), below), inMemory: join(this.#options.memoryRoot, uid, below) };
  }
}

function setUpFailed(name: string, error: unknown): VolumeError {
  const { stage, volume } = error instanceof SetUpError ? error : { stage: "MountVolume.SetUp", volume: undefined };
  return new VolumeError(`${stage}${stage.includes(" failed") ? "" : " failed"} for volume "${volume ?? name}" : ${messageOf(error)}`, {
    reason: stage.startsWith("MapVolume.") ? "FailedMapVolume" : "FailedMount",
    cause: error,
  });
}

/** Of a volume's words those that do not say its type. */
const notTypes = new Set([
  "name",
  "capacity",
  "accessModes",
  "claimRef",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "mountOptions",
  "volumeMode",
  "nodeAffinity",
  "volumeAttributesClassName",
]);

function unsupported(source: VolumeSource): string {
  const kind = Object.keys(source).find((key) => !notTypes.has(key));
  return `volumes of type ${kind} are not supported on this node: use emptyDir, hostPath, configMap, secret, downwardAPI, projected, image, nfs, csi or a claim bound to a hostPath, local, nfs or csi volume`;
}
