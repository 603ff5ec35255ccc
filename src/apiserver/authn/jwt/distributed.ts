/** Groups that a token does not hold itself: it names where they are kept, and another issuer signs them (OpenID Connect Core 5.6.2). */
import { messageOf } from "#base/mod.ts";
import { type Claims, issuerOf, Verifier, type VerifierOptions } from "./verifier.ts";

/** Tokens name the issuers: of no more than this many are the keys looked for. */
const mostIssuers = 16;

export class DistributedClaim {
  readonly #claim: string;
  readonly #options: Omit<VerifierOptions, "issuer" | "discoveryUrl">;
  readonly #verifiers = new Map<string, { verifier: Verifier; started: Promise<void> }>();

  constructor(claim: string, options: Omit<VerifierOptions, "issuer" | "discoveryUrl">) {
    this.#claim = claim;
    this.#options = options;
  }

  /** The claims with this one among them, if the token says where it is. */
  async expanded(claims: Claims): Promise<Claims> {
    const name = this.#claim;
    const { _claim_names: names, _claim_sources: sources } = claims;
    if (name in claims || names === undefined) return claims;
    if (!isRecord(names)) throw new Error("oidc: error parsing distributed claim names: they are not an object");
    if (sources === undefined) throw new Error("oidc: no claim sources");
    if (!isRecord(sources)) throw new Error("oidc: could not parse claim sources: they are not an object");
    const source = names[name];
    if (typeof source !== "string") return claims;
    const place = sources[source];
    if (!isRecord(place)) throw new Error(`id token _claim_names contained a source ${source} missing in _claims_sources`);
    const { endpoint, access_token: token } = place;
    if (typeof endpoint !== "string" || endpoint === "") return claims;
    return { ...claims, [name]: await this.#resolved(endpoint, typeof token === "string" ? token : "") };
  }

  close(): void {
    for (const { verifier } of this.#verifiers.values()) verifier.close();
  }

  async #resolved(endpoint: string, accessToken: string): Promise<unknown> {
    const name = this.#claim;
    const headers = accessToken === "" ? undefined : { authorization: `Bearer ${accessToken}` };
    const jwt = await this.#options.fetcher.get(endpoint, headers).then(
      ({ status, statusText, body }) => {
        if (status >= 200 && status <= 226) return body;
        throw new Error(
          `while getting distributed claim ${JSON.stringify(name)}: error while getting distributed claim JWT: ${statusText}`,
        );
      },
      (error) => {
        throw new Error(`while getting distributed claim ${JSON.stringify(name)}: ${messageOf(error)}`, { cause: error });
      },
    );
    const issuer = issuerOf(jwt);
    if (issuer === undefined)
      throw new Error(`getting untrusted issuer from endpoint ${endpoint} failed for claim ${JSON.stringify(name)}: malformed token`);
    const verified = await this.#verified(issuer, jwt);
    if (!(name in verified))
      throw new Error(`jwt returned by distributed claim endpoint ${JSON.stringify(endpoint)} did not contain claim: ${name}`);
    return verified[name];
  }

  async #verified(issuer: string, jwt: string): Promise<Claims> {
    let known = this.#verifiers.get(issuer);
    if (!known) {
      if (this.#verifiers.size >= mostIssuers || !issuer.startsWith("https://") || !URL.canParse(issuer))
        throw new Error(`verifying untrusted issuer ${issuer} failed: verifier not initialized for issuer: ${JSON.stringify(issuer)}`);
      const verifier = new Verifier({ ...this.#options, issuer });
      this.#verifiers.set(issuer, (known = { verifier, started: verifier.start() }));
    }
    await known.started;
    return known.verifier.verify(jwt).catch((error) => {
      throw new Error(`verify distributed claim token: ${messageOf(error)}`, { cause: error });
    });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
