/** Certificates for tests of ports: an authority, a server of 127.0.0.1, and clients by name. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { systemClock } from "#base/mod.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hour = 3_600_000;

export interface Pair {
  cert: string;
  key: string;
}

export interface TestAuthority {
  ca: string;
  server: Pair;
  /** A server of these addresses and names. */
  serving(...names: string[]): Promise<Pair>;
  client(name: string, ...groups: string[]): Promise<Pair>;
}

/** Node's keys are the browser's keys at run time; the library's types know only the latter. */
const foreign = (key: unknown): never => key as never;

const alternativeName = (value: string) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value });

export async function testAuthority(): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const life = { notBefore: new Date(systemClock.now() - hour), notAfter: new Date(systemClock.now() + hour) };
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=test",
    ...life,
    signingAlgorithm: algorithm,
    keys: foreign(keys),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  const issue = async (name: x509.JsonName, usage: x509.ExtendedKeyUsage, names: string[] = []): Promise<Pair> => {
    const own = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: (++serial).toString(16).padStart(2, "0"),
      subject: name,
      issuer: root.subject,
      ...life,
      signingAlgorithm: algorithm,
      publicKey: foreign(own.publicKey),
      signingKey: foreign(keys.privateKey),
      extensions: [
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map(alternativeName))] : []),
      ],
    });
    const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
    return { cert: certificate.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` };
  };
  return {
    ca: root.toString("pem"),
    server: await issue([{ CN: ["server"] }], x509.ExtendedKeyUsage.serverAuth, ["127.0.0.1"]),
    serving: (...names) => issue([{ CN: ["server"] }], x509.ExtendedKeyUsage.serverAuth, names),
    client: (name, ...groups) => issue([{ CN: [name] }, ...groups.map((group) => ({ O: [group] }))], x509.ExtendedKeyUsage.clientAuth),
  };
}
