/**
 * Asks a webhook over HTTPS: by URL or by Service, trusted by its bundle. For admission, for conversions of custom kinds, and for
 * whatever else a cluster lets others decide. What goes wrong is a CallError in the words of Go's client, which tools match on.
 */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { posix } from "node:path";
import { Pool } from "undici";
import { type Clock, hostPort, isAbort, type Random } from "#base/mod.ts";
import type { Storage } from "../contract.ts";
import { saidBy } from "../settings/said-by.ts";
import { type Address, type ServiceRef, serviceAddress } from "./service-address.ts";

/** `WebhookClientConfig` of admission and of custom resource conversion. */
export interface WebhookTarget {
  url?: string;
  /** Base64 of PEM. */
  caBundle?: string;
  service?: { namespace?: string; name?: string; path?: string; port?: number };
}

export class CallError extends Error {
  override name = "CallError";
  /** What a counter of failures shows. */
  readonly code: number;
  /** Nothing was sent: what is configured cannot be used. */
  readonly isUnsent: boolean;
  constructor(message: string, code = 503, { isUnsent = false, ...options }: ErrorOptions & { isUnsent?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.isUnsent = isUnsent;
  }
}

interface Parts {
  storage: Storage;
  clock: Clock;
  random: Random;
}

interface Place {
  /** `https://name.namespace.svc:443`: who it must be. */
  origin: string;
  path: string;
  servername: string;
  service?: ServiceRef;
  /** Absent: where the origin says. */
  at?: Address;
}

const mostPools = 200;
const mostConnections = 64;
const mostAnswerBytes = 16 * 1024 * 1024;

export class WebhookClient {
  readonly #parts: Parts;
  /** The one used last is the last. */
  readonly #pools = new Map<string, Pool>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The answer's body, read as JSON. Throws CallError. */
  async post(target: WebhookTarget, body: object, { timeoutMs }: { timeoutMs: number }): Promise<unknown> {
    const place = placeOf(target);
    const ending = new AbortController();
    const timer = this.#parts.clock.after(timeoutMs, () => ending.abort());
    const path = `${place.path}${place.path.includes("?") ? "&" : "?"}timeout=${Math.ceil(timeoutMs / 1000)}s`;
    try {
      const { storage, random } = this.#parts;
      if (place.service) place.at = serviceAddress(storage, place.service, (below) => random.int(below));
      const pool = this.#pool(place, target.caBundle ?? "");
      const { statusCode, body: answer } = await pool.request({
        method: "POST",
        path,
        headers: { host: new URL(place.origin).host, accept: "application/json, */*", "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: ending.signal,
      });
      const text = await textWithin(answer);
      if (statusCode < 200 || statusCode > 206) throw refusal(statusCode, text);
      return parsed(text);
    } catch (error) {
      if (error instanceof CallError) throw error;
      const why = ending.signal.aborted && isAbort(error) ? "context deadline exceeded" : goWords(error, place);
      throw new CallError(`Post ${JSON.stringify(place.origin + path)}: ${why}`, 503, { cause: error });
    } finally {
      timer.cancel();
    }
  }

  close(): void {
    for (const pool of this.#pools.values()) void pool.destroy();
    this.#pools.clear();
  }

  #pool({ origin, servername, at }: Place, caBundle: string): Pool {
    const key = JSON.stringify([origin, at, caBundle]);
    let pool = this.#pools.get(key);
    if (pool) this.#pools.delete(key);
    else {
      const ca = authorities(caBundle);
      pool = new Pool(at ? `https://${at.host.includes(":") ? `[${at.host}]` : at.host}:${at.port}` : origin, {
        connections: mostConnections,
        pipelining: 1,
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: 30_000,
        // As Go, which trusts whatever certificate it is given as one to trust, be it no authority's.
        connect: {
          ...(isIP(servername) === 0 && { servername }),
          ...(ca && { ca, allowPartialTrustChain: true }),
          ALPNProtocols: ["http/1.1"],
        },
      });
    }
    this.#pools.set(key, pool);
    if (this.#pools.size > mostPools) {
      const [oldest, idle] = this.#pools.entries().next().value!;
      this.#pools.delete(oldest);
      void idle.close();
    }
    return pool;
  }
}

function placeOf({ url, service }: WebhookTarget): Place {
  if (service) {
    const { namespace = "", name = "", port = 443, path } = service;
    const servername = `${name}.${namespace}.svc`;
    return { origin: `https://${servername}:${port}`, servername, path: cleaned(path), service: { namespace, name, port } };
  }
  if (!url) throw new CallError("webhook configuration must have either service or URL", 500, { isUnsent: true });
  const { origin, hostname, pathname, search } = new URL(url);
  return { origin, servername: hostname.replace(/^\[|\]$/g, ""), path: cleaned(pathname) + search };
}

/** As upstream's client asks: `//a/../b/` is `/b`. */
const cleaned = (path = "") => posix.join("/", path).replace(/(?<=.)\/$/, "");

/** Undefined: those that the system trusts. */
function authorities(caBundle: string): string | undefined {
  if (caBundle === "") return undefined;
  const pem = Buffer.from(caBundle, "base64").toString();
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const good = blocks.filter((block) => {
    try {
      return Boolean(new X509Certificate(block));
    } catch {
      return false;
    }
  });
  if (good.length === 0)
    throw new CallError("unable to load root certificates: unable to parse bytes as PEM block", 500, { isUnsent: true });
  return good.join("\n");
}

async function textWithin(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > mostAnswerBytes) throw new CallError(`the answer is longer than ${mostAnswerBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CallError(`couldn't get version/kind; json parse error: ${(error as Error).message}`, 503, { cause: error });
  }
}

/** Of an answer that is none. */
const refusal = (code: number, text: string) => new CallError(saidBy(code, text), code);

const unknownAuthority = new Set([
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_SIGNATURE_FAILURE",
]);

function goWords(error: unknown, { origin, servername, at }: Place): string {
  const { code = "", message, cause } = error as NodeJS.ErrnoException & { cause?: NodeJS.ErrnoException };
  const { hostname, port } = new URL(origin);
  const host = at ? hostPort(at.host, at.port) : `${hostname}:${port || 443}`;
  const x509 = (text: string) => `tls: failed to verify certificate: x509: ${text}`;
  if (unknownAuthority.has(code)) return x509("certificate signed by unknown authority");
  if (code === "CERT_HAS_EXPIRED") return x509("certificate has expired or is not yet valid");
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return x509(`certificate is not valid for ${servername}: ${message}`);
  if (code === "ECONNREFUSED") return `dial tcp ${host}: connect: connection refused`;
  if (code === "EHOSTUNREACH") return `dial tcp ${host}: connect: no route to host`;
  if (code === "ENETUNREACH") return `dial tcp ${host}: connect: network is unreachable`;
  if (code === "ENOTFOUND") return `dial tcp: lookup ${servername}: no such host`;
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "EOF";
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT") return `dial tcp ${host}: i/o timeout`;
  return cause?.message ?? message;
}
