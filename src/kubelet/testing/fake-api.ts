/** An API server of a few objects in memory, for the kubelet's tests: it stores, merges patches, and remembers what was asked. */
import type { Event, KubeObject, Pod, Resource } from "#api/mod.ts";
import { ApiError, type Client, type ObjectRef, type WatchEvent } from "#client/mod.ts";
import { applyMergePatch } from "#codec/mod.ts";

export interface FakeApi {
  client: Client;
  put<T extends KubeObject>(resource: Resource<T>, object: T): T;
  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef): T | undefined;
  /** Lists of a status patch, as `pods/status`. */
  readonly writes: string[];
  readonly events: Event[];
  /** `Warning Failed text` of all events, in order. */
  told(): string[];
}

export function fakeApi(): FakeApi {
  const objects = new Map<string, KubeObject>();
  const watchers = new Set<{ resource: string; push(event: WatchEvent): void }>();
  const writes: string[] = [];
  const events: Event[] = [];
  let version = 1;
  const keyOf = (resource: Resource, { namespace, name }: ObjectRef) => `${resource.resource}/${namespace ?? ""}/${name}`;
  const missing = (resource: Resource, { name }: ObjectRef) =>
    new ApiError({
      apiVersion: "v1",
      kind: "Status",
      metadata: {},
      code: 404,
      reason: "NotFound",
      message: `${resource.resource} "${name}" not found`,
    });
  const store = (resource: Resource, object: KubeObject, type: "ADDED" | "MODIFIED" | "DELETED" = "MODIFIED") => {
    const next = { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } };
    const key = keyOf(resource, { namespace: object.metadata.namespace, name: object.metadata.name! });
    if (type === "DELETED") objects.delete(key);
    else objects.set(key, next);
    for (const watcher of watchers) if (watcher.resource === resource.resource) watcher.push({ type, object: next });
    return next;
  };
  const ask = (resource: Resource, ref: ObjectRef): KubeObject => {
    const found = objects.get(keyOf(resource, ref));
    if (!found) throw missing(resource, ref);
    return found;
  };
  const client = {
    get: async (resource: Resource, ref: ObjectRef) => ask(resource, ref),
    list: async (resource: Resource) => ({
      apiVersion: "v1",
      kind: "List",
      metadata: { resourceVersion: String(version) },
      items: [...objects].filter(([key]) => key.startsWith(`${resource.resource}/`)).map(([, object]) => object),
    }),
    watch: async (resource: Resource, options: { signal?: AbortSignal } = {}) => {
      const waiting: WatchEvent[] = [];
      let wake = () => {};
      let open = true;
      const watcher = {
        resource: resource.resource,
        push: (event: WatchEvent) => {
          waiting.push(event);
          wake();
        },
      };
      watchers.add(watcher);
      const close = () => {
        open = false;
        watchers.delete(watcher);
        wake();
      };
      options.signal?.addEventListener("abort", close, { once: true });
      return {
        close,
        async *[Symbol.asyncIterator]() {
          while (open) {
            if (waiting.length > 0) yield waiting.splice(0);
            else
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
          }
        },
      };
    },
    create: async (resource: Resource, object: KubeObject) => {
      writes.push(`create ${resource.resource}`);
      if (resource.resource === "events") events.push(object as Event);
      return store(resource, { ...object, metadata: { ...object.metadata, uid: object.metadata.uid ?? `uid-${++version}` } }, "ADDED");
    },
    createSub: async (resource: Resource, ref: ObjectRef, subresource: string, body: object) => {
      writes.push(`create ${resource.resource}/${subresource} ${ref.name}`);
      return { ...body, status: { token: `token-${++version}`, expirationTimestamp: "2026-01-01T01:00:00Z" } };
    },
    update: async (resource: Resource, object: KubeObject) => store(resource, object),
    patch: async (resource: Resource, ref: ObjectRef, _type: string, patch: object, options: { subresource?: string } = {}) => {
      writes.push(`patch ${resource.resource}${options.subresource ? `/${options.subresource}` : ""}`);
      return store(resource, merged(ask(resource, ref), patch) as KubeObject);
    },
    delete: async (resource: Resource, ref: ObjectRef) => {
      writes.push(`delete ${resource.resource}`);
      store(resource, ask(resource, ref), "DELETED");
    },
  } as unknown as Client;
  return {
    client,
    put: <T extends KubeObject>(resource: Resource<T>, object: T) => store(resource as Resource, object) as T,
    get: <T extends KubeObject>(resource: Resource<T>, ref: ObjectRef) => objects.get(keyOf(resource as Resource, ref)) as T | undefined,
    writes,
    events,
    told: () => events.map(({ type, reason, message }) => `${type} ${reason} ${message}`),
  };
}

/** As a strategic merge does what the kubelet sends: conditions by type, every other list as a whole. */
function merged(object: KubeObject, patch: object): unknown {
  const next = applyMergePatch(object, withoutDirectives(patch)) as { status?: { conditions?: { type?: string }[] } };
  const before = (object as typeof next).status?.conditions ?? [];
  if (!(patch as typeof next).status?.conditions) return next;
  const gone = new Set(((patch as Deleting).status?.conditions ?? []).filter((each) => each.$patch === "delete").map(({ type }) => type));
  const after = next.status!.conditions!.filter((each) => !gone.has(each.type));
  const kept = before
    .filter((old) => !gone.has(old.type))
    .map((old) => applyMergePatch(old, after.find((each) => each.type === old.type) ?? {}) as { type?: string });
  const added = after
    .filter((each) => !before.some((old) => old.type === each.type))
    .map((each) => applyMergePatch({}, each) as { type?: string });
  return { ...next, status: { ...next.status, conditions: [...kept, ...added] } };
}

interface Deleting {
  status?: { conditions?: { type?: string; $patch?: string }[] };
}

function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item?.$patch === undefined).map(withoutDirectives);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutDirectives(item)]));
}

export function aPod(
  fields: { name?: string; spec?: Partial<Pod["spec"] & object>; metadata?: Partial<Pod["metadata"]>; status?: Pod["status"] } = {},
): Pod {
  const name = fields.name ?? "p";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-${name}`, generation: 1, ...fields.metadata },
    spec: {
      containers: [{ name: "main", image: "busybox:1.36", imagePullPolicy: "IfNotPresent", command: ["sleep", "1000"] }],
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      nodeName: "node-1",
      ...fields.spec,
    },
    status: { phase: "Pending", ...fields.status },
  };
}
