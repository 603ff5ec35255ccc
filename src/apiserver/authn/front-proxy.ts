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

/** By upstream's flags. `allowedNames` empty: any certificate of that CA. The first header that says anything counts. */
export interface RequestHeaders {
  allowedNames: readonly string[];
  names: readonly string[];
  uids: readonly string[];
  groups: readonly string[];
  extraPrefixes: readonly string[];
}

export function frontProxyAuthenticator(
  isOfProxy: ReturnType<typeof signedBy>,
  { allowedNames, ...wanted }: RequestHeaders,
): Authenticator {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  const [names, uids, groups, prefixes] = [wanted.names, wanted.uids, wanted.groups, wanted.extraPrefixes].map(lower) as [
    string[],
    string[],
    string[],
    string[],
  ];
  const isProxy = (certificate: PeerCertificate) =>
    isOfProxy(certificate) && (allowedNames.length === 0 || allowedNames.includes(String(certificate.subject.CN ?? "")));
  return {
    authenticate({ headers, certificate }) {
      const first = (among: string[]) => among.map((one) => [headers[one]].flat()[0]).find((value) => value !== undefined && value !== "");
      const name = first(names);
      if (name === undefined || !certificate || !isProxy(certificate)) return undefined;
      const listOf = (value: string | string[] | undefined) =>
        value === undefined ? [] : [value].flat().flatMap((one) => one.split(/,\s*/));
      const extra: Record<string, string[]> = {};
      for (const header of Object.keys(headers)) {
        const prefix = prefixes.find((one) => header.startsWith(one));
        if (prefix !== undefined) extra[decodeURIComponent(header.slice(prefix.length))] = listOf(headers[header]);
      }
      const uid = first(uids);
      return {
        name,
        groups: [...new Set([...groups.flatMap((one) => listOf(headers[one])), "system:authenticated"])],
        ...(uid === undefined ? {} : { uid }),
        ...(Object.keys(extra).length ? { extra } : {}),
      };
    },
  };
}
