/** An authenticating proxy says who asks by headers; believed only with a client certificate that the proxy's own CA signed. */
import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import type { Authenticator } from "../contract.ts";

/** Whether a certificate is signed by the proxies' CA; asked once per connection. */
export function signedBy(ca: string): (certificate: PeerCertificate | undefined) => boolean {
  const issuer = new X509Certificate(ca);
  const known = new WeakMap<PeerCertificate, boolean>();
  return (certificate) => {
    if (!certificate) return false;
    let answer = known.get(certificate);
    if (answer === undefined) {
      const own = new X509Certificate(certificate.raw);
      answer = own.checkIssued(issuer) && own.verify(issuer.publicKey);
      known.set(certificate, answer);
    }
    return answer;
  };
}

/** `allowedNames` empty: any certificate of that CA. */
export function frontProxyAuthenticator(isOfProxy: ReturnType<typeof signedBy>, allowedNames: readonly string[]): Authenticator {
  const isProxy = (certificate: PeerCertificate) =>
    isOfProxy(certificate) && (allowedNames.length === 0 || allowedNames.includes(String(certificate.subject.CN ?? "")));
  return {
    authenticate({ headers, certificate }) {
      const name = headers["x-remote-user"];
      if (typeof name !== "string" || name === "" || !certificate || !isProxy(certificate)) return undefined;
      const listOf = (value: string | string[] | undefined) =>
        value === undefined ? [] : [value].flat().flatMap((one) => one.split(/,\s*/));
      const extra: Record<string, string[]> = {};
      for (const header of Object.keys(headers))
        if (header.startsWith("x-remote-extra-"))
          extra[decodeURIComponent(header.slice("x-remote-extra-".length))] = listOf(headers[header]);
      const uid = headers["x-remote-uid"];
      return {
        name,
        groups: [...new Set([...listOf(headers["x-remote-group"]), "system:authenticated"])],
        ...(typeof uid === "string" ? { uid } : {}),
        ...(Object.keys(extra).length ? { extra } : {}),
      };
    },
  };
}
