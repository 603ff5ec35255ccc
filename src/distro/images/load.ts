/** Brings image archives into the containerd of nodes, and lists what is there. */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { run } from "#linux/mod.ts";
import { type Needed, neededOf, type Part } from "./missing.ts";

/** containerd's own namespace for what CRI sees. */
const ctr = (socket: string, ...words: string[]): string[] => ["ctr", "--address", socket, "--namespace", "k8s.io", ...words];

export interface Loaded {
  /** What it brought. */
  names: string[];
  /** Of an OCI archive: how many of its blobs the node did not have. */
  sent?: { blobs: number; of: number };
}

/** Imports a docker or OCI archive, gzipped or not. What the node has already is not sent, where the archive says what it is. */
export async function loadArchive(socket: string, file: string): Promise<Loaded> {
  const needed = isGzipped(file) ? undefined : await neededBy(socket, file);
  if (needed && needed.sent < needed.all) {
    try {
      return { names: await importArchive(socket, file, needed), sent: { blobs: needed.sent, of: needed.all } };
    } catch {
      // What nothing refers to may have gone between the question and the import: then all of it is sent, and tells what is wrong.
    }
  }
  const names = await importArchive(socket, file);
  return { names, ...(needed ? { sent: { blobs: needed.all, of: needed.all } } : {}) };
}

async function importArchive(socket: string, file: string, needed?: Needed): Promise<string[]> {
  const gzipped = isGzipped(file);
  const piped: Promise<void>[] = [];
  try {
    const asStream = gzipped || needed !== undefined;
    const answer = await run(ctr(socket, "images", "import", asStream ? "-" : file), {
      timeoutMs: 600_000,
      pipeInput: asStream,
      started: ({ stdin }) => {
        if (!stdin) return;
        if (needed) piped.push(pipeline(Readable.from(bytesOf(file, needed.parts)), stdin));
        else if (gzipped) piped.push(pipeline(createReadStream(file), createGunzip(), stdin));
        for (const each of piped) each.catch(() => {}); // awaited below, where the program was content
      },
    });
    await Promise.all(piped);
    return [...answer.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1]!);
  } catch (cause) {
    throw new Error(
      `image archive ${file} could not be loaded: it must be a docker or OCI archive (docker save, podman save, skopeo copy)`,
      { cause },
    );
  }
}

const isGzipped = (file: string): boolean => firstBytes(file, 2).equals(Buffer.from([0x1f, 0x8b]));

async function neededBy(socket: string, file: string): Promise<Needed | undefined> {
  const there = new Set((await run(ctr(socket, "content", "list", "--quiet"))).split("\n"));
  return neededOf(file, (digest) => there.has(digest));
}

async function* bytesOf(file: string, parts: readonly Part[]): AsyncGenerator<Buffer> {
  for (const { from, to } of parts) yield* createReadStream(file, { start: from, end: to - 1 });
}

export interface StoredImage {
  name: string;
  size: string;
  standIn: boolean;
}

/** Images by name; those known only by digest are left out. */
export async function listImages(socket: string): Promise<StoredImage[]> {
  return (await references(socket)).filter(({ name }) => isName(name));
}

const isName = (name: string): boolean => !name.startsWith("sha256:") && !name.includes("@");

async function references(socket: string): Promise<(StoredImage & { target: string })[]> {
  const lines = (await run(ctr(socket, "images", "list"))).split("\n").slice(1);
  return lines
    .map((line) => /^(\S+)\s+\S+\s+(sha256:\S+)\s+([\d.]+ \S+)\s+\S+\s+(\S+)/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, target, size, labels]) => ({
      name: name!,
      target: target!,
      size: size!,
      standIn: labels!.includes("dev.spoke.stand-in"),
    }));
}

/** As people write it: `nginx`, `team/app:1`; as containerd names it: `docker.io/library/nginx:latest`. */
export function fullName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const host = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const path = host ? name : `docker.io/${rest.length === 0 ? "library/" : ""}${name}`;
  return path.includes("@") || /:[^/]+$/.test(path) ? path : `${path}:latest`;
}

export type Removed = { found: false } | { found: true; usedBy: string[] };

/**
 * Takes a name away, and with its last name the image. Refused where a container is made of it, unless `anyway`: that goes on, and
 * could not be made again.
 */
export async function removeImage(socket: string, name: string, anyway: boolean): Promise<Removed> {
  const all = await references(socket);
  const own = all.find((each) => each.name === name);
  if (!own) return { found: false };
  const same = all.filter(({ target }) => target === own.target);
  const lines = (await run(ctr(socket, "containers", "list"))).split("\n").slice(1);
  const usedBy = lines
    .map((line) => line.split(/\s+/))
    .flatMap(([id, image]) => (id && same.some((each) => each.name === image) ? [id] : []));
  if (usedBy.length > 0 && !anyway) return { found: true, usedBy };
  const isLast = same.filter((each) => isName(each.name)).length === 1;
  const gone = isLast ? same.map((each) => each.name) : [name];
  await run(ctr(socket, "images", "remove", "--sync", ...gone));
  return { found: true, usedBy: [] };
}

/** Marks an image so that lists can say that it is a stand-in. */
export async function labelStandIn(socket: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => run(ctr(socket, "images", "label", name, "dev.spoke.stand-in=true"))));
}

function firstBytes(file: string, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const handle = openSync(file, "r");
  try {
    readSync(handle, bytes, 0, count, 0);
  } finally {
    closeSync(handle);
  }
  return bytes;
}
