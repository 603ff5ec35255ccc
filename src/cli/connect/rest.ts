/** Requests to the API server over node's own http, loaded only when a command really asks the server something. */

import type { Agent, AgentOptions, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { SecureContext, SecureContextOptions } from "node:tls";
import type { Clock } from "#base/clock.ts";
import { parseExact } from "#codec/exact-integers.ts";
import { ConnectionError, type StatusBody, StatusError } from "../failure.ts";
import { existsSync, readFileSync } from "../input/files.ts";
import type { Target } from "./kubeconfig.ts";
import type { Answered, Trace } from "./trace.ts";

/** Lists of names, owners and labels, without the objects' own fields. */
export const metadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

export interface RestRequest {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Return answers that are no success instead of throwing. */
  anyStatus?: boolean;
}

export interface RestResponse {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
}

export interface RestOptions {
  target: Target;
  headers: Record<string, string | string[]>;
  /** 0: wait forever. */
  timeoutMs: number;
  clock: Clock;
  warn(message: string): void;
  /** What -v shows. */
  trace?: Trace;
}

export class Rest {
  readonly options: RestOptions;
  readonly base: URL;
  #agent: Agent | undefined;
  #context: SecureContext | undefined;
  #identity: Promise<Identity> | undefined;

  constructor(options: RestOptions) {
    this.options = options;
    const { server } = options.target;
    if (server.includes(" ")) throw new ConnectionError('invalid character " " in host name', server, false);
    this.base = new URL(server);
  }

  /** Parsed JSON of a successful answer; throws StatusError or ConnectionError. */
  async json<T = Record<string, unknown>>(request: RestRequest): Promise<T> {
    const response = await this.request({ accept: "application/json", ...request });
    try {
      return parseExact(response.text) as T;
    } catch {
      throw new ConnectionError(`the server's answer to ${request.method ?? "GET"} ${request.path} is not JSON`, this.base.host, false);
    }
  }

  async request(request: RestRequest): Promise<RestResponse> {
    let answered: Answered | undefined;
    const message = await this.open(request, (found) => {
      answered = found;
    });
    const text = await readAll(message);
    answered?.body(text);
    const status = message.statusCode ?? 0;
    if ((status < 200 || status > 299) && !request.anyStatus) throw refusal(status, text, request);
    return { status, headers: message.headers, text };
  }

  /** The answer as a stream; a refusal is read and thrown. */
  async stream(request: RestRequest): Promise<IncomingMessage> {
    const message = await this.open(request);
    const status = message.statusCode ?? 0;
    if (status < 200 || status > 299) throw refusal(status, await readAll(message), request);
    return message;
  }

  async open(request: RestRequest, traced?: (answered: Answered) => void): Promise<IncomingMessage> {
    const body =
      request.body === undefined
        ? undefined
        : typeof request.body === "string" || request.body instanceof Uint8Array
          ? request.body
          : JSON.stringify(request.body);
    const options = await this.requestOptions(request.path, request.query);
    options.method = request.method ?? "GET";
    const deadline = this.#deadline(request.signal);
    options.signal = deadline.signal;
    options.headers = {
      ...options.headers,
      accept: request.accept ?? "application/json",
      ...(body === undefined
        ? {}
        : { "content-type": request.contentType ?? "application/json", "content-length": String(Buffer.byteLength(body)) }),
      ...request.headers,
    };
    const client = this.#client();
    const answered = this.options.trace?.request(options.method, `${this.base.origin}${options.path}`, options, body);
    if (answered) traced?.(answered);
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const call: ClientRequest = client.request(options, resolve);
      call.on("close", deadline.forget);
      call.on("error", (error) => {
        answered?.failed();
        reject(request.signal?.aborted ? error : this.connectionError(error));
      });
      call.end(body);
    });
    answered?.head(message);
    for (const warning of warningsOf(message)) this.options.warn(warning);
    return message;
  }

  /** --request-timeout ends a request whole, with the reading of its answer. */
  #deadline(signal: AbortSignal | undefined): { signal: AbortSignal | undefined; forget(): void } {
    const { timeoutMs, clock } = this.options;
    if (timeoutMs <= 0) return { signal, forget() {} };
    const late = new AbortController();
    const timer = clock.after(timeoutMs, () => late.abort(new Late()));
    return { signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal, forget: () => timer.cancel() };
  }

  /** Host, TLS material and identity for a request or an upgrade. */
  async requestOptions(path: string, query: RestRequest["query"] = {}): Promise<RequestOptions> {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    // By name, as Go writes them: what is logged of a request is compared.
    pairs.sort(([a], [b]) => (a < b ? -1 : 1));
    const search = pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`).join("&");
    const prefix = this.base.pathname === "/" ? "" : this.base.pathname;
    const identity = await this.#identified();
    const secure: Partial<Identity["secure"]> = this.base.protocol === "https:" ? identity.secure : {};
    if (secure.ca) this.#context ??= secureContext(secure);
    return {
      protocol: this.base.protocol,
      hostname: this.base.hostname.replace(/^\[|\]$/g, ""),
      port: this.base.port || (this.base.protocol === "https:" ? 443 : 80),
      path: prefix + path + (search ? `${path.includes("?") ? "&" : "?"}${search}` : ""),
      headers: { ...this.options.headers, ...identity.headers },
      agent: this.#connections(),
      ...secure,
      ...(this.#context ? { secureContext: this.#context } : {}),
    };
  }

  connectionError(error: Error & { code?: string }): ConnectionError {
    const { host } = this.base;
    if (isTimeout(error)) return new ConnectionError("context deadline exceeded", host, false);
    if (error.code === "ECONNREFUSED" || (error instanceof AggregateError && error.errors.some((item) => item.code === "ECONNREFUSED"))) {
      return new ConnectionError("connection refused", host, true);
    }
    if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN")
      return new ConnectionError(`dial tcp: lookup ${this.base.hostname}: no such host`, host, false);
    const tls: Record<string, string> = {
      SELF_SIGNED_CERT_IN_CHAIN: "certificate signed by unknown authority",
      DEPTH_ZERO_SELF_SIGNED_CERT: "certificate signed by unknown authority",
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate signed by unknown authority",
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate signed by unknown authority",
      CERT_HAS_EXPIRED: "certificate has expired or is not yet valid",
    };
    if (error.code && tls[error.code])
      return new ConnectionError(`tls: failed to verify certificate: x509: ${tls[error.code]}`, host, false);
    if (error.code === "ERR_TLS_CERT_ALTNAME_INVALID")
      return new ConnectionError(`tls: failed to verify certificate: x509: ${wrongName(error as Mismatch)}`, host, false);
    return new ConnectionError(error.message, host, false);
  }

  close(): void {
    this.#agent?.destroy();
  }

  #client(): {
    Agent: new (options: AgentOptions) => Agent;
    request(options: RequestOptions, done: (message: IncomingMessage) => void): ClientRequest;
  } {
    return process.getBuiltinModule(this.base.protocol === "https:" ? "node:https" : "node:http");
  }

  #connections(): Agent {
    this.#agent ??= new (this.#client().Agent)({ keepAlive: true });
    return this.#agent;
  }

  /** Certificates and the identity, found out once: a credential program may bring both. */
  async #identified(): Promise<Identity> {
    this.#identity ??= import("#client/kubeconfig/credentials.ts").then(async ({ credentialsOf }): Promise<Identity> => {
      const { materialOf } = await import("#client/kubeconfig/config.ts");
      const { target } = this.options;
      const { cluster } = target;
      const { authorization, cert, key } = await credentialsOf(target);
      const authority = materialOf(cluster["certificate-authority-data"], cluster["certificate-authority"], "certificate-authority");
      return {
        headers: authorization === "" ? {} : ({ authorization } as Record<string, string>),
        secure: {
          ca: authority ?? (this.base.protocol === "https:" ? systemRoots(cluster) : undefined),
          // As Go: the server's own certificate may be what is trusted.
          allowPartialTrustChain: true,
          cert,
          key,
          rejectUnauthorized: !cluster["insecure-skip-tls-verify"],
          ...(cluster["tls-server-name"] ? { servername: cluster["tls-server-name"] } : {}),
        },
      };
    });
    const found = this.#identity;
    try {
      return await found;
    } catch (error) {
      throw (await import("./kubeconfig.ts")).asCliError(error);
    }
  }
}

interface Identity {
  headers: Record<string, string>;
  secure: SecureContextOptions & { rejectUnauthorized: boolean; servername?: string };
}

/** Without an authority of its own a cluster is known by the machine's, as for upstream; not by those that Node brings along. */
function systemRoots(cluster: Target["cluster"]): (string | Buffer)[] | undefined {
  if (cluster["insecure-skip-tls-verify"]) return undefined;
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  return [
    ...process.getBuiltinModule("node:tls").getCACertificates("system"),
    ...(extra && existsSync(extra) ? [readFileSync(extra)] : []),
  ];
}

/**
 * The context with these authorities only. Node fills a store with the machine's roots before it takes ours instead; an
 * empty list for it to read (the launcher says --use-openssl-ca) saves parsing a hundred certificates.
 */
function secureContext(options: SecureContextOptions): SecureContext {
  const { env } = process;
  const before = { SSL_CERT_FILE: env.SSL_CERT_FILE, SSL_CERT_DIR: env.SSL_CERT_DIR };
  env.SSL_CERT_FILE = env.SSL_CERT_DIR = "/dev/null";
  try {
    return process.getBuiltinModule("node:tls").createSecureContext(options);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
  }
}

/** The time of --request-timeout is over. */
class Late extends Error {
  override name = "Late";
}
const isTimeout = (error: Error): boolean => error instanceof Late || error.cause instanceof Late;

interface Mismatch extends Error {
  host?: string;
  cert?: { subjectaltname?: string };
}

/** Whom a certificate is for, and who was expected, in Go's words. */
function wrongName({ host = "", cert }: Mismatch): string {
  const isAddress = /^[\d.]+$/.test(host) || host.includes(":");
  const names = (cert?.subjectaltname ?? "").split(", ").flatMap((entry) => {
    const [, kind, name] = /^(DNS|IP Address):(.*)$/.exec(entry) ?? [];
    return name !== undefined && (kind === "IP Address") === isAddress ? [name] : [];
  });
  const wanted = host.replace(/\.$/, "");
  if (names.length > 0) return `certificate is valid for ${names.join(", ")}, not ${wanted}`;
  if (isAddress) return `cannot validate certificate for ${wanted} because it doesn't contain any IP SANs`;
  return `certificate is not valid for any names, but wanted to match ${wanted}`;
}

