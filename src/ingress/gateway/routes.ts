/** Which routes attach to which listeners, what they lead to, and what is to be told of each. Pure. */
import type { Namespace } from "#api/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import type { Wanted } from "../proxy/backends.ts";
import { grpcTests } from "./grpc.ts";
import { meeting } from "./hostnames.ts";
import {
  type BackendReference,
  type Gateway,
  type GrpcRule,
  group,
  type HttpRule,
  keyOf,
  type ListenerSet,
  type Namespaces,
  type ParentReference,
  type Route,
  type StreamRule,
} from "./kinds.ts";
import type { Heard, Pem, Said } from "./listeners.ts";
import type { Entry } from "./match.ts";
import { backendOf, type From, type ReferenceWorld } from "./references.ts";
import type { Test } from "./request-test.ts";
import { type Choice, type Rule, ruleOf, shareOf, testsOf, Unsupported } from "./rules.ts";
import type { Policies } from "./trust/policies.ts";

export interface RouteWorld extends ReferenceWorld {
  namespace(name: string): Namespace | undefined;
}

/** Connections to one hostname that are led on as they come. */
export interface Stream {
  host: string;
  /** `namespace/name`. */
  route: string;
  choices: Choice[];
}

/** A listener with what attaches to it. */
export interface Attached extends Heard {
  entries: Entry[];
  streams: Stream[];
  /** Routes. */
  attached: number;
  /** Hostnames that belong to routes of one kind. */
  claims: { host: string; kind: string }[];
}

/** Who routes attach to: a Gateway, or a ListenerSet of it. */
export interface Parent {
  gateway: Gateway;
  listeners: Attached[];
  /** What the Gateway shows to its backends. */
  client: Pem | undefined;
}

/** A Gateway of ours with all its listeners, and the sets that some of them are of. */
export interface Standing {
  gateway: Gateway;
  listeners: Attached[];
  sets: { set: ListenerSet; accepted: Said }[];
  /** What it shows to its backends, where anything is asked for. */
  client: { pem?: Pem; resolved: Said } | undefined;
}

export const parentKey = (kind: string, namespace: string, name: string): string => `${kind} ${namespace}/${name}`;

export interface ParentSaid {
  parentRef: ParentReference;
  conditions: Said[];
}

const said = (type: string, ok: boolean, reason: string, message = ""): Said => ({ type, status: ok ? "True" : "False", reason, message });

export interface Attaching {
  /** By `parentKey`. */
  parents: ReadonlyMap<string, Parent>;
  policies: Policies;
  /** Services that Gateways lead to, by both keys. */
  uses: Map<string, Set<Gateway>>;
  backends: Map<string, Wanted>;
  world: RouteWorld;
}

/** Enters the route at the listeners that take it, and its backends; what each of its parents here says of it. */
export function attach(route: Route, { parents, policies, uses, backends, world }: Attaching): ParentSaid[] {
  const ours = (route.spec.parentRefs ?? []).flatMap((parentRef) => {
    const { group: of = group, kind = "Gateway", namespace = route.metadata.namespace ?? "", name } = parentRef;
    const parent = of === group ? parents.get(parentKey(kind, namespace, name)) : undefined;
    return parent ? [{ parentRef, ...parent }] : [];
  });
  return ours.map(({ parentRef, gateway, client, listeners }) => {
    const read = readRules(route, { world, policies, client });
    if ("unsupported" in read)
      return {
        parentRef,
        conditions: [said("Accepted", false, "UnsupportedValue", `not obeyed here: ${read.unsupported}`), read.resolved],
      };
    const accepted = enter(route, { parentRef, listeners, read, world });
    if (accepted.status === "True") {
      for (const [key, wanted] of read.backends) backends.set(key, wanted);
      for (const service of read.services) uses.set(service, (uses.get(service) ?? new Set()).add(gateway));
    }
    return { parentRef, conditions: [accepted, read.resolved] };
  });
}

interface Entering {
  parentRef: ParentReference;
  listeners: Attached[];
  read: Known;
  world: RouteWorld;
}

function enter(route: Route, { parentRef, listeners, read, world }: Entering): Said {
  const named = listeners.filter(
    ({ listener }) =>
      (parentRef.sectionName === undefined || parentRef.sectionName === listener.name) &&
      (parentRef.port === undefined || parentRef.port === listener.port),
  );
  if (named.length === 0) return said("Accepted", false, "NoMatchingParent", "it has no such listener");
  const allowed = named.filter((heard) => isAllowed(route, heard, world));
  if (allowed.length === 0) return said("Accepted", false, "NotAllowedByListeners", "no listener takes routes of this kind and namespace");
  const fitting = allowed.map((heard) => ({ heard, hosts: hostsOf(route, heard.hostname) })).filter(({ hosts }) => hosts.length > 0);
  if (fitting.length === 0) return said("Accepted", false, "NoMatchingListenerHostname", "no listener has one of the route's hostnames");
  const free = fitting.filter(({ heard, hosts }) => !hosts.some((host) => isClaimed(heard, host, route.kind)));
  if (free.length === 0) return said("Accepted", false, "Conflicted", "an older route of another kind has its hostnames there");
  for (const { heard, hosts } of free) {
    heard.attached++;
    for (const host of hosts) {
      heard.claims.push({ host, kind: route.kind ?? "" });
      if (heard.works) lead(heard, host, read);
    }
  }
  return said("Accepted", true, "Accepted");
}

