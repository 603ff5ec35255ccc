/** The transport for components of the same process: no socket and no encoding, everything else as for a client outside. */
import { PassThrough } from "node:stream";
import type { Served } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import {
  ApiError,
  type ApiRequest,
  type ApiResponse,
  type StreamResponse,
  type Transport,
  type WatchEvent,
  type WatchStream,
} from "#client/contract.ts";
import { errorOf, watchEvents } from "#client/mod.ts";
import { viewOf } from "./catalog/conversions.ts";
import type { User } from "./contract.ts";
import { encode, listMeta, tableOf } from "./http/encode.ts";
import { negotiate } from "./http/negotiate.ts";
import { freeze } from "./read/record.ts";
import type { WatchSink, WatchSource } from "./read/watch.ts";
import type { Answer, ServerRequest } from "./request/call.ts";
import type { ApiServer } from "./server.ts";

/** Events that wait for a reader: beyond this the watch is cut, as a slow connection would be. */
const waitingLimit = 16_384;
/** A client in this process reads an answer of another server whole. */
const mostRelayedBytes = 64 * 1024 * 1024;
const plain = { media: "json", view: "object", pretty: false } as const;

export function directTransport({ server, user, clock }: { server: ApiServer; user: User; clock: Clock }): Transport {
  const open = new Set<() => void>();
  const requestOf = ({ method, path, headers = {}, body }: ApiRequest): ServerRequest => {
    const isBytes = body instanceof Uint8Array;
    const bytes = isBytes ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : Buffer.alloc(0);
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    return {
      method,
      url: path,
      headers: { "user-agent": user.name, ...lower },
      user,
      body: () => bytes,
      object: body && !isBytes ? body : undefined,
    };
  };
  return {
    async request(request) {
      const own = requestOf(request);
      const answer = await passing(server, request, own);
      if ("body" in answer) return wholeOf(answer);
      try {
        return responseOf(answer, request, clock);
      } finally {
        answer.sent?.();
      }
    },
    async watch(request) {
      const ending = new AbortController();
      const signal = request.signal ? AbortSignal.any([request.signal, ending.signal]) : ending.signal;
      const own = requestOf(request);
      const answer = await passing(server, { ...request, signal }, own);
      if ("body" in answer) return watchElsewhere(answer, request, () => ending.abort(), signal);
      answer.sent?.();
      if (answer.kind !== "watch") throw new ApiError((answer as { object: ApiError["status"] }).object);
      const stream = watchStream(answer.source, answer.definition, () => open.delete(close));
      const close = () => stream.close();
      open.add(close);
      request.signal?.addEventListener("abort", close, { once: true });
      if (request.signal?.aborted) close();
      return stream;
    },
    async stream(request) {
      const answer = await passing(server, request, requestOf(request));
      if ("body" in answer) return answer;
      answer.sent?.();
      const { status, headers, bytes } = responseOf(answer, request, clock);
      return { status, headers, body: new PassThrough().end(Buffer.from(bytes())) };
    },
    async close() {
      for (const close of [...open]) close();
    },
  };
}

function responseOf(answer: Answer, { headers }: ApiRequest, clock: Clock): ApiResponse {
  const accept = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "accept")?.[1];
  const { status } = answer;
  const out: Record<string, string> = { "content-type": "application/json", ...answer.headers };
  if (answer.warnings) out.warning = answer.warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(", ");
  if (answer.kind === "bytes") {
    out["content-type"] = answer.contentType;
    const object = /json/.test(answer.contentType) && answer.bytes.length ? JSON.parse(answer.bytes.toString()) : undefined;
    return { status, headers: out, object, bytes: () => answer.bytes };
  }
  if (answer.kind === "watch" || answer.kind === "taken") return { status, headers: out, object: undefined, bytes: () => Buffer.alloc(0) };
  const accepted = negotiate(accept, { views: ["table", "partial", "partialList"] });
  const encoded = () => {
    const { body } = encode(answer, { accepted, pretty: false, includeObject: "Metadata", now: clock.now() });
    return Buffer.isBuffer(body) ? body : Buffer.concat([...body]);
  };
  if (accepted.view !== "object" || accepted.media !== "json") {
    const bytes = encoded();
    return { status, headers: out, object: accepted.media === "json" ? JSON.parse(bytes.toString()) : undefined, bytes: () => bytes };
  }
  return { status, headers: out, object: objectOf(answer), bytes: encoded };
}

