/** Kinds whose stored form is not the one that is shown. Everything else is stored as it is served. */
import type { Served } from "#api/mod.ts";
import { headOf, ObjectRecord, type Stored, storedBytes } from "../read/record.ts";

/** The record as the resource shows it: itself, unless it is stored in another version. Of some kinds `converted` must be asked first. */
export function viewOf({ rules, apiVersion, kind }: Served, record: ObjectRecord): ObjectRecord {
  const { storedAs } = rules;
  if (!storedAs) return record;
  return record.view(apiVersion, storedAs, () => {
    const { object } = record;
    if (storedAs.isServed?.(object)) return record;
    if (storedAs.convert && object.apiVersion !== apiVersion) throw new Error(`${record.key} was not converted to ${apiVersion}`);
    return shownAs({ apiVersion, kind }, record, storedAs.toServed(record.copy()) as Stored);
  });
}

function shownAs({ apiVersion, kind }: Pick<Served, "apiVersion" | "kind">, { key, revision }: ObjectRecord, object: Stored): ObjectRecord {
  const head = headOf(apiVersion, kind);
  return new ObjectRecord(key, storedBytes(object, head), revision, head);
}

/** Has those records converted that this server cannot convert by itself, all at once; undefined when every one can be shown. */
export function converted({ rules, apiVersion, kind }: Served, records: Iterable<ObjectRecord>): Promise<void> | undefined {
  const { storedAs } = rules;
  const { convert } = storedAs ?? {};
  if (!storedAs || !convert) return undefined;
  const waiting = [...records].filter((record) => record.object.apiVersion !== apiVersion && !record.hasView(apiVersion, storedAs));
  if (waiting.length === 0) return undefined;
  const ask = async () => {
    const answers = await convert(
      waiting.map((record) => record.copy()),
      apiVersion,
    );
    for (const [index, record] of waiting.entries())
      record.view(apiVersion, storedAs, () => shownAs({ apiVersion, kind }, record, storedAs.toServed(answers[index]!) as Stored));
  };
  return ask();
}

/** The record as the resource shows it, whoever must be asked. */
export function shown(definition: Served, record: ObjectRecord): ObjectRecord | Promise<ObjectRecord> {
  const pending = converted(definition, [record]);
  return pending ? pending.then(() => viewOf(definition, record)) : viewOf(definition, record);
}

/** The object in the version that is stored. */
export function storedForm({ rules, apiVersion }: Served, object: Stored): Stored | Promise<Stored> {
  const { storedAs } = rules;
  if (!storedAs) return object;
  const { convert, resource } = storedAs;
  if (!convert || apiVersion === resource.apiVersion) return storedAs.toStored(object) as Stored;
  return convert([object], resource.apiVersion).then(([answer]) => storedAs.toStored(answer!) as Stored);
}

/** The object, which is of `from`, as another version or name of the same kind shows it. */
export function convertedTo(to: Served, from: Served, object: Stored): Stored {
  const { storedAs } = from.rules;
  if (storedAs?.convert) {
    const what = `${from.kind} of ${from.apiVersion}`;
    throw new Error(`an admission webhook is not shown ${what} as ${to.apiVersion} yet: a webhook converts them`);
  }
  const stored = storedAs ? (storedAs.toStored(structuredClone(object)) as Stored) : object;
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
