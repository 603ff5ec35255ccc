/** Brings image archives into the containerd of nodes, and lists what is there. */
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { run } from "#linux/mod.ts";

/** containerd's own namespace for what CRI sees. */
const ctr = (socket: string, ...words: string[]): string[] => ["ctr", "--address", socket, "--namespace", "k8s.io", ...words];

/** Imports a docker or OCI archive, gzipped or not; resolves with the names that it brought. */
export async function loadArchive(socket: string, file: string): Promise<string[]> {
  const gzipped = firstBytes(file, 2).equals(Buffer.from([0x1f, 0x8b]));
  const piped: Promise<void>[] = [];
  let answer: string;
  try {
    answer = await run(ctr(socket, "images", "import", gzipped ? "-" : file), {
      timeoutMs: 600_000,
      pipeInput: gzipped,
      started: (child) => {
        if (gzipped && child.stdin) piped.push(pipeline(createReadStream(file), createGunzip(), child.stdin));
      },
    });
    await Promise.all(piped);
  } catch (cause) {
    throw new Error(
      `image archive ${file} could not be loaded: it must be a docker or OCI archive (docker save, podman save, skopeo copy)`,
      { cause },
    );
  }
  return [...answer.matchAll(/^unpacking (\S+)/gm)].map((match) => match[1]);
}

export interface StoredImage {
  name: string;
  size: string;
  standIn: boolean;
}

/** Images by name; those known only by digest are left out. */
export async function listImages(socket: string): Promise<StoredImage[]> {
  const lines = (await run(ctr(socket, "images", "list"))).split("\n").slice(1);
  return lines
    .map((line) => /^(\S+)\s+\S+\s+sha256:\S+\s+([\d.]+ \S+)\s+\S+\s+(\S+)/.exec(line))
    .filter((match) => match !== null)
    .map(([, name, size, labels]) => ({ name, size, standIn: labels.includes("dev.spoke.stand-in") }))
    .filter(({ name }) => !name.startsWith("sha256:") && !name.includes("@"));
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
