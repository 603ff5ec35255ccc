/** The database file and the messages between the store and the thread that owns it. */
import { chmodSync, closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

export type ToWorker = { id: number } & (
  | {
      type: "append";
      /** revision, key, previous, created, deleted, expires, length of the value; seven slots a row. */
      rows: (number | string)[];
      /** All values, one after another: one copy instead of a clone per value. */
      bytes: Uint8Array;
    }
  | { type: "read"; from: string; to: string; after: number; upTo: number }
  | { type: "compact"; revision: number }
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
  changes?: StoredChange[];
}

/** Opens (and creates, readable by the owner only) the file. FULL: a commit that returned has survived a power cut in every trial; NORMAL has not. */
export function openDatabase(file: string): DatabaseSync {
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
  const database = new DatabaseSync(file);
  database.exec(`
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
  return database;
}
