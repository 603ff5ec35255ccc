/** Bearer tokens of every kind: each authenticator is shown the token, and the first that knows it says whose it is. */
import { messageOf } from "#base/mod.ts";
import type { Authenticator, Credentials, User } from "../contract.ts";
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
      if (owner) return { ...owner, user: withAuthenticated(owner.user) };
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  throw unauthorized(problems.length > 0 ? `[${[invalidToken, ...problems].join(", ")}]` : invalidToken);
}

/** Tokens that know nothing of audiences are for the API server alone, and whoever has one is somebody. */
export function forOwnAudiences(
  userOf: (token: string) => User | undefined | Promise<User | undefined>,
  own: readonly string[],
): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const common = audiences.filter((one) => own.includes(one));
      if (common.length === 0) return undefined;
      const user = await userOf(token);
      return user && { user, audiences: common };
    },
  };
}

const authenticated = "system:authenticated";
const withAuthenticated = (user: User): User =>
  user.name === "system:anonymous" || user.groups.some((group) => group === authenticated || group === "system:unauthenticated")
    ? user
    : { ...user, groups: [...user.groups, authenticated] };

const protocolPrefix = "base64url.bearer.authorization.k8s.io.";

/** Browsers cannot send headers with a WebSocket, but they can name protocols: one of them may hold the token. */
function tokenOf({ authorization, upgrade, "sec-websocket-protocol": protocols }: Credentials["headers"]): string | undefined {
  const token = /^Bearer\s+(\S+)$/i.exec(String(authorization ?? ""))?.[1];
  if (token !== undefined || String(upgrade ?? "").toLowerCase() !== "websocket") return token;
  const named = [protocols ?? []].flat().flatMap((each) => each.split(",").map((one) => one.trim()));
  const ours = named.filter((one) => one.startsWith(protocolPrefix));
  if (ours.length === 0) return undefined;
  if (ours.length > 1) throw unauthorized("multiple base64.bearer.authorization tokens specified");
  const encoded = ours[0]!.slice(protocolPrefix.length);
  if (!/^[A-Za-z0-9_-]+$/.test(encoded)) throw unauthorized("invalid base64.bearer.authorization token encoding");
  if (named.length === 1) throw unauthorized("missing additional subprotocol");
  return Buffer.from(encoded, "base64url").toString();
}

export function bearerAuthenticator(kinds: readonly TokenAuthenticator[], audiences: readonly string[]): Authenticator {
  return {
    async authenticate({ headers }) {
      const token = tokenOf(headers);
      return token === undefined ? undefined : (await ownerOf(kinds, token, audiences)).user;
    },
  };
}
