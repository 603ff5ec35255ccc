/** The key that signs service account tokens, and all those whose signatures are still believed. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { importPKCS8, type JWTHeaderParameters, type JWTPayload, jwtVerify, SignJWT } from "jose";

interface Trusted {
  id: string;
  key: KeyObject;
  algorithm: string;
}

const curves: Record<string, string> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/** PEM. `alsoTrusted`: public keys that signed before, so that a change of keys breaks nothing. */
export interface KeysOfTokens {
  readonly private: string;
  readonly public: string;
  readonly alsoTrusted?: readonly string[];
}

interface Known {
  private: string;
  /** Of the public keys, as they were read. */
  publics: string;
  trusted: readonly Trusted[];
  signer: ReturnType<typeof importPKCS8>;
}

export class TokenKeys {
  readonly #keys: KeysOfTokens;
  #known: Known;

  /** What is read of `keys` later counts, too: they may change while tokens are asked for. */
  constructor(keys: KeysOfTokens) {
    this.#keys = keys;
    this.#known = known(keys);
  }
  get #now(): Known {
    const { private: own, public: first, alsoTrusted = [] } = this.#keys;
    if (own !== this.#known.private || [first, ...alsoTrusted].join() !== this.#known.publics) this.#known = known(this.#keys);
    return this.#known;
  }
  get #trusted(): readonly Trusted[] {
    return this.#now.trusted;
  }

  async sign(payload: JWTPayload): Promise<string> {
    const { trusted, signer } = this.#now;
    const [{ algorithm: alg, id: kid }] = trusted as [Trusted];
    return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(await signer);
  }

  /** Rejects when no key that is believed has signed this, or it is not valid at this time (give or take a minute, as upstream). */
  async verify(token: string, issuer: string, nowMs: number): Promise<JWTPayload> {
    const all = this.#trusted;
    const find = ({ kid, alg }: JWTHeaderParameters): KeyObject => {
      const fits = all.filter(({ algorithm, id }) => algorithm === alg && (kid === undefined || kid === id));
      if (!fits[0]) throw new Error("no key that is believed has signed this");
      return fits[0].key;
    };
    const algorithms = [...new Set(all.map(({ algorithm }) => algorithm))];
    const { payload } = await jwtVerify(token, find, { issuer, algorithms, currentDate: new Date(nowMs), clockTolerance: 60 });
    return payload;
  }

  /** As `/openid/v1/jwks` shows them. */
  get published(): object[] {
    return this.#trusted.map(({ id, key, algorithm }) => {
      const jwk = key.export({ format: "jwk" });
      return { use: "sig", kty: jwk.kty, kid: id, alg: algorithm, ...jwk };
    });
  }
}

/** For whoever fills Secrets with tokens that this server believes. */
export function tokenSigner(pair: ConstructorParameters<typeof TokenKeys>[0]): (payload: JWTPayload) => Promise<string> {
  const keys = new TokenKeys(pair);
  return (payload) => keys.sign(payload);
}

function known({ private: own, public: first, alsoTrusted = [] }: KeysOfTokens): Known {
  const all = [first, ...alsoTrusted];
  const [signing, ...others] = all.map(trusted) as [Trusted, ...Trusted[]];
  const signer = importPKCS8(own, signing.algorithm);
  signer.catch(() => {}); // whoever signs is told
  return { private: own, publics: all.join(), trusted: [signing, ...others], signer };
}

/** As tokens name it: the hash of the public key. */
export const tokenKeyId = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");

function trusted(pem: string): Trusted {
  const key = createPublicKey(pem);
  const id = tokenKeyId(key);
  const algorithm = key.asymmetricKeyType === "rsa" ? "RS256" : curves[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (!algorithm) throw new Error(`a service account key of type ${key.asymmetricKeyType} is not supported: RSA and ECDSA keys are`);
  return { id, key, algorithm };
}
