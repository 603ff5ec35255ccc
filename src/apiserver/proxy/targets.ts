/** Where a streaming subresource leads: to the kubelet of the pod's node, to a pod, to an endpoint of a Service. */
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { type Node, nodes, type Pod, pods, type Service, services } from "#api/mod.ts";
import type { Attributes, Exchange, Storage } from "../contract.ts";
import { readyEndpoints } from "../extension/service-address.ts";
import { badRequest, failure, notFound, serviceUnavailable } from "../request/errors.ts";
import { isProxyable } from "./addresses.ts";
import { checkLogOptions, checkPorts } from "./log-options.ts";
import type { Target } from "./relay.ts";

export interface KubeletCredentials {
  /** PEM: what kubelets' serving certificates are signed by; absent: they are not looked at, as upstream has it where no flag names one. */
  ca?: string;
  /** PEM: who we are to them. */
  cert: string;
  key: string;
  /** Certificates of kubelets need their node's address only, and not its name. */
  byAddress?: boolean;
  /** Which of a node's addresses are tried, in order: InternalIP unless told. */
  addressTypes?: readonly string[];
}

/** `scheme:name:port` in its shorter forms. */
export function splitName(text: string): { scheme: "http" | "https"; name: string; port: string } | undefined {
  const parts = text.split(":");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 1) return { scheme: "http", name: first, port: "" };
  if (parts.length === 2) return { scheme: "http", name: first, port: second };
  if (parts.length === 3 && (first === "http" || first === "https" || first === ""))
    return { scheme: first === "https" ? "https" : "http", name: second, port: third };
  return undefined;
}

function assertProxyable(address: string | undefined): asserts address is string {
  if (!address || !isProxyable(address)) throw badRequest("address not allowed");
}

function restOf(attributes: Attributes, exchange: Exchange): string {
  const { rest = "" } = attributes.info;
  const query = exchange.url.includes("?") ? exchange.url.slice(exchange.url.indexOf("?")) : "";
  const slash = exchange.url.split("?")[0]!.endsWith("/") && rest !== "" && !rest.endsWith("/") ? "/" : "";
  return `/${rest.replace(/^\//, "")}${slash}${query}`;
}

function prefixOf(exchange: Exchange): string {
  return /^(.*?\/proxy)(\/|\?|$)/.exec(exchange.url)?.[1] ?? "";
}

export function podTarget(storage: Storage, attributes: Attributes, exchange: Exchange): Target {
  const parts = splitName(attributes.name);
  if (!parts) throw badRequest(`invalid pod request ${JSON.stringify(attributes.name)}`);
  const pod = podOf(storage, attributes.namespace, parts.name);
  const host = pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP;
  assertProxyable(host);
  const named = pod.spec?.containers?.flatMap((container) => container.ports ?? []).find((port) => port.name === parts.port)?.containerPort;
  const first = pod.spec?.containers?.flatMap((container) => container.ports ?? [])[0]?.containerPort;
  const port = parts.port === "" ? (first ?? 80) : (named ?? Number(parts.port));
  if (!Number.isInteger(port)) throw badRequest(`pod ${parts.name} has no port named ${JSON.stringify(parts.port)}`);
  const tls = parts.scheme === "https" ? { tls: { rejectUnauthorized: false } } : {};
  return { scheme: parts.scheme, host, port, path: restOf(attributes, exchange), prefix: prefixOf(exchange), ...tls };
}

