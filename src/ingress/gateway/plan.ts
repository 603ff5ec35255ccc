/** From the Gateways, routes and grants that there are to what is answered where, and what is to be told of each. Pure. */
import type { Wanted } from "../proxy/backends.ts";
import { byParticularity } from "./hostnames.ts";
import {
  type BackendTlsPolicy,
  byAge,
  controllerName,
  type Gateway,
  type GatewayClass,
  group,
  keyOf,
  type ListenerSet,
  type ReferenceGrant,
  type Route,
} from "./kinds.ts";
import { type Clients, clientCertificateOf, type ListenerWorld, listenersOf, type Pem, type Said } from "./listeners.ts";
import { type Lane, sortedEntries } from "./match.ts";
import { attach, isOfNamespaces, type Parent, type ParentSaid, parentKey, type RouteWorld, type Standing, type Stream } from "./routes.ts";
import { type ReadPolicy, readPolicies } from "./trust/policies.ts";

export interface GatewayWorld extends ListenerWorld, RouteWorld {
  classes: readonly GatewayClass[];
  gateways: readonly Gateway[];
  listenerSets: readonly ListenerSet[];
  policies: readonly BackendTlsPolicy[];
  /** Of all kinds. */
  routes: readonly Route[];
  grants: readonly ReferenceGrant[];
}

/** A listener: the most particular one that covers the name decides alone. */
export interface StreamLane {
  hostname: string;
  /** TLS ends here: the rest is led on in the clear. */
  pem: Pem | undefined;
  /** The most particular host first, then the older route's. */
  streams: Stream[];
}

/** One port of one Gateway. */
export interface PortPlan {
  gateway: string;
  port: number;
  /** Requests in the clear or by TLS, or connections that are led on: by the name that they begin with, or as they are. */
  speaks: "http" | "https" | "tls" | "tcp";
  /** Whose certificates clients show. */
  clients: Clients | undefined;
  /** The most particular hostname first. */
  lanes: Lane[];
  /** The same, of connections that are led on. */
  streams: StreamLane[];
  /** By hostname of their listeners, in the same order. */
  certificates: { hostname: string; pem: Pem }[];
}

export interface GatewayPlan {
  classes: { gatewayClass: GatewayClass; accepted: Said }[];
  /** Those of classes that were accepted. */
  standings: Map<string, Standing & { accepted: Said }>;
  ports: PortPlan[];
  backends: Map<string, Wanted>;
  routes: { route: Route; parents: ParentSaid[] }[];
  /** Each with the Gateways that lead to one of its Services. */
  policies: (ReadPolicy & { gateways: Gateway[] })[];
}

const said = (ok: boolean, reason: string, message = ""): Said => ({ type: "Accepted", status: ok ? "True" : "False", reason, message });

export function planGateways(world: GatewayWorld): GatewayPlan {
  const classes = world.classes
    .filter(({ spec }) => spec.controllerName === controllerName)
    .map((gatewayClass) => ({ gatewayClass, accepted: classAccepted(gatewayClass) }));
  const names = new Set(classes.flatMap(({ gatewayClass, accepted }) => (accepted.status === "True" ? [gatewayClass.metadata.name] : [])));
  const standings = new Map<string, Standing & { accepted: Said }>();
  for (const gateway of world.gateways.filter(({ spec }) => names.has(spec.gatewayClassName)).toSorted(byAge))
    standings.set(keyOf(gateway), standingOf(gateway, world));
  const backends = new Map<string, Wanted>();
  const parents = new Map([...standings.values()].flatMap(parentsOf));
  const policies = readPolicies(world.policies, world);
  const uses = new Map<string, Set<Gateway>>();
  const around = { parents, policies, uses, backends, world };
  const routes = world.routes.toSorted(byAge).map((route) => ({ route, parents: attach(route, around) }));
  const told = policies.all.map((read) => ({
    ...read,
    gateways: [...new Set(read.targets.flatMap((target) => [...(uses.get(target) ?? [])]))],
  }));
  return { classes, standings, ports: [...standings.values()].flatMap(portsOf), backends, routes, policies: told };
}

