/** Makes certificate authorities and what they sign: ECDSA P-256. */
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import type { Clock } from "#base/mod.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;
const caYears = 10;

export interface Authority {
  certificate: x509.X509Certificate;
  key: webcrypto.CryptoKey;
}

/** Node's keys are the browser's keys at run time; the library's types know only the latter. */
const foreign = (key: webcrypto.CryptoKey | webcrypto.CryptoKeyPair): never => key as never;

export async function loadOrMakeCa(folder: string, file: string, name: string, clock: Clock): Promise<Authority> {
  const [certFile, keyFile] = [join(folder, `${file}.crt`), join(folder, `${file}.key`)];
  if (existsSync(certFile) && existsSync(keyFile)) {
    const der = createPrivateKey(readFileSync(keyFile)).export({ format: "der", type: "pkcs8" });
    const key = await webcrypto.subtle.importKey("pkcs8", new Uint8Array(der), algorithm, true, ["sign"]);
    return { certificate: new x509.X509Certificate(readFileSync(certFile, "utf8")), key };
  }
  const { certificate, key } = await makeCa(name, caYears * 365, clock);
  put(keyFile, pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", key)));
  put(certFile, `${certificate.toString("pem")}\n`);
  return { certificate, key };
}

async function makeCa(name: string, days: number, clock: Clock): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [name] }],
    notBefore: new Date(clock.now() - day),
    notAfter: new Date(clock.now() + days * day),
    signingAlgorithm: algorithm,
    keys: foreign(keys),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(foreign(keys.publicKey)),
    ],
  });
  return { certificate, key: keys.privateKey };
}

/** A server's certificate, with the authority that was made for it alone behind it: its key is kept nowhere. */
export async function issueAlone(
  name: string,
  { names, days }: Pick<LeafRequest, "names" | "days">,
  clock: Clock,
): Promise<{ cert: string; key: string }> {
  const ca = await makeCa(`${name.split("@")[0]}-ca@${name.split("@")[1]}`, days, clock);
  const { cert, key } = await issue(ca, { user: name, groups: [], use: "server", names, days }, clock);
  return { cert: `${cert}${ca.certificate.toString("pem")}\n`, key };
}

export interface LeafRequest {
  user: string;
  groups: string[];
  /** A peer is both. */
  use: "client" | "server" | "peer";
  names: string[];
  days: number;
}

/** A new key and its certificate, as PEM. */
export async function issue(ca: Authority, leaf: LeafRequest, clock: Clock): Promise<{ cert: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const usages = [
    ...(leaf.use === "client" ? [] : [x509.ExtendedKeyUsage.serverAuth]),
    ...(leaf.use === "server" ? [] : [x509.ExtendedKeyUsage.clientAuth]),
  ];
  const names = leaf.names.map((value): { type: "ip" | "dns"; value: string } => ({ type: isIP(value) ? "ip" : "dns", value }));
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [...leaf.groups.map((group) => ({ O: [group] })), { CN: [leaf.user] }],
    issuer: ca.certificate.subjectName.toJSON(),
    notBefore: new Date(clock.now() - day),
    notAfter: new Date(clock.now() + leaf.days * day),
    signingAlgorithm: algorithm,
    publicKey: foreign(keys.publicKey),
    signingKey: foreign(ca.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.AuthorityKeyIdentifierExtension.create(ca.certificate),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { cert: `${certificate.toString("pem")}\n`, key: pem("PRIVATE KEY", await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)) };
}

export function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** Positive and never the same twice. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function put(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
