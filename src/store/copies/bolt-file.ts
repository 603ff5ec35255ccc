/** Files of bbolt, in which etcd keeps its keys, written whole from what is sorted already: a store can then begin where another one ended. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

/** Keys in byte order, none twice. */
export interface Bucket {
  name: string;
  entries: Iterable<readonly [key: Buffer, value: Buffer]>;
}

const pageSize = 4096;
const [headerSize, elementSize] = [16, 16];
const flags = { branch: 0x01, leaf: 0x02, meta: 0x04, freelist: 0x10 } as const;
const bucketElement = 1;
const [magic, version] = [0xed0cdaed, 2];
const freelistPage = 2;
const firstFree = 3;

/** Format: `go.etcd.io/bbolt`, version 2. The file must not exist. */
export function writeBolt(file: string, buckets: readonly Bucket[]): void {
  const pages = new Pages(file);
  try {
    const roots = buckets.map(({ name, entries }): Element => ({ key: Buffer.from(name), value: rootOf(pages.tree(entries, 0)) }));
    roots.sort((a, b) => Buffer.compare(a.key, b.key));
    const root = pages.tree(
      roots.map(({ key, value }) => [key, value] as const),
      bucketElement,
    );
    pages.finish(root);
  } finally {
    pages.close();
  }
}

interface Element {
  key: Buffer;
  value: Buffer;
}

/** Of a bucket: the page of its root, and a sequence that nobody counts. */
function rootOf(page: number): Buffer {
  const value = Buffer.alloc(16);
  value.writeBigUInt64LE(BigInt(page));
  return value;
}

class Pages {
  readonly #fd: number;
  #next = firstFree;

  constructor(file: string) {
    this.#fd = openSync(file, "wx", 0o600);
  }
  /** From the leaves up; returns the root's page. */
  tree(entries: Iterable<readonly [Buffer, Buffer]>, flag: number): number {
    let level: { first: Buffer; page: number }[] = [];
    for (const group of grouped(entries)) level.push({ first: group[0]?.key ?? Buffer.alloc(0), page: this.#leaf(group, flag) });
    while (level.length > 1) level = this.#above(level);
    return level[0]!.page;
  }
  #leaf(elements: readonly Element[], flag: number): number {
    const heads = Buffer.alloc(elements.length * elementSize);
    let at = heads.length;
    for (const [index, { key, value }] of elements.entries()) {
      const head = index * elementSize;
      heads.writeUInt32LE(flag, head);
      heads.writeUInt32LE(at - head, head + 4);
      heads.writeUInt32LE(key.length, head + 8);
      heads.writeUInt32LE(value.length, head + 12);
      at += key.length + value.length;
    }
    return this.#page(flags.leaf, elements.length, [heads, ...elements.flatMap(({ key, value }) => [key, value])]);
  }
  #above(children: readonly { first: Buffer; page: number }[]): { first: Buffer; page: number }[] {
    const parents: { first: Buffer; page: number }[] = [];
    for (let from = 0; from < children.length; ) {
      let [to, size] = [from, headerSize];
      while (to < children.length && (to - from < 2 || size + elementSize + children[to]!.first.length <= pageSize))
        size += elementSize + children[to++]!.first.length;
      const group = children.slice(from, to);
      parents.push({ first: group[0]!.first, page: this.#branch(group) });
      from = to;
    }
    return parents;
  }
  #branch(children: readonly { first: Buffer; page: number }[]): number {
    const heads = Buffer.alloc(children.length * elementSize);
    let at = heads.length;
    for (const [index, { first, page }] of children.entries()) {
      const head = index * elementSize;
      heads.writeUInt32LE(at - head, head);
      heads.writeUInt32LE(first.length, head + 4);
      heads.writeBigUInt64LE(BigInt(page), head + 8);
      at += first.length;
    }
    return this.#page(flags.branch, children.length, [heads, ...children.map(({ first }) => first)]);
  }
  /** What is longer than a page goes on in those that follow it. */
  #page(flag: number, count: number, parts: readonly Buffer[]): number {
    const id = this.#next;
    const size = parts.reduce((sum, { length }) => sum + length, headerSize);
    const more = Math.ceil(size / pageSize) - 1;
    this.#next += 1 + more;
    this.#write(id, Buffer.concat([header(id, flag, count, more), ...parts], (1 + more) * pageSize));
    return id;
  }
  #write(id: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at, id * pageSize + at);
  }
  finish(root: number): void {
    this.#write(freelistPage, Buffer.concat([header(freelistPage, flags.freelist, 0, 0)], pageSize));
    for (const id of [0, 1]) this.#write(id, Buffer.concat([header(id, flags.meta, 0, 0), meta(root, this.#next, id)], pageSize));
    fsyncSync(this.#fd);
  }
  close(): void {
    closeSync(this.#fd);
  }
}

/** What fits on a page, or one element that does not; an empty group if there is nothing at all. */
function* grouped(entries: Iterable<readonly [Buffer, Buffer]>): Generator<Element[]> {
  let [group, size]: [Element[], number] = [[], headerSize];
  for (const [key, value] of entries) {
    const more = elementSize + key.length + value.length;
    if (group.length > 0 && size + more > pageSize) {
      yield group;
      [group, size] = [[], headerSize];
    }
    group.push({ key, value });
    size += more;
  }
  yield group;
}

function header(id: number, flag: number, count: number, overflow: number): Buffer {
  const bytes = Buffer.alloc(headerSize);
  bytes.writeBigUInt64LE(BigInt(id));
  bytes.writeUInt16LE(flag, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(overflow, 12);
  return bytes;
}

function meta(root: number, pages: number, transaction: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32LE(magic);
  bytes.writeUInt32LE(version, 4);
  bytes.writeUInt32LE(pageSize, 8);
  bytes.writeBigUInt64LE(BigInt(root), 16);
  bytes.writeBigUInt64LE(BigInt(freelistPage), 32);
  bytes.writeBigUInt64LE(BigInt(pages), 40);
  bytes.writeBigUInt64LE(BigInt(transaction), 48);
  bytes.writeBigUInt64LE(fnv1a(bytes.subarray(0, 56)), 56);
  return bytes;
}

function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
