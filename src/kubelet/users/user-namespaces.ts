/** User namespaces of pods (`hostUsers: false`): which ids of the machine a pod's ids are, kept in its folder for the next kubelet. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { type Log, messageOf, type Random } from "#base/mod.ts";
import { type RunResult, tryRun } from "#linux/mod.ts";
import type { RuntimeStatus } from "../runtime/runtime.ts";
import type { FileWork } from "../volumes/file-work.ts";
import { namesIn } from "../volumes/places.ts";
import { UserRanges } from "./ranges.ts";

/** In the words of CRI. */
export interface UserOptions {
  mode: number;
  uids?: IdMapping[];
  gids?: IdMapping[];
}

interface IdMapping {
  hostId: number;
  containerId: number;
  length: number;
}

export interface UserNamespaceOptions {
  /** Where pods' folders are. */
  pods: string;
  /** Ids of each pod. */
  length: number;
  maxPods: number;
  files: FileWork;
  random: Random;
  log: Log;
  /** Absent: a command of the machine. */
  run?(argv: readonly string[]): Promise<RunResult>;
}

const mode = { pod: 0, node: 2 };
const file = "userns";
const kubeletUser = "kubelet";
const unsupported = "does not support user namespaces";

export class UserNamespaces {
  readonly #options: UserNamespaceOptions;
  #ranges: UserRanges | undefined;
  #fault: string | undefined;
  /** One pod at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: UserNamespaceOptions) {
    this.#options = options;
  }

  /** Before pods start: what those of before have is theirs. What is wrong is told to pods that want users of their own. */
  async load(): Promise<void> {
    const { pods, length, maxPods, random, log, run = tryRun } = this.#options;
    try {
      const { first, count } = await idsOf(length, run);
      this.#ranges = new UserRanges({ first, count, length, maxPods, random });
      for (const uid of await namesIn(pods)) await this.#known(uid);
    } catch (error) {
      this.#fault = messageOf(error);
      log.error("kubelet: pods with users of their own will not start", { error: this.#fault });
    }
  }

  /** Rejects, in upstream's words, when the handler of the runtime cannot map users, or there is no range left. */
  async of(pod: Pod, handler: string, handlers: RuntimeStatus["handlers"]): Promise<UserOptions> {
    if (pod.spec?.hostUsers !== false) return { mode: mode.node };
    checkHandler(handler, handlers);
    if (this.#fault !== undefined) throw new Error(`user namespace: ${this.#fault}`);
    return this.#inTurn(async () => {
      const uid = pod.metadata.uid!;
      const known = await this.#known(uid).catch((error) => {
        throw new Error(`user namespace: ${messageOf(error)}`, { cause: error });
      });
      return known ?? (await this.#make(uid));
    });
  }

  release(uid: string): void {
    this.#ranges?.release(uid);
  }

  async #known(uid: string): Promise<UserOptions | undefined> {
    const { pods, files } = this.#options;
    const text = await files
      .run(`users of pod ${uid}`, () => readFile(join(pods, uid, file), "utf8"))
      .catch((error) => {
        if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
        throw error;
      });
    if (text === "") return undefined;
    const mapping = mappingIn(text);
    this.#ranges!.record(uid, mapping.hostId, mapping.length);
    return optionsOf(mapping);
  }

  async #make(uid: string): Promise<UserOptions> {
    const { pods, files, length } = this.#options;
    try {
      const mapping = { hostId: this.#ranges!.allocate(uid), containerId: 0, length };
      const words = JSON.stringify({ uidMappings: [mapping], gidMappings: [mapping] });
      await files.run(`users of pod ${uid}`, () => writeDurably(join(pods, uid), words));
      return optionsOf(mapping);
    } catch (error) {
      this.release(uid);
      throw new Error(`create user namespace: ${messageOf(error)}`, { cause: error });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

const optionsOf = (mapping: IdMapping): UserOptions => ({ mode: mode.pod, uids: [mapping], gids: [mapping] });

function checkHandler(handler: string, handlers: RuntimeStatus["handlers"]): void {
  const who = handler === "" ? "runtime" : `RuntimeClass handler ${JSON.stringify(handler)}`;
  const cannot = `can't set \`spec.hostUsers: false\`, ${who} ${unsupported}`;
  const known = handlers.find(({ name }) => name === handler);
  // A runtime that is too old tells of none.
  if (!known && handlers.length > 0) throw new Error(`${cannot}: the handler ${JSON.stringify(handler)} is not known`);
  if (!known?.userNamespaces) throw new Error(cannot);
}

/** Throws when it is not what a kubelet wrote. */
export function mappingIn(text: string): IdMapping {
  const wrong = (why: string) => new Error(`invalid user namespace configuration: ${why}`);
  let value: { uidMappings?: IdMapping[]; gidMappings?: IdMapping[] };
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`invalid user namespace mappings file: ${messageOf(error)}`);
  }
  const [uids, ...more] = value.uidMappings ?? [];
  if (!uids || more.length > 0) throw wrong("no more than one mapping allowed.");
  if (value.gidMappings?.length !== 1) throw wrong("GID and UID mappings should be identical.");
  const [gids] = value.gidMappings;
  if (uids.hostId !== gids?.hostId || uids.containerId !== gids.containerId || uids.length !== gids.length)
    throw wrong("GID and UID mapping should be identical");
  if (uids.containerId !== 0) throw wrong("UID 0 must be mapped");
  return uids;
}

async function writeDurably(folder: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const made = await open(join(folder, `${file}.new`), "w", 0o600);
  try {
    await made.writeFile(text);
    await made.sync();
  } finally {
    await made.close();
  }
  await rename(join(folder, `${file}.new`), join(folder, file));
  const parent = await open(folder);
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}

/** What the machine gives the user `kubelet`, where there is one and somebody to ask; else all from the second range on. */
async function idsOf(length: number, run: NonNullable<UserNamespaceOptions["run"]>): Promise<{ first: number; count: number }> {
  const usual = { first: length, count: 2 ** 32 - length };
  const ask = (...argv: string[]) => run(argv).catch(() => undefined);
  if ((await ask("id", "-u", kubeletUser))?.code !== 0) return usual;
  const uids = await ask("getsubids", kubeletUser);
  if (!uids) return usual;
  if (uids.code !== 0) throw new Error(`error retrieving additional uids for user "${kubeletUser}": exit status ${uids.code}`);
  const gids = await ask("getsubids", "-g", kubeletUser);
  if (gids?.code !== 0) throw new Error(`error retrieving additional gids for user "${kubeletUser}"`);
  if (gids.stdout !== uids.stdout) throw new Error(`mismatched subuids and subgids for user "${kubeletUser}"`);
  return idsIn(uids.stdout);
}

/** `0: kubelet 65536 7208960`. */
export function idsIn(text: string): { first: number; count: number } {
  const lines = text.replace(/^\n+|\n+$/g, "").split("\n");
  if (lines.length !== 1) throw new Error(`error parsing line ${JSON.stringify(text)}: it must contain only one line`);
  const parts = lines[0]!.split(/\s+/).filter((part) => part !== "");
  if (parts.length !== 4) throw new Error(`invalid line ${JSON.stringify(text)}`);
  const [first, count] = parts.slice(2).map((part) => (/^\d{1,10}$/.test(part) ? Number(part) : Number.NaN));
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count)) throw new Error(`error parsing line ${JSON.stringify(text)}`);
  return { first: first!, count: count! };
}
