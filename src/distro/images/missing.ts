/** Of an image archive only what a node does not have: layers are its bulk, and most of them are there already. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

export interface Part {
  /** Bytes of the file: from, inclusive; to, exclusive. */
  from: number;
  to: number;
}

export interface Needed {
  parts: Part[];
  /** Blobs that are sent, and all that are in it. */
  sent: number;
  all: number;
}

const block = 512;

/**
 * Undefined: it is not an OCI layout as a plain tar archive, and is sent as it is. Docker's older form names its layers by other things
 * than what they are.
 */
export function neededOf(file: string, has: (digest: string) => boolean): Needed | undefined {
  const handle = openSync(file, "r");
  try {
    const needed = walk(handle, fstatSync(handle).size, has);
    return needed;
  } finally {
    closeSync(handle);
  }
}

function walk(handle: number, size: number, has: (digest: string) => boolean): Needed | undefined {
  const header = Buffer.alloc(block);
  const needed: Needed = { parts: [], sent: 0, all: 0 };
  let isLayout = false;
  for (let at = 0; at + block <= size; ) {
    readSync(handle, header, 0, block, at);
    // The end, which goes along.
    if (header.every((byte) => byte === 0)) {
      add(needed.parts, { from: at, to: size });
      break;
    }
    const name = textOf(header, 0, 100);
    const length = Number.parseInt(textOf(header, 124, 12), 8);
    if (!Number.isSafeInteger(length) || textOf(header, 257, 5) !== "ustar") return undefined;
    const next = at + block + Math.ceil(length / block) * block;
    isLayout ||= name.replace(/^\.\//, "") === "oci-layout";
    const digest = /^(?:\.\/)?blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (digest) needed.all++;
    if (!digest || !has(`sha256:${digest}`)) {
      if (digest) needed.sent++;
      add(needed.parts, { from: at, to: Math.min(next, size) });
    }
    at = next;
  }
  return isLayout ? needed : undefined;
}

function add(parts: Part[], part: Part): void {
  const last = parts.at(-1);
  if (last?.to === part.from) last.to = part.to;
  else parts.push(part);
}

const textOf = (header: Buffer, from: number, length: number): string =>
  header
    .subarray(from, from + length)
    .toString("latin1")
    .replace(/\0.*$/s, "")
    .trim();
