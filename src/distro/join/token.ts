/** What a machine joins by: a bootstrap token of the cluster, and the hash of the authority that the cluster must have. */
import { createHash, X509Certificate } from "node:crypto";

export interface JoinToken {
  id: string;
  secret: string;
  /** `sha256:` and hex, of the authority's public key; absent: it is told beside the token, or nobody knows. */
  caHash?: string;
  /** 32 bytes, base64url: of a control plane's token; opens what is sealed for its holder. */
  key?: string;
}

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})(?:\.(sha256:[0-9a-fA-F]{64}))?(?:\.key:([A-Za-z0-9_-]{43}))?$/;

/** `abcdef.0123456789abcdef`, as kubeadm's; the hash behind another dot, and the key of a control plane's behind one more. */
export function readToken(text: string): JoinToken {
  const [, id, secret, caHash, key] = form.exec(text) ?? [];
  if (!id || !secret)
    throw new Error(
      "--token: abcdef.0123456789abcdef is needed, with .sha256:… of the authority behind it, as spoke token create prints it",
    );
  return { id, secret, ...(caHash ? { caHash: readHash(caHash) } : {}), ...(key ? { key } : {}) };
}

export const bearerOf = ({ id, secret }: JoinToken): string => `${id}.${secret}`;

export const writeToken = (token: JoinToken): string =>
  `${bearerOf(token)}${token.caHash ? `.${token.caHash}` : ""}${token.key ? `.key:${token.key}` : ""}`;

/** As it was said to a command that joins. Without the hash whoever answers first would be believed. */
export function tokenGiven(text: string | undefined, hash: string | undefined): JoinToken | undefined {
  if (text === undefined) return undefined;
  const token = readToken(text);
  const caHash = token.caHash ?? (hash === undefined ? undefined : readHash(hash));
  if (caHash === undefined)
    throw new Error(
      "the token does not name the cluster's authority: say its hash with --ca-hash sha256:…, as kubeadm and spoke token create print it",
    );
  if (hash !== undefined && readHash(hash) !== caHash) throw new Error("--ca-hash is another one than the token's");
  return { ...token, caHash };
}

/** `https://HOST:PORT`. */
export function serverUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" || url.pathname !== "/" || url.search !== "" || url.username !== "")
    throw new Error(`--${option} ${text}: https://HOST:PORT is needed`);
  return `https://${url.hostname}:${url.port || 443}`;
}

export function readHash(text: string): string {
  if (!/^sha256:[0-9a-fA-F]{64}$/.test(text)) throw new Error(`${JSON.stringify(text)}: sha256: and 64 hexadecimal digits are needed`);
  return text.toLowerCase();
}

/** Of the public key, as kubeadm's --discovery-token-ca-cert-hash: it stays when the authority's certificate is renewed. */
export function caHashOf(pem: string): string {
  const key = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}
