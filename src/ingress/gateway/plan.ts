/** From the Gateways, routes and grants that there are to what is answered where, and what is to be told of each. Pure. */
import type { Wanted } from "../proxy/backends.ts";
import { byAge, controllerName, type Gateway, type GatewayClass, type HttpRoute, keyOf, type ReferenceGrant } from "./kinds.ts";
import { type ListenerWorld, listenersOf, type Pem, type Said } from "./listeners.ts";
import { type Lane, sortedEntries, sortedLanes } from "./match.ts";
import { attach, type ParentSaid, type RouteWorld, type Standing } from "./routes.ts";

export interface GatewayWorld extends ListenerWorld, RouteWorld {
  classes: readonly GatewayClass[];
  gateways: readonly Gateway[];
  routes: readonly HttpRoute[];
  grants: readonly ReferenceGrant[];
}

/** One port of one Gateway. */
export interface PortPlan {
  gateway: string;
  port: number;
  secure: boolean;
  /** The most particular hostname first. */
  lanes: Lane[];
  /** By hostname of their listeners, in the same order. */
  certificates: { hostname: string; pem: Pem }[];
}

export interface GatewayPlan {
  classes: { gatewayClass: GatewayClass; accepted: Said }[];
  /** Those of classes that were accepted. */
  standings: Map<string, Standing & { accepted: Said }>;
  ports: PortPlan[];
  backends: Map<string, Wanted>;
  routes: { route: HttpRoute; parents: ParentSaid[] }[];
}

const said = (ok: boolean, reason: string, message = ""): Said => ({ type: "Accepted", status: ok ? "True" : "False", reason, message });

export function planGateways(world: GatewayWorld): GatewayPlan {
  const classes = world.classes
    .filter(({ spec }) => spec.controllerName === controllerName)
    .map((gatewayClass) => ({ gatewayClass, accepted: classAccepted(gatewayClass) }));
  const names = new Set(classes.flatMap(({ gatewayClass, accepted }) => (accepted.status === "True" ? [gatewayClass.metadata.name] : [])));
  const standings = new Map<string, Standing & { accepted: Said }>();
  for (const gateway of world.gateways.filter(({ spec }) => names.has(spec.gatewayClassName)).toSorted(byAge)) {
    const refused = refusalOf(gateway);
    const listeners = listenersOf(gateway, world).map((heard) => ({
      ...heard,
      works: heard.works && !refused,
      entries: [],
      attached: 0,
    }));
    standings.set(keyOf(gateway), { gateway, listeners, accepted: refused ?? gatewayAccepted(listeners) });
  }
  const backends = new Map<string, Wanted>();
  const routes = world.routes.toSorted(byAge).map((route) => ({ route, parents: attach(route, { standings, backends, world }) }));
  return { classes, standings, ports: [...standings.values()].flatMap(portsOf), backends, routes };
}

function classAccepted({ spec }: GatewayClass): Said {
  return spec.parametersRef
    ? said(false, "InvalidParameters", "parametersRef: there are no parameters of this controller")
    : said(true, "Accepted");
}

/** What nobody here could obey, of the Gateway as a whole. */
function refusalOf({ spec }: Gateway): Said | undefined {
  if (spec.addresses?.length)
    return said(false, "UnsupportedAddress", "spec.addresses: a Gateway gets its address from the cluster's range");
  if (spec.infrastructure?.parametersRef)
    return said(false, "InvalidParameters", "infrastructure.parametersRef: there are no parameters of this controller");
  if (spec.tls) return said(false, "Invalid", "spec.tls: certificates of clients and towards backends are not looked at here");
  return undefined;
}

function gatewayAccepted(listeners: Standing["listeners"]): Said {
  const good = listeners.filter(({ accepted, resolved }) => accepted.status === "True" && resolved.status === "True");
  if (good.length === listeners.length) return said(true, "Accepted");
  const anyAccepted = listeners.some(({ accepted }) => accepted.status === "True");
  return said(anyAccepted, "ListenersNotValid", "not all listeners can be answered: each says why");
}

function portsOf({ gateway, listeners }: Standing): PortPlan[] {
  const working = listeners.filter(({ works }) => works);
  return [...new Set(working.map(({ listener }) => listener.port))].map((port) => {
    const own = working.filter(({ listener }) => listener.port === port);
    const lanes = sortedLanes(own.map(({ hostname, entries }) => ({ hostname, entries: sortedEntries(entries) })));
    const secure = own[0]!.listener.protocol === "HTTPS";
    const certificates = lanes.flatMap(({ hostname }) => {
      const pem = own.find((heard) => heard.hostname === hostname)?.pem;
      return pem ? [{ hostname, pem }] : [];
    });
    return { gateway: keyOf(gateway), port, secure, lanes, certificates };
  });
}
