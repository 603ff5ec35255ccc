/** An authority and signing requests, for tests of what is signed. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;
const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
/** Node's keys are the browser's keys at run time; the library's types know only the latter. */
const foreign = (keys: webcrypto.CryptoKeyPair): never => keys as never;

/** PEM. */
export async function authority(nowMs: number): Promise<{ cert: string; key: string }> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test-ca",
    notBefore: new Date(nowMs - day),
    notAfter: new Date(nowMs + 30 * day),
    signingAlgorithm: algorithm,
    keys: foreign(keys),
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return { cert: certificate.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` };
}

/** Base64 of PEM, as the objects carry it. */
export async function requestFor(name: string): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys: foreign(await makeKeys()),
    signingAlgorithm: algorithm,
  });
  return Buffer.from(request.toString("pem")).toString("base64");
}
