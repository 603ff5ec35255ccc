/** How every component talks to an API server, over a socket or directly in the same process. */
import type { KubeObject, Resource, Status } from "#api/mod.ts";

export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";
  /** Path with query, for example `/api/v1/namespaces/default/pods?limit=500`. */
  path: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON; bytes are sent as they are (set content-type). */
  body?: object | Uint8Array;
  signal?: AbortSignal;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  /** The parsed JSON body; undefined when the body is not JSON. Frozen on the direct transport: never change it. */
  object: unknown;
  /** The raw body. */
  bytes(): Uint8Array;
}

export interface StreamResponse {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

export interface WatchEvent<T = KubeObject> {
  type: WatchEventType;
  object: T;
}

export interface WatchStream<T = KubeObject> extends AsyncIterable<WatchEvent<T>[]> {
  close(): void;
}

/** The four ways to reach an API server that everything else is built from. */
export interface Transport {
  /** Resolves for every HTTP status; rejects only when no answer came. */
  request(request: ApiRequest): Promise<ApiResponse>;
  /** Opens a watch; rejects with ApiError when the server refuses. The stream ends when the server ends it. */
  watch(request: ApiRequest): Promise<WatchStream>;
  /** A response whose body is read as it comes (logs, proxied bodies). */
  stream(request: ApiRequest): Promise<StreamResponse>;
  close(): Promise<void>;
}

/** A refusal by the API server, as Status. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: Status;
  constructor(status: Status, options?: { cause?: unknown }) {
    super(status.message ?? status.reason ?? `HTTP ${status.code}`, options);
    this.status = status;
  }
  /** HTTP status code. */
  get code(): number {
    return this.status.code ?? 500;
  }
  get reason(): string {
    return this.status.reason ?? "";
  }
}

export interface ObjectRef {
  namespace?: string;
  name: string;
}

export interface ListOptions {
  /** Absent: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: string;
  signal?: AbortSignal;
}

export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
}

export interface WriteOptions {
  dryRun?: boolean;
  fieldManager?: string;
  fieldValidation?: "Strict" | "Warn" | "Ignore";
  subresource?: string;
  signal?: AbortSignal;
}

export type PatchType = "json" | "merge" | "strategic" | "apply";

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
  signal?: AbortSignal;
}

export interface ObjectList<T> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** Typed verbs over a transport. Every method rejects with ApiError when the server refuses. Objects may be frozen. */
export interface Client {
  readonly transport: Transport;
  get<T extends KubeObject>(resource: Resource<T>, ref: ObjectRef, options?: { subresource?: string; signal?: AbortSignal }): Promise<T>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<ObjectList<T>>;
  watch<T extends KubeObject>(resource: Resource<T>, options?: WatchOptions): Promise<WatchStream<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  /** POST to a subresource (binding, eviction, token): body and answer are of another kind than the resource. */
  createSub<R = KubeObject>(resource: Resource, ref: ObjectRef, subresource: string, body: object, options?: WriteOptions): Promise<R>;
  update<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    ref: ObjectRef,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions & { force?: boolean },
  ): Promise<T>;
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  deleteCollection(resource: Resource, options?: ListOptions & DeleteOptions): Promise<void>;
}
