/**
 * Serves what CustomResourceDefinitions define: each becomes kinds of the catalog as soon as it has its names, and goes with its
 * last object.
 *
 *     created ─► names taken, kinds served ─► Established ─► deleted: marked ─► its objects deleted ─► gone
 */
import {
  type CustomResourceDefinition,
  customKinds,
  customresourcedefinitions,
  type KubeObject,
  leaving,
  type OpenCatalog,
  type Served,
  semanticEqual,
} from "#api/mod.ts";
import { type RunningController, runController, withCondition } from "#client/mod.ts";
import { statusByServer } from "../contract.ts";
import type { Registry } from "../registry.ts";
import { forbidden } from "../request/errors.ts";
import { type Asking, conversionOf } from "./conversion.ts";
import { cleanupFinalizer, isServed, isTrue, planDefinition } from "./plan.ts";

/** How often it is looked whether the last object is gone: finalizers of others may hold it. */
const emptyEveryMs = 1000;

interface Kept {
  /** What the kinds were made of. */
  of: Pick<CustomResourceDefinition, "spec"> & { names: unknown };
  kinds: readonly Served[];
  isLeaving: boolean;
}

/** Resolves when everything that was defined before is served. */
export async function serveDefinitions(registry: Registry, open: OpenCatalog, post: Asking["post"]): Promise<void> {
  const definitions = new Definitions(registry, open, post);
  await definitions.start();
  registry.lifetime.add(() => definitions.close());
}

class Definitions {
  readonly #registry: Registry;
  readonly #open: OpenCatalog;
  readonly #post: Asking["post"];
  readonly #kept = new Map<string, Kept>();
  #naming: RunningController | undefined;
  #cleaning: RunningController | undefined;
  #stop = () => {};

  constructor(registry: Registry, open: OpenCatalog, post: Asking["post"]) {
    this.#post = post;
    this.#registry = registry;
    this.#open = open;
  }

