/** Tokens of service accounts for pods, fetched anew when 80 % of their time, or 24 hours, have passed. */
import { type Pod, serviceaccounts, type TokenRequest } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";

interface Token {
  issued: IssuedToken;
  /** Fetched anew from then on, milliseconds since 1970. */
  refreshAt: number;
}

export interface IssuedToken {
  token: string;
  expirationTimestamp: string;
}

const longestMs = 24 * 3_600_000;

export class Tokens {
  readonly #client: Client;
  readonly #clock: Clock;
  /** Pod uid → audience and life → token. */
  #byPod = new Map<string, Map<string, Token>>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async get(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<string> {
    return (await this.issue(pod, audience, expirationSeconds)).token;
  }

  /** Without `expirationSeconds` the server says how long it lives. */
  async issue(pod: Pod, audience: string | undefined, expirationSeconds: number | undefined): Promise<IssuedToken> {
    const uid = pod.metadata.uid!;
    const key = `${audience ?? ""}/${expirationSeconds ?? ""}`;
    const now = this.#clock.now();
    const known = this.#byPod.get(uid)?.get(key);
    if (known && known.refreshAt > now) return known.issued;
    const body: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: {
        ...(audience ? { audiences: [audience] } : {}),
        ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod.metadata.name, uid },
      },
    };
    const account = { namespace: pod.metadata.namespace!, name: pod.spec?.serviceAccountName || "default" };
    const made = await this.#client.createSub<TokenRequest>(serviceaccounts, account, "token", body);
    const { token = "", expirationTimestamp = "" } = made.status ?? {};
    const lifeMs = Date.parse(expirationTimestamp) - now;
    const issued = { token, expirationTimestamp };
    const tokens = this.#byPod.get(uid) ?? new Map<string, Token>();
    this.#byPod.set(uid, tokens.set(key, { issued, refreshAt: now + Math.min(lifeMs * 0.8, longestMs) }));
    return issued;
  }

  /** Milliseconds since 1970 when some token of the pod must be fetched anew. */
  refreshAt(uid: string): number | undefined {
    const times = [...(this.#byPod.get(uid)?.values() ?? [])].map((token) => token.refreshAt);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  forget(uid: string): void {
    this.#byPod.delete(uid);
  }
}
