/** Signs requests with the cluster's authority, as upstream's permissive policy does: subject and names as asked, nothing else. */
import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { systemRandom } from "#base/mod.ts";
import type { Asked } from "./request.ts";

/** PEM. */
export interface SigningPair {
  cert: string;
  key: string;
  /** The longest that a certificate may live, and how long one does unasked; absent: a year. */
  lifeMs?: number;
}

export interface Life {
  usages: readonly string[];
  expirationSeconds: number | undefined;
  nowMs: number;
}

const minute = 60_000;
const hour = 60 * minute;
const usualMs = 365 * 24 * hour;
const backdateMs = 5 * minute;
const leastMs = 10 * minute;
/** Of shorter lives the five minutes before now are not taken from the end. */
const shortMs = 8 * hour;

const { KeyUsageFlags, ExtendedKeyUsage } = x509;
const keyUsages: Readonly<Record<string, number>> = {
  signing: KeyUsageFlags.digitalSignature,
  "digital signature": KeyUsageFlags.digitalSignature,
  "content commitment": KeyUsageFlags.nonRepudiation,
  "key encipherment": KeyUsageFlags.keyEncipherment,
  "key agreement": KeyUsageFlags.keyAgreement,
  "data encipherment": KeyUsageFlags.dataEncipherment,
  "cert sign": KeyUsageFlags.keyCertSign,
  "crl sign": KeyUsageFlags.cRLSign,
  "encipher only": KeyUsageFlags.encipherOnly,
  "decipher only": KeyUsageFlags.decipherOnly,
};
/** In the order in which upstream writes them. */
const purposes: readonly [usage: string, oid: string][] = [
  ["any", "2.5.29.37.0"],
  ["server auth", ExtendedKeyUsage.serverAuth],
  ["client auth", ExtendedKeyUsage.clientAuth],
  ["code signing", ExtendedKeyUsage.codeSigning],
  ["email protection", ExtendedKeyUsage.emailProtection],
  ["s/mime", ExtendedKeyUsage.emailProtection],
  ["ipsec end system", "1.3.6.1.5.5.7.3.5"],
  ["ipsec tunnel", "1.3.6.1.5.5.7.3.6"],
  ["ipsec user", "1.3.6.1.5.5.7.3.7"],
  ["timestamping", ExtendedKeyUsage.timeStamping],
  ["ocsp signing", ExtendedKeyUsage.ocspSigning],
  ["microsoft sgc", "1.3.6.1.4.1.311.10.3.3"],
  ["netscape sgc", "2.16.840.1.113730.4.1"],
];

/** Node's keys are the browser's keys at run time; the library's types know only the latter. */
const foreign = (key: webcrypto.CryptoKey): never => key as never;

/** The certificate as PEM. Rejects when the request is not signed by its own key, or the authority has run out. */
export async function sign({ request, names }: Asked, { usages, expirationSeconds, nowMs }: Life, pair: SigningPair): Promise<string> {
  if (!(await request.verify())) throw new Error("unable to verify certificate request signature");
  const authority = new x509.X509Certificate(pair.cert);
  const { key, algorithm } = await signingKey(pair.key);
  const ends = authority.notAfter.getTime();
  if (nowMs >= ends) throw new Error(`the signer has expired: NotAfter=${authority.notAfter.toISOString()}`);
  const mostMs = pair.lifeMs ?? usualMs;
  const lifeMs = Math.min(mostMs, expirationSeconds === undefined ? mostMs : Math.max(leastMs, expirationSeconds * 1000));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: request.subjectName.toJSON(),
    issuer: authority.subjectName.toJSON(),
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(Math.min(ends, nowMs + lifeMs - (lifeMs < shortMs ? 0 : backdateMs))),
    signingAlgorithm: algorithm,
    publicKey: request.publicKey,
    signingKey: foreign(key),
    extensions: [
      ...usageExtensions(usages),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(authority),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names as x509.JsonGeneralNames)] : []),
    ],
  });
  return `${certificate.toString("pem")}\n`;
}

function usageExtensions(usages: readonly string[]): x509.Extension[] {
  const unknown = usages.filter((usage) => !Object.hasOwn(keyUsages, usage) && !purposes.some(([name]) => name === usage));
  if (unknown.length > 0) throw new Error(`unrecognized usage values: [${unknown.map((each) => JSON.stringify(each)).join(" ")}]`);
  const flags = usages.reduce((all, usage) => all | (keyUsages[usage] ?? 0), 0);
  const extended = [...new Set(purposes.filter(([name]) => usages.includes(name)).map(([, oid]) => oid))];
  return [
    ...(flags ? [new x509.KeyUsagesExtension(flags, true)] : []),
    ...(extended.length > 0 ? [new x509.ExtendedKeyUsageExtension(extended)] : []),
  ];
}

async function signingKey(pem: string): Promise<{ key: webcrypto.CryptoKey; algorithm: { name: string; hash: string } }> {
  const own = createPrivateKey(pem);
  const curve = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" }[own.asymmetricKeyDetails?.namedCurve ?? ""];
  const algorithm = curve ? { name: "ECDSA", namedCurve: curve, hash: "SHA-256" } : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const der = new Uint8Array(own.export({ format: "der", type: "pkcs8" }));
  return { key: await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]), algorithm };
}

/** Positive and never the same twice. */
function serial(): string {
  const bytes = Buffer.from(systemRandom.bytes(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString("hex");
}
