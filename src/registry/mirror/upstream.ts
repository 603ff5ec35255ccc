/** Another registry, as a client of it: credentials are shown only when they are asked for, tokens are kept for as long as they last. */
import type { Clock } from "#base/mod.ts";

export interface Credentials {
  username: string;
  password: string;
}

export interface UpstreamOptions {
  /** `https://registry-1.docker.io`. */
  url: string;
  /** Read at each use: they may change. */
  credentials(): Credentials | undefined;
  clock: Clock;
}

/** No answer that says anything of what was asked for. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

const answerMs = 10_000;
const mostTokens = 256;
const usualTokenSeconds = 60;
const mostTokenBytes = 64 * 1024;

interface Challenge {
  scheme: "basic" | "bearer";
  realm?: string;
  service?: string;
  scope?: string;
}

export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #authorizations = new Map<string, { header: string; untilMs: number }>();

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  /**
   * Resolves with any answer below 500 but for 429; rejects with Unreachable otherwise, or when the headers do not come in time.
   * `signal` ends the body, too.
   */
  async ask(
    method: "GET" | "HEAD",
    { name, path, accept, signal }: { name: string; path: string; accept?: string; signal?: AbortSignal },
  ): Promise<Response> {
    const send = (header: string | undefined) =>
      this.#send(
        `${this.#options.url}/v2/${name}/${path}`,
        method,
        // Sizes and digests are of what comes, as it comes.
        { "accept-encoding": "identity", ...(accept ? { accept } : {}), ...(header ? { authorization: header } : {}) },
        signal,
      );
    const first = await send(this.#known(name));
    if (first.status !== 401) return first;
    await first.body?.cancel();
    const header = await this.#authorize(name, first.headers.get("www-authenticate") ?? "", signal);
    return header === undefined ? first : send(header);
  }

  #known(name: string): string | undefined {
    const known = this.#authorizations.get(name);
    return known && known.untilMs > this.#options.clock.now() ? known.header : undefined;
  }

  async #send(url: string, method: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const over = new AbortController();
    const timer = this.#options.clock.after(answerMs, () => over.abort(new Error(`no answer within ${answerMs / 1000} s`)), {
      background: true,
    });
    try {
      const response = await fetch(url, { method, headers, signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal });
      if (response.status < 500 && response.status !== 429) return response;
      await response.body?.cancel();
      throw new Unreachable(`${this.#options.url} answers with ${response.status}`);
    } catch (cause) {
      throw cause instanceof Unreachable ? cause : new Unreachable(`${this.#options.url} cannot be reached`, { cause });
    } finally {
      timer.cancel();
    }
  }

  /** Undefined: there is nothing to show. */
  async #authorize(name: string, text: string, signal?: AbortSignal): Promise<string | undefined> {
    const challenge = readChallenge(text);
    const credentials = this.#options.credentials();
    const basic = credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
    if (challenge?.scheme === "basic") return basic && this.#keep(name, basic, usualTokenSeconds);
    if (!challenge?.realm || !URL.canParse(challenge.realm)) return undefined;
    const realm = new URL(challenge.realm);
    // A password that came over TLS does not go on without.
    if (realm.protocol !== "https:" && this.#options.url.startsWith("https:")) return undefined;
    if (challenge.service) realm.searchParams.set("service", challenge.service);
    realm.searchParams.set("scope", challenge.scope ?? `repository:${name}:pull`);
    const response = await this.#send(realm.href, "GET", basic ? { authorization: basic } : {}, signal);
    if (response.status !== 200) {
      await response.body?.cancel();
      return undefined;
    }
    const bytes = await readAtMost(response, mostTokenBytes);
    const { token, access_token, expires_in } = JSON.parse(String(bytes)) as { token?: string; access_token?: string; expires_in?: number };
    const value = token ?? access_token;
    return value ? this.#keep(name, `Bearer ${value}`, Number(expires_in ?? usualTokenSeconds)) : undefined;
  }

  #keep(name: string, header: string, seconds: number): string {
    if (this.#authorizations.size >= mostTokens) this.#authorizations.delete(this.#authorizations.keys().next().value!);
    this.#authorizations.set(name, { header, untilMs: this.#options.clock.now() + (seconds * 1000) / 2 });
    return header;
  }
}

/** `Bearer realm="https://auth.example/token",service="x",scope="y"`. */
export function readChallenge(text: string): Challenge | undefined {
  const scheme = /^\s*(basic|bearer)\b/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== "basic" && scheme !== "bearer") return undefined;
  const values = Object.fromEntries([...text.matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, key, value]) => [key!.toLowerCase(), value!]));
  return { scheme, realm: values.realm, service: values.service, scope: values.scope };
}

/** Rejects when the body is longer. */
export async function readAtMost(response: Response, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`${response.url} answers with more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