/** Shared and frozen: the same object that the cache holds. */
function objectOf(answer: Exclude<Answer, { kind: "bytes" | "watch" | "taken" }>): object {
  if (answer.kind === "record") return answer.record.frozen;
  if (answer.kind === "object") {
    freeze(answer.object);
    return answer.object;
  }
  return {
    kind: answer.definition.listKind,
    apiVersion: answer.definition.apiVersion,
    metadata: listMeta(answer),
    items: answer.records.map((record) => record.frozen),
  };
}

function watchStream(source: WatchSource, definition: Served, closed: () => void): WatchStream {
  let waiting: WatchEvent[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  const push = (event: WatchEvent): boolean => {
    if (ended) return true;
    waiting.push(event);
    wake?.();
    if (waiting.length < waitingLimit) return true;
    blocked = true;
    return false;
  };
  let blocked = false;
  const end = () => {
    ended = true;
    closed();
    wake?.();
  };
  const sink: WatchSink = {
    event: (type, record) => push({ type, object: viewOf(definition, record).frozen }),
    bookmark: (revision, initialEnd) => {
      const { kind, apiVersion } = definition;
      const metadata = {
        resourceVersion: String(revision),
        ...(initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
      };
      return push({ type: "BOOKMARK", object: { kind, apiVersion, metadata } });
    },
    error: (status) => void push({ type: "ERROR", object: status as never }),
    end,
    abandon: end,
  };
  source.open(sink);
  return {
    close() {
      source.close();
      waiting = [];
      end();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (waiting.length) {
            const batch = waiting;
            waiting = [];
            if (blocked) {
              blocked = false;
              source.resume();
            }
            yield batch;
            continue;
          }
          if (ended) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          wake = undefined;
        }
      } finally {
        source.close();
        end();
      }
    },
  };
}

/** The server's answer, or the stream that a connecter or another server answers with. */
async function passing(server: ApiServer, request: ApiRequest, own: ServerRequest): Promise<Answer | StreamResponse> {
  const abort = new AbortController();
  request.signal?.addEventListener("abort", () => abort.abort(), { once: true });
  if (request.signal?.aborted) abort.abort();
  const streamed = new Promise<StreamResponse>((resolve) => {
    own.exchange = (query) => {
      const out = new PassThrough();
      const input = new PassThrough();
      input.end(own.object ? JSON.stringify(own.object) : own.body());
      abort.signal.addEventListener("abort", () => out.destroy(), { once: true });
      return {
        method: own.method,
        url: own.url,
        query,
        headers: own.object ? { "content-type": "application/json", ...own.headers } : own.headers,
        body: input,
        hasBody: request.body !== undefined,
        signal: abort.signal,
        respond: (status, headers = {}) => {
          resolve({
            status,
            headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
            body: out,
          });
          return out;
        },
      };
    };
  });
  const answer = server.handle(own);
  const first = await Promise.race([answer, streamed]);
  if ("body" in first) {
    void answer.then(({ sent }) => sent?.());
    return first;
  }
  // Answered by a connecter that had nothing to say.
  return first;
}

async function wholeOf({ status, headers, body }: StreamResponse): Promise<ApiResponse> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > mostRelayedBytes) throw new Error(`the answer is longer than ${mostRelayedBytes} bytes`);
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  const isJson = /json/.test(headers["content-type"] ?? "") && bytes.length > 0;
  return { status, headers, object: isJson ? JSON.parse(bytes.toString()) : undefined, bytes: () => bytes };
}

/** Of a kind that another server serves. */
async function watchElsewhere(response: StreamResponse, request: ApiRequest, end: () => void, signal: AbortSignal): Promise<WatchStream> {
  if (response.status !== 200) {
    const { object, bytes } = await wholeOf(response);
    throw errorOf(request, response.status, object, () => bytes().toString());
  }
  const body = response.body as AsyncIterable<Buffer>;
  return { close: end, [Symbol.asyncIterator]: () => watchEvents(body, signal) };
}

export { plain, tableOf };
