/** Bound service account tokens: issued for an audience and a time, void when the account or the pod they are bound to is gone. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { importPKCS8, importSPKI, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { type KubeObject, nodes, pods, secrets, serviceaccounts, type TokenRequest } from "#api/mod.ts";
import type { Clock, Random } from "#base/mod.ts";
import type { Attributes, Authenticator, CreateHandler, Storage, User } from "../contract.ts";
import { ApiError, badRequest, invalid, notFound, unauthorized } from "../request/errors.ts";

export interface TokenOptions {
  /** PEM, RSA. */
  privateKey: string;
  publicKey: string;
  issuer: string;
  audiences: string[];
  clock: Clock;
  random: Random;
  storage: Storage;
}

interface Bound {
  name: string;
  uid?: string;
}

interface KubernetesClaims {
  namespace: string;
  serviceaccount: Bound;
  pod?: Bound;
  secret?: Bound;
  node?: Bound;
}

const shortest = 600;
const longest = 2 ** 32;
const defaultSeconds = 3600;
/** The token of a pod that asks for this long gets a year: clients that never reload it go on working. */
const extendFrom = 3607;
const extendTo = 365 * 86_400;
const cacheMs = 10_000;
const mostCached = 4096;

export class ServiceAccountTokens {
  readonly #options: TokenOptions;
  readonly #keyId: string;
  readonly #public: KeyObject;
  #keys: Promise<{ sign: CryptoKey; verify: CryptoKey }> | undefined;
  #cache = new Map<string, { payload: JWTPayload; until: number }>();

