/** A person's certificate: signed by the cluster on request, and kept while it is what is asked for. */
import { X509Certificate } from "node:crypto";
import type { Clock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import type { Pem } from "../certificates.ts";
import { certificateFor, newRequest } from "../join/signing-request.ts";
import type { UserWishes } from "./wishes.ts";

const signPatienceMs = 60_000;

type Asked = Pick<UserWishes, "user" | "groups" | "seconds">;

export async function newCertificate(client: Client, { user, groups, seconds }: Asked, clock: Clock): Promise<Pem> {
  const { key, request } = await newRequest({ user, groups });
  const asking = {
    generateName: `spoke-user-${user}-`,
    request,
    signerName: "kubernetes.io/kube-apiserver-client",
    usages: ["digital signature", "client auth"],
    expirationSeconds: seconds,
    approve: { reason: "SpokeUserAdd", message: "approved by who ran spoke user add" },
  };
  return { key, cert: await certificateFor(client, asking, clock, signPatienceMs) };
}

/** Whether a certificate of before still does: the same person and groups, this authority, and neither too short nor too long. */
export function stillGood(cert: string, ca: string, { user, groups, seconds }: Asked, nowMs: number): boolean {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(cert);
  } catch {
    return false; // no certificate: one is made
  }
  if (!parsed.verify(new X509Certificate(ca).publicKey)) return false;
  const subject = [`CN=${user}`, ...groups.map((group) => `O=${group}`)].toSorted();
  if (parsed.subject.split("\n").toSorted().join("\n") !== subject.join("\n")) return false;
  const left = parsed.validToDate.getTime() - nowMs;
  return left > (seconds * 1000) / 2 && left <= seconds * 1000;
}

export const endOf = (cert: string): string => new X509Certificate(cert).validToDate.toISOString().replace(".000Z", "Z");
