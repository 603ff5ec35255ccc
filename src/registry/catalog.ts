/**
 * What is in which repository: blobs, manifests, tags. One file of SQLite, so that every change is whole or not there; the bytes of
 * manifests are in it too, once, however many repositories have them. Blobs are files beside it (`blobs.ts`).
 */
import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Manifest } from "./manifest.ts";

export interface StoredManifest {
  digest: string;
  type: string;
  bytes: Buffer;
}

export interface Referrer {
  digest: string;
  type: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

export interface Page {
  last?: string;
  most: number;
}

const form = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS blob (digest TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS link (repo TEXT, digest TEXT, at INTEGER NOT NULL, PRIMARY KEY (repo, digest)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS link_digest ON link (digest);
  CREATE TABLE IF NOT EXISTS document (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS manifest (
    repo TEXT, digest TEXT, type TEXT NOT NULL, subject TEXT, artifact TEXT, annotations TEXT,
    at INTEGER NOT NULL, lost INTEGER, PRIMARY KEY (repo, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS manifest_digest ON manifest (digest);
  CREATE INDEX IF NOT EXISTS manifest_subject ON manifest (repo, subject) WHERE subject IS NOT NULL;
  CREATE TABLE IF NOT EXISTS need (repo TEXT, manifest TEXT, digest TEXT, PRIMARY KEY (repo, manifest, digest)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS need_digest ON need (repo, digest);
  CREATE TABLE IF NOT EXISTS tag (repo TEXT, name TEXT, digest TEXT NOT NULL, PRIMARY KEY (repo, name)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS tag_digest ON tag (repo, digest);
`;

/** Nobody leads to it: no tag, no index. */
const unheld = `
  NOT EXISTS (SELECT 1 FROM tag WHERE tag.repo = manifest.repo AND tag.digest = manifest.digest)
  AND NOT EXISTS (SELECT 1 FROM need WHERE need.repo = manifest.repo AND need.digest = manifest.digest)`;

/** Times are milliseconds since 1970. Everything is synchronous: what a request does to the catalog nobody else sees half. */
export class Catalog {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    closeSync(openSync(file, "a", 0o600));
    this.#database = new DatabaseSync(file);
    this.#database.exec(form);
  }

  close(): void {
    this.#database.close();
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) this.#statements.set(text, (statement = this.#database.prepare(text)));
    return statement;
  }
  #run(text: string, ...values: SQLInputValue[]): number {
    return Number(this.#sql(text).run(...values).changes);
  }
  #row<T>(text: string, ...values: SQLInputValue[]): T | undefined {
    return this.#sql(text).get(...values) as T | undefined;
  }
  #rows<T>(text: string, ...values: SQLInputValue[]): T[] {
    return this.#sql(text).all(...values) as T[];
  }
  #whole<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back by itself where the disk was full.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  hasRepository(repo: string): boolean {
    const found = (table: string) => this.#row(`SELECT 1 FROM ${table} WHERE repo = ? LIMIT 1`, repo) !== undefined;
    return found("link") || found("manifest");
  }

  /** Sorted, of those that have something; `but`: not those whose names begin so. */
  repositories({ last = "", most }: Page, but: string): string[] {
    const rows = this.#rows<{ repo: string }>(
      "SELECT repo FROM (SELECT repo FROM manifest UNION SELECT repo FROM link) WHERE repo > ? AND repo NOT GLOB ? ORDER BY repo LIMIT ?",
      ...[last, `${but}*`, most],
    );
    return rows.map(({ repo }) => repo);
  }

  /** The size of a blob that the repository has. */
  blobSize(repo: string, digest: string): number | undefined {
    return this.#row<{ size: number }>(
      "SELECT size FROM blob JOIN link USING (digest) WHERE link.repo = ? AND link.digest = ?",
      repo,
      digest,
    )?.size;
  }

  /** Somebody may be about to refer to it: it is kept for as long as one that has just come. */
  touchBlob(repo: string, digest: string, now: number, atLeastMs = 60_000): void {
    this.#run("UPDATE link SET at = ? WHERE repo = ? AND digest = ? AND at < ?", now, repo, digest, now - atLeastMs);
  }

  hasBlobFile(digest: string): boolean {
    return this.#row("SELECT 1 FROM blob WHERE digest = ?", digest) !== undefined;
  }

  addBlob(repo: string, digest: string, size: number, now: number): void {
    this.#whole(() => {
      this.#run("INSERT INTO blob VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET size = excluded.size", digest, size);
      this.#link(repo, digest, now);
    });
  }

  #link(repo: string, digest: string, now: number): void {
    this.#run("INSERT INTO link VALUES (?, ?, ?) ON CONFLICT (repo, digest) DO UPDATE SET at = excluded.at", repo, digest, now);
  }

  /** False: `from` (absent: no repository at all) does not have it. */
  mountBlob(repo: string, digest: string, from: string | undefined, now: number): boolean {
    return this.#whole(() => {
      const there = from === undefined ? this.hasBlobFile(digest) : this.blobSize(from, digest) !== undefined;
      if (there) this.#link(repo, digest, now);
      return there;
    });
  }

  removeBlob(repo: string, digest: string): boolean {
    return this.#run("DELETE FROM link WHERE repo = ? AND digest = ?", repo, digest) > 0;
  }

  /** Its file is lost: whoever has it must bring it again. */
  forgetBlob(digest: string): void {
    this.#whole(() => {
      this.#run("DELETE FROM link WHERE digest = ?", digest);
      this.#run("DELETE FROM blob WHERE digest = ?", digest);
    });
  }

  hasManifest(repo: string, digest: string): boolean {
    return this.#row("SELECT 1 FROM manifest WHERE repo = ? AND digest = ?", repo, digest) !== undefined;
  }

  manifest(repo: string, digest: string): StoredManifest | undefined {
    const row = this.#row<{ type: string; bytes: Uint8Array }>(
      "SELECT type, bytes FROM manifest JOIN document USING (digest) WHERE repo = ? AND digest = ?",
      repo,
      digest,
    );
    return row && { digest, type: row.type, bytes: Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.byteLength) };
  }

  tag(repo: string, name: string): string | undefined {
    return this.#row<{ digest: string }>("SELECT digest FROM tag WHERE repo = ? AND name = ?", repo, name)?.digest;
  }

  putManifest(
    repo: string,
    { digest, bytes, manifest }: { digest: string; bytes: Buffer; manifest: Manifest },
    tags: readonly string[],
    now: number,
  ): void {
    const { type, subject = null, artifactType = null, annotations } = manifest;
    const told = annotations ? JSON.stringify(annotations) : null;
    this.#whole(() => {
      this.#run("INSERT INTO document VALUES (?, ?) ON CONFLICT (digest) DO NOTHING", digest, bytes);
      this.#run(
        `INSERT INTO manifest VALUES (?, ?, ?, ?, ?, ?, ?, NULL)
         ON CONFLICT (repo, digest) DO UPDATE SET type = excluded.type, at = excluded.at, lost = NULL`,
        ...[repo, digest, type, subject, artifactType, told, now],
      );
      for (const needed of [...manifest.blobs, ...manifest.foreign, ...manifest.manifests])
        this.#run("INSERT INTO need VALUES (?, ?, ?) ON CONFLICT DO NOTHING", repo, digest, needed);
      for (const held of manifest.manifests) this.#run("UPDATE manifest SET lost = NULL WHERE repo = ? AND digest = ?", repo, held);
      for (const tag of tags) this.#setTag(repo, tag, digest, now);
    });
  }

  /** Leads the tag to a manifest that is there. */
  setTag(repo: string, tag: string, digest: string, now: number): void {
    this.#whole(() => this.#setTag(repo, tag, digest, now));
  }

  #setTag(repo: string, tag: string, digest: string, now: number): void {
    const before = this.tag(repo, tag);
    this.#run("INSERT INTO tag VALUES (?, ?, ?) ON CONFLICT (repo, name) DO UPDATE SET digest = excluded.digest", repo, tag, digest);
    this.#run("UPDATE manifest SET lost = NULL WHERE repo = ? AND digest = ?", repo, digest);
    if (before && before !== digest) this.#markLost(repo, [before], now);
  }

  /** Those of the manifests that nothing leads to any more: from now on their time runs. */
  #markLost(repo: string, digests: readonly string[], now: number): void {
    for (const digest of digests)
      this.#run(`UPDATE manifest SET lost = ? WHERE repo = ? AND digest = ? AND lost IS NULL AND ${unheld}`, now, repo, digest);
  }

  /** Asked for now: what a mirror keeps is what is asked for. */
  touchManifest(repo: string, digest: string, now: number, atLeastMs = 3_600_000): void {
    this.#run("UPDATE manifest SET at = ? WHERE repo = ? AND digest = ? AND at < ?", now, repo, digest, now - atLeastMs);
  }

  removeTag(repo: string, name: string, now: number): boolean {
    return this.#whole(() => {
      const digest = this.tag(repo, name);
      if (digest === undefined) return false;
      this.#run("DELETE FROM tag WHERE repo = ? AND name = ?", repo, name);
      this.#markLost(repo, [digest], now);
      return true;
    });
  }

  /** With its tags. */
  removeManifest(repo: string, digest: string, now: number): boolean {
    return this.#whole(() => this.#dropManifest(repo, digest, now));
  }

  #dropManifest(repo: string, digest: string, now: number): boolean {
    if (this.#run("DELETE FROM manifest WHERE repo = ? AND digest = ?", repo, digest) === 0) return false;
    this.#run("DELETE FROM tag WHERE repo = ? AND digest = ?", repo, digest);
    const needed = this.#rows<{ digest: string }>("SELECT digest FROM need WHERE repo = ? AND manifest = ?", repo, digest);
    this.#run("DELETE FROM need WHERE repo = ? AND manifest = ?", repo, digest);
    const about = this.#rows<{ digest: string }>("SELECT digest FROM manifest WHERE repo = ? AND subject = ?", repo, digest);
    const orphans = [...needed, ...about].map((row) => row.digest);
    this.#markLost(repo, orphans, now);
    if (!this.#row("SELECT 1 FROM manifest WHERE digest = ? LIMIT 1", digest)) this.#run("DELETE FROM document WHERE digest = ?", digest);
    return true;
  }

  /** In lexical order without regard to case, as the spec has it. */
  tags(repo: string, { last = "", most }: Page): string[] {
    const rows = this.#rows<{ name: string }>(
      "SELECT name FROM tag WHERE repo = ?1 AND (lower(name), name) > (lower(?2), ?2) ORDER BY lower(name), name LIMIT ?3",
      ...[repo, last, most],
    );
    return rows.map(({ name }) => name);
  }

  referrers(repo: string, subject: string, { last = "", most, artifactType }: Page & { artifactType?: string }): Referrer[] {
    const rows = this.#rows<{ digest: string; type: string; size: number; artifact: string | null; annotations: string | null }>(
      `SELECT digest, type, length(bytes) AS size, artifact, annotations FROM manifest JOIN document USING (digest)
       WHERE repo = ?1 AND subject = ?2 AND digest > ?3 AND (?4 IS NULL OR artifact = ?4) ORDER BY digest LIMIT ?5`,
      ...[repo, subject, last, artifactType ?? null, most],
    );
    return rows.map(({ digest, type, size, artifact, annotations }) => ({
      digest,
      type,
      size,
      ...(artifact ? { artifactType: artifact } : {}),
      ...(annotations ? { annotations: JSON.parse(annotations) as Record<string, string> } : {}),
    }));
  }

  /**
   * Takes away what nothing leads to: manifests that lost their tag before `lost`, copies (in repositories whose names begin with
   * `copies`) that nobody asked for since `unused`, blobs that no manifest of their repository has come for since `loose`. The digests
   * are those of blobs that nobody has any more: their files may go, before anything else is done.
   */
  collect(before: { lost: number; unused: number; loose: number }, copies: string, now: number): string[] {
    return this.#whole(() => {
      const old = this.#rows<{ repo: string; digest: string }>(
        `SELECT repo, digest FROM manifest WHERE (lost < ?1 AND ${unheld}) OR (repo GLOB ?2 AND at < ?3)`,
        ...[before.lost, `${copies}*`, before.unused],
      );
      for (const { repo, digest } of old) this.#dropManifest(repo, digest, now);
      this.#run(
        "DELETE FROM link WHERE at < ? AND NOT EXISTS (SELECT 1 FROM need WHERE need.repo = link.repo AND need.digest = link.digest)",
        before.loose,
      );
      const gone = this.#rows<{ digest: string }>(
        "SELECT digest FROM blob WHERE NOT EXISTS (SELECT 1 FROM link WHERE link.digest = blob.digest)",
      );
      for (const { digest } of gone) this.#run("DELETE FROM blob WHERE digest = ?", digest);
      return gone.map(({ digest }) => digest);
    });
  }
}
