/**
 * The Gateway API beside Ingresses: begins when its kinds are served (a user installs their definitions), ends when they go, and
 * keeps ports, rules, Services and status at what the objects say.
 */
import {
  type ConfigMap,
  configmaps,
  type EndpointSlice,
  endpointslices,
  type KubeObject,
  type Namespace,
  namespaces,
  type Resource,
  type Secret,
  type Service,
  services,
} from "#api/mod.ts";
import { type Clock, every, Lifetime, type Log, messageOf } from "#base/mod.ts";
import { type Client, type Index, type Informer, type Informers, keyOf } from "#client/mod.ts";
import type { Backends } from "../proxy/backends.ts";
import type { Door } from "../proxy/door.ts";
import type { GatewayAnswerer } from "./answer.ts";
import { backendTlsPolicies, gatewayClasses, gateways, listenerSets } from "./kinds.ts";
import type { Pem } from "./listeners.ts";
import { type GatewayPlan, type GatewayWorld, planGateways } from "./plan.ts";
import { Ports } from "./ports.ts";
import { type Kinds, nameOf, optional, servedKinds } from "./served.ts";
import { ownLabel, serviceName, serviceOf, slicesOf } from "./service.ts";
import { classStatus, gatewayStatus, policyStatus, routeStatus, setStatus } from "./status.ts";
import type { Streams } from "./streams/streams.ts";
import { perform, removal, StatusMemory, serviceWrites, sliceWrites, type Write } from "./writes.ts";

export interface GatewaysOptions {
  client: Client;
  clock: Clock;
  log: Log;
  informers: Informers;
  /** Of type kubernetes.io/tls. */
  secrets: Informer<Secret>;
  bySlice: Index<EndpointSlice>;
  addresses: readonly string[];
  door: Door;
  backends: Backends;
  answerer: GatewayAnswerer;
  streams: Streams;
  certificate: Pem;
}

/** How soon definitions that come or go are noticed at the latest. */
const lookMs = 2000;
const settleMs = 10;
const againMs = 2000;

export interface Gateways {
  /** Every host answers; one of them writes Services, slices and statuses, and says here when it begins and ends to. */
  write(begins: boolean): void;
  close(): Promise<void>;
}

interface Running {
  /** Looks anew at what there is. */
  wake(): void;
  close(): Promise<void>;
}

/** Follows whether the kinds are served. */
export function startGateways(options: GatewaysOptions): Gateways {
  const lifetime = new Lifetime({ log: options.log });
  let running: (Running & { kinds: string }) | undefined;
  let writes = false;
  let looking = Promise.resolve();
  const look = async () => {
    const kinds = await servedKinds(options.client);
    if (lifetime.ended || kinds === undefined) return;
    if (running && running.kinds !== (kinds && nameOf(kinds))) {
      const before = running;
      running = undefined;
      await before.close();
      options.log.info("gateway: the kinds that were served are not any more, or there are others");
    }
    if (kinds && !running && !lifetime.ended) {
      running = { kinds: nameOf(kinds), ...begin(options, kinds, () => writes) };
      options.log.info("gateway: the Gateway API is served", { kinds: running.kinds });
    }
  };
  const timer = every(options.clock, lookMs, () => {
    looking = look().catch((error) => options.log.debug("gateway: discovery did not answer", { error: messageOf(error) }));
    return looking;
  });
  lifetime.add(async () => {
    timer.cancel();
    await looking;
    await running?.close();
  });
  return {
    write(begins) {
      writes = begins;
      if (begins) running?.wake();
    },
    close: () => lifetime.close(),
  };
}

function begin(options: GatewaysOptions, kinds: Kinds, mayWrite: () => boolean): Running {
  const { clock, log, informers, client, addresses, backends, answerer } = options;
  const memory = new StatusMemory();
  const lifetime = new Lifetime({ log });
  const ports = new Ports({
    ...options,
    answer: (exchange, plan) => answerer.answer(exchange, plan),
    changed: () => soon(),
    failed: () => soon(againMs),
  });
  const own = [gatewayClasses, gateways, kinds.grants, ...kinds.routes, ...optional(kinds)] as unknown as Resource[];
  const shared = [services, endpointslices, namespaces, configmaps] as unknown as Resource[];
  const followed = [
    ...[...own, ...shared].map((each) => informers.of<KubeObject>(each)),
    options.secrets as unknown as Informer<KubeObject>,
  ];
  let waits: { cancel(): void } | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isSynced = false;
  const soon = (ms = settleMs) => {
    if (!isSynced || waits || lifetime.ended) return;
    waits = clock.after(ms, () => {
      waits = undefined;
      rebuild();
    });
  };
  let plan: GatewayPlan | undefined;
  let isWriting = false;
  const rebuild = () => {
    try {
      plan = planGateways(worldOf(options, kinds));
      // In one turn of the event loop: no request sees half of it.
      backends.set(plan.backends);
      ports.set(plan.ports);
    } catch (error) {
      return log.error("gateway: the rules could not be read", { error: messageOf(error) });
    }
    if (isWriting || !mayWrite()) return;
    isWriting = true;
    writing = write();
  };
  /** What changes meanwhile is written in the next round. */
  const write = async () => {
    for (let done: GatewayPlan | undefined; plan && plan !== done && mayWrite() && !lifetime.ended; ) {
      done = plan;
      const all = await perform(client, writesOf(done, { informers, ports, memory, kinds, nowMs: clock.now() }), log);
      if (!all) soon(againMs);
    }
    isWriting = false;
  };
  const stops = followed.map((each) => each.onChange(() => soon()));
  lifetime.add(async () => {
    waits?.cancel();
    for (const stop of stops) stop();
    await writing;
    backends.set(new Map());
    await ports.close();
    for (const each of own) informers.drop(each);
  });
  void Promise.all(followed.map((each) => each.synced)).then(() => {
    isSynced = true;
    log.debug("gateway: all is known", { addresses: addresses.join() });
    soon();
  });
  return { wake: () => soon(), close: () => lifetime.close() };
}

