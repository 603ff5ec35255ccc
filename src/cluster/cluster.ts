/**
 * A whole control plane in one process: API server over a store, controllers, scheduler, and whatever nodes it is given.
 * What `spoke up` runs, what the integration tests run, and what the simulation runs from one seed under a virtual clock.
 */
import { generateKeyPairSync } from "node:crypto";
import { type ApiServer, createSecureApiServer, type SecureOptions, tokenSigner } from "#apiserver/mod.ts";
import { type Clock, Lifetime, type Log, type Random, seededRandom, silentLog, systemClock, systemRandom } from "#base/mod.ts";
import { type Client, type Count, createClient, eventRecorder, leading, serviceAccountUser } from "#client/mod.ts";
import { startControllers, withoutController } from "#controllers/mod.ts";
import { type SchedulerSettings, startScheduler } from "#scheduler/mod.ts";
import type { Store } from "#store/mod.ts";

export interface ClusterOptions {
  /** Closed with the cluster. */
  store: Store;
  clock?: Clock;
  /** All chance comes from it, so that a run under a virtual clock replays exactly; absent: the system's. */
  seed?: number;
  nodes?: readonly NodeSet[];
  log?: Log;
  /** `authentication-config=/etc/authentication.yaml`: flags of the API server, by upstream's names. */
  apiserverFlags?: readonly string[];
  scheduler?: SchedulerSettings;
  /** Where other processes run controllers and a scheduler over the same store: another identity for each, and one of them acts. */
  leaderElection?: { identity: string };
  /** Addresses that Services get and that pods reach the API by. */
  network?: Network;
  /** Keys and certificates; made for the time of the process where there are none. */
  secrets?: Partial<Pick<SecureOptions, "serviceAccountKey" | "kubelet" | "clientCa" | "frontProxyCa" | "frontProxy" | "encryptionKey">> & {
    /** PEM, of `clientCa`: signs certificates that are asked for. */
    clientCaKey?: string;
  };
}

export interface Network {
  /** `cluster.local`. */
  domain: string;
  /** One, or one of each family; the first address of the first is the API server's own. */
  serviceRanges: readonly string[];
  loadBalancerRanges: readonly string[];
  advertise: { ip: string; port: number };
  /** Pod addresses of the whole cluster, of which each node is given a range; absent: nodes bring their own. */
  podRange?: string;
}

/** Nodes that live in this process: carries them until the lifetime ends. */
export type NodeSet = (world: World) => Promise<void>;

export interface World {
  /** As cluster administrator. */
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  lifetime: Lifetime;
}

interface Running {
  counts?(): readonly Count[];
  close(): Promise<void>;
}

/** What may end and start again while the rest goes on. */
export type Part = "controllers" | "scheduler";

