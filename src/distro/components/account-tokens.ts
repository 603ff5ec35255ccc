/** Clients that act as service accounts of kube-system, by tokens that are asked for and asked for again before they run out. */
import { serviceaccounts, type TokenRequest } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { type ApiRequest, type Client, createClient, isAlreadyExists, orUndefined, type Transport, timeOf } from "#client/mod.ts";

const namespace = "kube-system";
const lifeSeconds = 3600;
/** As upstream: a token is asked for again after four fifths of its life. */
const usedPart = 0.8;

/** `bare` sends what has no credentials of its own; `client` may make accounts and their tokens. */
export function accountClients(client: Client, bare: Transport, clock: Clock): (account: string) => Client {
  const known = new Map<string, Client>();
  return (account) => {
    const before = known.get(account);
    if (before) return before;
    const made = createClient(asAccount(account, { client, bare, clock }));
    known.set(account, made);
    return made;
  };
}

interface Means {
  client: Client;
  bare: Transport;
  clock: Clock;
}

function asAccount(account: string, { client, bare, clock }: Means): Transport {
  let current: { token: string; untilMs: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const ref = { namespace, name: account };
    if (!(await orUndefined(client.get(serviceaccounts, ref)))) {
      const fresh = { apiVersion: "v1", kind: "ServiceAccount", metadata: ref };
      await client.create(serviceaccounts, fresh).catch((error) => {
        if (!isAlreadyExists(error)) throw error;
      });
    }
    const body: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: { audiences: [], expirationSeconds: lifeSeconds },
    };
    const { status } = await client.createSub<TokenRequest>(serviceaccounts, ref, "token", body);
    const token = status?.token ?? "";
    const now = clock.now();
    const lifeMs = Math.max(0, (timeOf(status?.expirationTimestamp) ?? now) - now);
    current = { token, untilMs: clock.monotonic() + lifeMs * usedPart };
    return token;
  };
  const tokenNow = (): Promise<string> => {
    if (current && current.untilMs > clock.monotonic()) return Promise.resolve(current.token);
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const signed = async (request: ApiRequest): Promise<ApiRequest> => ({
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${await tokenNow()}` },
  });
  return {
    async request(request) {
      const answer = await bare.request(await signed(request));
      // Its account was deleted, or the server's key is another: the next request asks for a new one.
      if (answer.status === 401) current = undefined;
      return answer;
    },
    watch: async (request) => bare.watch(await signed(request)),
    stream: async (request) => bare.stream(await signed(request)),
    close: () => Promise.resolve(),
  };
}