function worldOf({ informers, secrets, bySlice }: GatewaysOptions, { grants, routes, sets, policies }: Kinds): GatewayWorld {
  return {
    classes: informers.of(gatewayClasses).list(),
    gateways: informers.of(gateways).list(),
    listenerSets: sets ? informers.of(sets).list() : [],
    policies: policies ? informers.of(policies).list() : [],
    routes: routes.flatMap((each) => informers.of(each).list()),
    serves: (kind) => routes.some((each) => each.kind === kind),
    grants: informers.of(grants).list(),
    namespace: (name: string): Namespace | undefined => informers.of(namespaces).get(name),
    service: (key: string): Service | undefined => informers.of(services).get(key),
    slicesOf: (key: string) => informers.of(endpointslices).by(bySlice, key),
    configMap: (key: string): ConfigMap | undefined => informers.of(configmaps).get(key),
    secret: (key: string): Secret | undefined => secrets.get(key),
  };
}

interface Around {
  informers: Informers;
  ports: Ports;
  memory: StatusMemory;
  kinds: Kinds;
  nowMs: number;
}

function writesOf(plan: GatewayPlan, { informers, ports, memory, kinds, nowMs }: Around): Write[] {
  const known = informers.of(services);
  const writes: (Write | undefined)[] = [];
  const wantedServices = new Set<string>();
  for (const standing of plan.standings.values()) {
    const { gateway } = standing;
    if (gateway.metadata.deletionTimestamp) continue;
    const key = keyOf(gateway);
    const opened = ports.of(key);
    const service = serviceOf(gateway, [...new Set(plan.ports.filter((each) => each.gateway === key).map(({ port }) => port))]);
    const serviceKey = `${gateway.metadata.namespace}/${serviceName(gateway)}`;
    const now = known.get(serviceKey);
    if (service) {
      wantedServices.add(serviceKey);
      writes.push(...serviceWrites(service, now));
      for (const slice of slicesOf(gateway, opened)) writes.push(...sliceWrites(slice, informers.of(endpointslices).get(keyOf(slice))));
    }
    const isOwn = now?.metadata.ownerReferences?.some(({ uid }) => uid === gateway.metadata.uid);
    const addresses = service && isOwn ? (now?.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []) : [];
    const isOpen = (port: number) => opened.some((each) => each.port === port);
    const place = { addresses, isOpen };
    writes.push(memory.write(gateways, gateway, gatewayStatus(standing, place, nowMs)));
    for (const each of standing.sets) writes.push(memory.write(listenerSets, each.set, setStatus(each, standing, place, nowMs)));
  }
  for (const service of known.list())
    if (service.metadata.labels?.[ownLabel.name] === ownLabel.value && !wantedServices.has(keyOf(service))) writes.push(removal(service));
  for (const { gatewayClass, accepted } of plan.classes)
    writes.push(
      memory.write(
        gatewayClasses,
        gatewayClass,
        classStatus(gatewayClass, { accepted, kinds: [...kinds.routes, ...optional(kinds)].map(({ kind }) => kind) }, nowMs),
      ),
    );
  for (const { route, parents } of plan.routes) {
    const status = routeStatus(route, parents, nowMs);
    const resource = kinds.routes.find(({ kind }) => kind === route.kind);
    if (status && resource) writes.push(memory.write(resource, route, status));
  }
  for (const each of plan.policies) {
    const status = policyStatus(each, nowMs);
    if (status) writes.push(memory.write(backendTlsPolicies, each.policy, status));
  }
  const all = [gateways, gatewayClasses, ...kinds.routes, ...optional(kinds)] as unknown as Resource<KubeObject>[];
  memory.keep(
    new Set(
      all.flatMap((each) =>
        informers
          .of(each)
          .list()
          .map(({ metadata }) => metadata.uid ?? ""),
      ),
    ),
  );
  return writes.filter((each) => each !== undefined);
}