function standingOf(gateway: Gateway, world: GatewayWorld): Standing & { accepted: Said } {
  const refused = refusalOf(gateway);
  const sets = world.listenerSets.filter((set) => parentOf(set) === keyOf(gateway)).toSorted(byAge);
  const allowed = sets.filter((set) => isAllowedSet(set, gateway, world));
  const listeners = listenersOf([gateway, ...allowed], world).map((heard) => ({
    ...heard,
    works: heard.works && !refused,
    entries: [],
    streams: [],
    attached: 0,
    claims: [],
  }));
  const judged = sets.map((set) => ({
    set,
    accepted: setAccepted(
      listeners.filter(({ owner }) => owner === set),
      allowed.includes(set),
      refused,
    ),
  }));
  const client = clientCertificateOf(gateway, world);
  return {
    gateway,
    listeners,
    sets: judged,
    client,
    accepted: refused ?? gatewayAccepted(listeners.filter(({ owner }) => owner === gateway)),
  };
}

const parentOf = ({ metadata, spec }: ListenerSet): string | undefined => {
  const { group: of = group, kind = "Gateway", namespace = metadata.namespace, name } = spec.parentRef;
  return of === group && kind === "Gateway" ? `${namespace}/${name}` : undefined;
};

/** None unless the Gateway says so. */
const isAllowedSet = ({ metadata }: ListenerSet, gateway: Gateway, world: GatewayWorld): boolean =>
  isOfNamespaces(
    { from: "None", ...gateway.spec.allowedListeners?.namespaces },
    { namespace: metadata.namespace ?? "", own: gateway.metadata.namespace ?? "", world },
  );

function setAccepted(own: Standing["listeners"], isAllowed: boolean, refused: Said | undefined): Said {
  if (!isAllowed) return said(false, "NotAllowed", "the Gateway's allowedListeners do not let it in");
  if (refused) return said(false, "ParentNotAccepted", `the Gateway is not accepted: ${refused.message}`);
  const good = own.filter(({ works }) => works).length;
  if (good === own.length) return said(true, "Accepted");
  return said(good > 0, "ListenersNotValid", "not all listeners can be answered: each says why");
}

/** Of a set that is not let in there are no listeners. */
const parentsOf = ({ gateway, listeners, sets, client }: Standing): [string, Parent][] =>
  [gateway, ...sets.map(({ set }) => set)].map((owner) => [
    parentKey(owner.kind ?? "", owner.metadata.namespace ?? "", owner.metadata.name ?? ""),
    { gateway, client: client?.pem, listeners: listeners.filter((each) => each.owner === owner) },
  ]);

function classAccepted({ spec }: GatewayClass): Said {
  return spec.parametersRef
    ? said(false, "InvalidParameters", "parametersRef: there are no parameters of this controller")
    : said(true, "Accepted");
}

/** What nobody here could obey, of the Gateway as a whole. */
function refusalOf({ spec }: Gateway): Said | undefined {
  if (spec.addresses?.some(({ type = "IPAddress", value }) => type !== "IPAddress" || value))
    return said(false, "UnsupportedAddress", "spec.addresses: a Gateway gets its address from the cluster's range");
  if (spec.infrastructure?.parametersRef)
    return said(false, "InvalidParameters", "infrastructure.parametersRef: there are no parameters of this controller");
  return undefined;
}

function gatewayAccepted(listeners: Standing["listeners"]): Said {
  const good = listeners.filter(({ accepted, resolved }) => accepted.status === "True" && resolved.status === "True");
  if (good.length === listeners.length) return said(true, "Accepted");
  const anyAccepted = listeners.some(({ accepted }) => accepted.status === "True");
  return said(anyAccepted, "ListenersNotValid", "not all listeners can be answered: each says why");
}

const speech: Record<string, PortPlan["speaks"]> = { HTTP: "http", HTTPS: "https", TLS: "tls", TCP: "tcp" };

function portsOf({ gateway, listeners }: Standing): PortPlan[] {
  const working = listeners.filter(({ works }) => works);
  return [...new Set(working.map(({ listener }) => listener.port))].map((port) => {
    const own = working.filter(({ listener }) => listener.port === port).toSorted((a, b) => byParticularity(a.hostname, b.hostname));
    return {
      gateway: keyOf(gateway),
      port,
      speaks: speech[own[0]!.listener.protocol]!,
      // Who is let in anyhow is not asked: nobody is told of it.
      clients: own[0]!.clients?.must === "required" ? own[0]!.clients : undefined,
      lanes: own.map(({ hostname, entries }) => ({ hostname, entries: sortedEntries(entries) })),
      streams: own.map(({ hostname, pem, streams }) => ({
        hostname,
        pem,
        streams: streams.toSorted((a, b) => byParticularity(a.host, b.host)),
      })),
      certificates: own.flatMap(({ hostname, pem }) => (pem ? [{ hostname, pem }] : [])),
    };
  });
}
