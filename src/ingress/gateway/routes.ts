/** Which routes attach to which listeners, what they lead to, and what is to be told of each. Pure. */
import type { EndpointSlice, Namespace, Service } from "#api/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import { backendKey } from "../proxy/answerer.ts";
import type { Wanted } from "../proxy/backends.ts";
import { endpointsOf } from "../routes/endpoints.ts";
import type { Protocol } from "../routes/options.ts";
import { isGranted } from "./grants.ts";
import { meeting } from "./hostnames.ts";
import { type BackendReference, type Gateway, group, type HttpRoute, keyOf, type ParentReference, type ReferenceGrant } from "./kinds.ts";
import type { Heard, Said } from "./listeners.ts";
import type { Entry } from "./match.ts";
import type { Test } from "./request-test.ts";
import { backendFilters, type Choice, type Rule, ruleOf, shareOf, testsOf, Unsupported } from "./rules.ts";

export interface RouteWorld {
  grants: readonly ReferenceGrant[];
  namespace(name: string): Namespace | undefined;
  service(key: string): Service | undefined;
  slicesOf(key: string): readonly EndpointSlice[];
}

/** A Gateway of ours with its listeners, and what attaches to each. */
export interface Standing {
  gateway: Gateway;
  listeners: (Heard & { entries: Entry[]; attached: number })[];
}

export interface ParentSaid {
  parentRef: ParentReference;
  conditions: Said[];
}

const said = (type: string, ok: boolean, reason: string, message = ""): Said => ({ type, status: ok ? "True" : "False", reason, message });

/** Enters the route at the listeners that take it, and its backends; what each of its parents here says of it. */
export function attach(
  route: HttpRoute,
  { standings, backends, world }: { standings: ReadonlyMap<string, Standing>; backends: Map<string, Wanted>; world: RouteWorld },
): ParentSaid[] {
  const ours = (route.spec.parentRefs ?? []).flatMap((parentRef) => {
    const standing = isGateway(parentRef)
      ? standings.get(`${parentRef.namespace ?? route.metadata.namespace}/${parentRef.name}`)
      : undefined;
    return standing ? [{ parentRef, standing }] : [];
  });
  if (ours.length === 0) return [];
  const read = readRules(route, world);
  return ours.map(({ parentRef, standing }) => {
    if ("unsupported" in read)
      return {
        parentRef,
        conditions: [said("Accepted", false, "UnsupportedValue", `not obeyed here: ${read.unsupported}`), read.resolved],
      };
    const accepted = enter(route, { parentRef, standing, rules: read.rules, world });
    if (accepted.status === "True") for (const [key, wanted] of read.backends) backends.set(key, wanted);
    return { parentRef, conditions: [accepted, read.resolved] };
  });
}

const isGateway = ({ group: of = group, kind = "Gateway" }: ParentReference) => of === group && kind === "Gateway";

interface Entering {
  parentRef: ParentReference;
  standing: Standing;
  rules: readonly ReadRule[];
  world: RouteWorld;
}

function enter(route: HttpRoute, { parentRef, standing, rules, world }: Entering): Said {
  const named = standing.listeners.filter(
    ({ listener }) =>
      (parentRef.sectionName === undefined || parentRef.sectionName === listener.name) &&
      (parentRef.port === undefined || parentRef.port === listener.port),
  );
  if (named.length === 0) return said("Accepted", false, "NoMatchingParent", "the Gateway has no such listener");
  const allowed = named.filter((heard) => isAllowed(route, { heard, standing, world }));
  if (allowed.length === 0) return said("Accepted", false, "NotAllowedByListeners", "no listener takes routes of this kind and namespace");
  let hasHost = false;
  for (const heard of allowed) {
    const hosts = hostsOf(route, heard.hostname);
    if (hosts.length === 0) continue;
    hasHost = true;
    heard.attached++;
    if (!heard.works) continue;
    for (const host of hosts) for (const { tests, rule } of rules) for (const test of tests) heard.entries.push({ host, test, rule });
  }
  if (!hasHost) return said("Accepted", false, "NoMatchingListenerHostname", "no listener has one of the route's hostnames");
  return said("Accepted", true, "Accepted");
}

