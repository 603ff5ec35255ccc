/**
 * The ingress of a cluster: follows what there is, keeps the data plane at it without dropping a request, opens the doors, and
 * writes where Ingresses answer.
 */
import {
  type ConfigMap,
  configmaps,
  endpointslices,
  type IngressClass,
  ingressclasses,
  ingresses,
  type KubeObject,
  type Resource,
  type Secret,
  secrets,
  services,
} from "#api/mod.ts";
import { type Clock, Lifetime, type Log, messageOf, type Random } from "#base/mod.ts";
import {
  type Client,
  type Informer,
  type Informers,
  index,
  informer,
  informers,
  leading,
  runReconciler,
  type Source,
} from "#client/mod.ts";
import { Certificates, type Pem } from "./certificates.ts";
import { Doors } from "./doors.ts";
import { GatewayAnswerer } from "./gateway/answer.ts";
import { startGateways } from "./gateway/gateway.ts";
import { Streams } from "./gateway/streams/streams.ts";
import { AccessLog } from "./log-file.ts";
import { Metrics, type Now } from "./metrics.ts";
import { Named } from "./named.ts";
import { Answerer, secretOf, type Visit } from "./proxy/answerer.ts";
import { Backends } from "./proxy/backends.ts";
import { Door, type Place } from "./proxy/door.ts";
import { ingressStatus } from "./status.ts";
import { type Problem, type World, wishOf } from "./world.ts";

export interface IngressOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** Of this host, for other machines of the cluster's own network and for pods; it is what the status says. */
  addresses: readonly [string, ...string[]];
  /** Answer there too while it is free: the host's loopback. */
  localhosts: readonly string[];
  /** 80 and 443 unless told. */
  ports?: { plain: number; secure: number };
  /** A certificate of the cluster's own for these names. */
  issue(names: string[]): Promise<Pem>;
  accessLog: string;
  /** Where several hosts of the cluster answer: one of them writes where, as whoever has this identity. */
  leaderElection?: { identity: string };
}

export interface IngressServer {
  /** Resolves when it knows what there is, and answers. */
  ready: Promise<void>;
  /** In Prometheus' text format. */
  metrics(): string;
  close(): Promise<void>;
}

const settleMs = 10;
/** In kube-system. */
export const ingressLease = "spoke-ingress";

const byService = index(endpointslices, ({ metadata }) => {
  const name = metadata.labels?.["kubernetes.io/service-name"];
  return name ? [`${metadata.namespace}/${name}`] : [];
});

export function startIngress(options: IngressOptions): IngressServer {
  const { log, clock } = options;
  const lifetime = new Lifetime({ log });
  const metrics = new Metrics();
  const startedAtMs = clock.now();
  const ready = start(options, lifetime, metrics);
  let now = () => ({ connections: 0, tunnels: 0, ports: [] as string[] });
  ready.then(
    (known) => {
      now = known;
    },
    () => {},
  );
  return {
    ready: ready.then(() => {}),
    metrics: () => metrics.text({ startedAtMs, ...now() }),
    async close() {
      await lifetime.close();
      await ready.catch(() => {});
    },
  };
}

async function start(options: IngressOptions, lifetime: Lifetime, metrics: Metrics): Promise<() => Omit<Now, "startedAtMs">> {
  const { client, clock, log, addresses } = options;
  const shared = informers(client, options);
  lifetime.add(() => shared.close());
  // Only those that can be certificates: nobody else's Secrets come here.
  const given = informer(client, secrets, { clock, log, random: options.random, fieldSelector: "type=kubernetes.io/tls" });
  lifetime.add(() => given.close());
  const { answerer, backends, certificates, door, gateway, tunnels } = await dataPlane(options, lifetime, metrics);
  const changes = new Changes();
  const doors = new Doors({ door, clock, log, changed: () => changes.all() });
  lifetime.add(() => doors.close());

  const named = followNamed(options, lifetime, () => soon.run());
  let problems = new Map<string, Problem[]>();
  const rebuild = () => {
    const wish = wishOf(worldOf(shared, given, named));
    named.users.follow([...wish.users.keys()].map(secretOf));
    named.headers.follow(wish.headers.keys());
    for (const { ingress, problem } of certificates.set(wish.certificates, wish.table)) wish.problems.get(ingress)?.push(problem);
    // In one turn of the event loop: no request sees half of it.
    backends.set(wish.backends);
    answerer.obey(wish);
    const before = problems;
    problems = wish.problems;
    for (const key of new Set([...before.keys(), ...problems.keys()]))
      if (JSON.stringify(before.get(key)) !== JSON.stringify(problems.get(key))) changes.one(key);
    doors.want(placesOf(options, problems.size > 0));
  };
  const soon = new Soon(clock, settleMs, () => {
    try {
      rebuild();
    } catch (error) {
      log.error("ingress: the rules could not be read", { error: messageOf(error) });
    }
  });
  lifetime.add(() => soon.close());
  const followed = [...resources.map((resource) => shared.of<KubeObject>(resource)), given as Informer<KubeObject>];
  for (const each of followed) each.onChange(() => soon.run());
  await Promise.all(followed.map((each) => each.synced));
  const now = () => ({ connections: door.connections, tunnels: tunnels(), ports: doors.ports });
  if (lifetime.ended) return now;
  rebuild();
  soon.open();
  await doors.settled;

  const status = ingressStatus({
    own: addresses,
    changed: changes.source,
    standingOf: (key) => {
      const own = problems.get(key);
      return { problems: own && [...own, ...doors.taken.map(portTaken)], addresses: addresses.filter((address) => doors.answers(address)) };
    },
  });
  const gateways = startGateways({ ...options, ...gateway, informers: shared, secrets: given, bySlice: byService, door });
  lifetime.add(() => gateways.close());
  const { leaderElection, random } = options;
  const write = () => {
    const statuses = runReconciler(status, { informers: shared, client, clock, log });
    gateways.write(true);
    return {
      close() {
        gateways.write(false);
        return statuses.close();
      },
    };
  };
  const running = leading(write, leaderElection && { ...leaderElection, client, name: ingressLease, clock, random, log });
  lifetime.add(() => running.close());
  return now;
}

