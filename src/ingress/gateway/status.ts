/** The status of each GatewayClass, Gateway and HTTPRoute as it is written. Pure. */
import type { KubeObject } from "#api/mod.ts";
import { withCondition } from "#client/mod.ts";
import {
  type Condition,
  controllerName,
  type Gateway,
  type GatewayClass,
  group,
  type ListenerSet,
  type ListenerStatus,
  type ParentReference,
  type ParentStatus,
  type PolicyStatus,
  type Route,
} from "./kinds.ts";
import type { Said } from "./listeners.ts";
import type { GatewayPlan } from "./plan.ts";
import type { ParentSaid, Standing } from "./routes.ts";

/** By the Gateway API's own names, with the kinds of routes that they need. */
const supportedFeatures = [
  "BackendTLSPolicy",
  "BackendTLSPolicySANValidation",
  "GRPCRoute",
  "GRPCRouteNamedRouteRule",
  "Gateway",
  "GatewayAddressEmpty",
  "GatewayBackendClientCertificate",
  "GatewayFrontendClientCertificateValidation",
  "GatewayHTTPListenerIsolation",
  "GatewayHTTPSListenerDetectMisdirectedRequests",
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
  "HTTPRouteCORS",
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
  "HTTPRouteRetry",
  "HTTPRouteRetryBackendTimeout",
  "HTTPRouteRetryConnectionError",
  "HTTPRouteSchemeRedirect",
  "ListenerSet",
  "ReferenceGrant",
  "TCPRoute",
  "TLSRoute",
  "TLSRouteModeMixed",
  "TLSRouteModeTerminate",
];

const needed = (feature: string): string | undefined => /^([A-Z]+Route|ListenerSet|BackendTLSPolicy)/.exec(feature)?.[0];

/** Sorted; what needs a kind that is not installed is left out. */
const featuresWith = (kinds: readonly string[]): string[] =>
  supportedFeatures.filter((name) => kinds.includes(needed(name) ?? "HTTPRoute"));

function conditions(before: readonly Condition[] | undefined, all: readonly Said[], object: KubeObject, nowMs: number): Condition[] {
  const observedGeneration = object.metadata.generation ?? 0;
  return all.reduce<Condition[]>((list, each) => withCondition(list, { ...each, observedGeneration }, nowMs), [...(before ?? [])]);
}

export function classStatus(
  gatewayClass: GatewayClass,
  { accepted, kinds }: { accepted: Said; kinds: readonly string[] },
  nowMs: number,
): NonNullable<GatewayClass["status"]> {
  return {
    conditions: conditions(gatewayClass.status?.conditions, [accepted], gatewayClass, nowMs),
    supportedFeatures: featuresWith(kinds).map((name) => ({ name })),
  };
}

export interface Place {
  /** Of its Service; empty: none yet. */
  addresses: readonly string[];
  /** The port is answered. */
  isOpen(port: number): boolean;
}

const programmed = (ok: boolean, reason: string, message = ""): Said => ({
  type: "Programmed",
  status: ok ? "True" : "False",
  reason,
  message,
});

export function gatewayStatus(
  { gateway, listeners, sets, client, accepted }: Standing & { accepted: Said },
  place: Place,
  nowMs: number,
): NonNullable<Gateway["status"]> {
  const own = listeners.filter(({ owner }) => owner === gateway);
  const attached = sets.filter(({ accepted }) => accepted.status === "True").length;
  const isInsecure = listeners.some(({ clients }) => clients?.must === "asked");
  const told = [
    accepted,
    allProgrammed(accepted, own, place, "Invalid"),
    ...(client ? [client.resolved] : []),
    ...(isInsecure ? [insecure] : []),
  ];
  const before = gateway.status?.conditions?.filter(({ type }) => !sometimes.has(type) || told.some((each) => each.type === type));
  return {
    addresses: place.addresses.map((value) => ({ type: "IPAddress", value })),
    conditions: conditions(before, told, gateway, nowMs),
    listeners: own.map((each) => listenerStatus(each, place, nowMs)),
    // Before v1.5 of the Gateway API there was no such field.
    ...(attached > 0 || gateway.status?.attachedListenerSets !== undefined ? { attachedListenerSets: attached } : {}),
  };
}