export function serviceTarget(storage: Storage, attributes: Attributes, exchange: Exchange, draw: (below: number) => number): Target {
  const parts = splitName(attributes.name);
  if (!parts) throw badRequest(`invalid service request ${JSON.stringify(attributes.name)}`);
  const service = storage.get(services, { namespace: attributes.namespace, name: parts.name }) as Service | undefined;
  if (!service) throw notFound({ group: "", resource: "services" }, parts.name);
  const wanted = (service.spec?.ports ?? []).find((port) =>
    parts.port === "" ? true : port.name === parts.port || String(port.port) === parts.port,
  );
  if (!wanted && /^\d+$/.test(parts.port))
    throw serviceUnavailable(`no service port ${parts.port} found for service ${JSON.stringify(parts.name)}`);
  const named = { namespace: attributes.namespace, name: parts.name };
  const targets = readyEndpoints(storage, named, wanted ? (wanted.name ?? "") : parts.port);
  if (!targets) throw notFound({ group: "", resource: "services" }, parts.name);
  const chosen = targets[draw(targets.length)];
  if (!chosen) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(attributes.name)}`);
  assertProxyable(chosen.host);
  const tls = parts.scheme === "https" ? { tls: { rejectUnauthorized: false } } : {};
  return { scheme: parts.scheme, ...chosen, path: restOf(attributes, exchange), prefix: prefixOf(exchange), ...tls };
}

export function nodeTarget(storage: Storage, attributes: Attributes, exchange: Exchange, kubelet: () => KubeletCredentials): Target {
  const parts = splitName(attributes.name);
  if (!parts) throw badRequest(`invalid node request ${JSON.stringify(attributes.name)}`);
  if (!storage.get(nodes, { name: parts.name })) throw notFound({ group: "", resource: "nodes" }, parts.name);
  const at = kubeletAt(storage, parts.name, kubelet);
  const path = restOf(attributes, exchange);
  if (parts.port === "" || Number(parts.port) === at.port) return { ...at, path, prefix: prefixOf(exchange) };
  return { scheme: parts.scheme, host: at.host, port: Number(parts.port), path, prefix: prefixOf(exchange) };
}

/** A path of the kubelet that runs the pod. */
export function kubeletTarget(
  storage: Storage,
  attributes: Attributes,
  exchange: Exchange,
  kubelet: () => KubeletCredentials,
): Target | undefined {
  const { namespace, name, subresource } = attributes;
  const { query } = exchange;
  if (subresource === "portforward") checkPorts(query);
  if (subresource === "log") checkLogOptions(query, name);
  const pod = podOf(storage, namespace, name);
  if (subresource === "portforward") {
    requireNode(pod);
    return {
      ...kubeletAt(storage, pod.spec!.nodeName!, kubelet),
      path: `/portForward/${namespace}/${name}${search(pick(query, ["port", "ports"]))}`,
    };
  }
  const container = containerOf(pod, query.get("container") ?? "");
  if (subresource === "log") {
    if (!pod.spec?.nodeName) return undefined;
    const options = pick(query, ["follow", "previous", "timestamps", "sinceSeconds", "sinceTime", "tailLines", "limitBytes", "stream"]);
    return {
      ...kubeletAt(storage, pod.spec.nodeName, kubelet),
      path: `/containerLogs/${namespace}/${name}/${container}${search(options)}`,
      refusal: (code, text) => (code === 400 ? badRequest(text) : failure(code, code === 404 ? "NotFound" : "InternalError", text)),
    };
  }
  requireNode(pod);
  const options = new URLSearchParams();
  for (const [from, to] of [
    ["stdin", "input"],
    ["stdout", "output"],
    ["stderr", "error"],
    ["tty", "tty"],
  ] as const)
    if (isTrue(query.get(from))) options.set(to, "1");
  for (const word of query.getAll("command")) options.append("command", word);
  if (subresource === "exec" && !query.has("command")) throw badRequest("you must specify at least 1 command for the container");
  return {
    ...kubeletAt(storage, pod.spec!.nodeName!, kubelet),
    path: `/${subresource}/${namespace}/${name}/${container}${search(options)}`,
  };
}

const isTrue = (value: string | null) => value === "true" || value === "1";
const search = (query: URLSearchParams) => (query.size > 0 ? `?${query}` : "");

function pick(query: URLSearchParams, names: string[]): URLSearchParams {
  const out = new URLSearchParams();
  for (const name of names) for (const value of query.getAll(name)) out.append(name, value);
  return out;
}

function podOf(storage: Storage, namespace: string, name: string): Pod {
  const pod = storage.get(pods, { namespace, name }) as Pod | undefined;
  if (!pod) throw notFound({ group: "", resource: "pods" }, name);
  return pod;
}

function requireNode(pod: Pod): void {
  if (!pod.spec?.nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
}

function containerOf(pod: Pod, asked: string): string {
  const names = (list: { name?: string }[] | undefined) => (list ?? []).map((container) => container.name ?? "");
  const main = names(pod.spec?.containers);
  const init = names(pod.spec?.initContainers);
  if (asked === "") {
    if (main.length === 1) return main[0]!;
    const choices = main.join(" ");
    const also = init.length > 0 ? ` or one of the init containers: [${init.join(" ")}]` : "";
    throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${choices}]${also}`);
  }
  if (![...main, ...init, ...names(pod.spec?.ephemeralContainers)].includes(asked))
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  return asked;
}

export function kubeletAt(storage: Storage, name: string, credentials: () => KubeletCredentials): Omit<Target, "path"> {
  const node = storage.get(nodes, { name }) as Node | undefined;
  // Upstream looks for the node in the name of what was asked for, and says so.
  if (!node) throw notFound({ group: "", resource: "pods" }, name);
  const { ca, cert, key, byAddress = false, addressTypes = ["InternalIP"] } = credentials();
  const known = node.status?.addresses ?? [];
  const host = addressTypes.flatMap((type) => known.filter((address) => address.type === type))[0]?.address;
  const shown = known.map(({ type, address }) => `{${type} ${address}}`).join(" ");
  if (!host) throw failure(500, "", `no preferred addresses found; known addresses: [${shown}]`);
  assertProxyable(host);
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || 10250;
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca, ...(byAddress ? {} : { checkServerIdentity: isKubeletOf(name) }) };
  return { scheme: "https", host, port, tls: { cert, key, ...trust } };
}

/** A node says itself where its kubelet is: what listens there must be that kubelet before it hears who we are to kubelets. */
function isKubeletOf(node: string): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (host, certificate) => {
    const wrong = checkServerIdentity(host, certificate);
    if (wrong) return wrong;
    const name = [certificate.subject.CN].flat()[0];
    return name === `system:node:${node}` ? undefined : new Error(`what listens at ${host} is ${name}, not the kubelet of ${node}`);
  };
}
