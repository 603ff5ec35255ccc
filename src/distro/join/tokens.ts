/** Bootstrap tokens as the cluster keeps them: Secrets of kube-system, in upstream's form. */
import { randomInt } from "node:crypto";
import { type Secret, secrets } from "#api/mod.ts";
import { type Client, orUndefined, timestamp } from "#client/mod.ts";
import type { JoinToken } from "./token.ts";

const namespace = "kube-system";
const type = "bootstrap.kubernetes.io/token";
const prefix = "bootstrap-token-";
const letters = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Not to be guessed. */
const letter = (): string => letters[randomInt(letters.length)]!;
const word = (length: number): string => Array.from({ length }, letter).join("");

export const newToken = (): JoinToken => ({ id: word(6), secret: word(16) });

export interface TokenWishes {
  token: JoinToken;
  /** Absent: it does not run out. */
  expiresMs?: number;
  description?: string;
}

/** Says for people, and for `list`, what a token is; its rights are its user's, by its id. */
const controlPlaneGroup = "system:bootstrappers:spoke:control-planes";

export async function createToken(client: Client, { token, expiresMs, description }: TokenWishes): Promise<Secret> {
  const text: Record<string, string> = {
    "token-id": token.id,
    "token-secret": token.secret,
    "usage-bootstrap-authentication": "true",
    "usage-bootstrap-signing": "true",
    ...(expiresMs === undefined ? {} : { expiration: timestamp(expiresMs) }),
    ...(description ? { description } : {}),
    ...(token.key ? { "auth-extra-groups": controlPlaneGroup } : {}),
  };
  const data = Object.fromEntries(Object.entries(text).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: prefix + token.id, namespace }, type, data };
  return client.create(secrets, secret as Secret);
}

export interface TokenRow {
  id: string;
  /** ISO 8601; absent: it does not run out. */
  expires?: string;
  usages: string[];
  description: string;
}

export async function listTokens(client: Client): Promise<TokenRow[]> {
  const { items } = await client.list(secrets, { namespace, fieldSelector: `type=${type}` });
  return items.map(rowOf).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function rowOf(secret: Secret): TokenRow {
  const text = (key: string) => Buffer.from(secret.data?.[key] ?? "", "base64").toString();
  const expires = text("expiration");
  const usages = ["authentication", "signing"].filter((use) => text(`usage-bootstrap-${use}`) === "true");
  if (text("auth-extra-groups").split(",").includes(controlPlaneGroup)) usages.push("control-plane");
  return { id: text("token-id"), ...(expires ? { expires } : {}), usages, description: text("description") };
}

/** False: there was none. */
export async function deleteToken(client: Client, id: string): Promise<boolean> {
  const name = prefix + id;
  const there = await orUndefined(client.get(secrets, { namespace, name }));
  if (there?.type !== type) return false;
  await orUndefined(client.delete(secrets, { namespace, name }));
  return true;
}
