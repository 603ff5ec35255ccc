/** The objects in an etcd that was given, which others keep: changed by its API alone, and only while no API server writes. */
import { type Entry, only, type Store, under } from "#store/mod.ts";
import { movingMark } from "../etcd/given.ts";
import { objects } from "./archive.ts";

/** Writes under way at once. */
const abreast = 32;

/** But what goes by itself: Events, the addresses of API servers, and the mark. */
const all = async (store: Store): Promise<Entry[]> =>
  (await store.list(under(objects))).entries.filter(({ key }) => !/^\/registry\/(events|masterleases|spoke\.dev)\//.test(key));

/** Its counter has passed what a restored store begins with. */
export const isBeyond = async (etcd: Store, revision: number): Promise<boolean> => (await etcd.current()) >= revision;

/** Every key with its value and its versions, where they are to be the same. */
export async function isSame(one: Store, other: Store, by: "versions" | "values" = "versions"): Promise<boolean> {
  const [left, right] = await Promise.all([all(one), all(other)]);
  return left.length === right.length && left.every((entry, at) => isEqual(entry, right[at]!, by));
}

const isEqual = (one: Entry, other: Entry, by: "versions" | "values"): boolean =>
  one.key === other.key &&
  one.value.equals(other.value) &&
  (by === "values" || (one.modRevision === other.modRevision && one.createRevision === other.createRevision));

/** An API server that works writes its address every few seconds, and takes it away when it ends. */
export async function refuseServing(etcd: Store, where: string): Promise<void> {
  const { entries } = await etcd.list(under("/registry/masterleases/"));
  const addresses = entries.map(({ key }) => key.slice(key.lastIndexOf("/") + 1));
  if (addresses.length > 0)
    throw new Error(
      `API servers use the etcd at ${where}: ${addresses.join(", ")}. Stop them first (spoke down); one that was killed is forgotten after 15 s`,
    );
}

/** May be run again where it was interrupted. Versions are etcd's own from then on; what was before is forgotten (410). */
export async function replaceAll(from: Store, etcd: Store): Promise<void> {
  const wanted = await all(from);
  const there = new Map((await all(etcd)).map((entry) => [entry.key, entry]));
  const changed = wanted.filter(({ key, value }) => !there.get(key)?.value.equals(value));
  await inTurns(changed, ({ key, value }) => change(etcd, key, there.get(key), value));
  for (const { key } of wanted) there.delete(key);
  await inTurns([...there.values()], (entry) => change(etcd, entry.key, entry, "delete"));
  await etcd.compact(await etcd.current());
}

/** `ca`: whose objects are on their way. */
export async function markMoving(etcd: Store, ca: string): Promise<void> {
  const [before] = (await etcd.list(only(movingMark))).entries;
  await change(etcd, movingMark, before, Buffer.from(ca));
}

export async function unmarkMoving(etcd: Store): Promise<void> {
  const { entries } = await etcd.list(under(movingMark));
  // The mark itself goes last.
  await inTurns(
    entries.filter(({ key }) => key !== movingMark),
    (entry) => change(etcd, entry.key, entry, "delete"),
  );
  for (const entry of entries) if (entry.key === movingMark) await change(etcd, movingMark, entry, "delete");
}

async function change(etcd: Store, key: string, before: Entry | undefined, value: Buffer | "delete"): Promise<void> {
  const result = await etcd.commit(key, before?.modRevision ?? "absent", value);
  if (!result.ok) throw new Error(`somebody else writes to etcd: ${key} changed meanwhile`);
}

async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: abreast }, worker));
}
