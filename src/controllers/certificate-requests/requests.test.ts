import assert from "node:assert/strict";
import { webcrypto, X509Certificate } from "node:crypto";
import { test } from "node:test";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { type CertificateSigningRequest, certificatesigningrequests } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { until } from "#net/until.ts";
import { nowMs, secondsAgo } from "../situations.ts";
import { sign } from "./authority.ts";
import { problemOf, readRequest, signers } from "./request.ts";
import { planApproval, planCleaning, planSigning, requestSigning } from "./see.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;
const foreign = (keys: webcrypto.CryptoKeyPair): never => keys as never;
const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;

async function authority(days: number) {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test-ca",
    notBefore: new Date(nowMs - day),
    notAfter: new Date(nowMs + days * day),
    signingAlgorithm: algorithm,
    keys: foreign(keys),
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { cert: certificate.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` };
}

async function requestOf(name: string, names: x509.JsonGeneralNames = []): Promise<string> {
  const extensions = names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [];
  const keys = foreign(await makeKeys());
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm, extensions });
  return Buffer.from(request.toString("pem")).toString("base64");
}

const node = "CN=system:node:n1,O=system:nodes";
const usages = (...more: string[]) => ["digital signature", ...more];
const dns = { type: "dns" as const, value: "n1" };
const cases: { signer: string; name: string; names?: x509.JsonGeneralNames; usages: string[]; problem?: string }[] = [
  { signer: signers.client, name: "CN=jane,O=devs", usages: usages("client auth") },
  { signer: signers.client, name: "CN=jane", usages: usages(), problem: "missing required usage for client certificate: client auth" },
  { signer: signers.client, name: "CN=jane", usages: ["server auth"], problem: "invalid usage for client certificate: server auth" },
  { signer: signers.kubeletClient, name: node, usages: usages("key encipherment", "client auth") },
  { signer: signers.kubeletClient, name: node, usages: usages("client auth") },
  {
    signer: signers.kubeletClient,
    name: node,
    usages: usages("server auth"),
    problem: "usages did not match [client auth digital signature key encipherment]",
  },
  {
    signer: signers.kubeletClient,
    name: "CN=system:node:n1",
    usages: usages("client auth"),
    problem: "subject organization is not system:nodes",
  },
  {
    signer: signers.kubeletClient,
    name: "CN=n1,O=system:nodes",
    usages: usages("client auth"),
    problem: "subject common name does not begin with system:node:",
  },
  {
    signer: signers.kubeletClient,
    name: node,
    names: [dns],
    usages: usages("client auth"),
    problem: "DNS subjectAltNames are not allowed",
  },
  { signer: signers.kubeletServing, name: node, names: [dns], usages: usages("server auth") },
  { signer: signers.kubeletServing, name: node, usages: usages("server auth"), problem: "DNS or IP subjectAltName is required" },
  {
    signer: signers.kubeletServing,
    name: node,
    names: [dns, { type: "email", value: "a@b.c" }],
    usages: usages("server auth"),
    problem: "Email subjectAltNames are not allowed",
  },
  { signer: signers.legacy, name: "CN=anything", usages: ["code signing"] },
];

test("each signer serves what it is for, and says what else it was asked for", async () => {
  for (const { signer, name, names, usages, problem } of cases)
    assert.equal(problemOf(signer, readRequest(await requestOf(name, names)), usages), problem, `${signer} ${name} ${usages}`);
  assert.throws(() => readRequest(Buffer.from("no").toString("base64")), /PEM block type must be CERTIFICATE REQUEST/);
});

test("a certificate has the subject, names and usages that were asked for, and lives no longer than its authority", async () => {
  const pair = await authority(30);
  const asked = readRequest(await requestOf("CN=jane,O=devs,O=ops", [dns, { type: "ip", value: "10.0.0.1" }]));
  const life = { usages: usages("client auth"), expirationSeconds: 3600, nowMs };
  const made = new X509Certificate(await sign(asked, life, pair));
  assert.ok(made.verify(new X509Certificate(pair.cert).publicKey));
  assert.deepEqual(made.subject.split("\n").sort(), ["CN=jane", "O=devs", "O=ops"]);
  assert.equal(made.subjectAltName, "DNS:n1, IP Address:10.0.0.1");
  assert.deepEqual(made.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  assert.equal(made.ca, false);
  assert.deepEqual([Date.parse(made.validFrom), Date.parse(made.validTo)], [nowMs - 300_000, nowMs + 3_600_000]);
  const long = new X509Certificate(await sign(asked, { ...life, expirationSeconds: undefined }, pair));
  assert.equal(Date.parse(long.validTo), nowMs + 30 * day);
  const least = new X509Certificate(await sign(asked, { ...life, expirationSeconds: 60 }, pair));
  assert.equal(Date.parse(least.validTo), nowMs + 600_000);
  await assert.rejects(sign(asked, { ...life, nowMs: nowMs + 31 * day }, pair), /the signer has expired/);
  await assert.rejects(sign(asked, { ...life, usages: ["odd"] }, pair), /unrecognized usage values: \["odd"\]/);
});

test("how long a certificate lives at most, and unasked, is the pair's to say", async () => {
  const pair = { ...(await authority(30)), lifeMs: 2 * day };
  const asked = readRequest(await requestOf("CN=jane"));
  const ends = async (expirationSeconds?: number) =>
    Date.parse(new X509Certificate(await sign(asked, { usages: usages("client auth"), expirationSeconds, nowMs }, pair)).validTo);
  const aWhile = 300_000;
  assert.deepEqual(
    [await ends(), await ends(9 * 86_400), await ends(3600)],
    [nowMs + 2 * day - aWhile, nowMs + 2 * day - aWhile, nowMs + 3_600_000],
  );
});

test("where signers have pairs of their own, the others sign nothing", async () => {
  const pair = await authority(30);
  const request = async (name: string, signerName: string): Promise<[typeof certificatesigningrequests, CertificateSigningRequest]> => [
    certificatesigningrequests,
    {
      ...aRequest(1, { conditions: [condition("Approved", 1)] }),
      metadata: { name, uid: name },
      spec: { signerName, usages: usages("client auth"), request: await requestOf(signerName === signers.client ? "CN=jane" : node) },
    },
  ];
  const { get, close } = await trial(requestSigning({ signing: new Map([[signers.client, pair]]) })!, [
    await request("mine", signers.client),
    await request("other", signers.kubeletClient),
  ]);
  const isSigned = (name: string) => get(certificatesigningrequests, name)?.status?.certificate !== undefined;
  await until(() => isSigned("mine"));
  assert.equal(isSigned("other"), false);
  await close();
});

const aRequest = (ageSeconds: number, status: CertificateSigningRequest["status"] = {}): CertificateSigningRequest => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: { name: "r", uid: "uid-of-r", creationTimestamp: secondsAgo(ageSeconds) },
  spec: { request: "", signerName: signers.client },
  status,
});
const condition = (type: string, seconds: number) => ({ type, status: "True", lastUpdateTime: secondsAgo(seconds) });
const hours = (count: number) => count * 3600;

test("requests go an hour after they were decided, and after a day when nobody decides", () => {
  const rows: [request: CertificateSigningRequest, goes: boolean][] = [
    [aRequest(hours(23)), false],
    [aRequest(hours(25)), true],
    [aRequest(hours(2), { conditions: [condition("Denied", hours(0.5))] }), false],
    [aRequest(hours(2), { conditions: [condition("Denied", hours(1.1))] }), true],
    [aRequest(hours(2), { conditions: [condition("Approved", hours(1.1))] }), false],
    [aRequest(hours(30), { conditions: [condition("Approved", hours(25))] }), true],
    [aRequest(hours(2), { conditions: [condition("Approved", hours(1.1))], certificate: "eA==" }), true],
    [aRequest(hours(2), { conditions: [condition("Approved", hours(0.1)), condition("Failed", hours(1.1))] }), true],
  ];
  for (const [request, goes] of rows)
    assert.equal(planCleaning(request, nowMs)[0]?.do, goes ? "delete" : "again", JSON.stringify(request.status));
});

test("a kubelet that has the right is approved, one that has not is asked about again", () => {
  const [step] = planApproval({ request: aRequest(1), granted: "yes" }, nowMs);
  assert.ok(step?.do === "update" && step.subresource === "approval");
  const { conditions } = (step.object as CertificateSigningRequest).status!;
  assert.deepEqual(
    conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [["Approved", "AutoApproved", "yes"]],
  );
  assert.deepEqual(planApproval({ request: aRequest(1) }, nowMs), [{ do: "again", ms: 60_000 }]);
});

test("what the signer does not serve fails, and says why", () => {
  const [step] = planSigning({ request: aRequest(1), outcome: { problem: "no" } }, nowMs);
  const { conditions } = (step as { object: CertificateSigningRequest }).object.status!;
  assert.deepEqual(
    conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [["Failed", "SignerValidationFailure", "no"]],
  );
  const [good] = planSigning({ request: aRequest(1), outcome: { certificate: "PEM" } }, nowMs);
  assert.equal((good as { object: CertificateSigningRequest }).object.status?.certificate, Buffer.from("PEM").toString("base64"));
});
