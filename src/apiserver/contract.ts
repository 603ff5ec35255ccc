/** The seams of the API server: who asks, what is asked, and what may allow, change, refuse or answer it. */

import type { IncomingMessage } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import type { PeerCertificate } from "node:tls";
import type { FieldError, KubeObject, Resource } from "#api/mod.ts";
import type { FieldRequirement, Requirement } from "#codec/mod.ts";

export interface User {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** What the path and method say: upstream's RequestInfo. */
export interface RequestInfo {
  /** The path without the query, percent-encoding kept. */
  path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection, or the lower-case HTTP method off resources. */
  verb: string;
  isResource: boolean;
  /** "api" or "apis"; empty off resources. */
  prefix: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  /** Empty for collections. */
  name: string;
  /** What follows the subresource, as of `/pods/x/proxy/a/b`: "a/b". Absent when nothing follows. */
  rest?: string;
  /** What `?labelSelector=` and `?fieldSelector=` of a list, watch or deletecollection require; absent when they cannot be read. */
  labelRequirements?: readonly Requirement[];
  fieldRequirements?: readonly FieldRequirement[];
}

/** What an authenticator may look at. */
export interface Credentials {
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  path: string;
  /** The client certificate, when the TLS handshake verified one against the client CA. One object per connection: cache by it. */
  certificate?: PeerCertificate;
  /** Why the client certificate that was shown was not verified. */
  refusedCertificate?: string;
  remoteAddress?: string;
}

/** Undefined: this authenticator has no opinion. A thrown ApiError (or any error) becomes 401 unless another one says yes. */
export interface Authenticator {
  authenticate(credentials: Credentials): User | undefined | Promise<User | undefined>;
}

export interface Decision {
  allowed: boolean;
  /** True ends the question with no; otherwise the next authorizer is asked. */
  denied?: boolean;
  reason?: string;
  /** Somebody who should have been asked could not be. */
  error?: string;
}

export interface Authorizer {
  authorize(user: User, info: RequestInfo): Decision | Promise<Decision>;
}

export type Operation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

/** One write on its way through admission. Plugins that mutate replace `object` or change it in place; the rest is read-only. */
export interface Attributes {
  user: User;
  info: RequestInfo;
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  /** Empty when a create asks for generateName and has no name yet. */
  name: string;
  path: string;
  /** The declaration of the resource. */
  definition: Resource;
  /** The kind of the object: differs from the resource's kind on subresources such as scale, binding, eviction. */
  kind: { group: string; version: string; kind: string };
  operation: Operation;
  /** The object to be stored (or the body of a subresource); undefined for deletes. Own and mutable: never shared with the cache. */
  object: KubeObject | undefined;
  /** What is stored now; frozen. Undefined for creates. */
  oldObject: KubeObject | undefined;
  dryRun: boolean;
  /** CreateOptions, UpdateOptions, PatchOptions, DeleteOptions or PodExecOptions and its like. */
  options: Record<string, unknown>;
  /** Sends a `Warning: 299` header to the client. */
  warn(text: string): void;
  /** Added to the audit event. */
  annotate(key: string, value: string): void;
  /** What is refused by more than the object itself says: told with, and before, what its kind's own checks find. */
  problems?: FieldError[];
  /** What plugins have claimed for this write: told whether it was stored, once, when that is known. */
  claims?: ((stored: boolean) => void)[];
  /** Mutating plugins run twice when one that lets others decide has changed the object after those before it had seen it. */
  reinvocation?: Reinvocation;
}

export interface Reinvocation {
  /** This is the second run. */
  again: boolean;
  /** There shall be a second run. */
  wanted: boolean;
  /** What plugins remember from the first to the second, by their name. */
  memory: Map<string, unknown>;
}

/** What a rule of admission is about: of our plugins as of webhooks and policies, in the words of their `rules`. */
export interface Match {
  apiGroups: readonly string[];
  apiVersions?: readonly string[];
  // `pods`, `pods/status`, `pods/*` (also pods itself), `*` (all, without subresources), `*/status`, `*/*` (everything).
  resources: readonly string[];
  operations: readonly (Operation | "*")[];
  scope?: "Cluster" | "Namespaced" | "*";
}

/** Refuses by throwing ApiError (see errors.ts). `admit` runs for all plugins in order, then validation, then all `validate`. */
export interface AdmissionPlugin {
  name: string;
  /** Asked only for requests that one of these is about. */
  matches: readonly Match[];
  admit?(attributes: Attributes): Promise<void> | void;
  validate?(attributes: Attributes): Promise<void> | void;
}

/** One HTTP exchange whose body streams or whose connection is taken over: proxy, exec, attach, portforward, log. */
export interface Exchange {
  method: string;
  /** Path with query as the client sent it. */
  url: string;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  body: Readable;
  /** False: nothing will come by `body`. */
  hasBody: boolean;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  /** Present when the client asked for an upgrade over HTTP/1.1 (`Connection: Upgrade`): the connection is the connecter's. */
  upgrade?: { request: IncomingMessage; socket: Duplex; head: Buffer };
  /** Sends status and headers; the body is written to what it returns. Not for upgrades. */
  respond(status: number, headers?: Record<string, string | string[]>): Writable;
}

/** Answers a streaming subresource. Errors thrown before `respond` become a Status. */
export interface Connecter {
  connect(attributes: Attributes, exchange: Exchange): Promise<void>;
}

/** Under which name the server owns the fields that it writes; without one nobody is recorded. */
export interface WrittenAs {
  manager: string;
  subresource: string;
  /** Where upstream applies; "Update" where it is not said. */
  operation?: "Apply";
}

/** As upstream's server writes by itself; and its controllers that write a status. */
export const byServer: WrittenAs = { manager: "kube-apiserver", subresource: "" };
export const statusByServer: WrittenAs = { ...byServer, subresource: "status" };

/** What handlers and hooks may use of the server: reads and writes as the server itself, past authn, authz and admission. */
export interface Storage {
  get(resource: Resource, ref: { namespace?: string; name: string }): KubeObject | undefined;
  list(resource: Resource, namespace?: string): KubeObject[];
  /** Calls `change` with a copy of the newest object until it is stored; undefined from `change` leaves it. */
  update(
    resource: Resource,
    ref: { namespace?: string; name: string },
    change: (object: KubeObject) => KubeObject | undefined,
    as?: WrittenAs,
  ): Promise<KubeObject>;
  create(resource: Resource, object: KubeObject, as?: WrittenAs): Promise<KubeObject>;
  delete(
    resource: Resource,
    ref: { namespace?: string; name: string },
    preconditions?: { uid?: string; resourceVersion?: string },
  ): Promise<boolean>;
  /**
   * Called after every change of the resource, in order; first with what is stored now (as ADDED). The objects are the
   * cache's own: never change them. Returns the way to stop.
   */
  subscribe(resource: Resource, on: (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) => void): () => void;
}

/** Answers a POST whose object is never stored (TokenReview, SubjectAccessReview, `serviceaccounts/token`, …). */
export type CreateHandler = (attributes: Attributes, storage: Storage) => Promise<KubeObject> | KubeObject;

/** A kind that is made when it is asked for. Objects are new with every call. */
export interface ComputedKind {
  /** What refusals name. */
  about: { group: string; resource: string };
  get(ref: { namespace?: string; name: string }): KubeObject | undefined | Promise<KubeObject | undefined>;
  /** Of a namespace, or of all where it is empty. */
  list(namespace: string): KubeObject[] | Promise<KubeObject[]>;
  /** What a refusal calls an object, when that is not its name. */
  named?(ref: { namespace?: string; name: string }): string;
}

/** What a write hook claimed; exactly one of the two is called when the write is stored or has failed. */
export interface Reservation {
  commit?(): Promise<void> | void;
  release?(): Promise<void> | void;
}

/**
 * Runs after mutating admission and before validation of creates, updates and deletes, for example to allocate service
 * addresses. It may change `attributes.object`. For dry runs it must not keep anything.
 */
export type WriteHook = (attributes: Attributes, storage: Storage) => Promise<Reservation | undefined> | Reservation | undefined;

/** A function that answers a path off the resources, such as `/metrics`. */
export type PathHandler = (exchange: Exchange, user: User) => Promise<void>;
