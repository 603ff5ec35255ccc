/**
 * What the API does not say and is remembered between looks: since when nobody wants a volume, what its pods have been told, which
 * node is about to get one that only one may have. Forgotten with the attachment; a new leader begins with nothing, as upstream's.
 */
import type { VolumeAttachment } from "#api/mod.ts";
import type { Outcome } from "#client/mod.ts";
import { attachPatienceMs, type News } from "./plan.ts";

interface Note {
  unwantedSince?: number;
  /** Names what was told last. */
  told?: string;
  /** Since when the attacher says nothing, or when pods were told of that last. */
  silentSince?: number;
}

export class Memory {
  /** By node and attachment. */
  readonly #notes = new Map<string, Map<string, Note>>();
  /** Volumes that one node may have, and which is to get them: from the plan until the copies show the attachment. */
  readonly #taken = new Map<string, string>();
  readonly #inUse = new Map<string, readonly string[]>();
  /** Detachments by force since the start, by reason. */
  readonly forced = new Map<string, number>();

  countForced(tried: readonly { attachmentName: string; reason: string }[], { failures }: Outcome): void {
    const failed = new Set(failures.map(({ step }) => (step.do === "delete" ? step.ref.name : "")));
    for (const { attachmentName, reason } of tried)
      if (!failed.has(attachmentName)) this.forced.set(reason, (this.forced.get(reason) ?? 0) + 1);
  }

  unwantedFor(node: string, attachment: string, isWanted: boolean, nowMs: number): number {
    const note = this.#note(node, attachment);
    if (isWanted) delete note.unwantedSince;
    else note.unwantedSince ??= nowMs;
    return isWanted ? 0 : nowMs - note.unwantedSince!;
  }

  /** Once for each thing that there is to tell. */
  news(node: string, name: string, facts: { isHeld: boolean; attachment: VolumeAttachment | undefined; silence: string }, nowMs: number) {
    const note = this.#note(node, name);
    const found = newsOf(facts, note, nowMs);
    if (!found) {
      if (!facts.attachment || facts.attachment.status?.attached) {
        delete note.told;
        delete note.silentSince;
      }
      return undefined;
    }
    if (found.key === note.told) return undefined;
    note.told = found.key;
    if (found.isSilence) note.silentSince = nowMs;
    return found.news;
  }

  /** The node that is to get the volume: this one, unless another was first. */
  take(volume: string, node: string): string {
    const holder = this.#taken.get(volume) ?? node;
    this.#taken.set(volume, holder);
    return holder;
  }

  release(volume: string, node: string): void {
    if (this.#taken.get(volume) === node) this.#taken.delete(volume);
  }

  /** Of a node that is gone: what it said last. */
  inUse(node: string, now: readonly string[] | undefined): readonly string[] | undefined {
    if (now) this.#inUse.set(node, now);
    return this.#inUse.get(node);
  }

  /** Keeps what is said of these volumes of the node, and nothing of others. */
  keep(node: string, attachments: ReadonlySet<string>, volumes: ReadonlySet<string>, isThere: boolean): void {
    const notes = this.#notes.get(node);
    for (const name of notes?.keys() ?? []) if (!attachments.has(name)) notes!.delete(name);
    if (notes?.size === 0) this.#notes.delete(node);
    if (!isThere && attachments.size === 0) this.#inUse.delete(node);
    for (const [volume, holder] of this.#taken) if (holder === node && !volumes.has(volume)) this.#taken.delete(volume);
  }

  #note(node: string, attachment: string): Note {
    let notes = this.#notes.get(node);
    if (!notes) this.#notes.set(node, (notes = new Map()));
    let note = notes.get(attachment);
    if (!note) notes.set(attachment, (note = {}));
    return note;
  }
}

type Facts = Parameters<Memory["news"]>[2];

function newsOf(
  { isHeld, attachment, silence }: Facts,
  note: Note,
  nowMs: number,
): { key: string; news: News; isSilence?: true } | undefined {
  if (!attachment) return isHeld ? { key: "held", news: { held: true } } : undefined;
  const { metadata, status } = attachment;
  if (metadata.deletionTimestamp) return { key: `going ${metadata.uid}`, news: { error: "volume attachment is being deleted" } };
  if (status?.attached) return undefined;
  const error = status?.attachError;
  if (error) return { key: `${error.time} ${error.message}`, news: { error: error.message ?? "" } };
  note.silentSince ??= nowMs;
  return nowMs - note.silentSince >= attachPatienceMs ? { key: `silent ${nowMs}`, news: { error: silence }, isSilence: true } : undefined;
}
