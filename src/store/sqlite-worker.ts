/** The thread that owns the database file: one transaction per message, answered only after its commit is on disk. */
import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { type FromWorker, openDatabase, type ToWorker } from "./sqlite-format.ts";

const port = parentPort!;
const database: DatabaseSync = openDatabase((workerData as { file: string }).file);
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
    port.postMessage({ id: message.id, error: errstr ? `${text} (${errstr})` : text } satisfies FromWorker);
  }
  if (message.type === "close") port.close();
});

function answer(message: ToWorker): FromWorker {
  switch (message.type) {
    case "append":
      transaction(() => {
        const { rows, bytes } = message;
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
      });
      return { id: message.id };
    case "read":
      return { id: message.id, changes: past.all(message.after, message.upTo, message.from, message.to) as never };
    case "compact": {
      const from = Number((getCompacted.get() as { value: number } | undefined)?.value ?? 0);
      transaction(() => {
        dropSuperseded.run(from, message.revision);
        dropTombstones.run(from, message.revision);
        setCompacted.run(message.revision);
      });
      return { id: message.id };
    }
    case "close":
      database.close();
      return { id: message.id };
  }
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
