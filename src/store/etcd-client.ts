/** Calls to one of several etcd members: the one that answered last, or the next when it cannot be reached. */
import { type GrpcClient, GrpcError, type GrpcTls, grpcClient } from "#net/mod.ts";
import { CompactedError, StoreError } from "./contract.ts";
import { etcdMessages } from "./etcd-messages.ts";

export interface EtcdEndpoints {
  /** `http://10.0.0.1:2379`, `https://…`, `unix:///run/etcd.sock`. */
  endpoints: readonly [string, ...string[]];
  /** PEM, for https. */
  tls?: GrpcTls;
}

const callMs = 5000;
/** Longer than a cluster of members takes to elect a leader. */
const probeMs = 2000;
const [outOfRange, unavailable, deadlineExceeded, resourceExhausted, cancelled] = [11, 14, 4, 8, 1];
const lostCodes: readonly number[] = [unavailable, deadlineExceeded, cancelled];

export interface EtcdClient {
  /** `safe`: it may be sent twice, so another member is asked when the first cannot be reached. */
  call<T>(method: string, request: [name: string, value: object], response: string, safe: boolean): Promise<T>;
  stream<T>(method: string, request: [name: string, value: object], response: string, signal: AbortSignal): AsyncIterable<T>;
  /** The next call goes to the next member. */
  next(): void;
  /** From now on these are the members; the one that is asked now is left only when it is lost. */
  use(endpoints: readonly string[]): void;
  /** Asks the member that is asked now, once: false when it does not answer in time, and then its calls under way are given up. */
  probe(method: string, request: [name: string, value: object], response: string): Promise<boolean>;
  close(): void;
}

export function etcdClient({ endpoints, tls }: EtcdEndpoints): EtcdClient {
  let members = endpoints.map((endpoint) => ({ endpoint, client: memberAt(endpoint, tls) }));
  let at = 0;
  /** Of the member that is asked now; whoever leaves it because it is silent aborts it. */
  let underWay = new AbortController();
  const next = () => {
    at = (at + 1) % members.length;
    underWay = new AbortController();
  };
  return {
    async call<T>(method: string, request: [string, object], response: string, safe: boolean): Promise<T> {
      for (let attempt = 1; ; attempt++) {
        const asked = underWay;
        try {
          return await members[at]!.client.unary<T>(method, request, response, { timeoutMs: callMs, signal: asked.signal });
        } catch (error) {
          const lost = error instanceof GrpcError && lostCodes.includes(error.code);
          // Of several calls that are lost together the first moves on.
          if (lost && asked === underWay) next();
          if (!lost || !safe || attempt >= members.length) throw storeError(method, error);
        }
      }
    },
    // A member without a leader tells nothing: it is to say so.
    stream: (method, request, response, signal) =>
      members[at]!.client.serverStream(method, request, response, { signal, metadata: { hasleader: "true" } }),
    next,
    use(wanted) {
      const before = members;
      const kept = before[at]!;
      const others = wanted.filter((endpoint) => endpoint !== kept.endpoint);
      const known = (endpoint: string) => before.find((member) => member.endpoint === endpoint);
      members = [kept, ...others.map((endpoint) => known(endpoint) ?? { endpoint, client: memberAt(endpoint, tls) })];
      at = 0;
      for (const member of before) if (!members.includes(member)) member.client.close();
    },
    async probe(method, request, response) {
      const asked = underWay;
      try {
        await members[at]!.client.unary(method, request, response, { timeoutMs: probeMs });
        return true;
      } catch {
        if (asked === underWay) next();
        asked.abort();
        return false;
      }
    },
    close() {
      for (const { client } of members) client.close();
    },
  };
}

function memberAt(endpoint: string, tls: GrpcTls | undefined): GrpcClient {
  const { protocol, host, pathname } = new URL(endpoint);
  if (protocol === "unix:") return grpcClient(pathname, etcdMessages);
  return grpcClient({ address: host, tls: protocol === "https:" ? (tls ?? {}) : undefined }, etcdMessages);
}

export function storeError(what: string, cause: unknown): Error {
  if (!(cause instanceof GrpcError)) return cause as Error;
  const message = `etcd: ${what}: ${cause.message}`;
  if (cause.code === outOfRange && /compacted/.test(cause.message)) return new CompactedError(0);
  if (cause.code === resourceExhausted && /space/.test(cause.message)) return new StoreError(message, { kind: "full", cause });
  return new StoreError(message, { kind: "unreachable", cause });
}
