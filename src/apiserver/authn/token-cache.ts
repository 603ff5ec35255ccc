/** Remembers for a while what somebody else said of a token, and lets all who ask for the same at once wait for one answer. */
import { createHmac } from "node:crypto";
import type { Clock, Random } from "#base/mod.ts";
import type { TokenAuthenticator, TokenOwner } from "./bearer.ts";

export interface TokenCacheOptions {
  /** How long a token that is good stays so; 0: it is asked about each time. */
  goodMs: number;
  /** How long a token that nobody knows stays unknown. Errors are never remembered. */
  unknownMs: number;
  clock: Clock;
  random: Random;
}

type Answer = TokenOwner | undefined;

const mostRemembered = 4096;

export function remembering(of: TokenAuthenticator, { goodMs, unknownMs, clock, random }: TokenCacheOptions): TokenAuthenticator {
  // Tokens themselves are not kept, and nobody can choose what falls together.
  const secret = random.bytes(32);
  const known = new Map<string, { answer: Answer; until: number }>();
  const asking = new Map<string, Promise<Answer>>();
  const keep = (key: string, answer: Answer) => {
    const ms = answer ? goodMs : unknownMs;
    if (ms <= 0) return;
    if (known.size >= mostRemembered) known.delete(known.keys().next().value!);
    known.set(key, { answer, until: clock.monotonic() + ms });
  };
  return {
    authenticateToken(token, audiences) {
      const key = createHmac("sha256", secret)
        .update(JSON.stringify([token, ...audiences]))
        .digest("base64");
      const found = known.get(key);
      if (found && found.until > clock.monotonic()) return found.answer;
      known.delete(key);
      let answer = asking.get(key);
      if (!answer) {
        answer = ask(of, token, audiences).finally(() => asking.delete(key));
        answer.then(
          (owner) => keep(key, owner),
          () => {},
        );
        asking.set(key, answer);
      }
      return answer;
    },
  };
}

const ask = async (of: TokenAuthenticator, token: string, audiences: readonly string[]): Promise<Answer> =>
  of.authenticateToken(token, audiences);
