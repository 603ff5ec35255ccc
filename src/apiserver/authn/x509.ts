/** A verified client certificate says who asks: common name and organizations. */
import { createHash } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import type { Authenticator, User } from "../contract.ts";

const known = new WeakMap<PeerCertificate, User>();

export const x509Authenticator: Authenticator = {
  authenticate({ certificate }) {
    if (!certificate?.subject?.CN) return undefined;
    let user = known.get(certificate);
    if (!user) {
      const { CN, O } = certificate.subject as { CN: string | string[]; O?: string | string[] };
      const credential = `X509SHA256=${createHash("sha256").update(certificate.raw).digest("hex")}`;
      user = {
        name: Array.isArray(CN) ? CN[0]! : CN,
        groups: [...list(O), "system:authenticated"],
        extra: { "authentication.kubernetes.io/credential-id": [credential] },
      };
      known.set(certificate, user);
    }
    return user;
  },
};

const list = (value: string | string[] | undefined) => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
