/** URLs as Go's net/url reads them, with its complaints. */

export class UrlError extends Error {}

export interface GoUrl {
  scheme: string;
  host: string;
  /** As it is written. */
  rawPath: string;
  rawQuery: string;
  text: string;
}

const controls = /[\x00-\x1f\x7f]/;

/** What a request line may hold: an absolute URL, or a path. Throws UrlError in Go's words. */
export function parseRequestUrl(text: string): void {
  try {
    read(text, true);
  } catch (error) {
    throw wrapped(text, error);
  }
}

/** Any URL, with its fragment taken off. */
export function parseUrl(text: string): GoUrl {
  const hash = text.indexOf("#");
  const [rest, fragment] = hash < 0 ? [text, ""] : [text.slice(0, hash), text.slice(hash + 1)];
  try {
    const url = read(rest, false);
    decoded(fragment);
    return { ...url, text };
  } catch (error) {
    throw wrapped(text, error);
  }
}

const wrapped = (text: string, error: unknown) =>
  error instanceof UrlError ? new UrlError(`parse ${JSON.stringify(text)}: ${error.message}`) : error;

function read(text: string, viaRequest: boolean): GoUrl {
  if (controls.test(text)) throw new UrlError("net/url: invalid control character in URL");
  if (text === "" && viaRequest) throw new UrlError("empty url");
  const url: GoUrl = { scheme: "", host: "", rawPath: "", rawQuery: "", text };
  if (text === "*") return { ...url, rawPath: "*" };
  if (text.startsWith(":")) throw new UrlError("missing protocol scheme");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1];
  url.scheme = scheme?.toLowerCase() ?? "";
  let rest = scheme === undefined ? text : text.slice(scheme.length + 1);
  const query = rest.indexOf("?");
  if (query >= 0) [rest, url.rawQuery] = [rest.slice(0, query), rest.slice(query + 1)];
  if (!rest.startsWith("/")) {
    if (scheme !== undefined) return url;
    if (viaRequest) throw new UrlError("invalid URI for request");
    if (rest.split("/")[0]!.includes(":")) throw new UrlError("first path segment in URL cannot contain colon");
  }
  if ((scheme !== undefined || (!viaRequest && !rest.startsWith("///"))) && rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2);
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
    rest = slash < 0 ? "" : rest.slice(slash);
    url.host = readAuthority(authority);
  }
  decoded(rest);
  url.rawPath = rest;
  return url;
}

function readAuthority(authority: string): string {
  const at = authority.lastIndexOf("@");
  const host = readHost(authority.slice(at + 1));
  if (at >= 0 && !/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(authority.slice(0, at))) throw new UrlError("net/url: invalid userinfo");
  if (at >= 0) decoded(authority.slice(0, at));
  return host;
}

function readHost(host: string): string {
  const close = host.lastIndexOf("]");
  if (host.startsWith("[") && close < 0) throw new UrlError("missing ']' in host");
  const portAt = host.startsWith("[") ? close + 1 : host.lastIndexOf(":");
  const port = portAt < 0 ? "" : host.slice(portAt);
  if (port !== "" && !/^:\d*$/.test(port)) throw new UrlError(`invalid port ${JSON.stringify(port)} after host`);
  for (const [written] of host.matchAll(/%.{0,2}/g)) {
    // Only bytes beyond ASCII may be written so, and `%25` before a zone.
    if (!/^%[89a-fA-F][0-9a-fA-F]$/.test(written) && written !== "%25") throw new UrlError(`invalid URL escape ${JSON.stringify(written)}`);
  }
  const wrong = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\x80-\u{10ffff}]/u.exec(host);
  if (wrong) throw new UrlError(`invalid character ${JSON.stringify(wrong[0])} in host name`);
  return decoded(host);
}

/** Throws for a percent sign without two digits. */
export function decoded(text: string): string {
  if (!text.includes("%")) return text;
  const wrong = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text);
  if (wrong) throw new UrlError(`invalid URL escape ${JSON.stringify(wrong[0])}`);
  const bytes = text
    .split(/(%[0-9a-fA-F]{2})/)
    .map((part) => (part.startsWith("%") ? Buffer.from(part.slice(1), "hex") : Buffer.from(part)));
  return Buffer.concat(bytes).toString();
}

export function hostname({ host }: GoUrl): string {
  const inner = /^\[(.*)\]/.exec(host);
  return inner ? inner[1]! : host.replace(/:\d*$/, "");
}

export const port = ({ host }: GoUrl): string =>
  /:(\d*)$/.exec(host.startsWith("[") ? host.slice(host.lastIndexOf("]") + 1) : host)?.[1] ?? "";

/** As it is written when that is a valid encoding, else encoded anew. */
export function escapedPath({ rawPath }: GoUrl): string {
  if (/^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(rawPath)) return rawPath;
  const escaped = Array.from(Buffer.from(decoded(rawPath)), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-_.~$&+,/:;=@]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return escaped.join("");
}

/** Pairs that cannot be read are left out. */
export function query({ rawQuery }: GoUrl): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of rawQuery.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const at = pair.indexOf("=");
    const parts = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    try {
      const [key, value] = parts.map((part) => decoded(part.replaceAll("+", " "))) as [string, string];
      values.set(key, [...(values.get(key) ?? []), value]);
    } catch (error) {
      if (!(error instanceof UrlError)) throw error;
    }
  }
  return Object.fromEntries(values);
}
