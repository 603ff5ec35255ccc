/** Writes OCI image archives that are the same bytes whenever their input is. */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { Header } from "tar";

/** One thing in an image; parent folders come by themselves. */
export type ImageFile =
  | { path: string; from: string; mode?: number }
  | { path: string; text: string; mode?: number }
  | { path: string; link: string }
  | { path: string; folder: true; mode?: number };

export interface ImageSpec {
  /** Every `name:tag` that leads to it. */
  names: string[];
  layers: ImageFile[][];
  entrypoint?: string[];
  command?: string[];
  env?: string[];
  workingDir?: string;
  exposedPorts?: string[];
  annotations: Record<string, string>;
}

interface Blob {
  digest: string;
  size: number;
  /** Constant parts and files, in order. */
  parts: (Buffer | { file: string; size: number })[];
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** Layers stay uncompressed: they are read by the machine that wrote them, and unpacking is what a start waits for. */
export function writeArchive(out: string, spec: ImageSpec): void {
  const layers = spec.layers.map(layerOf);
  const config = jsonBlob({
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {
      Entrypoint: spec.entrypoint,
      Cmd: spec.command,
      WorkingDir: spec.workingDir,
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...(spec.env ?? [])],
      ExposedPorts: Object.fromEntries((spec.exposedPorts ?? []).map((port) => [port, {}])),
      Labels: spec.annotations,
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "spoke image samples" })),
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config.digest, size: config.size },
    layers: layers.map((layer) => ({ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer.digest, size: layer.size })),
    annotations: spec.annotations,
  });
  const index = {
    schemaVersion: 2,
    manifests: spec.names.map((name) => ({
      mediaType: manifestType,
      digest: manifest.digest,
      size: manifest.size,
      annotations: {
        ...spec.annotations,
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
      },
    })),
  };
  mkdirSync(dirname(out), { recursive: true });
  const file = openSync(`${out}.new`, "w", 0o644);
  try {
    const entry = (path: string, size: number, parts: Blob["parts"]) => {
      for (const part of [header({ path, size, mode: 0o644, type: "File" }), ...parts, padding(size)]) writePart(file, part);
    };
    const layout = Buffer.from('{"imageLayoutVersion":"1.0.0"}');
    entry("oci-layout", layout.length, [layout]);
    const indexBytes = Buffer.from(JSON.stringify(index));
    entry("index.json", indexBytes.length, [indexBytes]);
    for (const blob of new Map([...layers, config, manifest].map((b) => [b.digest, b])).values())
      entry(`blobs/sha256/${blob.digest.slice(7)}`, blob.size, blob.parts);
    writeSync(file, endOfTar);
  } finally {
    closeSync(file);
  }
  renameSync(`${out}.new`, out);
}

const endOfTar = Buffer.alloc(1024);

function layerOf(files: ImageFile[]): Blob {
  const parts: Blob["parts"] = [];
  const made = new Set<string>();
  const folder = (path: string, mode = 0o755) => {
    if (made.has(path)) return;
    made.add(path);
    parts.push(header({ path: `${path}/`, size: 0, mode, type: "Directory" }));
  };
  for (const entry of files) {
    const path = entry.path.replace(/^\/+|\/+$/g, "");
    const above = path.split("/").slice(0, -1);
    for (let depth = 1; depth <= above.length; depth++) folder(above.slice(0, depth).join("/"));
    if ("folder" in entry) folder(path, entry.mode);
    else if ("link" in entry) parts.push(header({ path, size: 0, mode: 0o777, type: "SymbolicLink", linkpath: entry.link }));
    else if ("text" in entry) {
      const bytes = Buffer.from(entry.text);
      parts.push(header({ path, size: bytes.length, mode: entry.mode ?? 0o644, type: "File" }), bytes, padding(bytes.length));
    } else {
      const size = sizeOf(entry.from);
      parts.push(header({ path, size, mode: entry.mode ?? 0o755, type: "File" }), { file: entry.from, size }, padding(size));
    }
  }
  parts.push(endOfTar);
  return blobOf(parts);
}

function blobOf(parts: Blob["parts"]): Blob {
  const hash = createHash("sha256");
  let size = 0;
  for (const part of parts) {
    const bytes = Buffer.isBuffer(part) ? part : readFileSync(part.file);
    hash.update(bytes);
    size += bytes.length;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size, parts };
}

const jsonBlob = (value: object): Blob => blobOf([Buffer.from(JSON.stringify(value))]);

function header(fields: {
  path: string;
  size: number;
  mode: number;
  type: "File" | "Directory" | "SymbolicLink";
  linkpath?: string;
}): Buffer {
  const block = Buffer.alloc(512);
  const needsMore = new Header({ ...fields, mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" }).encode(block, 0);
  if (needsMore) throw new Error(`${fields.path}: the path is too long for a plain tar header`);
  return block;
}

const padding = (size: number): Buffer => Buffer.alloc((512 - (size % 512)) % 512);

function sizeOf(file: string): number {
  const handle = openSync(file, "r");
  try {
    return fstatSync(handle).size;
  } finally {
    closeSync(handle);
  }
}

function writePart(file: number, part: Blob["parts"][number]): void {
  const bytes = Buffer.isBuffer(part) ? part : readFileSync(part.file);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