  constructor(options: TokenOptions) {
    this.#options = options;
    this.#public = createPublicKey(options.publicKey);
    this.#keyId = createHash("sha256")
      .update(this.#public.export({ type: "spki", format: "der" }))
      .digest("base64url");
  }

  /** Answers POST serviceaccounts/NAME/token. */
  readonly handler: CreateHandler = async (attributes, storage) => {
    const request = structuredClone(attributes.object) as TokenRequest;
    const account = storage.get(serviceaccounts, { namespace: attributes.namespace, name: attributes.name });
    if (!account) throw notFound({ group: "", resource: "serviceaccounts" }, attributes.name);
    const seconds = request.spec?.expirationSeconds ?? defaultSeconds;
    if (seconds < shortest) throw badSeconds(seconds, "may not specify a duration less than 10 minutes");
    if (seconds > longest) throw badSeconds(seconds, "may not specify a duration larger than 2^32 seconds");
    const claims: KubernetesClaims = {
      namespace: attributes.namespace,
      serviceaccount: { name: attributes.name, uid: account.metadata.uid },
    };
    this.#bind(request, attributes, storage, claims);
    const audiences = request.spec?.audiences?.length ? request.spec.audiences : this.#options.audiences;
    const extended =
      claims.pod !== undefined && seconds === extendFrom && audiences.every((audience) => this.#options.audiences.includes(audience));
    const now = Math.floor(this.#options.clock.now() / 1000);
    const { sign } = await this.#load();
    const token = await new SignJWT({ "kubernetes.io": { ...claims, ...(extended ? { warnafter: now + seconds } : {}) } })
      .setProtectedHeader({ alg: "RS256", kid: this.#keyId })
      .setIssuer(this.#options.issuer)
      .setAudience(audiences)
      .setSubject(`system:serviceaccount:${attributes.namespace}:${attributes.name}`)
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + (extended ? extendTo : seconds))
      .setJti(this.#options.random.uuid())
      .sign(sign);
    const expirationTimestamp = new Date((now + seconds) * 1000).toISOString().replace(/\.\d+Z$/, "Z");
    return {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: {
        name: attributes.name,
        namespace: attributes.namespace,
        creationTimestamp: new Date(now * 1000).toISOString().replace(/\.\d+Z$/, "Z"),
      },
      spec: { ...request.spec, audiences, expirationSeconds: seconds },
      status: { token, expirationTimestamp },
    } as KubeObject;
  };

  /** A bearer token of ours names its service account; other tokens are somebody else's business. */
  readonly authenticator: Authenticator = {
    authenticate: async ({ headers }) => {
      const match = /^Bearer\s+(\S+)$/i.exec(String(headers.authorization ?? ""));
      if (!match) return undefined;
      return (await this.verify(match[1]!, this.#options.audiences)).user;
    },
  };

  /** Rejects with 401 when the token is not valid now for any of these audiences. */
  async verify(token: string, audiences: string[]): Promise<{ user: User; audiences: string[] }> {
    const payload = await this.#payload(token);
    const intended = [payload.aud ?? []].flat();
    const matched = audiences.filter((audience) => intended.includes(audience));
    if (matched.length === 0) throw unauthorized();
    const claims = payload["kubernetes.io"] as KubernetesClaims | undefined;
    if (!claims) throw unauthorized();
    this.#checkBound(claims);
    const { namespace, serviceaccount, pod, node } = claims;
    const extra: Record<string, string[]> = { "authentication.kubernetes.io/credential-id": [`JTI=${payload.jti}`] };
    if (pod) {
      extra["authentication.kubernetes.io/pod-name"] = [pod.name];
      extra["authentication.kubernetes.io/pod-uid"] = [pod.uid ?? ""];
    }
    if (node) {
      extra["authentication.kubernetes.io/node-name"] = [node.name];
      extra["authentication.kubernetes.io/node-uid"] = [node.uid ?? ""];
    }
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
    return {
      user: { name: `system:serviceaccount:${namespace}:${serviceaccount.name}`, uid: serviceaccount.uid, groups, extra },
      audiences: matched,
    };
  }

  /** For `/.well-known/openid-configuration` and `/openid/v1/jwks`. */
  discovery(serverUrl: string): { configuration: object; keys: object } {
    const { issuer } = this.#options;
    return {
      configuration: {
        issuer,
        jwks_uri: `${serverUrl}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
      },
      keys: { keys: [{ use: "sig", kty: "RSA", kid: this.#keyId, alg: "RS256", ...this.#public.export({ format: "jwk" }) }] },
    };
  }

  async #payload(token: string): Promise<JWTPayload> {
    const now = this.#options.clock.now();
    const known = this.#cache.get(token);
    if (known && known.until > now) return known.payload;
    const { verify } = await this.#load();
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, verify, { issuer: this.#options.issuer, algorithms: ["RS256"], currentDate: new Date(now) }));
    } catch {
      throw unauthorized();
    }
    if (this.#cache.size >= mostCached) this.#cache.clear();
    this.#cache.set(token, { payload, until: Math.min(now + cacheMs, (payload.exp ?? 0) * 1000) });
    return payload;
  }

  #load(): Promise<{ sign: CryptoKey; verify: CryptoKey }> {
    const { privateKey, publicKey } = this.#options;
    this.#keys ??= Promise.all([importPKCS8(privateKey, "RS256"), importSPKI(publicKey, "RS256")]).then(([sign, verify]) => ({
      sign,
      verify,
    }));
    return this.#keys;
  }

  #bind(request: TokenRequest, attributes: Attributes, storage: Storage, claims: KubernetesClaims): void {
    const ref = request.spec?.boundObjectRef;
    if (!ref) return;
    const { namespace } = attributes;
    const find = ref.kind === "Pod" ? pods : ref.kind === "Secret" ? secrets : ref.kind === "Node" ? nodes : undefined;
    if (!find || ref.apiVersion !== "v1")
      throw badRequest(`cannot bind token for serviceaccount "${attributes.name}" to unsupported object type "${ref.kind}"`);
    const object = storage.get(find, find.namespaced ? { namespace, name: ref.name ?? "" } : { name: ref.name ?? "" });
    if (!object) throw notFound({ group: "", resource: find.resource }, ref.name ?? "");
    if (ref.uid && ref.uid !== object.metadata.uid)
      throw new ApiError({
        apiVersion: "v1",
        kind: "Status",
        metadata: {},
        status: "Failure",
        reason: "Conflict",
        code: 409,
        message: `Operation cannot be fulfilled on ${find.resource} "${ref.name}": the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      });
    const bound = { name: ref.name!, uid: object.metadata.uid };
    if (ref.kind === "Secret") claims.secret = bound;
    else if (ref.kind === "Node") claims.node = bound;
    else {
      const { serviceAccountName, nodeName } = (object as { spec?: { serviceAccountName?: string; nodeName?: string } }).spec ?? {};
      if (serviceAccountName !== attributes.name)
        throw badRequest(`cannot bind token for serviceaccount "${attributes.name}" to pod running with different serviceaccount name.`);
      claims.pod = bound;
      const node = nodeName ? storage.get(nodes, { name: nodeName }) : undefined;
      if (node) claims.node = { name: nodeName!, uid: node.metadata.uid };
    }
  }

  #checkBound({ namespace, serviceaccount, pod, secret }: KubernetesClaims): void {
    const storage = this.#options.storage;
    const gone = (object: KubeObject | undefined, bound: Bound) =>
      !object ||
      (bound.uid !== undefined && object.metadata.uid !== bound.uid) ||
      (object.metadata.deletionTimestamp !== undefined &&
        Date.parse(object.metadata.deletionTimestamp) + 60_000 < this.#options.clock.now());
    if (gone(storage.get(serviceaccounts, { namespace, name: serviceaccount.name }), serviceaccount)) throw unauthorized();
    if (pod && gone(storage.get(pods, { namespace, name: pod.name }), pod)) throw unauthorized();
    if (secret && gone(storage.get(secrets, { namespace, name: secret.name }), secret)) throw unauthorized();
  }
}

function badSeconds(seconds: number, why: string): ApiError {
  const detail = `${seconds}: ${why}`;
  const field = "spec.expirationSeconds";
  return invalid({ group: "authentication.k8s.io", resource: "TokenRequest" }, "", [
    { type: "FieldValueInvalid", field, message: `${field}: Invalid value: ${detail}`, body: `Invalid value: ${detail}` },
  ]);
}
