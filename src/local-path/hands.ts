/** Carries out a provisioner's steps: folders on the disk, objects in the API. */
import { persistentvolumeclaims, persistentvolumes } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { type Client, type EventRecorder, isAlreadyExists } from "#client/mod.ts";
import type { Disk } from "./disk.ts";
import type { LocalStep } from "./plan.ts";

/** The folder could not be made: another node may do better. */
export class DiskError extends Error {
  override name = "DiskError";
}

interface Tools {
  client: Client;
  recorder: EventRecorder;
  disk: Disk;
}

type Perform<D extends LocalStep["do"]> = (step: Extract<LocalStep, { do: D }>, tools: Tools) => Promise<unknown>;

const perform: { [D in LocalStep["do"]]: Perform<D> } = {
  async make({ path }, { disk }) {
    try {
      await disk.make(path);
    } catch (cause) {
      throw new DiskError(messageOf(cause), { cause });
    }
  },
  remove: ({ path }, { disk }) => disk.remove(path),
  async create({ volume, path }, { client, disk }) {
    try {
      await client.create(persistentvolumes, volume);
    } catch (error) {
      if (isAlreadyExists(error)) return;
      await disk.removeEmpty(path);
      throw error;
    }
  },
  write: ({ volume }, { client }) => client.update(persistentvolumes, volume),
  erase: ({ volume: { metadata } }, { client }) =>
    client.delete(persistentvolumes, { name: metadata.name! }, { preconditions: { uid: metadata.uid } }),
  claim: ({ claim }, { client }) => client.update(persistentvolumeclaims, claim),
  status: ({ claim }, { client }) => client.updateStatus(persistentvolumeclaims, claim),
  tell: async ({ about, type, reason, message }, { recorder }) => recorder.event(about, type, reason, message),
};

/** In order; the first failure ends it. */
export async function carryOut(steps: readonly LocalStep[], tools: Tools): Promise<void> {
  // The entry of a step's own word takes just that step: the compiler cannot follow it through the union.
  for (const step of steps) await (perform[step.do] as Perform<LocalStep["do"]>)(step as never, tools);
}
