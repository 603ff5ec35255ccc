/** The status of each GatewayClass, Gateway and HTTPRoute as it is written. Pure. */
import type { KubeObject } from "#api/mod.ts";
import { withCondition } from "#client/mod.ts";
import {
  type Condition,
  controllerName,
  type Gateway,
  type GatewayClass,
  group,
  type HttpRoute,
  type ListenerStatus,
  type ParentReference,
  type ParentStatus,
} from "./kinds.ts";
import type { Said } from "./listeners.ts";
import type { ParentSaid, Standing } from "./routes.ts";

/** By the Gateway API's own names; sorted. */
export const supportedFeatures = [
  "Gateway",
  "GatewayHTTPListenerIsolation",
  "GatewayInfrastructure",
  "GatewayPort8080",
  "HTTPRoute",
  "HTTPRoute303RedirectStatusCode",
  "HTTPRoute307RedirectStatusCode",
  "HTTPRoute308RedirectStatusCode",
  "HTTPRouteBackendProtocolH2C",
  "HTTPRouteBackendProtocolWebSocket",
  "HTTPRouteBackendRequestHeaderModification",
  "HTTPRouteBackendTimeout",
  "HTTPRouteHostRewrite",
  "HTTPRouteMethodMatching",
  "HTTPRouteNamedRouteRule",
  "HTTPRouteParentRefPort",
  "HTTPRoutePathRedirect",
  "HTTPRoutePathRewrite",
  "HTTPRoutePortRedirect",
  "HTTPRouteQueryParamMatching",
  "HTTPRouteRequestMirror",
  "HTTPRouteRequestMultipleMirrors",
  "HTTPRouteRequestPercentageMirror",
  "HTTPRouteRequestTimeout",
  "HTTPRouteResponseHeaderModification",
  "HTTPRouteSchemeRedirect",
  "ReferenceGrant",
];

function conditions(before: readonly Condition[] | undefined, all: readonly Said[], object: KubeObject, nowMs: number): Condition[] {
  const observedGeneration = object.metadata.generation ?? 0;
  return all.reduce<Condition[]>((list, each) => withCondition(list, { ...each, observedGeneration }, nowMs), [...(before ?? [])]);
}

export function classStatus(gatewayClass: GatewayClass, accepted: Said, nowMs: number): NonNullable<GatewayClass["status"]> {
  return {
    conditions: conditions(gatewayClass.status?.conditions, [accepted], gatewayClass, nowMs),
    supportedFeatures: supportedFeatures.map((name) => ({ name })),
  };
}

export interface Place {
  /** Of its Service; empty: none yet. */
  addresses: readonly string[];
  /** The port is answered. */
  isOpen(port: number): boolean;
}

export function gatewayStatus(
  { gateway, listeners, accepted }: Standing & { accepted: Said },
  { addresses, isOpen }: Place,
  nowMs: number,
): NonNullable<Gateway["status"]> {
  const programmed = (ok: boolean, reason: string, message = ""): Said => ({
    type: "Programmed",
    status: ok ? "True" : "False",
    reason,
    message,
  });
  const has = addresses.length > 0;
  const isRefused = accepted.status === "False";
  const all = isRefused
    ? programmed(false, "Invalid", accepted.message)
    : !has
      ? programmed(false, "AddressNotAssigned", "its Service has no address yet")
      : listeners.some(({ works, listener }) => works && !isOpen(listener.port))
        ? programmed(false, "Pending", "not all ports are open yet")
        : programmed(true, "Programmed");
  const told = listeners.map(({ listener, kinds, attached, accepted, conflicted, resolved, works }): ListenerStatus => {
    const before = gateway.status?.listeners?.find(({ name }) => name === listener.name)?.conditions;
    const stands = works && has && isOpen(listener.port);
    const answers = !works
      ? programmed(false, "Invalid", "it cannot be answered: its other conditions say why")
      : stands
        ? programmed(true, "Programmed")
        : programmed(false, "Pending", "its port or address is not there yet");
    return {
      name: listener.name,
      supportedKinds: kinds.map((kind) => ({ group, kind })),
      attachedRoutes: attached,
      conditions: conditions(before, [accepted, conflicted, resolved, answers], gateway, nowMs),
    };
  });
  return {
    addresses: addresses.map((value) => ({ type: "IPAddress", value })),
    conditions: conditions(gateway.status?.conditions, [accepted, all], gateway, nowMs),
    listeners: told,
  };
}

/** What other controllers said of their own parents stays. Undefined: nothing is to be said, and nothing was. */
export function routeStatus(route: HttpRoute, parents: readonly ParentSaid[], nowMs: number): HttpRoute["status"] {
  const before = route.status?.parents ?? [];
  const others = before.filter((each) => each.controllerName !== controllerName);
  if (parents.length === 0 && others.length === before.length) return undefined;
  const own = parents.map(({ parentRef, conditions: all }): ParentStatus => {
    const old = before.find((each) => each.controllerName === controllerName && isSame(each.parentRef, parentRef))?.conditions;
    return { parentRef, controllerName, conditions: conditions(old, all, route, nowMs) };
  });
  return { parents: [...others, ...own] };
}

const isSame = (a: ParentReference, b: ParentReference): boolean =>
  (["group", "kind", "namespace", "name", "sectionName", "port"] as const).every((key) => a[key] === b[key]);