async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Warning headers: `299 - "text"`. */
function warningsOf(message: IncomingMessage): string[] {
  const header = message.headers.warning;
  if (!header) return [];
  return [...String(header).matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1].replaceAll(/\\(.)/g, "$1"));
}

const reasons: Record<number, [string, string]> = {
  400: ["BadRequest", "the server rejected our request for an unknown reason"],
  401: ["Unauthorized", "the server has asked for the client to provide credentials"],
  403: ["Forbidden", "unknown"],
  404: ["NotFound", "the server could not find the requested resource"],
  405: ["MethodNotAllowed", "the server does not allow this method on the requested resource"],
  409: ["Conflict", "the server reported a conflict"],
  410: ["Gone", "the server reported that the resource is gone"],
  429: ["TooManyRequests", "the server has received too many requests and has asked us to try again later"],
  503: ["ServiceUnavailable", "the server is currently unable to handle the request"],
  504: ["Timeout", "the server was unable to return a response in the time allotted, but may still be processing the request"],
};

function refusal(code: number, text: string, request: RestRequest): StatusError {
  try {
    const status = JSON.parse(text) as StatusBody;
    if (status.kind === "Status") return new StatusError({ code, ...status });
  } catch {
    // Not a Status: a proxy or another server answered.
  }
  const method = (request.method ?? "GET").toLowerCase();
  const [reason, message] =
    reasons[code] ??
    (code >= 500
      ? [
          "InternalError",
          `an error on the server (${JSON.stringify(text.trim().slice(0, 2048))}) has prevented the request from succeeding`,
        ]
      : ["", `the server responded with the status code ${code} but did not return more information`]);
  const words = code === 403 && text.trim() ? text.trim() : message;
  return new StatusError({
    code,
    reason,
    message: code === 400 && text.trim() ? `the server rejected our request for an unknown reason: ${text.trim()}` : words,
    details: { kind: method },
  });
}
