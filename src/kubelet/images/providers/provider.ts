/**
 * One program that knows credentials, and what it said: kept by image, by registry or for all images, as it says, and by service
 * account where it asks for a token of one.
 */
import { createHash } from "node:crypto";
import type { ServiceAccount } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import { durationMs } from "../../eviction/thresholds.ts";
import type { CredentialSource, Login } from "../keyring.ts";
import { matchesRegistry } from "../registry-match.ts";
import type { ProviderWords } from "./config.ts";
import { type Answer, askProgram, type ProgramTools, type Question } from "./program.ts";

/** For whom an image is pulled. */
export interface Puller {
  namespace: string;
  name: string;
  uid: string;
  /** Empty: it has none. */
  serviceAccount: string;
}

export interface AccountAccess {
  account(namespace: string, name: string): Promise<ServiceAccount>;
  /** Bound to the pod, for the audience alone. */
  token(puller: Puller, audience: string, accountUid: string): Promise<string>;
}

export interface ProviderOptions extends AccountAccess, ProgramTools {
  folder: string;
  log: Log;
  clock: Clock;
  /** Absent: the program itself. */
  ask?(question: Question): Promise<Answer>;
}

export interface Provided {
  logins: Record<string, Login>;
  source?: CredentialSource;
}

/** What the answer depends on besides the image. */
interface Context {
  /** In the cache. */
  key: string;
  token: string;
  annotations: Record<string, string>;
  source?: CredentialSource;
}

const purgeMs = 15 * 60_000;
/** Of one program; the oldest go first. */
const mostKept = 10_000;
const none: Provided = { logins: {} };
const noContext: Context = { key: "", token: "", annotations: {} };

export class Provider {
  readonly #words: ProviderWords;
  readonly #options: ProviderOptions;
  readonly #kept = new Map<string, { logins: Record<string, Login>; until: number }>();
  readonly #asked = new Map<string, Promise<Answer>>();
  #purgedAt: number;

  constructor(words: ProviderWords, options: ProviderOptions) {
    this.#words = words;
    this.#options = options;
    this.#purgedAt = options.clock.now();
  }

  /** Never rejects: an image without credentials may be had all the same. `image`: without tag and digest. */
  async provide(image: string, puller: Puller): Promise<Provided> {
    if (!(this.#words.matchImages ?? []).some((pattern) => matchesRegistry(pattern, image))) return none;
    const { log } = this.#options;
    try {
      const context = await this.#contextOf(puller);
      if (!context) return none;
      const logins = this.#known(image, context.key) ?? (await this.#ask(image, context));
      return { logins, ...(context.source ? { source: context.source } : {}) };
    } catch (error) {
      log.error("kubelet: a credential provider gave nothing", { provider: this.#words.name, image, error: messageOf(error) });
      return none;
    }
  }

  /** Undefined: the program is not asked for this pod. */
  async #contextOf(puller: Puller): Promise<Context | undefined> {
    const {
      serviceAccountTokenAudience: audience = "",
      requireServiceAccount,
      requiredServiceAccountAnnotationKeys: required = [],
      optionalServiceAccountAnnotationKeys: optional = [],
      cacheType,
    } = this.#words.tokenAttributes ?? {};
    if (audience === "") return noContext;
    const { namespace, serviceAccount } = puller;
    if (serviceAccount === "") return requireServiceAccount ? undefined : noContext;
    const { metadata } = await this.#options.account(namespace, serviceAccount).catch((error) => {
      throw new Error(`failed to get service account: ${messageOf(error)}`);
    });
    const all = metadata.annotations ?? {};
    // Accounts that lack one have not opted in.
    if (required.some((key) => all[key] === undefined)) return undefined;
    const annotations = Object.fromEntries(
      [...required, ...optional].flatMap((key) => (all[key] === undefined ? [] : [[key, all[key]]])),
    ) as Record<string, string>;
    const uid = metadata.uid ?? "";
    const token = await this.#options.token(puller, audience, uid).catch((error) => {
      throw new Error(`failed to get service account token: ${messageOf(error)}`);
    });
    const key = [namespace, serviceAccount, uid, sorted(annotations), ...(cacheType === "Token" ? [hashOf(token)] : [])];
    return {
      key: JSON.stringify(key),
      token,
      annotations,
      source: { serviceAccount: { uid, namespace, name: serviceAccount } },
    };
  }

  #known(image: string, context: string): Record<string, Login> | undefined {
    const { clock } = this.#options;
    const now = clock.now();
    if (now > this.#purgedAt + purgeMs) {
      for (const [key, { until }] of this.#kept) if (now > until) this.#kept.delete(key);
      this.#purgedAt = now;
    }
    for (const base of [image, registryOf(image), everywhere]) {
      const known = this.#kept.get(keyOf(base, context));
      if (known && now <= known.until) return known.logins;
    }
    return undefined;
  }

  async #ask(image: string, { key: context, token, annotations }: Context): Promise<Record<string, Login>> {
    const { cacheKeyType, cacheDuration, auth } = await this.#askOnce({ image, token, annotations }).catch((error) => {
      throw new Error(`failed to get credential from external registry credential provider: ${messageOf(error)}`);
    });
    const isTokens = this.#words.tokenAttributes?.cacheType === "Token";
    if (token !== "" && !isTokens && Object.values(auth).some(({ password }) => password === token))
      throw new Error(
        "credential provider plugin returned the service account token as the password which is not allowed when service account cache type is not set to 'Token'",
      );
    const base = { Image: image, Registry: registryOf(image), Global: everywhere }[cacheKeyType];
    if (base === undefined) throw new Error(`credential provider plugin did not return a valid cacheKeyType: ${cacheKeyType}`);
    const ms = durationMs(cacheDuration ?? this.#words.defaultCacheDuration ?? "0");
    if (ms === 0) return auth;
    if (this.#kept.size >= mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(keyOf(base, context), { logins: auth, until: this.#options.clock.now() + ms });
    return auth;
  }

  /** Who asks the same at the same time gets the same answer. */
  #askOnce(question: Question & { token: string; annotations: Record<string, string> }): Promise<Answer> {
    const { image, token, annotations } = question;
    const key = JSON.stringify([image, token && hashOf(token), sorted(annotations)]);
    const running = this.#asked.get(key) ?? this.#run(question).finally(() => this.#asked.delete(key));
    this.#asked.set(key, running);
    return running;
  }

  #run(question: Question): Promise<Answer> {
    const { ask, folder } = this.#options;
    if (ask) return ask(question);
    const { name = "", apiVersion = "", args = [], env = [] } = this.#words;
    const variables = Object.fromEntries(env.map(({ name: variable = "", value = "" }) => [variable, value]));
    return askProgram({ name, folder, apiVersion, args, env: variables }, question, this.#options);
  }
}

const everywhere = "<global>";
const registryOf = (image: string) => image.split("/")[0]!;
const keyOf = (base: string, context: string) => JSON.stringify([base, context]);
const sorted = (annotations: Record<string, string>) => Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");
