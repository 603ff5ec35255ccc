/** Which listeners of a Gateway can answer, with what certificates, and what is to be told of each. Pure. */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Secret } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { isGranted } from "./grants.ts";
import { type Gateway, group, type Listener, type ListenerSet, type ObjectReference } from "./kinds.ts";
import { type AuthorityWorld, authoritiesOf } from "./trust/authorities.ts";

export interface Said {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
}

export interface Pem {
  cert: string;
  key: string;
}

export interface Clients {
  /** PEM. */
  ca: string;
  must: "asked" | "required";
}

/** A listener with all that is known of it by itself. */
export interface Heard {
  listener: Listener;
  /** The Gateway, or a ListenerSet of it. */
  owner: Gateway | ListenerSet;
  /** In lower case; empty: any host. */
  hostname: string;
  /** Kinds of routes that may attach. */
  kinds: string[];
  /** Where TLS ends here. */
  pem: Pem | undefined;
  /** Whose certificates clients must show, or are asked for. */
  clients: Clients | undefined;
  accepted: Said;
  conflicted: Said;
  resolved: Said;
  /** It is led to: requests are answered here. */
  works: boolean;
}

export interface ListenerWorld extends AuthorityWorld {
  /** Those of type kubernetes.io/tls, by `namespace/name`. */
  secret(key: string): Secret | undefined;
  /** The definition of a kind of routes is installed. */
  serves(kind: string): boolean;
}

/** TLS ends here. */
const isSecure = ({ protocol, tls }: Listener) => protocol === "HTTPS" || (protocol === "TLS" && tls?.mode !== "Passthrough");
const said = (type: string, status: Said["status"], reason: string, message = ""): Said => ({ type, status, reason, message });

/** The Gateway's own ones come first, then those of its sets in this order. */
export function listenersOf(owners: readonly [Gateway, ...ListenerSet[]], world: ListenerWorld): Heard[] {
  const all: Heard[] = [];
  for (const owner of owners)
    for (const listener of owner.spec.listeners ?? []) all.push(hear(owner, listener, { gateway: owners[0], world, before: all }));
  return all;
}

interface Around {
  gateway: Gateway;
  world: ListenerWorld;
  before: readonly Heard[];
}

function hear(owner: Heard["owner"], listener: Listener, { gateway, world, before }: Around): Heard {
  const hostname = (listener.hostname ?? "").toLowerCase();
  const { kinds, unknown } = kindsOf(listener, world);
  const { clients, problem, accepted } = clientsOf(gateway, listener, { accepted: acceptedOf(listener, world), world });
  const standing = before.filter(({ conflicted }) => conflicted.status === "False").map((each) => each.listener);
  const conflict = conflictOf(listener, standing);
  const certificate = isSecure(listener) && accepted.status === "True" ? certificateOf(owner, listener, world) : {};
  const resolved =
    unknown.length > 0
      ? said("ResolvedRefs", "False", "InvalidRouteKinds", `kinds of routes that are not served here: ${unknown.join(", ")}`)
      : (certificate.bad ?? problem ?? said("ResolvedRefs", "True", "ResolvedRefs"));
  const works = accepted.status === "True" && !conflict && (!isSecure(listener) || certificate.pem !== undefined);
  return {
    listener,
    owner,
    hostname,
    kinds,
    pem: certificate.pem,
    clients,
    accepted: conflict && accepted.status === "True" ? said("Accepted", "False", conflict.reason, conflict.message) : accepted,
    conflicted: conflict ?? said("Conflicted", "False", "NoConflicts"),
    resolved,
    works,
  };
}

function acceptedOf({ protocol, tls }: Listener, { serves }: ListenerWorld): Said {
  const kind = protocol === "TLS" || protocol === "TCP" ? `${protocol}Route` : "HTTPRoute";
  if (!served[protocol]) return said("Accepted", "False", "UnsupportedProtocol", `protocol ${protocol} is not answered here`);
  if (!serves(kind)) return said("Accepted", "False", "UnsupportedProtocol", `protocol ${protocol} needs the definition of ${kind} in v1`);
  if (protocol === "HTTPS" && (tls?.mode ?? "Terminate") !== "Terminate")
    return said("Accepted", "False", "UnsupportedValue", `tls.mode ${tls?.mode} goes with protocol TLS`);
  return said("Accepted", "True", "Accepted");
}

interface Asked {
  clients?: Clients;
  problem?: Said;
  accepted: Said;
}

/** What the Gateway says of clients' certificates at the listener's port, or at all ports. */
function clientsOf(
  { kind = "", metadata, spec }: Gateway,
  { protocol, port }: Listener,
  { accepted, world }: { accepted: Said; world: ListenerWorld },
): Asked {
  const { default: usual, perPort = [] } = spec.tls?.frontend ?? {};
  const own = perPort.find((each) => each.port === port);
  const { validation } = (own ? own.tls : usual) ?? {};
  if (protocol !== "HTTPS" || !validation || accepted.status !== "True") return { accepted };
  const { pem, bad } = authoritiesOf(validation.caCertificateRefs ?? [], { kind, namespace: metadata.namespace ?? "" }, world);
  const reasons = { reference: "InvalidCACertificateRef", kind: "InvalidCACertificateKind", grant: "RefNotPermitted" };
  const problem = bad && said("ResolvedRefs", "False", reasons[bad.of], bad.why);
  if (pem === undefined)
    return {
      ...(problem ? { problem } : {}),
      accepted: said("Accepted", "False", "NoValidCACertificate", bad?.why ?? "no authority is named"),
    };
  const clients: Clients = { ca: pem, must: validation.mode === "AllowInsecureFallback" ? "asked" : "required" };
  return { clients, accepted, ...(problem ? { problem } : {}) };
}

