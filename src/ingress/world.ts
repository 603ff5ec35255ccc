/** From what there is in the API to what the data plane needs, and to what users must be told. Pure. */
import type { ConfigMap, EndpointSlice, Ingress, IngressClass, Secret, Service } from "#api/mod.ts";
import { type BasicAuth, type Users, usersOf } from "./auth/users.ts";
import { backendKey, usersKey } from "./proxy/answerer.ts";
import type { Wanted } from "./proxy/backends.ts";
import { isOurs } from "./routes/class.ts";
import { type CustomHeaders, customHeadersOf } from "./routes/custom-headers.ts";
import { endpointsOf } from "./routes/endpoints.ts";
import { type Route, type Table, tableOf } from "./routes/table.ts";

export interface World {
  ingresses: readonly Ingress[];
  classOf(name: string): IngressClass | undefined;
  /** By `namespace/name`. */
  service(key: string): Service | undefined;
  slicesOf(key: string): readonly EndpointSlice[];
  secret(key: string): Secret | undefined;
  /** Of any type, where a route names it for its users. */
  usersSecret(key: string): Secret | undefined | "unseen";
  /** Where a route names it for fields of its answers. */
  headersMap(key: string): ConfigMap | undefined | "unseen";
}

/** Something about an Ingress that its owner should know. */
export interface Problem {
  reason: string;
  message: string;
}

/** A certificate that a Secret brings for hosts, exact ones and wildcards. */
export interface GivenCertificate {
  ingress: string;
  /** `namespace/name`. */
  secret: string;
  cert: string;
  key: string;
  /** Those of the certificate itself when there are none. */
  hosts: string[];
}

export interface Wish {
  table: Table;
  backends: Map<string, Wanted>;
  certificates: GivenCertificate[];
  /** As the answerer wants them. */
  users: Map<string, Users>;
  /** By `namespace/name` of the ConfigMap. */
  headers: Map<string, CustomHeaders>;
  /** By `namespace/name` of the Ingress; each of ours has an entry. */
  problems: Map<string, Problem[]>;
}

export function wishOf(world: World): Wish {
  const ours = world.ingresses.filter((ingress) => isOurs(ingress, world.classOf));
  const table = tableOf(ours, world.classOf);
  const problems = new Map<string, Problem[]>(ours.map((ingress) => [keyOf(ingress), []]));
  const tell = (ingress: string, reason: string, message: string) => {
    const list = problems.get(ingress)!;
    if (!list.some((problem) => problem.message === message)) list.push({ reason, message });
  };
  for (const { ingress, host, path, by } of table.shadowed)
    tell(ingress, "PathTaken", `${host || "every host"}${path} is answered by the older Ingress ${by}`);
  for (const { ingress, reason, message } of table.complaints) tell(ingress, reason, message);
  const backends = backendsOf(table.routes, world, tell);
  const certificates = ours.flatMap((ingress) => certificatesOf(ingress, world, tell));
  return {
    table,
    backends,
    certificates,
    users: usersIn(table.routes, world, tell),
    headers: headersIn(table.routes, world, tell),
    problems,
  };
}

type Tell = (ingress: string, reason: string, message: string) => void;

const keyOf = ({ metadata }: Ingress): string => `${metadata.namespace}/${metadata.name}`;

function backendsOf(routes: readonly Route[], { service, slicesOf }: World, tell: Tell): Map<string, Wanted> {
  const backends = new Map<string, Wanted>();
  for (const { ingress, target, options } of routes) {
    if (target.kind === "resource") {
      tell(ingress, "ResourceBackend", `nobody answers for ${target.what}: only Services are backends here; its requests get 404`);
      continue;
    }
    const key = `${target.namespace}/${target.service}`;
    const found = endpointsOf(service(key), target.port, slicesOf(key));
    if ("problem" in found) tell(ingress, "BackendNotFound", `Service ${target.service}: ${found.problem}; its requests get 503`);
    const how = "problem" in found ? { endpoints: [], problem: found.problem } : { endpoints: found.list };
    backends.set(backendKey(target, options.protocol), { protocol: options.protocol, ...how });
  }
  return backends;
}

function usersIn(routes: readonly Route[], { usersSecret }: World, tell: Tell): Map<string, Users> {
  const all = new Map<string, Users>();
  for (const { ingress, options } of routes) {
    if (!options.auth) continue;
    const { secret, kind } = options.auth;
    const users = all.get(usersKey(options.auth)) ?? readUsers(usersSecret(secret), kind);
    all.set(usersKey(options.auth), users);
    const what = users.kept.size > 0 ? "they are let in by nothing" : "requests get 503";
    for (const problem of users.problems) tell(ingress, "BadUsers", `Secret ${secret}: ${problem}; ${what}`);
  }
  return all;
}

function headersIn(routes: readonly Route[], { headersMap }: World, tell: Tell): Map<string, CustomHeaders> {
  const all = new Map<string, CustomHeaders>();
  for (const { ingress, options } of routes) {
    const key = options.headers;
    if (key === undefined) continue;
    const map = headersMap(key);
    const read = all.get(key) ?? (map === "unseen" ? { fields: [], problem: "" } : customHeadersOf(map));
    all.set(key, read);
    if (read.problem) tell(ingress, "BadHeaders", `ConfigMap ${key}: ${read.problem}; requests get 503`);
  }
  return all;
}

/** Of a Secret that has not been seen yet nothing can be said, and nobody is let in. */
const readUsers = (secret: Secret | undefined | "unseen", kind: BasicAuth["kind"]): Users =>
  secret === "unseen" ? { kept: new Map(), problems: [] } : usersOf(secret, kind);

function certificatesOf(ingress: Ingress, { secret }: World, tell: Tell): GivenCertificate[] {
  return (ingress.spec?.tls ?? []).flatMap(({ secretName, hosts = [] }) => {
    if (!secretName) return [];
    const key = `${ingress.metadata.namespace}/${secretName}`;
    const bad = (why: string) => {
      tell(keyOf(ingress), "BadCertificate", `Secret ${secretName}: ${why}; its hosts get a certificate of the cluster's own`);
      return [];
    };
    const found = secret(key);
    if (!found) return bad("there is none of type kubernetes.io/tls");
    const [cert, secretKey] = ["tls.crt", "tls.key"].map((name) => Buffer.from(found.data?.[name] ?? "", "base64").toString());
    if (!cert || !secretKey) return bad("tls.crt or tls.key is empty");
    return [{ ingress: keyOf(ingress), secret: key, cert, key: secretKey, hosts: hosts.map((host) => host.toLowerCase()) }];
  });
}