const resources: Resource[] = [ingresses, ingressclasses, services, endpointslices] as unknown as Resource[];

function worldOf(shared: Informers, given: Informer<Secret>, named: NamedObjects): World {
  return {
    ingresses: shared.of(ingresses).list(),
    classOf: (name): IngressClass | undefined => shared.of(ingressclasses).get(name),
    service: (key) => shared.of(services).get(key),
    slicesOf: (key) => shared.of(endpointslices).by(byService, key),
    secret: (key) => given.get(key),
    usersSecret: (key) => named.users.get(key),
    headersMap: (key) => named.headers.get(key),
  };
}

interface NamedObjects {
  users: Named<Secret>;
  headers: Named<ConfigMap>;
}

function followNamed(options: IngressOptions, lifetime: Lifetime, changed: () => void): NamedObjects {
  const named = { users: new Named(secrets, { ...options, changed }), headers: new Named(configmaps, { ...options, changed }) };
  for (const each of Object.values(named)) lifetime.add(() => each.close());
  return named;
}

const portTaken = (at: string): Problem => ({
  reason: "PortTaken",
  message: `${at} belongs to another program of this machine; it is asked for again until it is free`,
});

/** Nobody's port on localhost is taken while there is nothing to answer. */
function placesOf({ addresses, localhosts, ports = { plain: 80, secure: 443 } }: IngressOptions, isAnything: boolean): Place[] {
  return [...addresses, ...(isAnything ? localhosts : [])].flatMap((host) => [
    { host, port: ports.plain, secure: false },
    { host, port: ports.secure, secure: true },
  ]);
}

interface DataPlane {
  answerer: Answerer;
  backends: Backends;
  certificates: Certificates;
  door: Door;
  tunnels(): number;
  gateway: { answerer: GatewayAnswerer; streams: Streams; backends: Backends; certificate: Pem };
}

async function dataPlane(options: IngressOptions, lifetime: Lifetime, metrics: Metrics): Promise<DataPlane> {
  const { clock, random, log, addresses, issue } = options;
  const backends = new Backends(clock);
  const accessLog = new AccessLog(options.accessLog, clock, log);
  const visited = (visit: Visit) => {
    accessLog.write(visit);
    metrics.visited(visit);
  };
  const answerer = new Answerer({ clock, random, backends, visited });
  const certificates = new Certificates({ clock, issue });
  const certificate = await issue(["localhost", ...addresses]);
  const ofGateways = new Backends(clock);
  const gateway = {
    answerer: new GatewayAnswerer({ clock, random, backends: ofGateways, visited }),
    streams: new Streams({ clock, random, backends: ofGateways }),
    backends: ofGateways,
    certificate,
  };
  lifetime.add(() => accessLog.close());
  lifetime.add(() => backends.close());
  lifetime.add(() => answerer.close());
  lifetime.add(() => ofGateways.close());
  lifetime.add(() => gateway.answerer.close());
  lifetime.add(() => gateway.streams.close());
  const door = new Door({
    clock,
    enter: (exchange) => answerer.answer(exchange),
    certificate,
    contextFor: (name) => certificates.contextFor(name),
    look: (now) => {
      backends.look(now);
      ofGateways.look(now);
    },
  });
  lifetime.add(() => door.close());
  const tunnels = () => answerer.tunnels + gateway.answerer.tunnels + gateway.streams.count;
  return { answerer, backends, certificates, door, gateway, tunnels };
}

/** Runs once after a while, however often it was asked to meanwhile; and not at all before it is opened. */
class Soon {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #run: () => void;
  #isOpen = false;
  #waits: { cancel(): void } | undefined;

  constructor(clock: Clock, ms: number, run: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#run = run;
  }
  open(): void {
    this.#isOpen = true;
  }
  run(): void {
    if (!this.#isOpen || this.#waits) return;
    this.#waits = this.#clock.after(this.#ms, () => {
      this.#waits = undefined;
      this.#run();
    });
  }
  close(): void {
    this.#isOpen = false;
    this.#waits?.cancel();
  }
}

/** Wakes the status of Ingresses about which something else than themselves has changed. */
class Changes {
  #add: ((key: string) => void) | undefined;
  #keys: (() => string[]) | undefined;
  readonly source: Source = {
    follows: [],
    start: ({ add, caches }) => {
      this.#add = add;
      this.#keys = () => caches.list(ingresses).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      return () => {
        this.#add = undefined;
      };
    },
  };
  one(key: string): void {
    this.#add?.(key);
  }
  all(): void {
    for (const key of this.#keys?.() ?? []) this.#add?.(key);
  }
}
