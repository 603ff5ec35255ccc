/** A verified client certificate says who asks: common name, organizations and, in Kubernetes' own attribute, a UID. */
import { createHash } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import type { Authenticator, User } from "../contract.ts";

const uidAttribute = "1.3.6.1.4.1.57683.2";
const known = new WeakMap<PeerCertificate, User>();

export const x509Authenticator: Authenticator = {
  authenticate({ certificate, refusedCertificate }) {
    // Somebody else's certificate is no sign of nobody: what it may not open must not be open to it.
    if (refusedCertificate !== undefined) throw new Error(`the client certificate is not good: ${refusedCertificate}`);
    if (!certificate?.subject?.CN) return undefined;
    let user = known.get(certificate);
    if (!user) known.set(certificate, (user = userOf(certificate)));
    return user;
  },
};

type Names = Record<string, string | string[] | undefined>;

function userOf({ subject, raw }: PeerCertificate): User {
  const { CN, O, [uidAttribute]: uids } = subject as unknown as Names;
  const credential = `X509SHA256=${createHash("sha256").update(raw).digest("hex")}`;
  return {
    name: list(CN)[0]!,
    groups: [...list(O), "system:authenticated"],
    ...uidOf(list(uids)),
    extra: { "authentication.kubernetes.io/credential-id": [credential] },
  };
}

function uidOf(uids: string[]): { uid?: string } {
  if (uids.length === 0) return {};
  if (uids.length > 1) throw new Error(`expected 1 UID, but found multiple: [${uids.join(" ")}]`);
  if (uids[0] === "") throw new Error("UID cannot be an empty string");
  return { uid: uids[0] };
}

const list = (value: string | string[] | undefined) => (value === undefined ? [] : [value].flat());
