/** The thread that owns the database file: one transaction per message, answered only after its commit is on disk. */
import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { diskReserve } from "./disk-reserve.ts";
import { type FromWorker, isFull, openDatabase, pragma, type ToWorker } from "./sqlite-format.ts";

const port = parentPort!;
const { file, unsafe } = workerData as { file: string; unsafe: boolean };
const database: DatabaseSync = openDatabase(file);
if (unsafe) database.exec("PRAGMA synchronous = OFF");
const reserve = diskReserve(file);
reserve.take();
/** One transaction of a compaction drops what this many revisions superseded, so that writes need not wait for all of it. */
const compactSpan = 2000;
/** Free pages that stay in the file, at least, and as a share of it: giving back and taking again costs writes. */
const keptPages = 256;
const keptShare = 0.25;
const vacuumPages = 1000;
const insert = database.prepare(
  "INSERT INTO change (revision, key, previous, created, deleted, expires, value) VALUES (?, ?, ?, ?, ?, ?, ?)",
);
const past = database.prepare(
  `SELECT c.revision, c.key, c.previous, c.created, c.deleted, c.expires, c.value, b.value AS beforeValue, b.created AS beforeCreated
   FROM change c LEFT JOIN change b ON b.revision = c.previous
   WHERE c.revision > ? AND c.revision <= ? AND c.key >= ? AND c.key < ? ORDER BY c.revision`,
);
/** Rows superseded or deleted in a span of revisions: a change names the row that it replaces, so no index is needed. */
const dropSuperseded = database.prepare(
  "DELETE FROM change WHERE revision IN (SELECT previous FROM change WHERE revision > ? AND revision <= ? AND previous > 0)",
);
const dropTombstones = database.prepare("DELETE FROM change WHERE revision > ? AND revision <= ? AND deleted = 1");
const setCompacted = database.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('compacted', ?)");
const getCompacted = database.prepare("SELECT value FROM meta WHERE name = 'compacted'");

port.on("message", (message: ToWorker) => {
  try {
    port.postMessage(answer(message));
  } catch (error) {
    const { message: text, errstr } = error as Error & { errstr?: string };
    const full = isFull(error);
    port.postMessage({ id: message.id, error: errstr ? `${text} (${errstr})` : text, full } satisfies FromWorker);
  }
  if (message.type === "close") port.close();
});

function answer(message: ToWorker): FromWorker {
  switch (message.type) {
    case "append":
      append(message);
      return { id: message.id };
    case "read":
      return { id: message.id, changes: past.all(message.after, message.upTo, message.from, message.to) as never };
    case "compact": {
      const from = Number((getCompacted.get() as { value: number } | undefined)?.value ?? 0);
      const to = Math.min(message.revision, from + compactSpan);
      transaction(() => {
        dropSuperseded.run(from, to);
        dropTombstones.run(from, to);
        setCompacted.run(to);
      });
      return { id: message.id, more: to < message.revision };
    }
    case "vacuum":
      return { id: message.id, more: vacuum() };
    case "room":
      return { id: message.id, more: reserve.held() || reserve.hasRoom() };
    case "close":
      database.close();
      return { id: message.id };
  }
}

function append({ rows, bytes, frees }: Extract<ToWorker, { type: "append" }>): void {
  const write = () => transaction(() => insertAll(rows, bytes));
  // While the reserve is spent, what space there is belongs to deletions.
  if (!reserve.held() && !frees && !reserve.hasRoom()) throw Object.assign(new Error("the disk is full"), { errcode: 13 });
  try {
    write();
  } catch (error) {
    if (!isFull(error)) throw error;
    reserve.give();
    if (!frees) throw error;
    write();
  }
  if (!reserve.held()) reserve.take();
}

function insertAll(rows: (number | string)[], bytes: Uint8Array): void {
  let at = 0;
  for (let i = 0; i < rows.length; i += 7) {
    const length = rows[i + 6] as number;
    const value = bytes.subarray(at, at + length);
    at += length;
    insert.run(
      rows[i] as number,
      rows[i + 1] as string,
      rows[i + 2] as number,
      rows[i + 3] as number,
      rows[i + 4] as number,
      rows[i + 5] as number,
      value,
    );
  }
}

/** Gives free pages back to the file system; true when there are more. */
function vacuum(): boolean {
  const free = pragma(database, "freelist_count");
  const surplus = free - Math.max(keptPages, Math.floor(pragma(database, "page_count") * keptShare));
  if (surplus <= 0) {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return false;
  }
  database.exec(`PRAGMA incremental_vacuum(${Math.min(surplus, vacuumPages)})`);
  return pragma(database, "freelist_count") < free;
}

function transaction(run: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    run();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
