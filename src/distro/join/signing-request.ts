/** A key made here, and the certificate that the cluster signs for it when it is asked by its own API. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { type CertificateSigningRequest, certificatesigningrequests } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { type Client, conditionOf, orUndefined } from "#client/mod.ts";
import { pem } from "../issuer.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface Subject {
  user: string;
  groups: readonly string[];
  /** DNS names and addresses, of a server. */
  names?: readonly string[];
}

export interface KeyAndRequest {
  /** PEM. */
  key: string;
  /** PEM, base64: as the objects carry it. */
  request: string;
}

export async function newRequest({ user, groups, names = [] }: Subject): Promise<KeyAndRequest> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const alternatives = names.map((value): { type: "ip" | "dns"; value: string } => ({ type: isIP(value) ? "ip" : "dns", value }));
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [...groups.map((group) => ({ O: [group] })), { CN: [user] }],
    // Node's keys are the browser's keys at run time; the library's types know only the latter.
    keys: keys as never,
    signingAlgorithm: algorithm,
    extensions: alternatives.length > 0 ? [new x509.SubjectAlternativeNameExtension(alternatives)] : [],
  });
  return {
    key: pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)),
    request: Buffer.from(made.toString("pem")).toString("base64"),
  };
}

export interface Asking {
  /** Of the request object; its number is appended by the server. */
  generateName: string;
  request: string;
  signerName: string;
  usages: readonly string[];
  expirationSeconds?: number;
  /** Whoever asks also approves, where its rights reach so far; absent: somebody else does. */
  approve?: { reason: string; message: string };
}

const lookMs = 50;

/** The signed certificate as PEM. Throws when it was denied, when the signer failed, and when nobody signed in time. */
export async function certificateFor(client: Client, asking: Asking, clock: Clock, patienceMs: number): Promise<string> {
  const { generateName, request, signerName, usages, expirationSeconds, approve } = asking;
  const made = await client.create(certificatesigningrequests, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { generateName },
    spec: { request, signerName, usages: [...usages], ...(expirationSeconds === undefined ? {} : { expirationSeconds }) },
  } as CertificateSigningRequest);
  const name = made.metadata.name!;
  if (approve) {
    const conditions = [{ type: "Approved", status: "True", ...approve }];
    await client.update(certificatesigningrequests, { ...made, status: { ...made.status, conditions } }, { subresource: "approval" });
  }
  const end = clock.monotonic() + patienceMs;
  for (;;) {
    const { status } = (await orUndefined(client.get(certificatesigningrequests, { name }))) ?? {};
    for (const type of ["Denied", "Failed"]) {
      const refusal = conditionOf(status?.conditions, type);
      if (refusal?.status === "True") throw new Error(`the certificate request ${name} was ${type.toLowerCase()}: ${refusal.message}`);
    }
    if (status?.certificate) return Buffer.from(status.certificate, "base64").toString();
    if (clock.monotonic() > end)
      throw new Error(`nobody signed the certificate request ${name} within ${patienceMs / 1000} s: see kubectl describe csr ${name}`);
    await clock.sleep(lookMs);
  }
}