/** What a Gateway shows to its backends; undefined: nothing is asked for. */
export function clientCertificateOf(gateway: Gateway, world: ListenerWorld): { pem?: Pem; resolved: Said } | undefined {
  const ref = gateway.spec.tls?.backend?.clientCertificateRef;
  if (!ref) return undefined;
  const { pem, bad } = oneCertificate(gateway, ref, world);
  if (pem) return { pem, resolved: said("ResolvedRefs", "True", "ResolvedRefs") };
  const reason = bad?.reason === "RefNotPermitted" ? "RefNotPermitted" : "InvalidClientCertificateRef";
  return { resolved: said("ResolvedRefs", "False", reason, bad?.message) };
}

/** One port speaks one protocol, and a host belongs to one listener of it: the first that is written has it. */
function conflictOf(listener: Listener, before: readonly Listener[]): Said | undefined {
  const same = before.filter(({ port }) => port === listener.port);
  const other = same.find(({ protocol }) => protocol !== listener.protocol);
  if (other)
    return said("Conflicted", "True", "ProtocolConflict", `port ${listener.port} speaks ${other.protocol}, by listener ${other.name}`);
  const host = ({ hostname = "" }: Listener) => hostname.toLowerCase();
  const twin = same.find((each) => host(each) === host(listener));
  return twin && said("Conflicted", "True", "HostnameConflict", `listener ${twin.name} has this port and hostname`);
}

const served: Record<string, string[]> = {
  HTTP: ["HTTPRoute", "GRPCRoute"],
  HTTPS: ["HTTPRoute", "GRPCRoute"],
  TLS: ["TLSRoute"],
  TCP: ["TCPRoute"],
};

function kindsOf({ protocol, allowedRoutes }: Listener, { serves }: ListenerWorld): { kinds: string[]; unknown: string[] } {
  const able = (served[protocol] ?? []).filter(serves);
  const asked = allowedRoutes?.kinds ?? [];
  if (asked.length === 0) return { kinds: able, unknown: [] };
  const isServed = (each: { group?: string; kind: string }) => (each.group ?? group) === group && able.includes(each.kind);
  return {
    kinds: asked.filter(isServed).map(({ kind }) => kind),
    unknown: asked.filter((each) => !isServed(each)).map(({ kind }) => kind),
  };
}

interface Certificate {
  pem?: Pem;
  bad?: Said;
}

/** The first that can be used is; what is wrong with any of them is told. */
function certificateOf(owner: Heard["owner"], { tls }: Listener, world: ListenerWorld): Certificate {
  const out: Certificate = {};
  const refs = tls?.certificateRefs ?? [];
  if (refs.length === 0) out.bad = said("ResolvedRefs", "False", "InvalidCertificateRef", "tls.certificateRefs is empty");
  for (const ref of refs) {
    const { pem, bad } = oneCertificate(owner, ref, world);
    out.pem ??= pem;
    if (bad) out.bad ??= bad;
  }
  return out;
}

function oneCertificate({ kind = "", metadata }: Heard["owner"], ref: ObjectReference, { grants, secret }: ListenerWorld): Certificate {
  const own = metadata.namespace ?? "";
  const namespace = ref.namespace ?? own;
  const key = `${namespace}/${ref.name}`;
  const bad = (why: string, reason = "InvalidCertificateRef"): Certificate => ({
    bad: said("ResolvedRefs", "False", reason, `certificate ${key}: ${why}`),
  });
  if ((ref.group ?? "") !== "" || (ref.kind ?? "Secret") !== "Secret") return bad(`${ref.kind} is no kind of certificate: Secret is`);
  const from = { group, kind, namespace: own };
  if (!isGranted(grants, { from, to: { group: "", kind: "Secret", namespace, name: ref.name } }))
    return bad(`no ReferenceGrant of its namespace lets this ${kind} use it`, "RefNotPermitted");
  const found = secret(key);
  if (!found) return bad("there is no Secret of type kubernetes.io/tls");
  const [cert, secretKey] = ["tls.crt", "tls.key"].map((name) => Buffer.from(found.data?.[name] ?? "", "base64").toString());
  if (!cert || !secretKey) return bad("tls.crt or tls.key is empty");
  const problem = problemOf({ cert, key: secretKey });
  return problem ? bad(problem) : { pem: { cert, key: secretKey } };
}

/** Asked at every change of anything: remembered by what is in it. */
const checked = new Map<string, string | undefined>();
const mostChecked = 1024;

function problemOf({ cert, key }: Pem): string | undefined {
  const id = `${cert}\0${key}`;
  if (!checked.has(id)) {
    if (checked.size >= mostChecked) checked.clear();
    checked.set(id, judge({ cert, key }));
  }
  return checked.get(id);
}

function judge({ cert, key }: Pem): string | undefined {
  try {
    new X509Certificate(cert);
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    return `certificate and key cannot be used: ${messageOf(error)}`;
  }
}
