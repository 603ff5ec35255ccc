/**
 * An API server that keeps a few objects in memory, for tests of what talks to one: revisions, watches, conflicts, deletion with
 * finalizers and grace. It knows no kinds: there is no validation and no defaulting.
 */
import type { KubeObject, ObjectMeta } from "#api/mod.ts";
import { createClient } from "./client.ts";
import { ApiError, type ApiRequest, type ApiResponse, type Client, type WatchEvent, type WatchStream } from "./contract.ts";

export interface FakeApi {
  client: Client;
  /** Every request that was no watch and no list: `POST /api/v1/namespaces/default/pods`. */
  readonly requests: string[];
  /** Object by its path without `/api…`: `pods/default/web`. */
  get(path: string): KubeObject | undefined;
  put(resource: string, object: KubeObject): KubeObject;
  /** What discovery and other fixed paths answer. */
  answers: Map<string, object>;
  remove(path: string): void;
  /** Watches keep their events back until `resume`. */
  pause(): void;
  resume(): void;
  /** What the next requests of that method and resource are answered instead. */
  refuse(method: string, resource: string, code: number, reason: string, times?: number): void;
}

interface Followed {
  resource: string;
  push(event: WatchEvent): void;
}

export function fakeApi(): FakeApi {
  const objects = new Map<string, KubeObject>();
  const watches = new Set<Followed>();
  const requests: string[] = [];
  const answers = new Map<string, object>();
  const refusals: { method: string; resource: string; code: number; reason: string; left: number }[] = [];
  let revision = 0;
  let paused: (() => void)[] | undefined;
  /** What a watch that starts late must still be told. */
  const history: { resource: string; event: WatchEvent }[] = [];

  const tell = (resource: string, type: WatchEvent["type"], object: KubeObject) => {
    const send = () => {
      history.push({ resource, event: { type, object } });
      for (const watch of watches) if (watch.resource === resource) watch.push({ type, object });
    };
    if (paused) paused.push(send);
    else send();
  };
  const store = (resource: string, path: string, object: KubeObject): KubeObject => {
    const old = objects.get(path);
    const metadata = { ...object.metadata, uid: object.metadata.uid ?? `uid-${revision + 1}`, resourceVersion: String(++revision) };
    const next = Object.freeze({ ...object, metadata: Object.freeze(metadata) });
    if (metadata.deletionTimestamp && !metadata.finalizers?.length && metadata.deletionGracePeriodSeconds === undefined) {
      objects.delete(path);
      tell(resource, "DELETED", next);
      return next;
    }
    objects.set(path, next);
    tell(resource, old ? "MODIFIED" : "ADDED", next);
    return next;
  };
  const answer = (request: ApiRequest): object => {
    const { resource, namespace, name } = parts(request.path);
    const fixed = answers.get(request.path);
    if (fixed) return fixed;
    if (request.method === "GET" && !name) return listOf(resource, namespace);
    requests.push(`${request.method} ${request.path}`);
    const refusal = refusals.find((each) => each.left > 0 && each.method === request.method && each.resource === resource);
    if (refusal) {
      refusal.left--;
      throw failure(refusal.code, refusal.reason);
    }
    const path = [resource, namespace, name].filter(Boolean).join("/");
    const old = objects.get(path);
    if (request.method === "POST") {
      const sent = request.body as KubeObject;
      const made = sent.metadata.name ?? `${sent.metadata.generateName}${revision}`;
      const key = [resource, namespace, made].filter(Boolean).join("/");
      if (objects.has(key)) throw failure(409, "AlreadyExists");
      return store(resource, key, { ...sent, metadata: { ...sent.metadata, name: made } });
    }
    if (request.method === "DELETE" && !name) {
      for (const [each, object] of [...objects])
        if (each.startsWith(`${resource}/${namespace}/`)) erase(resource, each, object, request.body as Erasure | undefined);
      return {};
    }
    if (!old) throw failure(404, "NotFound");
    if (request.method === "GET") return old;
    if (request.method === "DELETE") return erase(resource, path, old, request.body as Erasure | undefined);
    const sent = (request.method === "PUT" ? request.body : JSON.parse(Buffer.from(request.body as Uint8Array).toString())) as KubeObject;
    const { resourceVersion, uid } = sent.metadata ?? {};
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw failure(409, "Conflict");
    if (uid && uid !== old.metadata.uid) throw failure(409, "Conflict");
    return store(resource, path, (request.method === "PUT" ? sent : merged(old, sent)) as KubeObject);
  };
  const erase = (resource: string, path: string, old: KubeObject, body: Erasure | undefined): object => {
    if (body?.preconditions?.uid && body.preconditions.uid !== old.metadata.uid) throw failure(409, "Conflict");
    const { resourceVersion } = body?.preconditions ?? {};
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw failure(409, "Conflict");
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const grace = resource === "pods" && body?.gracePeriodSeconds !== 0 ? { deletionGracePeriodSeconds: 30 } : {};
    const metadata: ObjectMeta = { ...old.metadata, deletionTimestamp, ...grace };
    if (!("deletionGracePeriodSeconds" in grace)) delete metadata.deletionGracePeriodSeconds;
    return store(resource, path, { ...old, metadata });
  };
  const listOf = (resource: string, namespace: string) => {
    const prefix = `${resource}/${namespace ? `${namespace}/` : ""}`;
    const items = [...objects].filter(([path]) => path.startsWith(prefix)).map(([, object]) => object);
    return { apiVersion: "v1", kind: "List", metadata: { resourceVersion: String(revision) }, items };
  };
  const client = createClient({
    async request(request): Promise<ApiResponse> {
      await Promise.resolve();
      try {
        return { status: 200, headers: {}, object: answer(request), bytes: () => Buffer.alloc(0) };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return { status: error.code, headers: {}, object: error.status, bytes: () => Buffer.alloc(0) };
      }
    },
    async watch(request) {
      const { resource, query } = parts(request.path);
      const after = Number(query.get("resourceVersion"));
      const missed = history.filter((each) => each.resource === resource && Number(each.event.object.metadata.resourceVersion) > after);
      return follow(
        watches,
        resource,
        missed.map(({ event }) => event),
        request.signal,
      );
    },
    stream: () => Promise.reject(new Error("the fake API has no streams")),
    close: () => Promise.resolve(),
  });
  return {
    client,
    requests,
    answers,
    get: (path) => objects.get(path),
    put: (resource, object) =>
      store(resource, [resource, object.metadata.namespace, object.metadata.name].filter(Boolean).join("/"), object),
    remove(path) {
      const old = objects.get(path);
      if (!old) return;
      objects.delete(path);
      tell(path.split("/")[0]!, "DELETED", { ...old, metadata: { ...old.metadata, resourceVersion: String(++revision) } });
    },
    pause() {
      paused ??= [];
    },
    resume() {
      const waiting = paused ?? [];
      paused = undefined;
      for (const send of waiting) send();
    },
    refuse(method, resource, code, reason, times = 1) {
      refusals.push({ method, resource, code, reason, left: times });
    },
  };
}

