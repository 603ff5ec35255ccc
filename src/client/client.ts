/** Typed verbs: builds requests without sending them, sends them through the transport, turns refusals into ApiError. */
import type { KubeObject, PathParts, Resource, Status } from "#api/mod.ts";
import { resourcePath } from "#api/resource.ts";
import {
  ApiError,
  type ApiRequest,
  type ApiResponse,
  type Client,
  type DeleteOptions,
  type ListOptions,
  type ObjectList,
  type ObjectRef,
  type PatchType,
  type Transport,
  type WatchOptions,
  type WatchStream,
  type WriteOptions,
} from "./contract.ts";

export const patchContentTypes: Record<PatchType, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

export function createClient(transport: Transport): Client {
  const send = async (request: ApiRequest): Promise<unknown> => bodyOf(request, await transport.request(request));
  const put = (resource: Resource, object: KubeObject, options: WriteOptions | undefined, subresource?: string) =>
    send({
      method: "PUT",
      path: pathOf(resource, refOf(object), subresource ?? options?.subresource, writeQuery(options)),
      body: object,
      signal: options?.signal,
    });
  return {
    transport,
    get: async (resource, ref, options) =>
      (await send({ method: "GET", path: pathOf(resource, ref, options?.subresource), signal: options?.signal })) as never,
    list: async (resource, options = {}) =>
      withKinds(
        resource,
        (await send({
          method: "GET",
          path: pathOf(resource, { namespace: options.namespace }, undefined, listQuery(options)),
          signal: options.signal,
        })) as never,
      ),
    watch: (resource, options = {}) =>
      transport.watch({
        method: "GET",
        path: pathOf(resource, { namespace: options.namespace }, undefined, watchQuery(options)),
        signal: options.signal,
      }) as Promise<WatchStream<never>>,
    create: async (resource, object, options) => {
      const { namespace } = object.metadata;
      const path = pathOf(resource, { namespace }, undefined, writeQuery(options));
      return (await send({ method: "POST", path, body: object, signal: options?.signal })) as never;
    },
    createSub: async (resource, ref, subresource, body, options) =>
      (await send({
        method: "POST",
        path: pathOf(resource, ref, subresource, writeQuery(options)),
        body,
        signal: options?.signal,
      })) as never,
    update: async (resource, object, options) => (await put(resource, object, options)) as never,
    updateStatus: async (resource, object, options) => (await put(resource, object, options, "status")) as never,
    patch: async (resource, ref, type, patch, options) => {
      const query = writeQuery(options);
      if (options?.force) query.set("force", "true");
      const body = typeof patch === "string" ? Buffer.from(patch) : Buffer.from(JSON.stringify(patch));
      return (await send({
        method: "PATCH",
        path: pathOf(resource, ref, options?.subresource, query),
        headers: { "content-type": patchContentTypes[type] },
        body,
        signal: options?.signal,
      })) as never;
    },
    delete: async (resource, ref, options) => {
      await send({ method: "DELETE", path: pathOf(resource, ref), body: deleteBody(options), signal: options?.signal });
    },
    deleteCollection: async (resource, options = {}) => {
      const path = pathOf(resource, { namespace: options.namespace }, undefined, listQuery(options));
      await send({ method: "DELETE", path, body: deleteBody(options), signal: options.signal });
    },
  };
}

/** The parsed body of a success; throws ApiError for everything else. */
export function bodyOf(request: Pick<ApiRequest, "method" | "path">, response: ApiResponse): unknown {
  if (response.status >= 200 && response.status < 300) return response.object;
  throw errorOf(request, response.status, response.object, () => Buffer.from(response.bytes()).toString());
}

/** A Status as the server sent it, or one made of the code where the body is none. */
export function errorOf(request: Pick<ApiRequest, "method" | "path">, code: number, body: unknown, text: () => string): ApiError {
  if (isStatus(body)) return new ApiError({ ...body, code: body.code ?? code });
  const detail = text().trim().slice(0, 2048);
  const message = detail || `the server answered ${code} to ${request.method} ${request.path.split("?")[0]}`;
  return new ApiError({ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure", message, code } as Status);
}

function isStatus(body: unknown): body is Status {
  return typeof body === "object" && body !== null && (body as { kind?: unknown }).kind === "Status";
}

function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  if (!name) throw new Error(`client: cannot write a ${object.kind} without metadata.name`);
  return namespace ? { name, namespace } : { name };
}

function pathOf(resource: Resource, ref: PathParts, subresource?: string, query?: URLSearchParams): string {
  const path = resourcePath(resource, { ...ref, ...(subresource ? { subresource } : {}) });
  return query && query.size > 0 ? `${path}?${query}` : path;
}

function listQuery(options: ListOptions): URLSearchParams {
  const query = new URLSearchParams();
  for (const key of ["labelSelector", "fieldSelector", "continue", "resourceVersion", "resourceVersionMatch"] as const)
    if (options[key]) query.set(key, options[key]);
  if (options.limit) query.set("limit", String(options.limit));
  return query;
}

function watchQuery(options: WatchOptions): URLSearchParams {
  const query = listQuery(options);
  query.set("watch", "true");
  if (options.allowWatchBookmarks) query.set("allowWatchBookmarks", "true");
  if (options.sendInitialEvents) query.set("sendInitialEvents", "true");
  if (options.timeoutSeconds) query.set("timeoutSeconds", String(options.timeoutSeconds));
  return query;
}

function writeQuery(options: WriteOptions | undefined): URLSearchParams {
  const query = new URLSearchParams();
  if (options?.dryRun) query.set("dryRun", "All");
  if (options?.fieldManager) query.set("fieldManager", options.fieldManager);
  if (options?.fieldValidation) query.set("fieldValidation", options.fieldValidation);
  return query;
}

function deleteBody(options: DeleteOptions | undefined): object | undefined {
  if (!options) return undefined;
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = options;
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy ? { propagationPolicy } : {}),
    ...(preconditions ? { preconditions } : {}),
    ...(dryRun ? { dryRun: ["All"] } : {}),
  };
}

/** Items of a list come without apiVersion and kind; consumers expect whole objects. Frozen items already have them. */
function withKinds<T extends KubeObject>(resource: Resource<T>, list: ObjectList<T>): ObjectList<T> {
  if (!list.items?.length) return { ...list, items: list.items ?? [] };
  if (list.items[0]!.kind) return list;
  return { ...list, items: list.items.map((item) => ({ ...item, apiVersion: resource.apiVersion, kind: resource.kind })) };
}
