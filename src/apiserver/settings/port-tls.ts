/**
 * How the TLS port shakes hands, by upstream's flags: protocol versions, cipher suites, curves, and which certificate is shown to whom.
 * Names are Go's; what Go speaks and OpenSSL does not is refused.
 */
import { createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { createSecureContext, getCiphers, type SecureContext, type SecureContextOptions } from "node:tls";
import { checkDns1123Subdomain } from "#codec/mod.ts";
import { type Flags, readFlags } from "./flags.ts";
import { type NamedPair, namedPair } from "./named-pair.ts";

export interface PortTls {
  /** For every context of the port. */
  handshake: Pick<SecureContextOptions, "minVersion" | "ciphers" | "ecdhCurve">;
  named: readonly NamedPair[];
}

const versions = new Map([
  ["", "TLSv1.2"],
  ["VersionTLS12", "TLSv1.2"],
  ["VersionTLS13", "TLSv1.3"],
] as const);
const oldVersions = ["VersionTLS10", "VersionTLS11"];

/** Those of TLS 1.3 are always on, there as here. */
const ofTls13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

const suites: ReadonlyMap<string, string> = new Map([
  ...["RSA", "ECDSA"].flatMap((signature): [string, string][] => [
    ...["AES_128_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_GCM_SHA256", "AES_256_CBC_SHA", "AES_256_GCM_SHA384"].map(
      (rest): [string, string] => [`TLS_ECDHE_${signature}_WITH_${rest}`, `ECDHE-${signature}-${opensslRest(rest)}`],
    ),
    [`TLS_ECDHE_${signature}_WITH_CHACHA20_POLY1305`, `ECDHE-${signature}-CHACHA20-POLY1305`],
    [`TLS_ECDHE_${signature}_WITH_CHACHA20_POLY1305_SHA256`, `ECDHE-${signature}-CHACHA20-POLY1305`],
    [`TLS_ECDHE_${signature}_WITH_RC4_128_SHA`, `ECDHE-${signature}-RC4-SHA`],
  ]),
  ...["AES_128_CBC_SHA", "AES_128_CBC_SHA256", "AES_128_GCM_SHA256", "AES_256_CBC_SHA", "AES_256_GCM_SHA384"].map(
    (rest): [string, string] => [`TLS_RSA_WITH_${rest}`, opensslRest(rest)],
  ),
  ["TLS_RSA_WITH_RC4_128_SHA", "RC4-SHA"],
  ["TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"],
  ["TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA"],
]);

/** `AES_128_GCM_SHA256` is `AES128-GCM-SHA256`, and CBC goes without saying. */
function opensslRest(rest: string): string {
  return rest.replace("AES_", "AES").replace("_CBC", "").replaceAll("_", "-");
}

/** Go's numbers of key exchanges; of those that it knows, OpenSSL speaks these. */
const curves: ReadonlyMap<string, string> = new Map([
  ["23", "P-256"],
  ["24", "P-384"],
  ["25", "P-521"],
  ["29", "X25519"],
  ["4587", "SecP256r1MLKEM768"],
  ["4588", "X25519MLKEM768"],
  ["4589", "SecP384r1MLKEM1024"],
]);

/** Throws a sentence about what cannot be used. `words`: flags as `readFlags` takes them. */
export function portTls(words: readonly string[] = []): PortTls {
  const flags = readFlags(words);
  const named = (flags["tls-sni-cert-key"] ?? []).map(namedPair);
  const address = named.flatMap(({ names }) => names).find((name) => isIP(name) > 0);
  if (address) throw new Error(`--tls-sni-cert-key: ${address}: certificates go by name here: who asks for an address names none`);
  // What cannot be read is said before anything is served.
  namedContexts({ handshake: {}, named }, undefined);
  return { handshake: handshakeOf(flags), named };
}

function handshakeOf(flags: Flags): PortTls["handshake"] {
  const said = flags["tls-min-version"];
  if (oldVersions.includes(said)) throw new Error(`--tls-min-version=${said}: nothing older than TLS 1.2 is spoken here`);
  const minVersion = (versions as ReadonlyMap<string, "TLSv1.2" | "TLSv1.3">).get(said);
  if (!minVersion) throw new Error(`unknown tls version ${JSON.stringify(said)}`);
  const ciphers = ciphersOf(flags["tls-cipher-suites"] ?? [], minVersion);
  const ecdhCurve = curvesOf(flags["tls-curve-preferences"] ?? []);
  return { minVersion, ...(ciphers ? { ciphers } : {}), ...(ecdhCurve ? { ecdhCurve } : {}) };
}

function ciphersOf(names: readonly string[], minVersion: string): string | undefined {
  if (names.length === 0) return undefined;
  const spoken = new Set(getCiphers());
  const known = names.flatMap((name) => {
    if (ofTls13.includes(name)) return [];
    const cipher = suites.get(name);
    if (!cipher) throw new Error(`Cipher suite ${name} not supported or doesn't exist`);
    if (!spoken.has(cipher.toLowerCase())) throw new Error(`--tls-cipher-suites: ${name} is not spoken here: OpenSSL has given it up`);
    return [cipher];
  });
  if (minVersion !== "TLSv1.3" && !known.some((cipher) => /^ECDHE-(RSA|ECDSA)-AES128-GCM-SHA256$/.test(cipher)))
    throw new Error(
      "error configuring http2: http2: TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM_SHA256 cipher (need at least one of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)",
    );
  return [...ofTls13, ...known].join(":");
}

function curvesOf(numbers: readonly string[]): string | undefined {
  if (numbers.length === 0) return undefined;
  const names = numbers.map((number) => {
    if (!(Number(number) > 0 && Number(number) <= 65_535)) throw new Error(`curve preference ${number} is out of range (must be 1-65535)`);
    const name = curves.get(number);
    if (!name) throw new Error(`--tls-curve-preferences: curve ${number} is not spoken here: there are ${[...curves.keys()].join(", ")}`);
    return name;
  });
  const twice = numbers.find((number, i) => numbers.indexOf(number) < i);
  if (twice) throw new Error(`duplicate curve preference ${twice}`);
  return names.join(":");
}

/** The context of a certificate that goes by its names; undefined: the port's own. */
export type ContextOf = (servername: string) => SecureContext | undefined;

/** Reads the files. `clientCa`: whose clients are believed. Throws a sentence that names the pair. */
export function namedContexts({ handshake, named }: PortTls, clientCa: SecureContextOptions["ca"]): ContextOf {
  const [explicit, extracted] = [new Map<string, SecureContext>(), new Map<string, SecureContext>()];
  // From behind, so that the first one of a name has it.
  for (const pair of named.toReversed()) {
    const { context, names } = opened(pair, { ...handshake, ...(clientCa === undefined ? {} : { ca: clientCa }) });
    for (const name of pair.names) explicit.set(name, context);
    if (pair.names.length === 0) for (const name of names) extracted.set(name, context);
  }
  const byName = (name: string) => explicit.get(name) ?? extracted.get(name);
  return (servername) => {
    const name = servername.toLowerCase();
    return byName(name) ?? byName(name.replace(/^[^.]*/, "*"));
  };
}

function opened(pair: NamedPair, options: SecureContextOptions): { context: SecureContext; names: string[] } {
  try {
    const [cert, key] = [readFileSync(pair.cert, "utf8"), readFileSync(pair.key, "utf8")];
    const certificate = new X509Certificate(cert);
    const publicPem = (of: Parameters<typeof createPublicKey>[0]) => createPublicKey(of).export({ type: "spki", format: "pem" });
    if (publicPem(key) !== publicPem(cert)) throw new Error("tls: private key does not match public key");
    return { context: createSecureContext({ ...options, cert, key }), names: namesOf(certificate) };
  } catch (error) {
    throw new Error(`failed to load SNI cert and key: ${(error as Error).message}`, { cause: error });
  }
}

/** Addresses do not count: nobody asks for one by name. */
function namesOf({ subject, subjectAltName = "" }: X509Certificate): string[] {
  const common = /^CN=(.*)$/m.exec(subject ?? "")?.[1];
  const isName = common !== undefined && (common === "*" || checkDns1123Subdomain(common.replace(/^\*\./, "")).length === 0);
  const alternatives = [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map(([, name]) => name!);
  return [...(isName && isIP(common) === 0 ? [common] : []), ...alternatives];
}