interface Erasure {
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

function follow(watches: Set<Followed>, resource: string, missed: WatchEvent[], signal: AbortSignal | undefined): WatchStream {
  let waiting = missed;
  let wake: (() => void) | undefined;
  let closed = false;
  const own: Followed = {
    resource,
    push(event) {
      waiting.push(event);
      wake?.();
    },
  };
  watches.add(own);
  const close = () => {
    closed = true;
    watches.delete(own);
    wake?.();
  };
  signal?.addEventListener("abort", close, { once: true });
  return {
    close,
    async *[Symbol.asyncIterator]() {
      while (!closed) {
        if (waiting.length > 0) {
          const batch = waiting;
          waiting = [];
          yield batch;
        } else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

/** `/apis/apps/v1/namespaces/default/deployments/web/scale?x=y`. */
function parts(path: string): { resource: string; namespace: string; name: string; query: URLSearchParams } {
  const [plain = "", query = ""] = path.split("?");
  const words = plain.split("/").slice(1);
  const rest = words.slice(words[0] === "api" ? 2 : 3);
  // `/namespaces/x/status` is a part of the namespace, not a resource in it.
  const inNamespace = rest[0] === "namespaces" && rest.length > 2 && !["status", "finalize"].includes(rest[2]!);
  const [resource = "", name = ""] = inNamespace ? rest.slice(2) : rest;
  return { resource, namespace: inNamespace ? rest[1]! : "", name, query: new URLSearchParams(query) };
}

function failure(code: number, reason: string): ApiError {
  return new ApiError({ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", code, reason, message: reason } as never);
}

/** JSON merge patch, and the directive of strategic patches that takes items out of a list. */
function merged(old: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const out: Record<string, unknown> = typeof old === "object" && old !== null ? { ...(old as object) } : {};
  for (const [key, value] of Object.entries(patch)) {
    const [directive, list] = key.split("/");
    if (directive === "$deleteFromPrimitiveList" && list)
      out[list] = ((out[list] ?? []) as unknown[]).filter((item) => !value.includes(item));
    else if (value === null) delete out[key];
    else out[key] = merged(out[key], value);
  }
  return out;
}
