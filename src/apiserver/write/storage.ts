/** Reads and writes as the server itself: for allocators, bootstrap and admission plugins. */
import type { Catalog, KubeObject, Resource } from "#api/mod.ts";
import { noAdmission } from "../admission/chain.ts";
import { byServer, type Storage } from "../contract.ts";
import type { ResourceCache } from "../read/cache.ts";
import type { Stored } from "../read/record.ts";
import { decodeAs, setDefaults } from "../request/body.ts";
import type { Call } from "../request/call.ts";
import { ApiError, notFound } from "../request/errors.ts";
import { remove } from "./delete.ts";
import { tracked } from "./managed-fields.ts";
import { wholeObject } from "./resets.ts";
import { create, stamp, update, type WriteContext } from "./write.ts";

const itself = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

function ownCall(definition: Pick<Resource, "group" | "version" | "resource">, verb: string, namespace: string, name: string): Call {
  const { group, version, resource } = definition;
  const info = {
    path: "",
    verb,
    isResource: true,
    prefix: group ? "apis" : "api",
    group,
    version,
    namespace,
    resource,
    subresource: "",
    name,
  };
  const request = { method: "", url: "", headers: {}, body: () => Buffer.alloc(0) };
  return { method: "", request, info, query: new URLSearchParams(), user: itself, warnings: [] };
}

/** Writes of the server itself are neither admitted, nor hooked, nor told of anything. */
const unguarded = {
  admission: noAdmission,
  hooks: new Map(),
  mayAlso: async () => {},
  storage: undefined as never,
};

export function internalStorage(
  parts: Pick<WriteContext, "store" | "clock" | "random" | "busy"> & { catalog: Catalog; cacheOf(definition: Resource): ResourceCache },
): Storage {
  const context: WriteContext = {
    ...parts,
    ...unguarded,
  };
  const changeOf = (resource: Resource, verb: string, namespace: string, name: string) => ({
    call: ownCall(resource, verb, namespace, name),
    definition: parts.catalog.of(resource),
    subresource: "",
    namespace,
    name,
    dryRun: false,
    options: {},
  });
  const objectOf = (answer: Awaited<ReturnType<typeof create>>): KubeObject =>
    answer.kind === "record" ? answer.record.frozen : (answer as { object: KubeObject }).object;
  const storage: Storage = {
    get: (resource, { namespace = "", name }) => parts.cacheOf(resource).get(namespace, name)?.frozen,
    list(resource, namespace = "") {
      const found: KubeObject[] = [];
      parts.cacheOf(resource).scan(namespace, (record) => {
        found.push(record.frozen);
      });
      return found;
    },
    async create(resource, object, as = byServer) {
      const { object: own } = decodeAs(resource, { ...object, kind: resource.kind, apiVersion: resource.apiVersion }, "Ignore");
      const definition = parts.catalog.of(resource);
      setDefaults(definition, own);
      tracked(definition, own, undefined, { ...as, time: stamp(parts.clock) });
      const { namespace = "", name = "" } = own.metadata;
      return objectOf(await create(context, changeOf(resource, "create", namespace, name), own));
    },
    async update(resource, { namespace = "", name }, change, as) {
      let unchanged: KubeObject | undefined;
      try {
        return objectOf(
          await update(context, {
            ...changeOf(resource, "update", namespace, name),
            subresource: wholeObject,
            retries: true,
            make: (old) => {
              const next = change(old.copy());
              if (next && !as) return next as Stored;
              if (next && as) {
                const definition = parts.catalog.of(resource);
                return tracked(definition, next as Stored, old.object, { ...as, time: stamp(parts.clock) });
              }
              unchanged = old.frozen;
              throw unchangedError;
            },
          }),
        );
      } catch (error) {
        if (error === unchangedError) return unchanged!;
        throw error;
      }
    },
    async delete(resource, { namespace = "", name }, preconditions) {
      try {
        const { gone } = await remove(context, changeOf(resource, "delete", namespace, name), {
          dryRun: false,
          preconditions,
          gracePeriodSeconds: 0,
          propagationPolicy: "Background",
        });
        return gone;
      } catch (error) {
        if (error instanceof ApiError && error.code === 404) return false;
        throw error;
      }
    },
    subscribe(resource, on) {
      const cache = parts.cacheOf(resource);
      cache.scan("", (record) => void on("ADDED", record.object));
      const listener = {
        changed: (first: number, end: number) => {
          for (let i = first; i < end; i++) {
            const change = cache.changeAt(i);
            if (change) on(change.deleted ? "DELETED" : change.previous ? "MODIFIED" : "ADDED", change.record.object);
          }
        },
        failed: () => {},
      };
      cache.listeners.add(listener);
      return () => void cache.listeners.delete(listener);
    },
  };
  context.storage = storage;
  return storage;
}

const unchangedError = new Error("unchanged");

export { notFound };
