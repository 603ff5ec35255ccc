/** Who may ask an Ingress that wants a name and a password: users of a Secret, and whether a request names one of them. */
import { createHash } from "node:crypto";
import type { Secret } from "#api/mod.ts";
import { isKnownWay, isPassword } from "./crypt.ts";

/** Where the users of a route are, and how it asks for them. */
export interface BasicAuth {
  /** `namespace/name` of a Secret. */
  secret: string;
  /** A file of `htpasswd` in the key `auth`, or a key for each user. */
  kind: "auth-file" | "auth-map";
  realm: string;
  /** An address that is let in needs no password. */
  either: boolean;
}

export interface Users {
  /** What is kept of each one's password, by name. */
  kept: ReadonlyMap<string, string>;
  /** What is wrong with the Secret. */
  problems: readonly string[];
}

export function usersOf(secret: Pick<Secret, "data"> | undefined, kind: BasicAuth["kind"]): Users {
  if (!secret) return { kept: new Map(), problems: ["there is none"] };
  const texts = Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString()] as const);
  const file = texts.find(([key]) => key === "auth")?.[1];
  if (kind === "auth-file" && file === undefined) return { kept: new Map(), problems: ["it has no key auth"] };
  const pairs = kind === "auth-file" ? linesOf(file!) : texts.map(([user, kept]) => [user, kept.trim()] as const);
  const unknown = pairs.filter(([, kept]) => !isKnownWay(kept)).map(([user]) => user);
  const why =
    unknown.length > 0
      ? [`passwords of ${unknown.join(", ")}: only MD5 (apr1), SHA-256, SHA-512, {SHA}, {SSHA} and {PLAIN} are known`]
      : [];
  return { kept: new Map(pairs), problems: pairs.length > 0 ? why : ["it has no users"] };
}

/** `user:kept`, a line each; what follows a second colon is a remark. */
function linesOf(file: string): (readonly [string, string])[] {
  return file.split("\n").flatMap((line) => {
    const [user, kept] = line.trim().split(":");
    return !user || kept === undefined || user.startsWith("#") ? [] : [[user, kept] as const];
  });
}

const mostRemembered = 4096;
/** Nobody's password; it bounds what one look at it may take. */
const mostBytes = 1024;

/** Remembers how looks went, by a hash: a page of fifty pictures shows one password fifty times. */
export class Passwords {
  readonly #known = new Map<string, boolean>();

  /** `authorization`: the field of the request. */
  lets({ kept }: Users, authorization: string | undefined): boolean {
    const [, encoded = ""] = /^basic +([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "") ?? [];
    const [, user = "", password = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString()) ?? [];
    const own = kept.get(user);
    if (own === undefined || encoded.length > mostBytes) return false;
    const key = createHash("sha256")
      .update(JSON.stringify([user, password, own]))
      .digest("base64");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const is = isPassword(password, own);
    if (this.#known.size >= mostRemembered) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, is);
    return is;
  }
}