/** What HTTPRoutes and GRPCRoutes want at one listener is not merged: the older one has it. */
const isClaimed = ({ claims }: Attached, host: string, kind: string | undefined): boolean =>
  claims.some((claim) => claim.kind !== kind && meeting(claim.host, host) !== undefined);

function lead({ entries, streams }: Attached, host: string, { rules, stream }: Known): void {
  for (const { tests, rule } of rules) for (const test of tests) entries.push({ host, test, rule });
  if (stream) streams.push({ host, ...stream });
}

function isAllowed(route: Route, heard: Heard, world: RouteWorld): boolean {
  return (
    heard.kinds.includes(route.kind ?? "") &&
    isOfNamespaces(heard.listener.allowedRoutes?.namespaces ?? { from: "Same" }, {
      namespace: route.metadata.namespace ?? "",
      own: heard.owner.metadata.namespace ?? "",
      world,
    })
  );
}

interface Place {
  namespace: string;
  /** Of whoever lets others in. */
  own: string;
  world: Pick<RouteWorld, "namespace">;
}

export function isOfNamespaces({ from = "Same", selector = {} }: Namespaces, { namespace, own, world }: Place): boolean {
  if (from === "All") return true;
  if (from === "Same") return namespace === own;
  if (from !== "Selector") return false;
  const found = world.namespace(namespace);
  return found !== undefined && matchesLabels(labelSelectorFrom(selector), found.metadata.labels);
}

function hostsOf({ spec }: Route, listener: string): string[] {
  const own = spec.hostnames?.length ? spec.hostnames : [""];
  return [...new Set(own.flatMap((host) => meeting(host.toLowerCase(), listener) ?? []))];
}

interface ReadRule {
  tests: Test[];
  rule: Rule;
}

interface Known {
  rules: ReadRule[];
  stream: Omit<Stream, "host"> | undefined;
  backends: Map<string, Wanted>;
  /** By `namespace/name`. */
  services: Set<string>;
}

type Read = { resolved: Said } & ({ unsupported: string } | Known);

function readRules(route: Route, from: From): Read {
  const backends = new Map<string, Wanted>();
  const services = new Set<string>();
  let bad: Said | undefined;
  const to = (ref: BackendReference): Choice => {
    const { choice, wanted, problem } = backendOf(route, ref, from);
    services.add(`${ref.namespace ?? route.metadata.namespace}/${ref.name}`);
    if (wanted) backends.set(choice.backend, wanted);
    if (problem) bad ??= problem;
    return choice;
  };
  const resolved = () => bad ?? said("ResolvedRefs", true, "ResolvedRefs");
  try {
    const read = isHttp(route.kind) ? { rules: httpRules(route, to), stream: undefined } : { rules: [], stream: streamOf(route, to) };
    return { ...read, backends, services, resolved: resolved() };
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return { unsupported: error.message, resolved: resolved() };
  }
}

const isHttp = (kind: string | undefined) => kind === "HTTPRoute" || kind === "GRPCRoute";

function httpRules(route: Route, to: (ref: BackendReference) => Choice): ReadRule[] {
  const isGrpc = route.kind === "GRPCRoute";
  return (route.spec.rules?.length ? route.spec.rules : [{}]).map((each, at) => {
    const { backendRefs = [], filters = [] } = each as HttpRule;
    const rule = ruleOf(keyOf(route), at, each as HttpRule);
    if (isGrpc) rule.nowhere = 503;
    rule.choices = backendRefs.map(to);
    for (const { requestMirror } of filters)
      if (requestMirror) rule.mirrors.push({ share: shareOf(requestMirror), choice: to(requestMirror.backendRef) });
    return { tests: isGrpc ? grpcTests(each as GrpcRule) : testsOf(each as HttpRule), rule };
  });
}

/** Nothing tells connections apart but their hostname: there can be one rule. */
function streamOf(route: Route, to: (ref: BackendReference) => Choice): Omit<Stream, "host"> {
  const [rule, another] = (route.spec.rules ?? []) as StreamRule[];
  if (another) throw new Unsupported("a second rule");
  return { route: keyOf(route), choices: (rule?.backendRefs ?? []).map(to) };
}