  async start(): Promise<void> {
    const { clock, log } = this.#registry;
    await Promise.all(this.#all().map((definition) => this.#serve(definition)));
    // One after the other: two that want one name must not be judged at once.
    this.#naming = runController({
      name: "custom resource definitions",
      clock,
      log,
      workers: 1,
      reconcile: (name) => this.#settle(name),
    });
    this.#cleaning = runController({
      name: "custom resource clean-up",
      clock,
      log,
      reconcile: (name) => this.#cleanUp(name),
    });
    this.#stop = this.#registry.storage.subscribe(customresourcedefinitions, (type, object) => this.#changed(type, object));
  }

  async close(): Promise<void> {
    this.#stop();
    await Promise.all([this.#naming?.close(), this.#cleaning?.close()]);
  }

  #all(): CustomResourceDefinition[] {
    return this.#registry.storage.list(customresourcedefinitions) as CustomResourceDefinition[];
  }

  #changed(type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): void {
    const definition = object as CustomResourceDefinition;
    const { name = "", deletionTimestamp } = definition.metadata;
    if (type === "DELETED") {
      this.#kept.delete(name);
      this.#open.replace(ownerOf(name), []);
      // Its names are free.
      this.#othersAgain(definition);
      return;
    }
    this.#naming?.queue.add(name);
    if (deletionTimestamp) this.#cleaning?.queue.add(name);
  }

  #othersAgain({ metadata, spec }: CustomResourceDefinition): void {
    for (const other of this.#all())
      if (other.spec?.group === spec?.group && other.metadata.name !== metadata.name) this.#naming?.queue.add(other.metadata.name!);
  }

  #get(name: string): CustomResourceDefinition | undefined {
    return this.#registry.storage.get(customresourcedefinitions, { name }) as CustomResourceDefinition | undefined;
  }

  async #settle(name: string): Promise<void> {
    const { storage, clock } = this.#registry;
    const definition = this.#get(name);
    if (!definition) return;
    const plan = (of: CustomResourceDefinition) => planDefinition(of, this.#all().filter(inGroupOf(of)), clock.now());
    const next = plan(definition);
    // Served first: who sees the condition finds the kind.
    await this.#serve(next);
    if (next === definition) return;
    await storage.update(
      customresourcedefinitions,
      { name },
      (newest) => {
        const planned = plan(newest as CustomResourceDefinition);
        return planned === newest ? undefined : planned;
      },
      statusByServer,
    );
    if (!semanticEqual(next.status?.acceptedNames, definition.status?.acceptedNames)) this.#othersAgain(definition);
  }

  /** Puts the definition's kinds into the catalog, when they are not there as they should be. */
  async #serve(definition: CustomResourceDefinition): Promise<void> {
    const { name = "" } = definition.metadata;
    if (!isServed(definition)) return;
    const isLeaving = isTrue(definition, "Terminating");
    const of = { spec: definition.spec, names: definition.status?.acceptedNames };
    const kept = this.#kept.get(name);
    if (kept && kept.isLeaving === isLeaving && semanticEqual(kept.of, of)) return;
    const own = kept && semanticEqual(kept.of, of) ? kept.kinds : this.#kindsOf(definition);
    this.#kept.set(name, { of, kinds: own, isLeaving });
    this.#open.replace(ownerOf(name), isLeaving ? own.map(leaving) : own);
    await Promise.all(own.map((kind) => this.#registry.caches.filling(kind)));
  }

  #kindsOf(definition: CustomResourceDefinition): Served[] {
    const { name = "" } = definition.metadata;
    return customKinds(definition, {
      refuseCreate: (object) => this.#refuseLate(name, object),
      convert: conversionOf(definition, { post: this.#post, uid: () => this.#registry.random.uuid() }),
    });
  }

  #refuseLate(name: string, object: KubeObject): void {
    const definition = this.#get(name);
    if (!definition || !isTrue(definition, "Terminating")) return;
    const { group = "", names } = definition.spec ?? {};
    const why = "create not allowed while custom resource definition is terminating";
    throw forbidden({ group, resource: names?.plural ?? "" }, object.metadata.name ?? "", why);
  }

  /** Deletes what there is of a kind that goes; the definition follows when nothing is left. */
  async #cleanUp(name: string): Promise<number | undefined> {
    const { storage } = this.#registry;
    const definition = this.#get(name);
    if (!definition?.metadata.deletionTimestamp || !definition.metadata.finalizers?.includes(cleanupFinalizer)) return undefined;
    const kinds = this.#kept.get(name)?.kinds ?? [];
    // In the version that is stored: nobody must be asked to convert what goes.
    const kind = kinds.find(({ apiVersion, rules }) => apiVersion === rules.storedAs?.resource.apiVersion) ?? kinds[0];
    if (!isTrue(definition, "Established") || !kind) {
      await this.#release(name, "NeverEstablished", "resource was never established");
      return undefined;
    }
    await this.#tell(name, "InstanceDeletionInProgress", "CustomResource deletion is in progress");
    for (const { metadata } of storage.list(kind)) {
      if (metadata.deletionTimestamp) continue;
      await storage.delete(kind, { namespace: metadata.namespace, name: metadata.name ?? "" });
    }
    if (storage.list(kind).length > 0) return emptyEveryMs;
    await this.#release(name, "InstanceDeletionCompleted", "removed all instances");
    return undefined;
  }

  async #tell(name: string, reason: string, message: string): Promise<void> {
    await this.#change(name, (definition) => withTerminating(definition, "True", { reason, message }, this.#registry.clock.now()));
  }

  async #release(name: string, reason: string, message: string): Promise<void> {
    await this.#change(name, (definition) => {
      const next = withTerminating(definition, "False", { reason, message }, this.#registry.clock.now());
      const finalizers = (next.metadata.finalizers ?? []).filter((one) => one !== cleanupFinalizer);
      return { ...next, metadata: { ...next.metadata, finalizers } };
    });
  }

  async #change(name: string, change: (definition: CustomResourceDefinition) => CustomResourceDefinition): Promise<void> {
    await this.#registry.storage.update(
      customresourcedefinitions,
      { name },
      (newest) => {
        const next = change(newest as CustomResourceDefinition);
        return semanticEqual(next, newest) ? undefined : next;
      },
      statusByServer,
    );
  }
}

const ownerOf = (name: string): string => `customresourcedefinitions/${name}`;

const inGroupOf =
  ({ spec }: CustomResourceDefinition) =>
  (other: CustomResourceDefinition): boolean =>
    other.spec?.group === spec?.group;

function withTerminating(
  definition: CustomResourceDefinition,
  status: "True" | "False",
  told: { reason: string; message: string },
  nowMs: number,
): CustomResourceDefinition {
  const conditions = withCondition(definition.status?.conditions ?? [], { type: "Terminating", status, ...told }, nowMs);
  return { ...definition, status: { ...definition.status, conditions } };
}
