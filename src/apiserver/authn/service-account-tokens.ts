/** Service account tokens: bound ones, issued for an audience and a time, and long-lived ones kept in Secrets. Void when what they are bound to is gone. */
import { timingSafeEqual } from "node:crypto";
import { decodeJwt, type JWTPayload } from "jose";
import {
  type KubeObject,
  nodes,
  pods,
  type Resource,
  type Secret,
  type ServiceAccount,
  secrets,
  serviceaccounts,
  type TokenRequest,
} from "#api/mod.ts";
import type { Clock, Random } from "#base/mod.ts";
import type { Attributes, CreateHandler, Storage, User } from "../contract.ts";
import { badRequest, conflict, invalid, notFound } from "../request/errors.ts";
import type { TokenAuthenticator, TokenOwner } from "./bearer.ts";
import type { TokenKeys } from "./token-keys.ts";

export interface TokenOptions {
  keys: TokenKeys;
  issuer: string;
  /** Issuers of before, whose tokens are still good. */
  alsoIssuers?: readonly string[];
  /** Tokens are good for so long at most. */
  longestSeconds?: number;
  /** False: the tokens of pods are good for as long as was asked for, and no longer. */
  extends?: boolean;
  /** Where the keys are published, in the discovery document; absent: at this server. */
  jwksUri?: string;
  audiences: readonly string[];
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

const about = { group: "authentication.k8s.io", resource: "TokenRequest" };
const shortest = 600;
const longest = 2 ** 32;
const defaultSeconds = 3600;
/** The token of a pod that asks for this long gets a year: clients that never reload it go on working. */
const extendFrom = 3607;
const extendTo = 365 * 86_400;
const cacheMs = 10_000;
const mostCached = 4096;
/** What was deleted this long ago ends its tokens, though something still holds it. */
const graceMs = 60_000;
const legacyIssuer = "kubernetes/serviceaccount";
const legacy = "kubernetes.io/serviceaccount/";
const invalidSince = "kubernetes.io/legacy-token-invalid-since";
const lastUsed = "kubernetes.io/legacy-token-last-used";
const invalidated = "service account token has been invalidated";

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #options: TokenOptions;
  #cache = new Map<string, { payload: JWTPayload; until: number }>();

  constructor(options: TokenOptions) {
    this.#options = options;
  }

  /** Answers POST serviceaccounts/NAME/token. */
  readonly handler: CreateHandler = async (attributes, storage) => {
    const request = structuredClone(attributes.object) as TokenRequest;
    const { namespace, name } = attributes;
    const { audiences: known, issuer, clock, random, keys, longestSeconds = Infinity, extends: mayExtend = true } = this.#options;
    checkMetadata(request, attributes);
    const account = storage.get(serviceaccounts, { namespace, name });
    if (!account) throw notFound({ group: "", resource: "serviceaccounts" }, name);
    const { uid } = account.metadata;
    const asked = request.metadata?.uid;
    if (asked && asked !== uid)
      throw conflict(about, name, `the UID in the token request (${asked}) does not match the UID of the service account (${uid})`);
    let seconds = request.spec?.expirationSeconds ?? defaultSeconds;
    if (seconds < shortest) throw badSeconds(seconds, "may not specify a duration less than 10 minutes");
    if (seconds > longest) throw badSeconds(seconds, "may not specify a duration larger than 2^32 seconds");
    if (seconds > longestSeconds) {
      attributes.warn(`requested expiration of ${seconds} seconds shortened to ${longestSeconds} seconds`);
      seconds = longestSeconds;
    }
    const claims: KubernetesClaims = { namespace, serviceaccount: { name, uid } };
    this.#bind(request, attributes, storage, claims);
    const audiences = request.spec?.audiences?.length ? request.spec.audiences : [...known];
    const isExtended =
      mayExtend && claims.pod !== undefined && seconds === extendFrom && audiences.every((audience) => known.includes(audience));
    const now = Math.floor(clock.now() / 1000);
    const jti = random.uuid();
    attributes.annotate("authentication.kubernetes.io/issued-credential-id", `JTI=${jti}`);
    const token = await keys.sign({
      "kubernetes.io": { ...claims, ...(isExtended ? { warnafter: now + seconds } : {}) },
      iss: issuer,
      aud: audiences,
      sub: `system:serviceaccount:${namespace}:${name}`,
      iat: now,
      nbf: now,
      exp: now + (isExtended ? extendTo : seconds),
      jti,
    });
    return {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { ...request.metadata, name, namespace, uid, creationTimestamp: timestamp(now) },
      spec: { ...request.spec, audiences, expirationSeconds: seconds },
      status: { token, expirationTimestamp: timestamp(now + seconds) },
    } as KubeObject;
  };

