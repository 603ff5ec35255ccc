/** Bearer tokens of every kind: each authenticator is shown the token, and the first that knows it says whose it is. */
import { messageOf } from "#base/mod.ts";
import type { Authenticator, User } from "../contract.ts";
import { unauthorized } from "../request/errors.ts";

export interface TokenOwner {
  user: User;
  /** Those of the asked audiences that the token is for. */
  audiences: readonly string[];
}

/** Undefined: not a token of this kind. Rejects when it is one and is not good. */
export interface TokenAuthenticator {
  authenticateToken(token: string, audiences: readonly string[]): TokenOwner | undefined | Promise<TokenOwner | undefined>;
}

/** What upstream says of a token that nobody knows. */
export const invalidToken = "invalid bearer token";

export async function ownerOf(kinds: readonly TokenAuthenticator[], token: string, audiences: readonly string[]): Promise<TokenOwner> {
  const problems: string[] = [];
  for (const kind of kinds) {
    try {
      const owner = await kind.authenticateToken(token, audiences);
      if (owner) return owner;
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  throw unauthorized(problems.length > 0 ? `[${[invalidToken, ...problems].join(", ")}]` : invalidToken);
}

export function bearerAuthenticator(kinds: readonly TokenAuthenticator[], audiences: readonly string[]): Authenticator {
  return {
    async authenticate({ headers }) {
      const token = /^Bearer\s+(\S+)$/i.exec(String(headers.authorization ?? ""))?.[1];
      return token === undefined ? undefined : (await ownerOf(kinds, token, audiences)).user;
    },
  };
}
