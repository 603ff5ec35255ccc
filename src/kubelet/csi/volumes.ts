/**
 * The node's volumes of CSI drivers: set up for pods, kept current, and taken down when a pod is over; what is staged for the node goes
 * with its last pod. What there is stands in notes on the disk, so that a kubelet that starts anew forgets nothing.
 */
import { backoffMs, messageOf } from "#base/mod.ts";
import { uniqueVolumeName, type VolumeHandle } from "#client/mod.ts";
import { SetUpError, VolumesWait } from "../volumes/plugin.ts";
import type { Attachments } from "./attachments.ts";
import { publishDevice, stageDevice, unpublishDevice, unstageDevice } from "./devices.ts";
import type { VolumeUsage } from "./driver.ts";
import { expandOnNode, isLess, sizesOf } from "./expand.ts";
import { type Own, publishFolder, stageFolder, unpublishFolder, unstageFolder } from "./folders.ts";
import { capability } from "./messages.ts";
import type { Stage } from "./places.ts";
import type { CsiTools } from "./tools.ts";
import type { CsiUse } from "./use.ts";

/** How often what pods have is looked at again: upstream's period of syncing pods. */
const lookMs = 60_000;
const unstageRetry = { baseMs: 500, maxMs: 122_000 };

/** A volume that a pod has. */
interface Live {
  use: CsiUse;
  own: Own;
  /** On the clock. */
  lookedAt: number;
  isLooking: boolean;
  /** Of what is in it; unknown: it was not asked for. */
  size?: string;
  /** To which it does not grow here, and that is settled. */
  settled?: string;
  failedToGrow: boolean;
}

export interface CsiVolumesOptions extends CsiTools {
  attachments: Attachments;
  /** What is in use is another set than before. */
  changed(): void;
}

export class CsiVolumes {
  readonly #tools: CsiVolumesOptions;
  /** Pod's uid → PersistentVolume's or own name → what it has. */
  readonly #live = new Map<string, Map<string, Live>>();
  /** Volume → pods that have or want it. */
  readonly #users = new Map<string, Set<string>>();
  /** Those of them that pods describe themselves. */
  readonly #inline = new Set<string>();
  /** Volume → what is staged of it, or may be. */
  readonly #stages = new Map<string, Stage & { ready: boolean; failures: number; notBefore: number }>();
  /** One thing at a time for each volume. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: CsiVolumesOptions) {
    this.#tools = options;
  }

  /** Before anything is done: what a kubelet before this one left. */
  async load(): Promise<void> {
    const { places } = this.#tools;
    for (const [uid, held] of await places.all()) for (const each of held) this.#note(each, uid);
    for (const stage of await places.staged())
      this.#stages.set(uniqueVolumeName(stage), { ...stage, ready: false, failures: 0, notBefore: 0 });
  }

