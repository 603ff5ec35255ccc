/** One request on its way through the server, and the forms its answer can take before it is encoded. */
import type { KubeObject, Served } from "#api/mod.ts";
import type { UpgradeOffer } from "#net/mod.ts";
import type { Credentials, Exchange, RequestInfo, User } from "../contract.ts";
import type { Accepted } from "../http/negotiate.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import type { WatchSource } from "../read/watch.ts";
import type { Seat } from "./fairness/fairness.ts";

/** What a listener (or the direct transport) hands in. */
export interface ServerRequest extends Pick<Credentials, "headers" | "certificate" | "refusedCertificate" | "remoteAddress"> {
  method: string;
  /** Path and query as sent. */
  url: string;
  /** Set by the direct transport: who asks is known. */
  user?: User;
  /** The whole body; rejects with ApiError 413 when it is larger than the limit. */
  body(): Promise<Buffer> | Buffer;
  /** The body as an object, from the direct transport: never change it. */
  object?: object;
  /** Told once what is asked: whether it may go on without end, and how long it may take otherwise. */
  begun?(longRunning: boolean, mostMs: number | undefined): void;
  /** Aborts when the client goes away. */
  gone?(): AbortSignal;
  /** The client asks for another protocol on its connection. */
  upgrade?: UpgradeOffer;
  /** For streaming subresources. */
  exchange?(query: URLSearchParams): Exchange;
}

/** What the audit log is told of on the way. */
export interface AuditTrail {
  /** What was said of a key first holds. */
  annotate(key: string, value: string): void;
  /** The object that was sent, as it was read, with its defaults. */
  sent(object: object): void;
  /** The patch that was sent, in JSON. */
  sentPatch(patch: string): void;
}

export interface Call {
  method: string;
  request: ServerRequest;
  info: RequestInfo;
  query: URLSearchParams;
  user: User;
  warnings: string[];
  /** Absent: nothing of this request is recorded. */
  audit?: AuditTrail;
  /** Held until the answer is sent. */
  seat?: Seat;
}

export interface ResourceCall extends Call {
  definition: Served;
}

interface Common {
  status: number;
  headers?: Record<string, string>;
  accepted?: Accepted;
  warnings?: string[];
  /** Where the size of what is answered is counted. */
  measured?: { size(bytes: number): void };
  /** To be called when the last byte of the answer is sent, or never will be. */
  sent?(): void;
}

/** One stored object. */
export interface RecordAnswer extends Common {
  kind: "record";
  record: ObjectRecord;
  definition: Served;
}

/** An object that is not stored as it is: Status, Scale, Binding, dry runs. */
export interface ObjectAnswer extends Common {
  kind: "object";
  object: Stored | KubeObject;
  definition?: Served;
}

export interface ListAnswer extends Common {
  kind: "list";
  records: ObjectRecord[];
  definition: Served;
  revision: number;
  continue?: string;
  remaining?: number;
}

export interface WatchAnswer extends Common {
  kind: "watch";
  definition: Served;
  source: WatchSource;
}

export interface BytesAnswer extends Common {
  kind: "bytes";
  contentType: string;
  bytes: Buffer;
}

/** The exchange was answered by a connecter. */
export interface TakenAnswer extends Common {
  kind: "taken";
}

export type Answer = RecordAnswer | ObjectAnswer | ListAnswer | WatchAnswer | BytesAnswer | TakenAnswer;
