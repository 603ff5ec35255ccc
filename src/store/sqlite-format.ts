/** The database file and the messages between the store and the thread that owns it. */
import { chmodSync, closeSync, existsSync, openSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

export type ToWorker = { id: number } & (
  | {
      type: "append";
      /** revision, key, previous, created, deleted, expires, length of the value; seven slots a row. */
      rows: (number | string)[];
      /** All values, one after another: one copy instead of a clone per value. */
      bytes: Uint8Array;
      /** All of them are parts of deletions: the reserve may be spent on them. */
      frees: boolean;
    }
  | { type: "read"; from: string; to: string; after: number; upTo: number }
  | { type: "compact"; revision: number }
  | { type: "vacuum" }
  | { type: "room" }
  | { type: "close" }
);

export interface StoredChange {
  revision: number;
  key: string;
  previous: number;
  created: number;
  deleted: number;
  expires: number;
  value: Uint8Array;
  beforeValue?: Uint8Array | null;
  beforeCreated?: number | null;
}

export interface FromWorker {
  id: number;
  error?: string;
  /** The error is that the disk is full. */
  full?: boolean;
  /** Of `compact` and `vacuum`: ask again. Of `room`: there is some. */
  more?: boolean;
  changes?: StoredChange[];
}

/** SQLITE_FULL. */
export const isFull = (error: unknown) => (error as { errcode?: number }).errcode === 13;

/** Of the file, counted up with every change that an earlier version would misread. Files from before there was a count are the first. */
const format = 1;

/** In words, where the file was written by a version that came after this one; nothing is changed by asking. */
export function tooNew(file: string): string | undefined {
  if (!existsSync(file) || statSync(file).size === 0) return undefined;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const found = pragma(database, "user_version");
    return found > format
      ? `the store ${file} is of format ${found}, and this version of Spoke reads formats up to ${format}: install the version that it was written by, or a later one, or restore a backup from before`
      : undefined;
  } finally {
    database.close();
  }
}

/** Opens (and creates, readable by the owner only) the file. FULL: a commit that returned has survived a power cut in every trial; NORMAL has not. */
export function openDatabase(file: string): DatabaseSync {
  const refused = tooNew(file);
  if (refused) throw new Error(refused);
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file);
  // Before the first table, so that pages that become free can be given back.
  database.exec(`
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS change (
      revision INTEGER PRIMARY KEY,
      key TEXT NOT NULL,
      previous INTEGER NOT NULL,
      created INTEGER NOT NULL,
      deleted INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      value BLOB NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  `);
  if (pragma(database, "user_version") !== format) database.exec(`PRAGMA user_version = ${format}`);
  return database;
}

/** A file of before free pages were given back is written anew, once. It stays as it is when there is no room for that. */
export function makeShrinkable(database: DatabaseSync): void {
  if (pragma(database, "auto_vacuum") === incremental) return;
  try {
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;");
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}
const incremental = 2;

export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0]);
}
