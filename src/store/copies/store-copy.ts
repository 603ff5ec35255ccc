/** Copies of a store's file: taken while it is written to, and made a store of its own in which no version is used twice. */
import { existsSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../sqlite-format.ts";

/** As etcd's operators are told to: no server writes so often between a backup and its loss. */
const bump = 1_000_000_000;

export interface StoreFacts {
  /** Of the last change. */
  revision: number;
}

/**
 * One moment of the store: a read transaction sees every commit that was answered before, and holds up no writer.
 * `to` must not exist.
 */
export function copyStore(from: string, to: string): StoreFacts {
  if (!existsSync(from)) throw new Error(`there is no store at ${from}`);
  const source = new DatabaseSync(from);
  try {
    source.exec("PRAGMA busy_timeout = 5000");
    source.prepare("VACUUM INTO ?").run(to);
  } catch (cause) {
    rmSync(to, { force: true });
    throw new Error(`the store cannot be copied to ${to}`, { cause });
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(to, { readOnly: true });
  try {
    return factsOf(copy);
  } finally {
    copy.close();
  }
}

/**
 * The lost server went on after the copy was taken: what it gave out since must neither be continued nor given out again. So
 * all versions until far beyond it count as compacted: who resumes a watch is told 410, and new versions begin above.
 */
export const reviveCopy = (file: string): StoreFacts => forget(file, bump);

/** Of a store that has ended: the copy goes on where it stood, with what is there and without what was. */
export const forgetHistory = (file: string): StoreFacts => forget(file, 0);

function forget(file: string, beyond: number): StoreFacts {
  const database = openDatabase(file);
  try {
    const revision = factsOf(database).revision + beyond;
    database.exec("BEGIN IMMEDIATE");
    database.exec("DELETE FROM change WHERE revision IN (SELECT previous FROM change WHERE previous > 0)");
    database.exec("DELETE FROM change WHERE deleted = 1");
    database.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('compacted', ?)").run(revision);
    database.exec("COMMIT");
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return { revision };
  } finally {
    database.close();
  }
}

export function factsOf(database: DatabaseSync): StoreFacts {
  const [damage] = Object.values(database.prepare("PRAGMA integrity_check(1)").get() ?? {});
  if (damage !== "ok") throw new Error(`the store is damaged: ${damage}`);
  const { newest } = database.prepare("SELECT max(revision) AS newest FROM change").get() as { newest: number | null };
  const compacted = database.prepare("SELECT value FROM meta WHERE name = 'compacted'").get() as { value: number } | undefined;
  return { revision: Math.max(newest ?? 0, compacted?.value ?? 0) };
}
