/** The environment of a container: Service variables, envFrom, env with references; later ones win. */

import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from "#api/mod.ts";
import { hostPort } from "#base/mod.ts";
import { milliValue, parseQuantity, quantityValue } from "#codec/mod.ts";

export interface EnvSources {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  services(): Service[];
  /** The value of a variable in a file of a volume; empty: it is not set there. */
  fromFile?(volume: string, path: string, key: string): { value: string; file: string };
  /** One of each family. */
  podIps: readonly string[];
  hostIps: readonly string[];
  /** What the node has: the default of limits.cpu and limits.memory. */
  allocatable: Record<string, string>;
}

/** A broken reference: the container waits with CreateContainerConfigError. */
export class EnvError extends Error {
  override name = "EnvError";
}

type AnyContainer = Pick<Container, "env" | "envFrom" | "name" | "resources">;

export function environmentOf(pod: Pod, container: AnyContainer, sources: EnvSources): Map<string, string> {
  const out = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    const data = allOf(from, sources);
    for (const [key, value] of Object.entries(data)) out.set(`${from.prefix ?? ""}${key}`, value);
  }
  const services = serviceVariables(pod, sources.services());
  for (const variable of container.env ?? []) {
    const value = valueFor(pod, container, variable, sources, (name) => out.get(name) ?? services.get(name));
    if (value !== undefined) out.set(variable.name ?? "", value);
  }
  for (const [name, value] of services) if (!out.has(name)) out.set(name, value);
  return out;
}

function allOf(from: NonNullable<Container["envFrom"]>[number], sources: EnvSources): Record<string, string> {
  if (from.configMapRef) {
    const { name = "", optional } = from.configMapRef;
    const map = sources.configMap(name);
    if (!map && !optional) throw new EnvError(`configmap "${name}" not found`);
    return map?.data ?? {};
  }
  if (from.secretRef) {
    const { name = "", optional } = from.secretRef;
    const secret = sources.secret(name);
    if (!secret && !optional) throw new EnvError(`secret "${name}" not found`);
    return Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decode(value)]));
  }
  return {};
}

const decode = (value: string) => Buffer.from(value, "base64").toString();

function valueFor(
  pod: Pod,
  container: AnyContainer,
  variable: EnvVar,
  sources: EnvSources,
  known: (name: string) => string | undefined,
): string | undefined {
  const from = variable.valueFrom;
  if (!from) return expand(variable.value ?? "", known);
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath ?? "", sources);
  if (from.resourceFieldRef) return resourceValue(pod, from.resourceFieldRef, container, sources.allocatable);
  if (from.fileKeyRef) return fileValue(from.fileKeyRef, sources);
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  if (!ref) throw new EnvError(`variable ${variable.name}: valueFrom names no source that this node knows`);
  const { name = "", key = "", optional } = ref;
  const kind = from.configMapKeyRef ? "configmap" : "secret";
  const object = from.configMapKeyRef ? sources.configMap(name) : sources.secret(name);
  if (!object) {
    if (optional) return undefined;
    throw new EnvError(`${kind} "${name}" not found`);
  }
  const value = object.data?.[key];
  if (value === undefined) {
    if (optional) return undefined;
    throw new EnvError(`couldn't find key ${key} in ${kind === "configmap" ? "ConfigMap" : "Secret"} ${pod.metadata.namespace}/${name}`);
  }
  return from.configMapKeyRef ? value : decode(value);
}

function fileValue(ref: NonNullable<NonNullable<EnvVar["valueFrom"]>["fileKeyRef"]>, sources: EnvSources): string | undefined {
  const { volumeName = "", path = "", key = "", optional } = ref;
  const found = sources.fromFile?.(volumeName, path, key);
  if (!found) throw new EnvError(`cannot find the volume ${JSON.stringify(volumeName)} referenced by FileKeyRef`);
  if (found.value !== "") return found.value;
  if (optional) return undefined;
  throw new EnvError(`environment variable key ${JSON.stringify(key)} not found in file ${JSON.stringify(found.file)}`);
}