/** Told of a Gateway only where there is reason to. */
const sometimes = new Set(["ResolvedRefs", "InsecureFrontendValidationMode"]);
const insecure: Said = {
  type: "InsecureFrontendValidationMode",
  status: "True",
  reason: "ConfigurationChanged",
  message: "clients without a valid certificate are let in",
};

export function setStatus(
  { set, accepted }: Standing["sets"][number],
  { listeners }: Standing,
  place: Place,
  nowMs: number,
): NonNullable<ListenerSet["status"]> {
  const own = listeners.filter(({ owner }) => owner === set);
  return {
    conditions: conditions(set.status?.conditions, [accepted, allProgrammed(accepted, own, place, accepted.reason)], set, nowMs),
    ...(own.length > 0 ? { listeners: own.map((each) => listenerStatus(each, place, nowMs)) } : {}),
  };
}

function allProgrammed(accepted: Said, own: Standing["listeners"], { addresses, isOpen }: Place, refusal: string): Said {
  if (accepted.status === "False") return programmed(false, refusal, accepted.message);
  if (addresses.length === 0) return programmed(false, "AddressNotAssigned", "its Service has no address yet");
  if (own.some(({ works, listener }) => works && !isOpen(listener.port))) return programmed(false, "Pending", "not all ports are open yet");
  return programmed(true, "Programmed");
}

function listenerStatus(of: Standing["listeners"][number], { addresses, isOpen }: Place, nowMs: number): ListenerStatus {
  const { listener, owner, kinds, attached, accepted, conflicted, resolved, works } = of;
  const before = owner.status?.listeners?.find(({ name }) => name === listener.name)?.conditions;
  const isConflict = conflicted.status === "True";
  const answers = !works
    ? programmed(false, isConflict ? conflicted.reason : "Invalid", "it cannot be answered: its other conditions say why")
    : addresses.length > 0 && isOpen(listener.port)
      ? programmed(true, "Programmed")
      : programmed(false, "Pending", "its port or address is not there yet");
  return {
    name: listener.name,
    supportedKinds: kinds.map((kind) => ({ group, kind })),
    attachedRoutes: attached,
    conditions: conditions(before, [accepted, conflicted, resolved, answers], owner, nowMs),
  };
}

/** What other controllers said of their own parents stays. Undefined: nothing is to be said, and nothing was. */
export function routeStatus(route: Route, parents: readonly ParentSaid[], nowMs: number): Route["status"] {
  const before = route.status?.parents ?? [];
  const others = before.filter((each) => each.controllerName !== controllerName);
  if (parents.length === 0 && others.length === before.length) return undefined;
  const own = parents.map(({ parentRef, conditions: all }): ParentStatus => {
    const old = before.find((each) => each.controllerName === controllerName && isSame(each.parentRef, parentRef))?.conditions;
    return { parentRef, controllerName, conditions: conditions(old, all, route, nowMs) };
  });
  return { parents: [...others, ...own] };
}

/** The Gateway API's own bound. */
const mostAncestors = 16;

/** As of routes: what others said stays. Undefined: nothing is to be said, and nothing was. */
export function policyStatus(
  { policy, conditions: all, gateways }: GatewayPlan["policies"][number],
  nowMs: number,
): PolicyStatus | undefined {
  const before = policy.status?.ancestors ?? [];
  const others = before.filter((each) => each.controllerName !== controllerName);
  if (gateways.length === 0 && others.length === before.length) return undefined;
  const own = gateways.map(({ metadata }) => {
    const ancestorRef = { group, kind: "Gateway", namespace: metadata.namespace!, name: metadata.name! };
    const old = before.find((each) => each.controllerName === controllerName && isSame(each.ancestorRef, ancestorRef))?.conditions;
    return { ancestorRef, controllerName, conditions: conditions(old, all, policy, nowMs) };
  });
  return { ancestors: [...others, ...own].slice(0, mostAncestors) };
}

const isSame = (a: ParentReference, b: ParentReference): boolean =>
  (["group", "kind", "namespace", "name", "sectionName", "port"] as const).every((key) => a[key] === b[key]);
