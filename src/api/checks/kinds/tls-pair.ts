/** A certificate and its key in PEM: whether they are, and belong together. Texts are those of Go, which upstream passes on. */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

/** Undefined: a pair. */
export function problemOfPair(certificate: Buffer, key: Buffer): string | undefined {
  const [certs, keys] = [blocksOf(certificate), blocksOf(key)];
  const leaf = certs.find(({ type }) => type === "CERTIFICATE");
  if (!leaf) return missing(certs, "certificate");
  const secret = keys.find(({ type }) => type === "PRIVATE KEY" || type.endsWith(" PRIVATE KEY"));
  if (!secret) return missing(keys, "key");
  let publicKey: KeyObject;
  try {
    publicKey = new X509Certificate(leaf.pem).publicKey;
  } catch {
    return "x509: malformed certificate";
  }
  try {
    const own = createPublicKey(createPrivateKey(secret.pem));
    if (own.asymmetricKeyType !== publicKey.asymmetricKeyType) return "tls: private key type does not match public key type";
    return own.equals(publicKey) ? undefined : "tls: private key does not match public key";
  } catch {
    return "tls: failed to parse private key";
  }
}

interface Block {
  type: string;
  pem: string;
}

const block = /-----BEGIN ([^-\n]+)-----\r?\n[\s\S]*?-----END \1-----/g;

const blocksOf = (pem: Buffer): Block[] => [...pem.toString("latin1").matchAll(block)].map(([text, type]) => ({ type: type!, pem: text }));

function missing(skipped: readonly Block[], what: "certificate" | "key"): string {
  if (skipped.length === 0) return `tls: failed to find any PEM data in ${what} input`;
  const [{ type }] = skipped as [Block];
  if (what === "certificate" && skipped.length === 1 && type.endsWith("PRIVATE KEY"))
    return "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched";
  if (what === "key" && skipped.length === 1 && type === "CERTIFICATE")
    return "tls: found a certificate rather than a key in the PEM for the private key";
  const wanted = what === "certificate" ? '"CERTIFICATE" PEM block in certificate' : 'PEM block with type ending in "PRIVATE KEY" in key';
  return `tls: failed to find ${wanted} input after skipping PEM blocks of the following types: [${skipped.map((one) => one.type).join(" ")}]`;
}