const documentedNetwork: Network = {
  domain: "cluster.local",
  serviceRanges: ["10.96.0.0/16"],
  loadBalancerRanges: ["10.88.0.0/24"],
  advertise: { ip: "10.89.0.1", port: 6443 },
};

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #network: Network;
  readonly #lifetime: Lifetime;
  readonly #parts = new Map<Part, Running>();
  #server: ApiServer | undefined;
  readonly #tokenKey: SecureOptions["serviceAccountKey"];

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.seed === undefined ? systemRandom : seededRandom(options.seed);
    this.#log = options.log ?? silentLog;
    this.#network = options.network ?? documentedNetwork;
    this.#lifetime = new Lifetime({ log: this.#log });
    this.#tokenKey = options.secrets?.serviceAccountKey ?? newKey();
    this.#lifetime.add(() => options.store.close());
  }

  /** The API server. It has no port: `listen` of the API server's room gives it one. */
  get server(): ApiServer {
    if (!this.#server) throw new Error("the cluster is not open: await cluster.open() or cluster.start() first");
    return this.#server;
  }
  /** As cluster administrator. */
  get client(): Client {
    return this.as("kubernetes-admin", "system:masters");
  }
  /** Requests by the direct transport: without sockets, and otherwise as from outside, with this user's rights. */
  as(name: string, ...groups: string[]): Client {
    return createClient(this.server.direct({ name, groups: [...groups, "system:authenticated"] }));
  }

  /** Opens the store and the API server over it, and nothing that acts by itself. */
  async open(): Promise<this> {
    if (this.#server) return this;
    const { domain, serviceRanges, advertise } = this.#network;
    const server = await createSecureApiServer({
      store: this.#options.store,
      clock: this.#clock,
      random: this.#random,
      log: this.#log.with({ component: "apiserver" }),
      issuer: `https://kubernetes.default.svc.${domain}`,
      serviceRanges,
      advertise,
      withoutController: [...withoutController],
      components: [
        { name: "scheduler", problem: () => this.problemOf("scheduler") },
        { name: "controller-manager", problem: () => this.problemOf("controllers") },
      ],
      ...(this.#options.apiserverFlags ? { flags: this.#options.apiserverFlags } : {}),
      ...this.#options.secrets,
      serviceAccountKey: this.#tokenKey,
    });
    this.#server = server;
    this.#lifetime.add(() => server.close());
    return this;
  }

  /** Starts what acts by itself: controllers, scheduler, nodes. */
  async start(): Promise<this> {
    await this.open();
    for (const part of ["controllers", "scheduler"] as const) this.startPart(part);
    this.#lifetime.add(async () => {
      for (const part of [...this.#parts.keys()].toReversed()) await this.stopPart(part);
    });
    const world = { client: this.client, clock: this.#clock, random: this.#random, log: this.#log, lifetime: this.#lifetime };
    for (const set of this.#options.nodes ?? []) await set(world);
    return this;
  }
  startPart(part: Part): void {
    if (!this.#parts.has(part)) this.#parts.set(part, part === "controllers" ? this.#controllers() : this.#scheduler());
  }
  /** Why a part does not work; undefined: it does. */
  problemOf(part: Part): string | undefined {
    return this.#parts.has(part) ? undefined : `${part} do not run`;
  }
  /** What a part counts, for its metrics. */
  countsOf(part: Part): readonly Count[] {
    return this.#parts.get(part)?.counts?.() ?? [];
  }
  async stopPart(part: Part): Promise<void> {
    const running = this.#parts.get(part);
    this.#parts.delete(part);
    await running?.close();
  }
  close(): Promise<void> {
    return this.#lifetime.close();
  }

  #controllers(): Running {
    const { clientCa = "", clientCaKey } = this.#options.secrets ?? {};
    return startControllers({
      client: this.as("system:kube-controller-manager"),
      as: (account) => {
        const { name, groups } = serviceAccountUser("kube-system", account);
        return this.as(name, ...groups);
      },
      clock: this.#clock,
      random: this.#random,
      log: this.#log.with({ component: "controllers" }),
      caCert: clientCa,
      ...(clientCaKey ? { signing: { cert: clientCa, key: clientCaKey } } : {}),
      signToken: tokenSigner(this.#tokenKey),
      loadBalancerRanges: this.#network.loadBalancerRanges,
      ...(this.#network.podRange ? { clusterCidrs: [this.#network.podRange] } : {}),
      ...(this.#options.leaderElection ? { leaderElection: this.#options.leaderElection } : {}),
    });
  }
  #scheduler(): Running {
    const [client, clock, random] = [this.as("system:kube-scheduler"), this.#clock, this.#random];
    const log = this.#log.with({ component: "scheduler" });
    const recorder = eventRecorder(client, { component: "default-scheduler", clock, log });
    const { scheduler: settings, leaderElection } = this.#options;
    return leading(
      () => startScheduler({ client, recorder, clock, random, log, ...(settings ? { settings } : {}) }),
      leaderElection && { ...leaderElection, client, name: "kube-scheduler", clock, random, log, recorder },
    );
  }
}

/** RSA, as clients that verify service account tokens by themselves expect it. */
function newKey(): { private: string; public: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { private: privateKey, public: publicKey };
}