function isAllowed(route: HttpRoute, { heard, standing, world }: { heard: Heard; standing: Standing; world: RouteWorld }): boolean {
  if (!heard.kinds.includes("HTTPRoute")) return false;
  const { from = "Same", selector = {} } = heard.listener.allowedRoutes?.namespaces ?? {};
  const namespace = route.metadata.namespace ?? "";
  if (from === "All") return true;
  if (from === "Same") return namespace === standing.gateway.metadata.namespace;
  if (from !== "Selector") return false;
  const found = world.namespace(namespace);
  return found !== undefined && matchesLabels(labelSelectorFrom(selector), found.metadata.labels);
}

function hostsOf({ spec }: HttpRoute, listener: string): string[] {
  const own = spec.hostnames?.length ? spec.hostnames : [""];
  return [...new Set(own.flatMap((host) => meeting(host.toLowerCase(), listener) ?? []))];
}

interface ReadRule {
  tests: Test[];
  rule: Rule;
}

type Read = { resolved: Said } & ({ unsupported: string } | { rules: ReadRule[]; backends: Map<string, Wanted> });

function readRules(route: HttpRoute, world: RouteWorld): Read {
  const backends = new Map<string, Wanted>();
  let bad: Said | undefined;
  const rules: ReadRule[] = [];
  try {
    for (const each of route.spec.rules?.length ? route.spec.rules : [{}]) {
      const rule = ruleOf(keyOf(route), each);
      const lead = (ref: BackendReference): Choice => {
        const { choice, wanted, problem } = backendOf(route, ref, world);
        if (choice.target && wanted) backends.set(backendKey(choice.target, choice.protocol), wanted);
        if (problem) bad ??= problem;
        return choice;
      };
      rule.choices = (each.backendRefs ?? []).map(lead);
      for (const { requestMirror } of each.filters ?? [])
        if (requestMirror) rule.mirrors.push({ share: shareOf(requestMirror), choice: lead(requestMirror.backendRef) });
      rules.push({ tests: testsOf(each), rule });
    }
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return { unsupported: error.message, resolved: bad ?? said("ResolvedRefs", true, "ResolvedRefs") };
  }
  return { rules, backends, resolved: bad ?? said("ResolvedRefs", true, "ResolvedRefs") };
}

interface ReadBackend {
  choice: Choice;
  wanted?: Wanted;
  problem?: Said;
}

const protocols: Record<string, Protocol> = { "kubernetes.io/h2c": "GRPC", "kubernetes.io/ws": "HTTP" };

function backendOf({ metadata }: HttpRoute, ref: BackendReference, { grants, service, slicesOf }: RouteWorld): ReadBackend {
  const own = metadata.namespace ?? "";
  const namespace = ref.namespace ?? own;
  const choice: Choice = { weight: ref.weight ?? 1, target: undefined, protocol: "HTTP", ...backendFilters(ref) };
  const bad = (reason: string, why: string): ReadBackend => ({
    choice,
    problem: said("ResolvedRefs", false, reason, `backend ${namespace}/${ref.name}: ${why}`),
  });
  if ((ref.group ?? "") !== "" || (ref.kind ?? "Service") !== "Service")
    return bad("InvalidKind", `${ref.kind} is no kind of backend: Service is`);
  const from = { group, kind: "HTTPRoute", namespace: own };
  if (!isGranted(grants, { from, to: { group: "", kind: "Service", namespace, name: ref.name } }))
    return bad("RefNotPermitted", "no ReferenceGrant of its namespace lets this route use it");
  const key = `${namespace}/${ref.name}`;
  const found = service(key);
  const port = ref.port ?? 0;
  const endpoints = endpointsOf(found, port, slicesOf(key));
  if ("problem" in endpoints) return bad("BackendNotFound", endpoints.problem);
  const app = found?.spec?.ports?.find((each) => each.port === port)?.appProtocol;
  if (app !== undefined && app.startsWith("kubernetes.io/") && !protocols[app]) return bad("UnsupportedProtocol", `appProtocol ${app}`);
  const protocol = protocols[app ?? ""] ?? "HTTP";
  return {
    choice: { ...choice, target: { kind: "service", namespace, service: ref.name, port }, protocol },
    wanted: { protocol, endpoints: endpoints.list },
  };
}