/** `$(NAME)` is replaced where the name is known; `$$` is a dollar sign. */
export function expand(text: string, known: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\)|.|$)/gs, (whole, rest: string, name: string | undefined) => {
    if (rest === "$") return "$";
    if (name === undefined) return whole;
    return known(name) ?? whole;
  });
}

/** Downward API fields, as env and in volumes. */
export function fieldValue(pod: Pod, path: string, at: { podIps: readonly string[]; hostIps: readonly string[] }): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return pod.metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2]!] ?? "";
  switch (path) {
    case "metadata.name":
      return pod.metadata.name ?? "";
    case "metadata.namespace":
      return pod.metadata.namespace ?? "";
    case "metadata.uid":
      return pod.metadata.uid ?? "";
    case "metadata.labels":
      return formatMap(pod.metadata.labels);
    case "metadata.annotations":
      return formatMap(pod.metadata.annotations);
    case "spec.nodeName":
      return pod.spec?.nodeName ?? "";
    case "spec.serviceAccountName":
      return pod.spec?.serviceAccountName ?? "";
    case "status.hostIP":
      return at.hostIps[0] ?? "";
    case "status.hostIPs":
      return at.hostIps.join(",");
    case "status.podIP":
      return at.podIps[0] ?? "";
    case "status.podIPs":
      return at.podIps.join(",");
    default:
      throw new EnvError(`unsupported fieldPath: ${path}`);
  }
}

function formatMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

interface ResourceRef {
  containerName?: string;
  resource?: string;
  divisor?: string;
}

export function resourceValue(pod: Pod, ref: ResourceRef, own: AnyContainer | undefined, allocatable: Record<string, string>): string {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const container = ref.containerName ? all.find((each) => each.name === ref.containerName) : own;
  const [which = "", name = ""] = (ref.resource ?? "").split(/\.(.*)/s);
  const { limits, requests } = container?.resources ?? {};
  const amount = which === "limits" ? (limits?.[name] ?? allocatable[name] ?? "0") : (requests?.[name] ?? limits?.[name] ?? "0");
  const divisor = parseQuantity(ref.divisor && ref.divisor !== "0" ? ref.divisor : "1");
  const quantity = parseQuantity(amount);
  if (name === "cpu") return String(Math.ceil(milliValue(quantity) / milliValue(divisor)));
  return String(Math.ceil(quantityValue(quantity) / quantityValue(divisor)));
}

/** `REDIS_SERVICE_HOST` and its like, for the Services of the pod's namespace and the API server's. */
export function serviceVariables(pod: Pod, services: readonly Service[]): Map<string, string> {
  const out = new Map<string, string>();
  const own = pod.spec?.enableServiceLinks !== false;
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { clusterIP } = service.spec ?? {};
    if (!clusterIP || clusterIP === "None") continue;
    const { name = "", namespace } = service.metadata;
    if (namespace === "default" && name === "kubernetes" && !chosen.has(name)) chosen.set(name, service);
    else if (own && namespace === pod.metadata.namespace) chosen.set(name, service);
  }
  for (const [name, service] of chosen) {
    const prefix = name.toUpperCase().replaceAll("-", "_");
    const ip = service.spec!.clusterIP!;
    const ports = service.spec!.ports ?? [];
    if (ports.length === 0) continue;
    out.set(`${prefix}_SERVICE_HOST`, ip);
    out.set(`${prefix}_SERVICE_PORT`, String(ports[0]!.port));
    for (const port of ports)
      if (port.name) out.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll("-", "_")}`, String(port.port));
    ports.forEach((port, index) => {
      const protocol = port.protocol ?? "TCP";
      const url = `${protocol.toLowerCase()}://${hostPort(ip, port.port ?? 0)}`;
      if (index === 0) out.set(`${prefix}_PORT`, url);
      const each = `${prefix}_PORT_${port.port}_${protocol}`;
      out.set(each, url);
      out.set(`${each}_PROTO`, protocol.toLowerCase());
      out.set(`${each}_PORT`, String(port.port));
      out.set(`${each}_ADDR`, ip);
    });
  }
  return out;
}