  /** Undefined for tokens of other issuers. */
  async authenticateToken(token: string, wanted: readonly string[]): Promise<TokenOwner | undefined> {
    const issuer = issuerOf(token);
    if (issuer === legacyIssuer) return this.#legacyOwner(token, wanted);
    if (issuer === undefined || ![this.#options.issuer, ...(this.#options.alsoIssuers ?? [])].includes(issuer)) return undefined;
    const payload = await this.#verified(token, issuer);
    const intended = [payload.aud ?? []].flat();
    const audiences = wanted.filter((audience) => intended.includes(audience));
    if (audiences.length === 0) throw new Error(`token audiences ${shown(intended)} is invalid for the target audiences ${shown(wanted)}`);
    const claims = payload["kubernetes.io"] as KubernetesClaims | undefined;
    if (!claims?.namespace || !claims.serviceaccount?.name) throw new Error("service account token claims could not be validated");
    this.#checkBound(claims);
    return { user: userOf(claims, payload.jti), audiences };
  }

  /** For `/.well-known/openid-configuration` and `/openid/v1/jwks`. */
  discovery(serverUrl: string): { configuration: object; keys: object } {
    const { issuer, keys, jwksUri } = this.#options;
    return {
      configuration: {
        issuer,
        jwks_uri: jwksUri ?? `${serverUrl}/openid/v1/jwks`,
        response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [...new Set(keys.published.map((key) => (key as { alg: string }).alg))],
      },
      keys: { keys: keys.published },
    };
  }

  /** The token of a Secret: believed for as long as the Secret holds it. */
  async #legacyOwner(token: string, wanted: readonly string[]): Promise<TokenOwner | undefined> {
    const audiences = wanted.filter((audience) => this.#options.audiences.includes(audience));
    if (audiences.length === 0) return undefined;
    const payload = await this.#verified(token, legacyIssuer);
    const claim = (name: string) => String(payload[legacy + name] ?? "");
    const [namespace, secretName, name, uid] = ["namespace", "secret.name", "service-account.name", "service-account.uid"].map(claim) as [
      string,
      string,
      string,
      string,
    ];
    if (!namespace || !secretName || !name || !uid || payload.sub !== `system:serviceaccount:${namespace}:${name}`)
      throw new Error("sub claim is invalid");
    const { storage } = this.#options;
    const secret = storage.get(secrets, { namespace, name: secretName }) as Secret | undefined;
    if (!secret || secret.metadata.deletionTimestamp) throw new Error("Token has been invalidated");
    if (!sameText(Buffer.from(String(secret.data?.token ?? ""), "base64").toString(), token))
      throw new Error("Token does not match server's copy");
    const account = storage.get(serviceaccounts, { namespace, name }) as ServiceAccount | undefined;
    if (!account) throw new Error(`serviceaccounts ${JSON.stringify(name)} not found`);
    if (account.metadata.deletionTimestamp) throw new Error(`ServiceAccount ${namespace}/${name} has been deleted`);
    if (account.metadata.uid !== uid) throw new Error(`ServiceAccount UID (${account.metadata.uid}) does not match claim (${uid})`);
    await this.#noteUse(secret);
    if (secret.metadata.labels?.[invalidSince])
      throw new Error(
        `the token in secret ${namespace}/${secretName} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSince}' label from the secret to temporarily allow use of this token`,
      );
    return { user: userOf({ namespace, serviceaccount: { name, uid } }, undefined), audiences };
  }

  /** By the day, so that what nobody uses any more can be found and removed. */
  async #noteUse({ metadata: { namespace, name, uid, labels } }: Secret): Promise<void> {
    const today = timestamp(this.#options.clock.now() / 1000).slice(0, 10);
    if ((labels?.[lastUsed] ?? "") >= today) return;
    await this.#options.storage.update(secrets, { namespace, name: name! }, (secret) =>
      secret.metadata.uid === uid
        ? { ...secret, metadata: { ...secret.metadata, labels: { ...secret.metadata.labels, [lastUsed]: today } } }
        : undefined,
    );
  }

  async #verified(token: string, issuer: string): Promise<JWTPayload> {
    const now = this.#options.clock.now();
    const known = this.#cache.get(token);
    if (known && known.until > now) return known.payload;
    let payload: JWTPayload;
    try {
      payload = await this.#options.keys.verify(token, issuer, now);
    } catch (error) {
      throw new Error(verifyProblems[(error as { code?: string }).code ?? ""] ?? "go-jose/go-jose: error in cryptographic primitive");
    }
    if (this.#cache.size >= mostCached) this.#cache.clear();
    this.#cache.set(token, { payload, until: Math.min(now + cacheMs, (payload.exp ?? Number.MAX_SAFE_INTEGER) * 1000) });
    return payload;
  }

  #bind(request: TokenRequest, attributes: Attributes, storage: Storage, claims: KubernetesClaims): void {
    const ref = request.spec?.boundObjectRef;
    if (!ref) return;
    const { kind = "", apiVersion = "", name = "" } = ref;
    const find: Resource | undefined = kind === "Pod" ? pods : kind === "Secret" ? secrets : kind === "Node" ? nodes : undefined;
    if (!find || apiVersion.includes("/"))
      throw badRequest(`cannot bind token to object of type ${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`);
    const object = storage.get(find, find.namespaced ? { namespace: attributes.namespace, name } : { name });
    if (!object) throw notFound({ group: "", resource: find.resource }, name);
    const { serviceAccountName, nodeName } = (object as { spec?: { serviceAccountName?: string; nodeName?: string } }).spec ?? {};
    if (kind === "Pod" && serviceAccountName !== attributes.name)
      throw badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(attributes.name)} to pod running with different serviceaccount name.`,
      );
    const { uid } = object.metadata;
    if (ref.uid && ref.uid !== uid)
      throw conflict(
        { group: "", resource: kind },
        name,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    if (kind === "Secret") claims.secret = { name, uid };
    else if (kind === "Node") claims.node = { name, uid };
    else {
      claims.pod = { name, uid };
      if (nodeName) claims.node = { name: nodeName, uid: storage.get(nodes, { name: nodeName })?.metadata.uid };
    }
  }

  /** Each time that a token is used: what it is bound to may be gone since it was issued, or be another of the same name. */
  #checkBound({ namespace, serviceaccount, pod, secret, node }: KubernetesClaims): void {
    const check = (what: string, resource: Resource, bound: Bound, claim: string, missing: string, deleted = missing) => {
      const ref = resource.namespaced ? { namespace, name: bound.name } : { name: bound.name };
      const object = this.#options.storage.get(resource, ref);
      if (!object) throw new Error(missing);
      const { uid, deletionTimestamp } = object.metadata;
      if (uid !== bound.uid) throw new Error(`${what} UID (${uid}) does not match ${claim} (${bound.uid})`);
      if (deletionTimestamp && Date.parse(deletionTimestamp) + graceMs < this.#options.clock.now()) throw new Error(deleted);
    };
    const { name } = serviceaccount;
    const gone = `service account ${namespace}/${name} has been deleted`;
    check("service account", serviceaccounts, serviceaccount, "claim", `serviceaccounts ${JSON.stringify(name)} not found`, gone);
    if (secret) check("secret", secrets, secret, "service account secret ref claim", invalidated);
    if (pod) check("pod", pods, pod, "service account pod ref claim", invalidated);
    // A pod's token only tells its node.
    else if (node) check("node", nodes, node, "service account node ref claim", invalidated);
  }
}

const verifyProblems: Record<string, string> = {
  ERR_JWT_EXPIRED: "service account token has expired",
  ERR_JWT_CLAIM_VALIDATION_FAILED: "service account token is not valid yet",
};

/** Read before the signature is: it only says who is to judge. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function userOf({ namespace, serviceaccount, pod, node }: KubernetesClaims, jti: string | undefined): User {
  const extra: Record<string, string[]> = {};
  const note = (key: string, value: string | undefined) => {
    if (value) extra[`authentication.kubernetes.io/${key}`] = [value];
  };
  note("credential-id", jti && `JTI=${jti}`);
  note("pod-name", pod?.name);
  note("pod-uid", pod?.uid);
  note("node-name", node?.name);
  note("node-uid", node?.uid);
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

function checkMetadata({ metadata }: TokenRequest, { name, namespace }: Attributes): void {
  for (const [field, given, wanted] of [
    ["name", metadata?.name, name],
    ["namespace", metadata?.namespace, namespace],
  ] as const) {
    if (!given || given === wanted) continue;
    const body = `Invalid value: ${JSON.stringify(given)}: must match the service account ${field} if specified`;
    throw invalid(about, name, [{ type: "FieldValueInvalid", field: `metadata.${field}`, message: `metadata.${field}: ${body}`, body }]);
  }
}

const timestamp = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
const shown = (list: readonly string[]) => `[${list.map((each) => JSON.stringify(each)).join(" ")}]`;

function sameText(known: string, given: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function badSeconds(seconds: number, why: string): Error {
  const detail = `${seconds}: ${why}`;
  const field = "spec.expirationSeconds";
  return invalid(about, "", [
    { type: "FieldValueInvalid", field, message: `${field}: Invalid value: ${detail}`, body: `Invalid value: ${detail}` },
  ]);
}
