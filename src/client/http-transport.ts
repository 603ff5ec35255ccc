/** Reaches an API server over HTTPS, with kept-alive connections. */
import { readFileSync, statSync } from "node:fs";
import { bodyOf, errorOf } from "./client.ts";
import { Connections, type Identity } from "./connections.ts";
import type { ApiRequest, ApiResponse, StreamResponse, Transport, WatchEvent, WatchStream } from "./contract.ts";
import type { Servers } from "./servers.ts";

export interface HttpTransportOptions {
  /** `https://127.0.0.1:6443`, with a path prefix if there is one; or several, of which one is asked. */
  server: string | Servers;
  /** PEM. */
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
  /** Read again when the file changes. */
  tokenFile?: string;
  username?: string;
  password?: string;
  insecureSkipTlsVerify?: boolean;
  tlsServerName?: string;
  userAgent?: string;
  impersonate?: { user?: string; groups?: string[]; uid?: string };
  /** Parallel connections, 16 unless told: watches hold one each. */
  connections?: number;
  /** Milliseconds for headers and between body parts of a plain request; 0: no bound. */
  timeoutMs?: number;
}

export interface HttpTransport extends Transport {
  /** Cuts every connection: requests and watches under way fail, and what follows goes over new ones. */
  reset(): void;
  /** Another certificate for what is asked from now on; requests and watches under way go on by the one before. */
  renew(identity: Identity): void;
}

export function httpTransport(options: HttpTransportOptions): HttpTransport {
  const { server } = options;
  const servers = typeof server === "string" ? undefined : server;
  const prefix = typeof server === "string" ? new URL(server).pathname.replace(/\/$/, "") : "";
  const connections = new Connections(server, options);
  const token = tokenSource(options);

  const headersOf = (request: ApiRequest, body: Uint8Array | string | undefined): Record<string, string | string[]> => {
    const headers: Record<string, string | string[]> = { accept: "application/json", "user-agent": options.userAgent ?? "spoke" };
    const bearer = token();
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    else if (options.username)
      headers.authorization = `Basic ${Buffer.from(`${options.username}:${options.password ?? ""}`).toString("base64")}`;
    if (options.impersonate?.user) headers["impersonate-user"] = options.impersonate.user;
    if (options.impersonate?.uid) headers["impersonate-uid"] = options.impersonate.uid;
    if (options.impersonate?.groups?.length) headers["impersonate-group"] = options.impersonate.groups;
    if (body !== undefined) headers["content-type"] = "application/json";
    return { ...headers, ...request.headers };
  };

  const send = async (kind: "plain" | "streams", request: ApiRequest, unbounded: boolean) => {
    const { origin, [kind]: from } = connections;
    const body = request.body === undefined || request.body instanceof Uint8Array ? request.body : JSON.stringify(request.body);
    const asking = from.request({
      method: request.method,
      path: prefix + request.path,
      headers: headersOf(request, body),
      body: body ?? null,
      signal: request.signal ?? null,
      headersTimeout: options.timeoutMs ?? 0,
      bodyTimeout: unbounded ? 0 : (options.timeoutMs ?? 0),
    });
    if (servers) asking.catch((error) => void (isNoConnection(error) && servers.failed(origin)));
    return asking;
  };

  return {
    async request(request): Promise<ApiResponse> {
      const response = await send("plain", request, false);
      const bytes = Buffer.from(await response.body.arrayBuffer());
      const headers = flat(response.headers);
      return { status: response.statusCode, headers, object: parsed(headers, bytes), bytes: () => bytes };
    },
    async watch(request): Promise<WatchStream> {
      const abort = new AbortController();
      const signal = request.signal ? AbortSignal.any([request.signal, abort.signal]) : abort.signal;
      const response = await send("streams", { ...request, signal }, true);
      if (response.statusCode !== 200) {
        const bytes = Buffer.from(await response.body.arrayBuffer());
        const object = parsed(flat(response.headers), bytes);
        bodyOf(request, { status: response.statusCode, headers: {}, object, bytes: () => bytes });
        throw errorOf(request, response.statusCode, object, () => bytes.toString());
      }
      response.body.on("error", () => {});
      return {
        close: () => abort.abort(),
        [Symbol.asyncIterator]: () => watchEvents(response.body, signal),
      };
    },
    async stream(request): Promise<StreamResponse> {
      const response = await send("streams", request, true);
      return { status: response.statusCode, headers: flat(response.headers), body: response.body };
    },
    reset: () => connections.reset(),
    renew: (identity) => connections.renew(identity),
    close: () => connections.close(),
  };
}

const noConnection: ReadonlySet<unknown> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_SOCKET"],
]);
const isNoConnection = (error: unknown): boolean => noConnection.has((error as { code?: unknown }).code);

/** JSON objects, one a line; each chunk's whole lines are handed on together. Ends quietly when aborted. */
export async function* watchEvents(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<WatchEvent[]> {
  let pending: Buffer[] = [];
  try {
    for await (const chunk of body) {
      const end = chunk.lastIndexOf(10);
      if (end < 0) {
        pending.push(chunk);
        continue;
      }
      const text = Buffer.concat([...pending, chunk.subarray(0, end)]).toString();
      pending = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
      const events: WatchEvent[] = [];
      for (const line of text.split("\n")) if (line) events.push(JSON.parse(line));
      if (events.length > 0) yield events;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function parsed(headers: Record<string, string>, bytes: Buffer): unknown {
  if (!headers["content-type"]?.includes("json") || bytes.length === 0) return undefined;
  return JSON.parse(bytes.toString());
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) out[name] = Array.isArray(value) ? value.join(", ") : value;
  return out;
}

function tokenSource({ token, tokenFile }: HttpTransportOptions): () => string | undefined {
  if (!tokenFile) return () => token;
  let read: { mtimeMs: number; value: string } | undefined;
  return () => {
    const { mtimeMs } = statSync(tokenFile);
    if (read?.mtimeMs !== mtimeMs) read = { mtimeMs, value: readFileSync(tokenFile, "utf8").trim() };
    return read.value;
  };
}
