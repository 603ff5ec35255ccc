/** `cert,key` or `cert,key:name,name`: a certificate that is shown to those who ask for its names. */
export interface NamedPair {
  /** Files. */
  cert: string;
  key: string;
  /** Patterns that were said; none: those of the certificate. */
  names: readonly string[];
}

/** Throws upstream's sentence. */
export function namedPair(text: string): NamedPair {
  const at = text.indexOf(":");
  const [files, said] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1).trim()];
  const wrong = (why: string) => new Error(`invalid argument ${JSON.stringify(text)} for "--tls-sni-cert-key" flag: ${why}`);
  if (said === "") throw wrong("empty names list is not allowed");
  const [cert, key, ...more] = files.split(",").map((file) => file.trim());
  if (!cert || key === undefined || more.length > 0) throw wrong("expected comma separated certificate and key file paths");
  return { cert, key, names: said?.split(",").map((name) => name.trim()) ?? [] };
}

export function pairText({ cert, key, names }: NamedPair): string {
  return `${cert},${key}${names.length > 0 ? `:${names.join(",")}` : ""}`;
}
