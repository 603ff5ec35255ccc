/** Reads documents of an issuer over HTTPS, as Go's client does: redirects are followed, and nothing takes longer than half a minute. */
import { STATUS_CODES } from "node:http";
import { getCACertificates } from "node:tls";
import { Agent, interceptors } from "undici";
import { type Clock, isAbort, messageOf } from "#base/mod.ts";

export interface Fetched {
  status: number;
  /** `404 Not Found` */
  statusText: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Fetcher {
  /** Rejects when nothing was answered; any status is an answer. */
  get(url: string, headers?: Record<string, string>): Promise<Fetched>;
  close(): void;
}

const timeoutMs = 30_000;
const mostBytes = 4 * 1024 * 1024;

/** `authority`: PEM; empty: those that the system trusts. */
export function fetcher(authority: string, clock: Clock): Fetcher {
  const agent = new Agent({
    connections: 8,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ca: authority === "" ? getCACertificates("system") : authority, allowPartialTrustChain: true },
  });
  const following = agent.compose(interceptors.redirect({ maxRedirections: 10 }));
  return {
    async get(url, headers = {}) {
      const ending = new AbortController();
      const timer = clock.after(timeoutMs, () => ending.abort());
      try {
        const { origin, pathname, search } = new URL(url);
        const answer = await following.request({
          origin,
          path: pathname + search,
          method: "GET",
          headers: { accept: "application/json, */*", ...headers },
          signal: ending.signal,
        });
        const parts: Buffer[] = [];
        let size = 0;
        for await (const part of answer.body) {
          size += (part as Buffer).length;
          if (size > mostBytes) throw new Error(`the answer is longer than ${mostBytes} bytes`);
          parts.push(part as Buffer);
        }
        return {
          status: answer.statusCode,
          statusText: `${answer.statusCode} ${STATUS_CODES[answer.statusCode] ?? ""}`.trimEnd(),
          headers: answer.headers,
          body: Buffer.concat(parts).toString(),
        };
      } catch (error) {
        const why = ending.signal.aborted && isAbort(error) ? "context deadline exceeded" : messageOf(error);
        throw new Error(`Get ${JSON.stringify(url)}: ${why}`, { cause: error });
      } finally {
        timer.cancel();
      }
    },
    close: () => void agent.destroy(),
  };
}
