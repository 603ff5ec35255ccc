/** Kinds that are served in two versions: stored in one, shown in the other. Everything else is stored as it is served. */
import type { Served } from "#api/mod.ts";
import { headOf, ObjectRecord, type Stored, storedBytes } from "../read/record.ts";

/** The record as the resource shows it: itself, unless it is stored in another version. */
export function viewOf({ rules, apiVersion, kind }: Served, record: ObjectRecord): ObjectRecord {
  const { storedAs } = rules;
  if (!storedAs) return record;
  return record.derive(`view ${apiVersion}`, () => {
    const head = headOf(apiVersion, kind);
    return new ObjectRecord(record.key, storedBytes(storedAs.toServed(record.object) as Stored, head), record.revision, head);
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
