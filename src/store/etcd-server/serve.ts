/** One of our stores behind etcd's v3 API, as a cluster of one member: what API servers and test harnesses ask of it. */
import type { Clock, Random } from "#base/mod.ts";
import { type GrpcPortOptions, GrpcRefusal, openGrpcPort, type PortMethod } from "#net/mod.ts";
import type { Store } from "../contract.ts";
import { header, Keyspace } from "./keyspace.ts";
import { Leases } from "./leases.ts";
import { codes, messages } from "./messages.ts";
import { bytesOf } from "./values.ts";
import { serveWatches } from "./watches.ts";

/** Whose API this is: clients look at it for what they may ask. */
const etcdVersion = "3.5.17";
const largestRequest = 2 * 1024 * 1024;

export interface EtcdServerOptions extends Pick<GrpcPortOptions, "host" | "port" | "tls"> {
  /** Holds nothing but what this server wrote. */
  store: Store;
  clock: Clock;
  random: Random;
  /** What the member is called, and where clients reach it. */
  name: string;
  clientUrls: readonly string[];
  /** Bytes on disk. */
  size(): number;
}

export async function serveEtcd(options: EtcdServerOptions): Promise<{ close(): Promise<void> }> {
  const { store } = options;
  return openGrpcPort({
    ...options,
    messages,
    methods: methodsOf(options),
    largestRequest,
    http(request, response) {
      const path = (request.url ?? "").split("?")[0];
      const send = (code: number, body: string) => void response.writeHead(code, { "content-type": "application/json" }).end(body);
      if (request.method !== "GET") send(405, "405 method not allowed\n");
      else if (path === "/version") send(200, JSON.stringify({ etcdserver: etcdVersion, etcdcluster: "3.5.0" }));
      else if (path !== "/health" && path !== "/readyz" && path !== "/livez") send(404, "404 page not found\n");
      else {
        const problem = store.problem();
        send(problem ? 503 : 200, JSON.stringify({ health: problem ? "false" : "true", reason: problem?.message ?? "" }));
      }
    },
  });
}

const kv = "/etcdserverpb.KV/";
const lease = "/etcdserverpb.Lease/";

function methodsOf({ store, clock, random, name, clientUrls, size }: EtcdServerOptions): Record<string, PortMethod> {
  const leases = new Leases(clock, random);
  const keyspace = new Keyspace(store, leases);
  const now = async () => header(await store.current());
  const answers = (of: string, answer: PortMethod["answer"]): PortMethod => ({
    request: `${of}Request`,
    response: `${of}Response`,
    answer,
  });
  return {
    [`${kv}Range`]: answers("Range", (asked) => keyspace.range(asked)),
    [`${kv}Put`]: answers("Put", (asked) => keyspace.put(asked)),
    [`${kv}DeleteRange`]: answers("DeleteRange", (asked) => keyspace.delete(asked)),
    [`${kv}Txn`]: answers("Txn", (asked) => keyspace.txn(asked)),
    [`${kv}Compact`]: answers("Compaction", ({ revision }) => keyspace.compact(revision)),
    "/etcdserverpb.Watch/Watch": {
      request: "WatchRequest",
      response: "WatchResponse",
      stream: (stream) => serveWatches(store, stream, clock),
    },
    [`${lease}LeaseGrant`]: answers("LeaseGrant", async ({ id, ttl }) => ({ ...leases.grant(id, ttl), header: await now() })),
    [`${lease}LeaseRevoke`]: answers("LeaseRevoke", async ({ id }) => {
      for (const key of leases.revoke(id)) await keyspace.delete({ key: bytesOf(key), rangeEnd: new Uint8Array(), prevKv: false });
      return { header: await now() };
    }),
    [`${lease}LeaseTimeToLive`]: answers("LeaseTimeToLive", async ({ id, keys: wanted }) => {
      const { keys, ...left } = leases.left(id);
      return { header: await now(), id, ...left, ...(wanted ? { keys: keys.map(bytesOf) } : {}) };
    }),
    [`${lease}LeaseKeepAlive`]: {
      request: "LeaseKeepAliveRequest",
      response: "LeaseKeepAliveResponse",
      async stream({ requests, write, drained }) {
        for await (const { id } of requests as AsyncIterable<{ id: number }>)
          if (!write({ header: await now(), id, ttl: leases.renew(id) })) await drained();
      },
    },
    "/etcdserverpb.Maintenance/Status": answers("Status", async () => {
      const revision = await store.current();
      const raft = { leader: 1, raftIndex: revision, raftTerm: 1, raftAppliedIndex: revision };
      return { header: header(revision), version: etcdVersion, dbSize: size(), dbSizeInUse: size(), ...raft };
    }),
    "/etcdserverpb.Cluster/MemberList": answers("MemberList", async () => ({
      header: await now(),
      members: [{ id: 1, name, clientUrls: [...clientUrls] }],
    })),
    ...Object.fromEntries(unserved.map((path) => [path, refused(path)])),
  };
}

/** What etcd has besides: refused with a word. */
const unserved = [
  ...["MemberAdd", "MemberRemove", "MemberUpdate", "MemberPromote"].map((one) => `/etcdserverpb.Cluster/${one}`),
  ...["Alarm", "Defragment", "Hash", "HashKV", "MoveLeader", "Downgrade"].map((one) => `/etcdserverpb.Maintenance/${one}`),
  ...["AuthEnable", "AuthStatus", "Authenticate", "UserAdd", "RoleAdd"].map((one) => `/etcdserverpb.Auth/${one}`),
  "/etcdserverpb.Lease/LeaseLeases",
];

const refused = (path: string): PortMethod => ({
  request: "StatusRequest",
  response: "StatusResponse",
  answer: async () => {
    throw new GrpcRefusal(codes.unimplemented, `etcdserver: ${path.slice(path.lastIndexOf("/") + 1)} is not served here`);
  },
});
