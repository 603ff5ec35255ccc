/** What a machine joins by: a bootstrap token of the cluster, and the hash of the authority that the cluster must have. */
import { createHash, X509Certificate } from "node:crypto";

export interface JoinToken {
  id: string;
  secret: string;
  /** `sha256:` and hex, of the authority's public key; absent: it is told beside the token, or nobody knows. */
  caHash?: string;
}

/** `abcdef.0123456789abcdef`, as kubeadm's, and the hash behind another dot. */
export function readToken(text: string): JoinToken {
  const [, id, secret, caHash] = /^([a-z0-9]{6})\.([a-z0-9]{16})(?:\.(sha256:[0-9a-fA-F]{64}))?$/.exec(text) ?? [];
  if (!id || !secret)
    throw new Error(
      "--token: abcdef.0123456789abcdef is needed, with .sha256:… of the authority behind it, as spoke token create prints it",
    );
  return { id, secret, ...(caHash ? { caHash: readHash(caHash) } : {}) };
}

export const bearerOf = ({ id, secret }: JoinToken): string => `${id}.${secret}`;

export const writeToken = (token: JoinToken): string => `${bearerOf(token)}${token.caHash ? `.${token.caHash}` : ""}`;

export function readHash(text: string): string {
  if (!/^sha256:[0-9a-fA-F]{64}$/.test(text)) throw new Error(`${JSON.stringify(text)}: sha256: and 64 hexadecimal digits are needed`);
  return text.toLowerCase();
}

/** Of the public key, as kubeadm's --discovery-token-ca-cert-hash: it stays when the authority's certificate is renewed. */
export function caHashOf(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}
