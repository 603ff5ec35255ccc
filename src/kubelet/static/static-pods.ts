/**
 * Runs pods of files in a folder of the node, whether the API answers or not, and shows each to the API as a mirror: deleting
 * that ends nothing. A file that is changed ends the pod and begins another.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Node, type Pod, pods } from "#api/mod.ts";
import { type Clock, every, type Lifetime, type Log, messageOf } from "#base/mod.ts";
import { type Client, type Informer, isAlreadyExists, isNotFound } from "#client/mod.ts";
import type { PodWorkers } from "../pod/workers.ts";
import type { FileWork } from "../volumes/file-work.ts";
import { mirrorAnnotation, readManifest } from "./manifest.ts";
import { fullName, mirrorOf, planStatic, withMirror } from "./plan.ts";

export interface StaticOptions {
  /** Absent: there are none; mirrors that are left go. */
  folder: string | undefined;
  nodeName: string;
  client: Client;
  own: Informer<Pod>;
  node(): Node | undefined;
  workers: PodWorkers;
  files: FileWork;
  clock: Clock;
  log: Log;
}

/** Upstream looks every twenty seconds, and at once when told; a folder costs little to look at. */
const lookMs = 2000;
const mostBytes = 10 * 1024 * 1024;

export const isMirror = (pod: Pod): boolean => pod.metadata.annotations?.[mirrorAnnotation] !== undefined;

export class StaticPods {
  readonly #options: StaticOptions;
  /** By uid. */
  #running = new Map<string, Pod>();
  #wanted: Pod[] = [];
  #told = new Map<string, string>();
  /** The version of its mirror that a pod's worker knows. */
  #known = new Map<string, string | undefined>();
  #pass: Promise<void> | undefined;

  constructor(options: StaticOptions) {
    this.#options = options;
  }

  /** As they run, with what the API knows of them. */
  list(): Pod[] {
    return [...this.#running.values()].map((pod) => withMirror(pod, this.#mirrorOf(pod)));
  }

  /** All pods of this node: in place of mirrors what they show. */
  all(): Pod[] {
    return [...this.#options.own.list().filter((pod) => !isMirror(pod)), ...this.list()];
  }

  /** The uid under which the API has a pod of this node; undefined while it has none of a static one. */
  apiUid(uid: string): string | undefined {
    const pod = this.#running.get(uid);
    return pod ? this.#mirrorOf(pod)?.metadata.uid : uid;
  }

  /** Resolves when the files were read once. */
  async start(lifetime: Lifetime): Promise<void> {
    await this.#look();
    if (this.#options.folder === undefined) return;
    const timer = every(this.#options.clock, lookMs, () => this.#look());
    lifetime.add(() => timer.cancel());
  }

  /** A mirror came, changed or went: the pod's worker is told, and what is missing is made. */
  changed(): void {
    void this.#look();
  }

  #mirrorOf(pod: Pod): Pod | undefined {
    const mirror = this.#options.own.get(fullName(pod));
    return mirror && isMirror(mirror) ? mirror : undefined;
  }

  /** One at a time: what changes meanwhile is seen by the next. */
  #look(): Promise<void> {
    this.#pass ??= this.#once()
      .catch((error) => this.#options.log.warn("kubelet: static pods were not looked at", { error: messageOf(error) }))
      .finally(() => {
        this.#pass = undefined;
      });
    return this.#pass;
  }

  async #once(): Promise<void> {
    const { workers, own } = this.#options;
    this.#wanted = await this.#read();
    for (const uid of this.#running.keys()) if (!workers.get(uid)) this.#running.delete(uid);
    const mirrors = own.list().filter(isMirror);
    const running = new Map([...this.#running].map(([uid, pod]) => [uid, fullName(pod)]));
    const plan = planStatic({ wanted: this.#wanted, running, mirrors });
    for (const uid of plan.end) workers.get(uid)?.orphan();
    for (const pod of plan.start) {
      this.#running.set(pod.metadata.uid!, pod);
      workers.for(withMirror(pod, this.#mirrorOf(pod)));
    }
    for (const [uid, pod] of this.#running) if (!plan.end.includes(uid)) this.#tellWorker(uid, pod);
    for (const uid of this.#known.keys()) if (!this.#running.has(uid)) this.#known.delete(uid);
    if (!own.hasSynced()) return;
    for (const mirror of plan.removeMirror) await this.#remove(mirror);
    for (const pod of plan.makeMirror) await this.#show(pod);
  }

  #tellWorker(uid: string, pod: Pod): void {
    const mirror = this.#mirrorOf(pod);
    const version = mirror && `${mirror.metadata.uid} ${mirror.metadata.resourceVersion}`;
    if (this.#known.has(uid) && this.#known.get(uid) === version) return;
    this.#known.set(uid, version);
    this.#options.workers.get(uid)?.update(withMirror(pod, mirror));
  }

  async #show(pod: Pod): Promise<void> {
    const { client, node, nodeName, log } = this.#options;
    const uid = node()?.metadata.uid;
    if (!uid) return;
    try {
      await client.create(pods, mirrorOf(pod, { name: nodeName, uid }));
    } catch (error) {
      if (!isAlreadyExists(error)) log.warn("kubelet: no mirror of a static pod", { pod: fullName(pod), error: messageOf(error) });
    }
  }

  async #remove({ metadata }: Pod): Promise<void> {
    const { client, log } = this.#options;
    const { namespace = "", name = "", uid = "" } = metadata;
    try {
      await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error)) log.warn("kubelet: a mirror pod stays", { pod: `${namespace}/${name}`, error: messageOf(error) });
    }
  }

  /** In order of names; what cannot be read is told once, and keeps nobody else from running. */
  async #read(): Promise<Pod[]> {
    const { folder, files, nodeName, log } = this.#options;
    const found: Pod[] = [];
    if (folder === undefined) return found;
    const names = await files.run("folder of static pods", () => readdir(folder)).catch(() => []);
    for (const name of names.filter((each) => !each.startsWith(".")).sort()) {
      const file = join(folder, name);
      try {
        const text = await files.run(file, async () => {
          const { size } = await stat(file);
          if (size > mostBytes) throw new Error(`it has ${size} bytes, and may have ${mostBytes}`);
          return readFile(file, "utf8");
        });
        found.push(readManifest(text, file, nodeName));
        this.#told.delete(file);
      } catch (error) {
        const message = messageOf(error);
        if (this.#told.get(file) !== message) log.error("kubelet: a static pod cannot be run", { file, error: message });
        this.#told.set(file, message);
      }
    }
    return found;
  }
}
