/** One issuer found by discovery: verifies its tokens, once it is known where its keys are. */
import { backoffMs, type Clock, type Log, messageOf, type Timer } from "#base/mod.ts";
import type { Fetcher } from "./fetch.ts";
import { KeySet } from "./key-set.ts";

export type Claims = Record<string, unknown>;

export interface VerifierOptions {
  issuer: string;
  /** Absent: below the issuer's URL. */
  discoveryUrl?: string;
  audiences: readonly string[];
  /** Of the `alg` header. */
  algorithms: readonly string[];
  fetcher: Fetcher;
  clock: Clock;
  log: Log;
}

const retry = { baseMs: 500, maxMs: 10_000 };
const nbfLeewayMs = 60_000;
const google = "https://accounts.google.com";

export class Verifier {
  readonly #options: VerifierOptions;
  #keys: KeySet | undefined;
  #problem: string;
  #timer: Timer | undefined;
  #closed = false;
  #failures = 0;

  /** Looks for the issuer until it is found. */
  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#problem = `oidc: authenticator for issuer ${JSON.stringify(options.issuer)} is not initialized`;
  }

  /** Resolves after the first look, whatever it found. */
  async start(): Promise<void> {
    await this.look();
    if (this.#keys || this.#closed) return;
    const again = () => void this.start();
    this.#timer = this.#options.clock.after(backoffMs(++this.#failures, retry), again, { background: true });
  }

  /** Why it cannot verify yet. */
  get problem(): string | undefined {
    return this.#keys ? undefined : this.#problem;
  }

  /** What the token claims. Rejects for a token that is not good. */
  async verify(token: string): Promise<Claims> {
    if (!this.#keys) throw new Error("oidc: authenticator not initialized");
    const { algorithm, keyId } = headerOf(token);
    const { algorithms } = this.#options;
    if (!algorithms.includes(algorithm))
      throw new Error(`oidc: id token signed with unsupported algorithm, expected ${shown(algorithms)} got ${JSON.stringify(algorithm)}`);
    const payload = await this.#keys.verify(token, keyId, algorithm).catch((error) => {
      throw new Error(`failed to verify signature: ${messageOf(error)}`, { cause: error });
    });
    const claims = parsed(payload.toString());
    if (!claims) throw new Error("oidc: failed to unmarshal claims: the payload is not an object");
    checkSources(claims);
    this.#check(claims);
    return claims;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #check({ iss, aud, exp, nbf }: Claims): void {
    const { issuer, audiences, clock } = this.#options;
    if (iss !== issuer && !(issuer === google && iss === "accounts.google.com"))
      throw new Error(
        `oidc: id token issued by a different provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(String(iss ?? ""))}`,
      );
    const given = (Array.isArray(aud) ? aud : aud === undefined || aud === null ? [] : [aud]).map(String);
    if (!given.some((one) => audiences.includes(one)))
      throw new Error(
        audiences.length === 1
          ? `oidc: expected audience ${JSON.stringify(audiences[0])} got ${shown(given)}`
          : `oidc: expected audience in ${shown([...audiences].sort())} got ${shown(given)}`,
      );
    const now = clock.now();
    const expiry = typeof exp === "number" ? exp * 1000 : Number.NEGATIVE_INFINITY;
    if (expiry < now) throw new Error(`oidc: token is expired (Token Expiry: ${goTime(expiry)})`);
    if (typeof nbf === "number" && now + nbfLeewayMs < nbf * 1000)
      throw new Error(`oidc: current time ${goTime(now)} before the nbf (not before) time: ${goTime(nbf * 1000)}`);
  }

  async look(): Promise<void> {
    const { issuer, discoveryUrl, fetcher, clock, log } = this.#options;
    try {
      const answer = await fetcher.get(discoveryUrl || `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
      if (answer.status !== 200) throw new Error(`${answer.statusText}: ${answer.body.slice(0, 1000)}`);
      const provider = parsed(answer.body);
      if (!provider) throw new Error("oidc: failed to decode provider discovery object: it is not an object");
      if (provider.issuer !== issuer)
        throw new Error(
          `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(String(provider.issuer ?? ""))}`,
        );
      if (typeof provider.jwks_uri !== "string" || provider.jwks_uri === "") throw new Error("provider did not return JWKS URL");
      if (!URL.canParse(provider.jwks_uri)) throw new Error(`provider returned a JWKS URL that is none: ${provider.jwks_uri}`);
      this.#keys = new KeySet(provider.jwks_uri, fetcher, clock);
    } catch (error) {
      this.#problem = messageOf(error);
      log.error("an issuer of tokens cannot be used yet", { issuer, error: this.#problem });
    }
  }
}

/** The claims of a token that nobody has verified: undefined when it is no JWT. */
export function unverified(token: string): Claims | undefined {
  const parts = token.split(".");
  if (parts.length !== 3 || token.trimStart().startsWith("{")) return undefined;
  return parsed(Buffer.from(parts[1]!, "base64url").toString());
}

/** Whose token it says it is. */
export function issuerOf(token: string): string | undefined {
  const iss = unverified(token)?.iss;
  return iss === "accounts.google.com" ? google : typeof iss === "string" ? iss : undefined;
}

function headerOf(token: string): { algorithm: string; keyId: string } {
  const parts = token.split(".");
  const header = parts.length === 3 ? parsed(Buffer.from(parts[0]!, "base64url").toString()) : undefined;
  if (!header) throw new Error("oidc: malformed jwt");
  return { algorithm: String(header.alg ?? ""), keyId: String(header.kid ?? "") };
}

function parsed(text: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}

const shown = (list: readonly string[]) => `[${list.map((each) => JSON.stringify(each)).join(" ")}]`;
/** Go's time of nothing is the first of all. */
const goTime = (ms: number) =>
  `${ms === Number.NEGATIVE_INFINITY ? "0001-01-01 00:00:00" : new Date(ms).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;

/** What a token says that it keeps elsewhere must be somewhere. */
function checkSources({ _claim_names: names, _claim_sources: sources }: Claims): void {
  if (typeof names !== "object" || names === null) return;
  for (const source of Object.values(names)) {
    if (source === "") throw new Error("oidc: failed to obtain source from claim name");
    if (typeof sources !== "object" || sources === null || !Object.hasOwn(sources, String(source)))
      throw new Error("oidc: source does not exist");
  }
}
