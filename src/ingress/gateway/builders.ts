/** Small Gateways and routes for tests: what a test does not say is as plain as can be. */
import {
  controllerName,
  type Gateway,
  type GatewayClass,
  group,
  type HttpRoute,
  type Listener,
  type ListenerSet,
  type ReferenceGrant,
  type Route,
} from "./kinds.ts";
import type { GatewayWorld } from "./plan.ts";

const apiVersion = `${group}/v1`;

export const aGatewayClass = (spec: Partial<GatewayClass["spec"]> = {}): GatewayClass => ({
  apiVersion,
  kind: "GatewayClass",
  metadata: { name: "spoke", generation: 1 },
  spec: { controllerName, ...spec },
});

/** `http 80`, `https 443 *.example.com`. */
export function aListener(line: string, more: Partial<Listener> = {}): Listener {
  const [protocol = "", port, hostname] = line.split(" ");
  return {
    name: line.replaceAll(/[ .*]+/g, "-"),
    protocol: protocol.toUpperCase(),
    port: Number(port),
    ...(hostname ? { hostname } : {}),
    ...more,
  };
}

export const aGateway = (listeners: Listener[], spec: Partial<Gateway["spec"]> = {}): Gateway => ({
  apiVersion,
  kind: "Gateway",
  metadata: { name: "gw", namespace: "default", uid: "uid-of-gw", generation: 1 },
  spec: { gatewayClassName: "spoke", listeners, ...spec },
});

export const aListenerSet = (listeners: Listener[], { name = "set", namespace = "default", born = 0 }: RouteOptions = {}): ListenerSet => ({
  apiVersion,
  kind: "ListenerSet",
  metadata: { name, namespace, generation: 1, creationTimestamp: bornAt(born) },
  spec: { parentRef: { name: "gw", namespace: "default" }, listeners },
});

const bornAt = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();

export interface RouteOptions {
  name?: string;
  namespace?: string;
  /** Seconds since 2026 began. */
  born?: number;
  spec?: HttpRoute["spec"];
}

export const aRoute = ({ name = "web", namespace = "default", born = 0, spec }: RouteOptions = {}): HttpRoute => ({
  apiVersion,
  kind: "HTTPRoute",
  metadata: { name, namespace, generation: 1, creationTimestamp: bornAt(born) },
  spec: { parentRefs: [{ name: "gw", namespace: "default" }], rules: [{ backendRefs: [{ name, port: 80 }] }], ...spec },
});

/** Of another kind than HTTPRoute. */
export const aRouteOf = (
  kind: string,
  rule: object,
  { spec, ...options }: Omit<RouteOptions, "spec"> & { spec?: Route["spec"] } = {},
): Route => ({
  ...aRoute(options),
  kind,
  spec: { parentRefs: [{ name: "gw", namespace: "default" }], rules: [rule], ...spec },
});

export const aGrant = (from: string, to: { kind: string; name?: string }, namespace = "other"): ReferenceGrant => ({
  apiVersion,
  kind: "ReferenceGrant",
  metadata: { name: "grant", namespace },
  spec: { from: [{ group, kind: from, namespace: "default" }], to: [{ group: "", ...to }] },
});

/** Every Service is there with port 80 and one endpoint. */
export const aWorld = (world: Partial<GatewayWorld> = {}): GatewayWorld => ({
  classes: [aGatewayClass()],
  gateways: [],
  listenerSets: [],
  policies: [],
  configMap: () => undefined,
  routes: [],
  grants: [],
  namespace: (name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { name } } }),
  service: (key) => {
    const [namespace, name] = key.split("/");
    return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { ports: [{ port: 80, protocol: "TCP" }] } };
  },
  slicesOf: () => [],
  secret: () => undefined,
  serves: () => true,
  ...world,
});
