/** What a backup is: one compressed archive with the objects as they were at one moment, wherever they were kept, the keys that they are sealed with, and the description. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Clock } from "#base/mod.ts";
import { run } from "#linux/mod.ts";
import { copyEtcd, copyStore, reviveCopy } from "#store/mod.ts";
import type { ClusterConfig } from "../cluster.ts";
import { etcdOptionsOf } from "../etcd/given.ts";
import { insist } from "../etcd/insist.ts";
import { dataFolder, forgetKnownServers } from "../etcd/member.ts";
import type { Place } from "../place.ts";

const form = 1;
const storeFile = "state.db";
/** Not cluster.json: what is unpacked beside clusters is none. */
const descriptionFile = "description.json";
const packMs = 900_000;
const etcdPatienceMs = 30_000;

export interface Manifest {
  form: number;
  cluster: string;
  /** ISO 8601. */
  at: string;
  /** Of the last change that is in it. */
  revision: number;
  /** The etcd that it was taken from, in etcd's own words, and where that was asked; absent: it was an embedded store. */
  etcd?: { id: string; servers: [string, ...string[]] };
}

/** Where the embedded store is. */
export const storeFolder = (place: Place): string => join(place.state, "store");

/** Everything that the API server keeps is below it. */
export const objects = "/registry/";

/** The objects as they are at one moment, as a file of an embedded store; who writes goes on. */
export async function copyObjects(
  place: Place,
  cluster: ClusterConfig,
  to: string,
  clock: Clock,
): Promise<Pick<Manifest, "revision" | "etcd">> {
  if (!cluster.etcd) return copyStore(join(storeFolder(place), storeFile), to);
  const etcd = etcdOptionsOf(place, cluster);
  const { revision, clusterId } = await insist(clock, () => copyEtcd({ ...etcd, prefix: objects, to, clock }), { ms: etcdPatienceMs });
  return { revision, etcd: { id: clusterId, servers: [...etcd.endpoints] } };
}

/** A folder beside what will be moved out of it: in one file system, and of nobody else. */
export function staging(beside: string): string {
  mkdirSync(dirname(beside), { recursive: true });
  return mkdtempSync(`${beside}.part-`);
}

/** The cluster may run. The archive appears whole or not at all, and only its owner can read it: whoever has it has the cluster. */
export async function writeBackup(place: Place, cluster: ClusterConfig, file: string, clock: Clock): Promise<Manifest> {
  const target = resolve(file);
  const folder = staging(target);
  try {
    const copied = await copyObjects(place, cluster, join(folder, storeFile), clock);
    const manifest: Manifest = { form, cluster: cluster.name, at: new Date(clock.now()).toISOString(), ...copied };
    writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest)}\n`);
    writeFileSync(join(folder, descriptionFile), JSON.stringify(cluster));
    mkdirSync(join(folder, "pki"));
    for (const name of readdirSync(place.pki)) if (!name.endsWith(".new")) copyFileSync(join(place.pki, name), join(folder, "pki", name));
    const whole = join(folder, "whole");
    await run(["tar", "--create", "--gzip", "--file", whole, "--directory", folder, "manifest.json", descriptionFile, "pki", storeFile], {
      timeoutMs: packMs,
    });
    chmodSync(whole, 0o600);
    renameSync(whole, target);
    return manifest;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Unpacked {
  manifest: Manifest;
  cluster: ClusterConfig;
  /** The objects, as an embedded store in which no version is used twice. */
  file: string;
  /** One of the cluster's keys and certificates. */
  pem(name: string): string | undefined;
  /** Puts the keys where the cluster's are, and the objects by `put`; what was there is taken away. */
  install(put: Put): void;
  discard(): void;
}

/** Where objects were put: a folder that becomes the store's or etcd's, or an etcd that has them already. */
export type Put = { store: string } | { etcd: string } | "given";

/** Nothing of the cluster's place is touched before `install`. */
export async function openBackup(place: Place, file: string): Promise<Unpacked> {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  const folder = staging(place.state);
  const discard = () => rmSync(folder, { recursive: true, force: true });
  try {
    try {
      await run(["tar", "--extract", "--gzip", "--file", resolve(file), "--directory", folder, "--no-same-owner"], { timeoutMs: packMs });
    } catch (cause) {
      throw new Error(`${file} is no backup, or not all of one`, { cause });
    }
    const manifest = readJson<Manifest>(folder, "manifest.json", file);
    if (manifest.form !== form) throw new Error(`${file} is of another form (${manifest.form}) than this version reads (${form})`);
    const cluster = readJson<ClusterConfig>(folder, descriptionFile, file);
    for (const needed of [storeFile, "pki/ca.key", "pki/encryption.key", "pki/service-account.key"])
      if (!existsSync(join(folder, needed))) throw new Error(`${file} is not all of a backup: ${needed} is missing`);
    const store = join(folder, storeFile);
    reviveCopy(store);
    const pem = (name: string) => {
      const path = join(folder, "pki", name);
      return existsSync(path) ? readFileSync(path, "utf8") : undefined;
    };
    return { manifest, cluster, file: store, pem, install: (put) => install(place, folder, put), discard };
  } catch (error) {
    discard();
    throw error;
  }
}

function readJson<T>(folder: string, name: string, file: string): T {
  try {
    return JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
  } catch (cause) {
    throw new Error(`${file} is no backup: it has no ${name}`, { cause });
  }
}

function install(place: Place, folder: string, put: Put): void {
  mkdirSync(place.state, { recursive: true, mode: 0o700 });
  for (const old of [storeFolder(place), dataFolder(place), place.pki]) rmSync(old, { recursive: true, force: true });
  forgetKnownServers(place);
  if (put !== "given" && "store" in put) renameSync(put.store, storeFolder(place));
  if (put !== "given" && "etcd" in put) renameSync(put.etcd, dataFolder(place));
  renameSync(join(folder, "pki"), place.pki);
  chmodSync(place.pki, 0o700);
  for (const name of readdirSync(place.pki)) chmodSync(join(place.pki, name), 0o600);
}
