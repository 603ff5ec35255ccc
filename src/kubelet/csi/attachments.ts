/**
 * Waits for volumes to be attached to this node: it is told first that they are in use, so that nobody detaches what is being mounted,
 * and then the controller says in the Node's status what is attached.
 */
import { nodes, volumeattachments } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { attachmentName, type Client, uniqueVolumeName, type VolumeHandle } from "#client/mod.ts";
import { VolumesWait } from "../volumes/plugin.ts";
import type { CsiObjects } from "./objects.ts";
import type { CsiUse } from "./use.ts";

export interface AttachmentsOptions {
  client: Client;
  nodeName: string;
  objects: Pick<CsiObjects, "driver" | "known">;
  /** Writes the node's status now; it may fail. */
  report(): Promise<void>;
  /** What a pod waited for has come. */
  wake(uid: string): void;
}

export class Attachments {
  readonly #options: AttachmentsOptions;
  /** Of which the API knows that they are in use. */
  #reported: ReadonlySet<string> = new Set();
  /** Volume → pods that wait for it. */
  readonly #waiting = new Map<string, Set<string>>();

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  /** The node's status is written, with these volumes in use. */
  written(inUse: readonly string[]): void {
    this.#reported = new Set(inUse);
  }

  /** These are attached, by the Node's status. */
  attached(names: readonly string[]): void {
    for (const name of names) {
      for (const uid of this.#waiting.get(name) ?? []) this.#options.wake(uid);
      this.#waiting.delete(name);
    }
  }

  forget(uid: string): void {
    for (const [name, uids] of this.#waiting) if (uids.delete(uid) && uids.size === 0) this.#waiting.delete(name);
  }

  /** A driver that nothing is known of wants it. */
  isWanted({ driver }: VolumeHandle): boolean {
    return this.#options.objects.known(driver)?.spec?.attachRequired !== false;
  }

  /** What the attacher noted for the driver; rejects with VolumesWait while the volume is not attached. */
  async contextOf(use: CsiUse): Promise<Record<string, string>> {
    const { client, nodeName, objects, report } = this.#options;
    if (use.ephemeral || (await objects.driver(use.driver))?.spec?.attachRequired === false) return {};
    const name = uniqueVolumeName(use);
    if (!this.#reported.has(name)) await report();
    if (!this.#reported.has(name)) throw this.#wait(name, use);
    const { status } = await client.get(nodes, { name: nodeName });
    if (!status?.volumesAttached?.some((each) => each.name === name)) throw this.#wait(name, use);
    const id = attachmentName(use, nodeName);
    const attachment = await client.get(volumeattachments, { name: id }).catch((error) => {
      throw new Error(`volume ${use.handle} has GET error for volume attachment ${id}: ${messageOf(error)}`);
    });
    if (attachment.metadata.deletionTimestamp) throw new Error("volume attachment is being deleted");
    const { attached, attachError, attachmentMetadata = {} } = attachment.status ?? {};
    if (attached) return attachmentMetadata;
    throw new Error(attachError?.message ?? `volume ${use.handle} is not attached for volume attachment ${id}`);
  }

  #wait(name: string, { pod }: CsiUse): VolumesWait {
    const uids = this.#waiting.get(name) ?? new Set<string>();
    this.#waiting.set(name, uids.add(pod.metadata.uid!));
    return new VolumesWait();
  }
}
