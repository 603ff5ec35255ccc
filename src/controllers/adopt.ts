/** A controller owns what matches its selector: it adopts orphans that match and lets go of its own that no longer do. */
import type { KubeObject, Resource } from "#api/mod.ts";
import { type Client, controllerOf, controllerReference, isInvalid, isNotFound } from "#client/mod.ts";
import { matchesLabels, type Selector } from "#codec/mod.ts";

export interface AdoptOptions<T> {
  client: Client;
  resource: Resource<T>;
  owner: KubeObject;
  selector: Selector;
  candidates: readonly T[];
  /** Reads the owner anew: one that is being deleted must not adopt. */
  ownerNow(): Promise<KubeObject | undefined>;
}

/** The objects that the owner controls after adopting and releasing. */
export async function adopt<T extends KubeObject>({
  client,
  resource,
  owner,
  selector,
  candidates,
  ownerNow,
}: AdoptOptions<T>): Promise<T[]> {
  const own: T[] = [];
  let mayAdopt: boolean | undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = matchesLabels(selector, object.metadata.labels);
    const ref = { name: object.metadata.name!, namespace: object.metadata.namespace! };
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches) own.push(object);
      else if (!owner.metadata.deletionTimestamp) await release(client, resource, ref, object, owner);
      continue;
    }
    if (!matches || owner.metadata.deletionTimestamp || object.metadata.deletionTimestamp) continue;
    if (mayAdopt === undefined) {
      const now = await ownerNow();
      mayAdopt = now !== undefined && now.metadata.uid === owner.metadata.uid && !now.metadata.deletionTimestamp;
    }
    if (!mayAdopt) continue;
    try {
      const patch = { metadata: { uid: object.metadata.uid, ownerReferences: [controllerReference(owner)] } };
      own.push(await client.patch(resource, ref, "strategic", patch));
    } catch (error) {
      if (!isNotFound(error) && !isInvalid(error)) throw error;
    }
  }
  return own;
}

async function release<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  ref: { name: string; namespace: string },
  object: T,
  owner: KubeObject,
): Promise<void> {
  try {
    const patch = { metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }] } };
    await client.patch(resource, ref, "strategic", patch);
  } catch (error) {
    // Gone, or another object of that name: nothing is left to release.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
