/** `id.secret` tokens of Secrets in kube-system, by which a new machine joins. */
import { timingSafeEqual } from "node:crypto";
import { type Secret, secrets } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Storage, User } from "../contract.ts";

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const defaultGroup = "system:bootstrappers";

export function bootstrapTokens(storage: Storage, clock: Clock): (token: string) => User | undefined {
  return (token) => {
    const [, id, secret] = form.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const stored = storage.get(secrets, { namespace: "kube-system", name: `bootstrap-token-${id}` }) as Secret | undefined;
    if (!stored || stored.metadata.deletionTimestamp || stored.type !== "bootstrap.kubernetes.io/token") return undefined;
    const text = (key: string) => Buffer.from(String(stored.data?.[key] ?? ""), "base64").toString();
    if (text("token-id") !== id || !sameSecret(text("token-secret"), secret)) return undefined;
    const expiration = text("expiration");
    if (expiration && !(Date.parse(expiration) > clock.now())) return undefined;
    if (text("usage-bootstrap-authentication") !== "true") return undefined;
    const extra = text("auth-extra-groups").split(",").filter(Boolean);
    if (extra.some((group) => !/^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(group))) return undefined;
    const groups = [...new Set([defaultGroup, ...extra]), "system:authenticated"];
    return { name: `system:bootstrap:${id}`, groups };
  };
}

function sameSecret(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
