/** Kinds whose stored form is not the one that is shown. Everything else is stored as it is served. */
import type { Served } from "#api/mod.ts";
import { headOf, ObjectRecord, type Stored, storedBytes } from "../read/record.ts";

/** The record as the resource shows it: itself, unless it is stored in another version. */
export function viewOf({ rules, apiVersion, kind }: Served, record: ObjectRecord): ObjectRecord {
  const { storedAs } = rules;
  if (!storedAs) return record;
  return record.view(apiVersion, storedAs, () => {
    if (storedAs.isServed?.(record.object)) return record;
    const head = headOf(apiVersion, kind);
    return new ObjectRecord(record.key, storedBytes(storedAs.toServed(record.copy()) as Stored, head), record.revision, head);
  });
}

/** The object in the version that is stored. */
export function storedForm({ rules }: Served, object: Stored): Stored {
  return rules.storedAs ? (rules.storedAs.toStored(object) as Stored) : object;
}

/** The object, which is of `from`, as another version or name of the same kind shows it. */
export function convertedTo(to: Served, from: Served, object: Stored): Stored {
  const stored = from.rules.storedAs ? storedForm(from, structuredClone(object)) : object;
  const shown = to.rules.storedAs ? (to.rules.storedAs.toServed(stored) as Stored) : stored;
  return { ...shown, apiVersion: to.apiVersion, kind: to.kind };
}

const heads = new WeakMap<object, Buffer>();

/** What the bytes of a stored object of the kind begin with. */
export function storedHead(definition: Pick<Served, "rules" | "apiVersion" | "kind">): Buffer {
  const stored = definition.rules.storedAs?.resource ?? definition;
  let head = heads.get(stored);
  if (!head) heads.set(stored, (head = headOf(stored.apiVersion, stored.kind)));
  return head;
}
