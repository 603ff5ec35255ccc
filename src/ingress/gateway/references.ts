/** The backends that routes name: Services, by their ports, and how they are spoken to. Pure. */
import type { EndpointSlice, Service } from "#api/mod.ts";
import { backendKey } from "../proxy/answerer.ts";
import type { Wanted } from "../proxy/backends.ts";
import { endpointsOf } from "../routes/endpoints.ts";
import type { Protocol } from "../routes/options.ts";
import { isGranted } from "./grants.ts";
import { type BackendReference, group, type ReferenceGrant, type Route } from "./kinds.ts";
import type { Pem, Said } from "./listeners.ts";
import { backendFilters, type Choice } from "./rules.ts";
import { type Policies, tlsId, withClient } from "./trust/policies.ts";

export interface ReferenceWorld {
  grants: readonly ReferenceGrant[];
  service(key: string): Service | undefined;
  slicesOf(key: string): readonly EndpointSlice[];
}

/** What a Gateway's requests go by. */
export interface From {
  world: ReferenceWorld;
  policies: Policies;
  /** What it shows to backends by TLS. */
  client: Pem | undefined;
}

export interface ReadBackend {
  choice: Choice;
  wanted?: Wanted;
  problem?: Said;
}

const protocols: Record<string, Protocol> = { "kubernetes.io/h2c": "GRPC", "kubernetes.io/ws": "HTTP" };
/** Of routes whose connections are led on as they come nothing is read. */
const plainly: Record<string, Protocol> = { HTTPRoute: "HTTP", GRPCRoute: "GRPC", TLSRoute: "HTTP", TCPRoute: "HTTP" };

/** Throws Unsupported. */
export function backendOf({ kind, metadata }: Route, ref: BackendReference, { world, policies, client }: From): ReadBackend {
  const own = metadata.namespace ?? "";
  const namespace = ref.namespace ?? own;
  const choice: Choice = { weight: ref.weight ?? 1, target: undefined, backend: "", ...backendFilters(ref) };
  const bad = (reason: string, why: string): ReadBackend => ({
    choice,
    problem: { type: "ResolvedRefs", status: "False", reason, message: `backend ${namespace}/${ref.name}: ${why}` },
  });
  if ((ref.group ?? "") !== "" || (ref.kind ?? "Service") !== "Service")
    return bad("InvalidKind", `${ref.kind} is no kind of backend: Service is`);
  const from = { group, kind: kind ?? "", namespace: own };
  if (!isGranted(world.grants, { from, to: { group: "", kind: "Service", namespace, name: ref.name } }))
    return bad("RefNotPermitted", "no ReferenceGrant of its namespace lets this route use it");
  const key = `${namespace}/${ref.name}`;
  const found = world.service(key);
  const port = ref.port ?? 0;
  const endpoints = endpointsOf(found, port, world.slicesOf(key));
  if ("problem" in endpoints) return bad("BackendNotFound", endpoints.problem);
  const { appProtocol: app, name: portName = "" } = found?.spec?.ports?.find((each) => each.port === port) ?? {};
  const isRead = kind === "HTTPRoute" || kind === "GRPCRoute";
  if (isRead && app?.startsWith("kubernetes.io/") && !protocols[app]) return bad("UnsupportedProtocol", `appProtocol ${app}`);
  const plain = plainly[kind ?? ""] ?? "HTTP";
  const protocol = kind === "HTTPRoute" ? (protocols[app ?? ""] ?? plain) : plain;
  const target = { kind: "service", namespace, service: ref.name, port } as const;
  const policy = isRead ? policies.find(key, portName) : undefined;
  if (!policy)
    return { choice: { ...choice, target, backend: backendKey(target, protocol) }, wanted: { protocol, endpoints: endpoints.list } };
  // What must go by TLS and cannot goes nowhere, and the policy says why.
  if (!policy.tls) return { choice };
  const how = withClient(policy.tls, client);
  const secure = protocol === "GRPC" ? "GRPCS" : "HTTPS";
  const id = tlsId(how);
  return {
    choice: { ...choice, target, backend: `${backendKey(target, secure)} ${id}` },
    wanted: { protocol: secure, endpoints: endpoints.list, tls: { id, how } },
  };
}
