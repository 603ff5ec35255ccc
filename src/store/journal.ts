/** What a store keeps on disk (or not): changes in order, until they are compacted. The rest of a store is the same for all. */

import type { Range } from "./contract.ts";

export interface Change {
  revision: number;
  key: string;
  /** The revision of the key's previous change; 0 when it did not exist. */
  previous: number;
  /** The revision in which the key was created. */
  created: number;
  deleted: boolean;
  /** Milliseconds since 1970; 0: never. */
  expiresAt: number;
  /** Empty for a delete. */
  value: Buffer;
}

/** A change with what was there before it. */
export interface PastChange extends Change {
  before?: { value: Buffer; revision: number; created: number };
}

export interface Loaded {
  /** The newest change of each key that exists. */
  changes: Change[];
  revision: number;
  compacted: number;
}

export class JournalFullError extends Error {
  override name = "JournalFullError";
}

export interface Journal {
  load(): Promise<Loaded>;
  /**
   * Resolves when all of them are durable, rejects when none is: with JournalFullError when more space would help. One
   * call at a time. `frees`: all are parts of deletions, for which space was kept.
   */
  append(changes: Change[], frees: boolean): Promise<void>;
  /** After JournalFullError: other writes may be tried again. */
  hasRoom(): Promise<boolean>;
  /** Changes of the range with `after` < revision <= `upTo`, in order. */
  read(range: Range, after: number, upTo: number): Promise<PastChange[]>;
  /** Drops what was superseded or deleted at or before `revision`. */
  compact(revision: number): Promise<void>;
  close(): Promise<void>;
}