  /** Names of volumes that are not to be detached. */
  inUse(): string[] {
    const { attachments } = this.#tools;
    const names = new Set(this.#stages.keys());
    for (const [name, uids] of this.#users) if (uids.size > 0) names.add(name);
    return [...names].filter((name) => !this.#inline.has(name) && attachments.isWanted({ driver: driverIn(name), handle: "" })).sort();
  }

  /** Whether the pod has something that must be taken down. */
  holds(uid: string): boolean {
    return [...this.#users.values()].some((uids) => uids.has(uid));
  }

  /** When volumes of the pod are looked at again, milliseconds since 1970. */
  lookAt(uid: string): number | undefined {
    const times = [...(this.#live.get(uid)?.values() ?? [])]
      .filter((each) => this.#isLookedAfter(each))
      .map(({ lookedAt }) => lookedAt + lookMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  #isLookedAfter({ use }: Live): boolean {
    return !use.ephemeral || this.#tools.objects.known(use.driver)?.spec?.requiresRepublish === true;
  }

  /** Called on every pass: what is there already is looked at only from time to time. */
  async ensure(use: CsiUse, own: Own): Promise<void> {
    const uid = use.pod.metadata.uid!;
    const live = this.#live.get(uid)?.get(use.specName);
    if (live) {
      live.use = use;
      if (!live.isLooking && this.#isLookedAfter(live) && this.#tools.clock.now() - live.lookedAt >= lookMs) void this.#look(live);
      return;
    }
    const name = uniqueVolumeName(use);
    const isNew = !use.ephemeral && this.#usersOf(name).size === 0 && !this.#stages.has(name);
    this.#note(use, uid);
    if (isNew) this.#tools.changed();
    const made = await this.#inTurn(name, () => this.#setUp(use, own));
    const mine = this.#live.get(uid) ?? new Map<string, Live>();
    this.#live.set(uid, mine.set(use.specName, made));
  }

  async #setUp(use: CsiUse, own: Own): Promise<Live> {
    const { attachments, clock } = this.#tools;
    const context = await attachments.contextOf(use).catch((error) => {
      if (error instanceof VolumesWait) throw error;
      throw new SetUpError(use.block ? "MapVolume.WaitForAttach" : "MountVolume.WaitForAttach", messageOf(error));
    });
    if (!use.ephemeral) await this.#stage(use, context);
    if (use.block) await publishDevice(use, context, this.#tools);
    else await publishFolder(use, context, { again: false, own }, this.#tools);
    const live: Live = { use, own, lookedAt: clock.now(), isLooking: false, failedToGrow: false };
    if (use.claim) await this.#growAtMount(live);
    return live;
  }

  async #stage(use: CsiUse, context: Record<string, string>): Promise<void> {
    const name = uniqueVolumeName(use);
    if (this.#stages.get(name)?.ready) return;
    const { driver, handle, specName } = use;
    // Known before it is made: whatever comes of it is taken down again.
    const stage = { driver, handle, ...(use.block ? { device: specName } : {}), ready: false, failures: 0, notBefore: 0 };
    this.#stages.set(name, stage);
    await (use.block ? stageDevice : stageFolder)(use, context, this.#tools);
    stage.ready = true;
  }

  async #growAtMount(live: Live): Promise<void> {
    const { use } = live;
    try {
      const sizes = await sizesOf(use, this.#tools);
      live.size = sizes.have;
      if (isLess(sizes.have, sizes.want)) await this.#grow(live, sizes);
    } catch (error) {
      const step = use.block ? "MapVolume.MarkVolumeAsMounted" : "MountVolume.Setup";
      throw new SetUpError(`${step} failed while expanding volume`, messageOf(error));
    }
  }

  async #grow(live: Live, sizes: Awaited<ReturnType<typeof sizesOf>>): Promise<void> {
    const { use } = live;
    const { places } = this.#tools;
    const uid = use.pod.metadata.uid!;
    const paths = use.block
      ? { path: places.publishedDevice(uid, use.specName), stagingPath: places.stagingOf(use.specName) }
      : { path: places.target(uid, use.specName), stagingPath: places.globalMount(use) };
    try {
      const { size, finished } = await expandOnNode(use, sizes, { from: live.size!, failedBefore: live.failedToGrow, paths }, this.#tools);
      live.size = size;
      if (finished) live.settled = sizes.want;
    } catch (error) {
      live.failedToGrow = true;
      throw error;
    }
  }

  /** Beside the pod's work: what the driver says is told, and the pod runs on. */
  async #look(live: Live): Promise<void> {
    const { attachments, clock, objects, tell, log } = this.#tools;
    const { use, own } = live;
    live.isLooking = true;
    live.lookedAt = clock.now();
    const name = JSON.stringify(use.specName);
    try {
      await this.#inTurn(uniqueVolumeName(use), async () => {
        if (this.#live.get(use.pod.metadata.uid!)?.get(use.specName) !== live) return;
        if (!use.block && (await objects.driver(use.driver))?.spec?.requiresRepublish)
          await attachments
            .contextOf(use)
            .then((context) => publishFolder(use, context, { again: true, own }, this.#tools))
            .catch((error) => tell(use.pod, "Warning", "FailedMount", `MountVolume.SetUp failed for volume ${name} : ${messageOf(error)}`));
        if (!use.claim) return;
        const sizes = await sizesOf(use, this.#tools);
        live.size ??= sizes.have;
        if (live.settled === sizes.want || !isLess(live.size, sizes.want)) return;
        await this.#grow(live, sizes).catch((error) =>
          tell(
            use.pod,
            "Warning",
            "VolumeResizeFailed",
            `NodeExpandVolume.NodeExpandVolume failed for volume ${name} : ${messageOf(error)}`,
          ),
        );
      });
    } catch (error) {
      log.debug("kubelet: a CSI volume was not looked at", { volume: use.specName, error: messageOf(error) });
    } finally {
      live.isLooking = false;
    }
  }

  /** Nothing of the pod runs any more: all that it has is taken down. Rejects with what stays, to be tried again. */
  async release(uid: string): Promise<void> {
    const { places, attachments, objects } = this.#tools;
    if (!this.holds(uid)) return;
    this.#live.delete(uid);
    attachments.forget(uid);
    objects.forget(uid);
    const wanted = [...this.#users].filter(([, uids]) => uids.has(uid)).map(([name]) => name);
    for (const held of await places.heldBy(uid))
      await this.#inTurn(uniqueVolumeName(held), async () => {
        const { specName, handle, block } = held;
        const driver = this.#driver(held, block ? "blockMapper.UnmapPodDevice" : "Unmounter.TearDownAt");
        await (block ? unpublishDevice : unpublishFolder)(uid, specName, driver, handle, this.#tools);
      });
    for (const name of wanted) {
      this.#users.get(name)?.delete(uid);
      if (this.#users.get(name)?.size !== 0) continue;
      this.#users.delete(name);
      this.#inline.delete(name);
    }
    await this.sweep();
    this.#tools.changed();
  }

  #driver({ driver }: VolumeHandle, who: string) {
    try {
      return this.#tools.drivers.find(driver);
    } catch (error) {
      throw new Error(`kubernetes.io/csi: ${who} failed to get CSI client: ${messageOf(error)}`);
    }
  }

  /** What no pod uses any more is taken from the node; what fails is tried again later. */
  async sweep(): Promise<void> {
    const { clock, log, drivers, changed } = this.#tools;
    for (const [name, stage] of this.#stages) {
      if (this.#users.has(name) || stage.notBefore > clock.monotonic() || !drivers.has(stage.driver)) continue;
      await this.#inTurn(name, async () => {
        if (this.#users.has(name) || this.#stages.get(name) !== stage) return;
        try {
          const driver = drivers.find(stage.driver);
          if (stage.device) await unstageDevice(stage.device, driver, stage.handle, this.#tools);
          else await unstageFolder(driver, stage.handle, this.#tools);
          this.#stages.delete(name);
          changed();
        } catch (error) {
          stage.ready = false;
          stage.notBefore = clock.monotonic() + backoffMs(++stage.failures, unstageRetry);
          log.warn("kubelet: a CSI volume stays on the node", { volume: name, error: messageOf(error) });
        }
      });
    }
  }

  /** A driver has come: what waited for it is tried at once. */
  usersOfDriver(driver: string): string[] {
    for (const stage of this.#stages.values()) if (stage.driver === driver) stage.notBefore = 0;
    return [...this.#users].filter(([name]) => driverIn(name) === driver).flatMap(([, uids]) => [...uids]);
  }

  /** Of the pod's volumes whose driver counts: name in the pod's folder → what the driver says. */
  async usage(uid: string): Promise<Map<string, VolumeUsage[]>> {
    const { places, drivers, log } = this.#tools;
    const all = new Map<string, VolumeUsage[]>();
    for (const { use } of this.#live.get(uid)?.values() ?? []) {
      try {
        const driver = drivers.find(use.driver);
        if (!(await driver.capabilities()).has(capability.volumeStats)) continue;
        const path = use.block ? places.publishedDevice(uid, use.specName) : places.target(uid, use.specName);
        all.set(use.specName, await driver.usage(use.handle, path));
      } catch (error) {
        log.debug("kubelet: a CSI volume was not measured", { volume: use.specName, error: messageOf(error) });
      }
    }
    return all;
  }

  #note(volume: VolumeHandle & { ephemeral: boolean }, uid: string): void {
    const name = uniqueVolumeName(volume);
    this.#usersOf(name).add(uid);
    if (volume.ephemeral) this.#inline.add(name);
  }

  #usersOf(name: string): Set<string> {
    const known = this.#users.get(name);
    if (known) return known;
    const made = new Set<string>();
    this.#users.set(name, made);
    return made;
  }

  #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#turns.get(name) ?? Promise.resolve()).then(work);
    const settled = done
      .catch(() => {})
      .finally(() => {
        if (this.#turns.get(name) === settled) this.#turns.delete(name);
      });
    this.#turns.set(name, settled);
    return done;
  }
}

/** Of `kubernetes.io/csi/driver^handle`. */
const driverIn = (name: string) => name.slice(name.lastIndexOf("/", name.indexOf("^")) + 1, name.indexOf("^"));
