/**
 * Asks a service that a kubeconfig file names: who a token belongs to, whether something is allowed; or tells it what was done.
 * Every question goes to the file's exact URL, takes half a minute at most, and is asked again when the service stumbles.
 */
import { backoffMs, type Clock, isAbort, messageOf, type Random } from "#base/mod.ts";
import { credentialsOf, httpTransport, loadKubeconfig, materialOf, resolveTarget } from "#client/mod.ts";
import { saidBy } from "./said-by.ts";

export interface ReviewClient {
  /** The answer's object. Rejects when there is none. `attempts`: how often it is asked at most, 5 unless told. */
  post(body: object, options?: { attempts?: number; timeoutMs?: number }): Promise<unknown>;
  close(): void;
}

/** The service answered that it cannot. */
export class ReviewError extends Error {
  override name = "ReviewError";
  readonly code: number;
  readonly mayRetry: boolean;
  constructor(message: string, code: number, mayRetry: boolean, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.mayRetry = mayRetry;
  }
}

const defaultTimeoutMs = 30_000;
const defaultAttempts = 5;
const mostAnswerBytes = 16 * 1024 * 1024;
const jitter = 0.2;

export interface ReviewClientOptions {
  /** A kubeconfig. */
  file: string;
  clock: Clock;
  random: Random;
  /** Before the second attempt; each further one waits half as long again. */
  firstWaitMs?: number;
}

/** Rejects when the file cannot be used. */
export async function reviewClient({ file, clock, random, firstWaitMs = 500 }: ReviewClientOptions): Promise<ReviewClient> {
  // What stands in the file is meant, and nothing of the environment.
  const place = { env: {}, cwd: "/" };
  const target = resolveTarget(loadKubeconfig(place, file), {}, place);
  const { cluster } = target;
  const { authorization, cert, key } = await credentialsOf(target);
  const ca = materialOf(cluster["certificate-authority-data"], cluster["certificate-authority"], "certificate-authority");
  const transport = httpTransport({
    server: target.server,
    ...(ca ? { ca: ca.toString() } : {}),
    ...(cert ? { cert: cert.toString() } : {}),
    ...(key ? { key: key.toString() } : {}),
    ...(cluster["tls-server-name"] ? { tlsServerName: cluster["tls-server-name"] } : {}),
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] ?? false,
    userAgent: "kube-apiserver-admission",
  });
  const path = new URL(target.server).pathname.replace(/\/$/, "") === "" ? "/" : "";

  const once = async (body: object, timeoutMs: number): Promise<unknown> => {
    const ending = new AbortController();
    const timer = clock.after(timeoutMs, () => ending.abort());
    try {
      const headers = authorization ? { authorization } : undefined;
      const answer = await transport.stream({ method: "POST", path, body, headers, signal: ending.signal });
      const text = await textWithin(answer.body);
      if (answer.status >= 200 && answer.status <= 206) return parsed(text);
      throw refusal(answer.status, text, "retry-after" in answer.headers);
    } catch (error) {
      if (error instanceof ReviewError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      const why = ending.signal.aborted && isAbort(error) ? "context deadline exceeded" : messageOf(error);
      throw new ReviewError(`Post ${JSON.stringify(target.server)}: ${why}`, 0, code === "ECONNRESET", { cause: error });
    } finally {
      timer.cancel();
    }
  };
  return {
    async post(body, { attempts = defaultAttempts, timeoutMs = defaultTimeoutMs } = {}) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(body, timeoutMs);
        } catch (error) {
          if (attempt >= attempts || !(error instanceof ReviewError && error.mayRetry)) throw error;
          const wait = backoffMs(attempt, { baseMs: firstWaitMs, maxMs: firstWaitMs * 8, factor: 1.5 });
          await clock.sleep(wait * (1 + jitter * random.next()));
        }
      }
    },
    close: () => void transport.close(),
  };
}

async function textWithin(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > mostAnswerBytes) throw new ReviewError(`the answer is longer than ${mostAnswerBytes} bytes`, 0, false);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parsed(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    throw new ReviewError(`couldn't get version/kind; json parse error: ${messageOf(error)}`, 0, false, { cause: error });
  }
}

function refusal(code: number, text: string, saysWhen: boolean): ReviewError {
  return new ReviewError(saidBy(code, text), code, code === 500 || code === 504 || code === 429 || saysWhen);
}
