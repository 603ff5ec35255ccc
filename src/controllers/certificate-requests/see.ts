/** Certificate signing requests: those of kubelets are approved, approved ones signed, and old ones deleted. */
import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import { type CertificateSigningRequest, certificatesigningrequests, type SubjectAccessReview, subjectaccessreviews } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import {
  again,
  type Client,
  conditionOf,
  type Reconciler,
  reconciler,
  remove,
  type Step,
  status,
  timeOf,
  timestamp,
  update,
} from "#client/mod.ts";
import { type SigningPair, sign } from "./authority.ts";
import { type Asked, isServed, problemOf, readRequest, signers } from "./request.ts";

const account = "certificate-controller";
const is = ({ status }: CertificateSigningRequest, type: string) => conditionOf(status?.conditions, type)?.status === "True";

/** Rights that a kubelet's request needs, the narrower one first, and what its approval says. */
const grants = [
  { subresource: "selfnodeclient", message: "Auto approving self kubelet client certificate after SubjectAccessReview." },
  { subresource: "nodeclient", message: "Auto approving kubelet client certificate after SubjectAccessReview." },
] as const;
/** Who was refused may be granted the right later. */
const askAgainMs = 60_000;

export interface SeenRequest {
  request: CertificateSigningRequest;
  /** The message of the right that it has; absent: it has none. */
  granted?: string;
}

export const requestApproval = reconciler<CertificateSigningRequest, SeenRequest>({
  name: "certificatesigningrequest-approving-controller",
  account,
  workers: 5,
  of: certificatesigningrequests,
  when: ({ type }) => type !== "deleted",
  async see(key, caches, { client }) {
    const request = caches.get(certificatesigningrequests, key);
    if (!request || request.status?.certificate || is(request, "Approved") || is(request, "Denied")) return undefined;
    if (request.spec?.signerName !== signers.kubeletClient) return undefined;
    const asked = readRequest(request.spec.request);
    if (problemOf(signers.kubeletClient, asked, request.spec.usages ?? [])) return undefined;
    const isSelf = request.spec.username === asked.commonName;
    for (const { subresource, message } of isSelf ? grants : grants.slice(1))
      if (await mayCreate(client, request, subresource)) return { request, granted: message };
    return { request };
  },
  plan: planApproval,
});

export function planApproval({ request, granted }: SeenRequest, nowMs: number): Step[] {
  if (granted === undefined) return [again(askAgainMs)];
  const now = timestamp(nowMs);
  const approved = {
    type: "Approved",
    status: "True",
    reason: "AutoApproved",
    message: granted,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  const conditions = [...(request.status?.conditions ?? []), approved];
  return [update(certificatesigningrequests, { ...request, status: { ...request.status, conditions } }, { subresource: "approval" })];
}

async function mayCreate(client: Client, { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: {},
    spec: {
      user: spec?.username,
      uid: spec?.uid,
      groups: spec?.groups,
      extra: spec?.extra,
      resourceAttributes: {
        group: "certificates.k8s.io",
        version: "*",
        resource: "certificatesigningrequests",
        subresource,
        verb: "create",
      },
    },
  } as SubjectAccessReview;
  return (await client.create(subjectaccessreviews, review)).status?.allowed === true;
}

export interface SeenApproved {
  request: CertificateSigningRequest;
  /** PEM, or why the signer does not serve it. */
  outcome: { certificate: string } | { problem: string };
}

type Signing = SigningPair | ReadonlyMap<string, SigningPair>;

export function requestSigning({ signing }: { signing?: Signing }): Reconciler | undefined {
  if (!signing) return undefined;
  const pairOf = (signer: string): SigningPair | undefined => ("cert" in signing ? signing : signing.get(signer));
  return reconciler<CertificateSigningRequest, SeenApproved>({
    name: "certificatesigningrequest-signing-controller",
    account,
    workers: 5,
    of: certificatesigningrequests,
    when: ({ type }) => type !== "deleted",
    async see(key, caches, { clock, log }) {
      const request = caches.get(certificatesigningrequests, key);
      if (!request || request.status?.certificate || !is(request, "Approved") || is(request, "Denied") || is(request, "Failed"))
        return undefined;
      const { signerName = "", usages = [], expirationSeconds } = request.spec ?? {};
      const pair = isServed(signerName) ? pairOf(signerName) : undefined;
      if (!pair) return undefined;
      let asked: Asked;
      try {
        asked = readRequest(request.spec?.request);
      } catch (error) {
        log.warn("a signing request cannot be read", { name: key, error: messageOf(error) });
        return undefined;
      }
      const problem = problemOf(signerName, asked, usages);
      if (problem) return { request, outcome: { problem } };
      return { request, outcome: { certificate: await sign(asked, { usages, expirationSeconds, nowMs: clock.now() }, pair) } };
    },
    plan: planSigning,
  });
}

export function planSigning({ request, outcome }: SeenApproved, nowMs: number): Step[] {
  if ("certificate" in outcome) {
    const certificate = Buffer.from(outcome.certificate).toString("base64");
    return [status(certificatesigningrequests, { ...request, status: { ...request.status, certificate } })];
  }
  const now = timestamp(nowMs);
  const failed = {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message: outcome.problem,
    lastUpdateTime: now,
    lastTransitionTime: now,
  };
  return [
    status(certificatesigningrequests, {
      ...request,
      status: { ...request.status, conditions: [...(request.status?.conditions ?? []), failed] },
    }),
  ];
}

const hour = 3_600_000;
const pendingMs = 24 * hour;
const decidedMs = hour;

export const requestCleaning = reconciler<CertificateSigningRequest, CertificateSigningRequest>({
  name: "certificatesigningrequest-cleaner-controller",
  account,
  workers: 1,
  of: certificatesigningrequests,
  when: ({ type }) => type !== "deleted",
  see: (key, caches) => caches.get(certificatesigningrequests, key),
  plan: planCleaning,
});

export function planCleaning(request: CertificateSigningRequest, nowMs: number): Step[] {
  const ends = endOf(request);
  if (request.metadata.deletionTimestamp || ends === undefined) return [];
  return ends < nowMs ? [remove(certificatesigningrequests, request)] : [again(Math.max(1000, ends - nowMs + 1))];
}

/** When nobody needs it any more, by what became of it. */
function endOf({ metadata, status: { conditions = [], certificate } = {} }: CertificateSigningRequest): number | undefined {
  if (conditions.length === 0) return (timeOf(metadata.creationTimestamp) ?? 0) + pendingMs;
  const ends = conditions.flatMap(({ type, lastUpdateTime }) => {
    const at = timeOf(lastUpdateTime);
    const after = (ms: number) => (at === undefined ? [] : [at + ms]);
    if (type === "Denied" || type === "Failed") return after(decidedMs);
    if (type !== "Approved") return [];
    return certificate ? [...after(decidedMs), expiryOf(certificate)] : after(pendingMs);
  });
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

function expiryOf(certificate: string): number {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, "base64")).validTo);
  } catch {
    return Number.POSITIVE_INFINITY; // what is no certificate does not run out
  }
}
