/** Who shows a token instead of a certificate: a service account in the user's namespace. It can be taken back, which a certificate cannot. */
import { type ServiceAccount, serviceaccounts, type TokenReview, tokenreviews } from "#api/mod.ts";
import { type Client, isAlreadyExists, isNotFound, orUndefined } from "#client/mod.ts";
import { userLabel } from "./rights.ts";
import type { UserWishes } from "./wishes.ts";

type Whose = Pick<UserWishes, "user" | "namespace">;

/** Its uid. One of the name that somebody else made is left alone. */
export async function ensureAccount(client: Client, { user, namespace }: Whose): Promise<string> {
  const made = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: user, namespace, labels: { [userLabel]: user } } };
  try {
    return (await client.create(serviceaccounts, made as ServiceAccount)).metadata.uid!;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const { metadata } = await client.get(serviceaccounts, { namespace, name: user });
  if (metadata.labels?.[userLabel] !== user)
    throw new Error(`the service account ${user} in ${namespace} is there and was not made by spoke user add: say another --namespace`);
  return metadata.uid!;
}

export async function newToken(client: Client, { user, namespace, seconds }: Whose & Pick<UserWishes, "seconds">): Promise<string> {
  const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: seconds } };
  const answer = await client.createSub(serviceaccounts, { namespace, name: user }, "token", request as never);
  return (answer as unknown as { status: { token: string } }).status.token;
}

interface Claims {
  exp?: number;
  "kubernetes.io"?: { serviceaccount?: { uid?: string } };
}

function claimsOf(token: string): Claims {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Claims;
  } catch {
    return {}; // no token: one is made
  }
}

/** Whether a token of before still does: of this account, and neither too short nor too long. */
export function isTokenGood(token: string, uid: string, seconds: number, nowMs: number): boolean {
  const { exp, "kubernetes.io": whose } = claimsOf(token);
  const left = (exp ?? 0) * 1000 - nowMs;
  return whose?.serviceaccount?.uid === uid && left > (seconds * 1000) / 2 && left <= seconds * 1000;
}

/** The key that signed it may be none of the cluster's any more (`spoke certs rotate`). */
export async function isBelieved(client: Client, token: string): Promise<boolean> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", metadata: {}, spec: { token } };
  return (await client.create(tokenreviews, review as TokenReview)).status?.authenticated === true;
}

/** ISO 8601, without fractions. */
export const endOfToken = (token: string): string => new Date((claimsOf(token).exp ?? 0) * 1000).toISOString().replace(".000Z", "Z");

/** Its tokens are worth nothing from then on. False: there was none. */
export async function removeAccount(client: Client, { user, namespace }: Whose): Promise<boolean> {
  const ref = { namespace, name: user };
  const there = await orUndefined(client.get(serviceaccounts, ref));
  if (there?.metadata.labels?.[userLabel] !== user) return false;
  try {
    await client.delete(serviceaccounts, ref);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return true;
}
