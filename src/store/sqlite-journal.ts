/** A journal in one SQLite file, written by a worker thread so that an fsync never stops a request. */
import type { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { messageOf } from "#base/mod.ts";
import { diskReserve } from "./disk-reserve.ts";
import { type Change, type Journal, JournalFullError, type Loaded, type PastChange } from "./journal.ts";
import { type FromWorker, isFull, makeShrinkable, openDatabase, type StoredChange, type ToWorker } from "./sqlite-format.ts";

type Request = ToWorker extends infer M ? (M extends { id: number } ? Omit<M, "id"> : never) : never;

export function sqliteJournal(file: string, unsafe = false): Journal {
  let worker: Worker | undefined;
  let lastId = 0;
  const waiting = new Map<number, { resolve(answer: FromWorker): void; reject(error: Error): void }>();

  function start(): Worker {
    const started = new Worker(new URL(import.meta.url.endsWith(".ts") ? "./sqlite-worker.ts" : "./sqlite-worker.js", import.meta.url), {
      workerData: { file, unsafe },
      name: "store",
    });
    started.on("message", (answer: FromWorker) => {
      const caller = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) started.unref();
      if (answer.error === undefined) caller?.resolve(answer);
      else caller?.reject(answer.full ? new JournalFullError(answer.error) : new Error(answer.error));
    });
    const lost = (why: string) => {
      for (const caller of waiting.values()) caller.reject(new Error(`the store's thread ended: ${why}`));
      waiting.clear();
    };
    started.on("error", (error) => lost(messageOf(error)));
    started.on("exit", (code) => lost(`exit code ${code}`));
    started.unref();
    return started;
  }
  function ask(request: Request, transfer: ArrayBuffer[] = []): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      if (!worker) return reject(new Error(`${file} is not open`));
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ ...request, id }, transfer);
    });
  }
  return {
    async load() {
      const loaded = readAll(file);
      worker = start();
      return loaded;
    },
    async append(changes, frees) {
      const { rows, bytes } = packed(changes);
      await ask({ type: "append", rows, bytes, frees }, [bytes.buffer]);
    },
    async read({ from, to }, after, upTo) {
      const { changes } = await ask({ type: "read", from, to, after, upTo });
      return changes!.map(pastChange);
    },
    async compact(revision) {
      while ((await ask({ type: "compact", revision })).more);
      // Between two steps, writes that wait have their turn.
      while ((await ask({ type: "vacuum" })).more);
    },
    async hasRoom() {
      return (await ask({ type: "room" })).more === true;
    },
    async close() {
      await ask({ type: "close" });
      await worker?.terminate();
      worker = undefined;
    },
  };
}

/** As one message: the values side by side, so that they are copied once. */
function packed(changes: Change[]): { rows: (number | string)[]; bytes: Uint8Array<ArrayBuffer> } {
  let size = 0;
  for (const { value } of changes) size += value.length;
  const bytes = new Uint8Array(size);
  const rows: (number | string)[] = [];
  let at = 0;
  for (const { revision, key, previous, created, deleted, expiresAt, value } of changes) {
    rows.push(revision, key, previous, created, deleted ? 1 : 0, expiresAt, value.length);
    bytes.set(value, at);
    at += value.length;
  }
  return { rows, bytes };
}

/** A disk that is full already must not keep the store from opening. */
function open(file: string): DatabaseSync {
  try {
    return openDatabase(file);
  } catch (error) {
    if (!isFull(error)) throw error;
    diskReserve(file).give();
    return openDatabase(file);
  }
}

function readAll(file: string): Loaded {
  const database = open(file);
  makeShrinkable(database);
  try {
    const newest = new Map<string, Change>();
    let revision = 0;
    for (const row of database.prepare("SELECT * FROM change ORDER BY revision").iterate() as Iterable<unknown>) {
      const change = changeOf(row as StoredChange);
      revision = change.revision;
      if (change.deleted) newest.delete(change.key);
      else newest.set(change.key, change);
    }
    const compacted = Number(
      (database.prepare("SELECT value FROM meta WHERE name = 'compacted'").get() as { value: number } | undefined)?.value ?? 0,
    );
    return { changes: [...newest.values()], revision: Math.max(revision, compacted), compacted };
  } finally {
    database.close();
  }
}

function changeOf({ revision, key, previous, created, deleted, expires, value }: StoredChange): Change {
  return { revision, key, previous, created, deleted: deleted === 1, expiresAt: expires, value: bufferOf(value) };
}

function pastChange(row: StoredChange): PastChange {
  const change = changeOf(row);
  if (!row.previous || !row.beforeValue) return change;
  return { ...change, before: { value: bufferOf(row.beforeValue), revision: row.previous, created: row.beforeCreated! } };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
