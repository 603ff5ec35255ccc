/** What a backup is: one compressed archive with the store as it was at one moment, the keys that it is sealed with, and the description. */
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
import { copyStore, reviveCopy } from "#store/mod.ts";
import type { ClusterConfig } from "../cluster.ts";
import type { Place } from "../place.ts";

const form = 1;
const storeFile = "state.db";
/** Not cluster.json: what is unpacked beside clusters is none. */
const descriptionFile = "description.json";
const packMs = 900_000;

export interface Manifest {
  form: number;
  cluster: string;
  /** ISO 8601. */
  at: string;
  /** Of the last change that is in it. */
  revision: number;
}

const storeOf = (place: Place): string => join(place.state, "store");

/** A folder beside what will be moved out of it: in one file system, and of nobody else. */
function staging(beside: string): string {
  mkdirSync(dirname(beside), { recursive: true });
  return mkdtempSync(`${beside}.part-`);
}

/** The cluster may run. The archive appears whole or not at all, and only its owner can read it: whoever has it has the cluster. */
export async function writeBackup(place: Place, cluster: ClusterConfig, file: string, clock: Clock): Promise<Manifest> {
  const target = resolve(file);
  const folder = staging(target);
  try {
    const { revision } = copyStore(join(storeOf(place), storeFile), join(folder, storeFile));
    const manifest: Manifest = { form, cluster: cluster.name, at: new Date(clock.now()).toISOString(), revision };
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
  /** Puts store and keys where the cluster's are; what was there is taken away. */
  install(): void;
  discard(): void;
}

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
    reviveCopy(join(folder, storeFile));
    return { manifest, cluster, install: () => install(place, folder), discard };
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

function install(place: Place, folder: string): void {
  mkdirSync(place.state, { recursive: true, mode: 0o700 });
  rmSync(storeOf(place), { recursive: true, force: true });
  rmSync(place.pki, { recursive: true, force: true });
  mkdirSync(storeOf(place), { mode: 0o700 });
  renameSync(join(folder, storeFile), join(storeOf(place), storeFile));
  renameSync(join(folder, "pki"), place.pki);
  chmodSync(place.pki, 0o700);
  for (const name of readdirSync(place.pki)) chmodSync(join(place.pki, name), 0o600);
}
