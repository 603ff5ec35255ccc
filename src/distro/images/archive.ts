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

/** A layer that is a file already. */
export interface PackedLayer {
  gzipped: string;
  /** Of the tar archive in it: `sha256:…`. */
  digest: string;
}

export interface ImageSpec {
  /** Every `name:tag` that leads to it. */
  names: string[];
  layers: (ImageFile[] | PackedLayer)[];
  entrypoint?: string[];
  command?: string[];
  env?: string[];
  workingDir?: string;
  exposedPorts?: string[];
  /** Folders that every container has outside of its own layer. */
  volumes?: string[];
  /** In its history; absent: the samples. */
  madeBy?: string;
  annotations: Record<string, string>;
}

interface Blob {
  digest: string;
  size: number;
  /** Constant parts and files, in order. */
  parts: (Buffer | { file: string; size: number })[];
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

interface Layer {
  blob: Blob;
  /** Of what is in it, uncompressed. */
  diffId: string;
  mediaType: string;
}

/**
 * An OCI layout, which containerd and podman read, with the list beside it that docker reads. Layers that are made here stay
 * uncompressed: they are read by the machine that wrote them, and unpacking is what a start waits for.
 */
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
      ...(spec.volumes ? { Volumes: Object.fromEntries(spec.volumes.map((folder) => [folder, {}])) } : {}),
      Labels: spec.annotations,
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: "1970-01-01T00:00:00Z", created_by: spec.madeBy ?? "spoke image samples" })),
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType, blob: { digest, size } }) => ({ mediaType, digest, size })),
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
  const forDocker = [
    { Config: blobPath(config), RepoTags: spec.names.map(familiarName), Layers: layers.map(({ blob }) => blobPath(blob)) },
  ];
  mkdirSync(dirname(out), { recursive: true });
  const file = openSync(`${out}.new`, "w", 0o644);
  try {
    const entry = (path: string, size: number, parts: Blob["parts"]) => {
      for (const part of [header({ path, size, mode: 0o644, type: "File" }), ...parts, padding(size)]) writePart(file, part);
    };
    for (const [path, value] of Object.entries({ "oci-layout": layout, "index.json": index, "manifest.json": forDocker })) {
      const bytes = Buffer.from(JSON.stringify(value));
      entry(path, bytes.length, [bytes]);
    }
    for (const blob of new Map([...layers.map((layer) => layer.blob), config, manifest].map((b) => [b.digest, b])).values())
      entry(blobPath(blob), blob.size, blob.parts);
    writeSync(file, endOfTar);
  } finally {
    closeSync(file);
  }
  renameSync(`${out}.new`, out);
}

const endOfTar = Buffer.alloc(1024);
const layout = { imageLayoutVersion: "1.0.0" };
const blobPath = ({ digest }: Blob): string => `blobs/sha256/${digest.slice(7)}`;

/** As docker writes it in its lists. */
const familiarName = (name: string): string => name.replace(/^docker\.io\/(library\/)?/, "");

function layerOf(layer: ImageFile[] | PackedLayer): Layer {
  const mediaType = "application/vnd.oci.image.layer.v1.tar";
  if (Array.isArray(layer)) {
    const blob = blobOf(tarOf(layer));
    return { blob, diffId: blob.digest, mediaType };
  }
  const { gzipped, digest } = layer;
  return { blob: blobOf([{ file: gzipped, size: sizeOf(gzipped) }]), diffId: digest, mediaType: `${mediaType}+gzip` };
}

function tarOf(files: ImageFile[]): Blob["parts"] {
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
  return parts;
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
