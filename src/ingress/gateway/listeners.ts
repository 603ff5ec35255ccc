/** Which listeners of a Gateway can answer, with what certificates, and what is to be told of each. Pure. */
import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import type { Secret } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { isGranted } from "./grants.ts";
import { type Gateway, group, type Listener, type ObjectReference, type ReferenceGrant } from "./kinds.ts";

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

/** A listener with all that is known of it by itself. */
export interface Heard {
  listener: Listener;
  /** In lower case; empty: any host. */
  hostname: string;
  /** Kinds of routes that may attach. */
  kinds: string[];
  /** Of HTTPS. */
  pem: Pem | undefined;
  accepted: Said;
  conflicted: Said;
  resolved: Said;
  /** It is led to: requests are answered here. */
  works: boolean;
}

export interface ListenerWorld {
  grants: readonly ReferenceGrant[];
  /** Those of type kubernetes.io/tls, by `namespace/name`. */
  secret(key: string): Secret | undefined;
}

const isSecure = ({ protocol }: Listener) => protocol === "HTTPS";
const said = (type: string, status: Said["status"], reason: string, message = ""): Said => ({ type, status, reason, message });

export function listenersOf(gateway: Gateway, world: ListenerWorld): Heard[] {
  const all = gateway.spec.listeners ?? [];
  return all.map((listener, at) => hear(gateway, listener, { world, before: all.slice(0, at), all }));
}

interface Around {
  world: ListenerWorld;
  before: readonly Listener[];
  all: readonly Listener[];
}

function hear(gateway: Gateway, listener: Listener, { world, before }: Around): Heard {
  const hostname = (listener.hostname ?? "").toLowerCase();
  const { kinds, unknown } = kindsOf(listener);
  const accepted = acceptedOf(listener);
  const conflict = conflictOf(listener, before);
  const certificate = isSecure(listener) ? certificateOf(gateway, listener, world) : {};
  const resolved =
    unknown.length > 0
      ? said("ResolvedRefs", "False", "InvalidRouteKinds", `kinds of routes that are not served here: ${unknown.join(", ")}`)
      : (certificate.bad ?? said("ResolvedRefs", "True", "ResolvedRefs"));
  const works = accepted.status === "True" && !conflict && (!isSecure(listener) || certificate.pem !== undefined);
  return {
    listener,
    hostname,
    kinds,
    pem: certificate.pem,
    accepted: conflict && accepted.status === "True" ? said("Accepted", "False", conflict.reason, conflict.message) : accepted,
    conflicted: conflict ?? said("Conflicted", "False", "NoConflicts"),
    resolved,
    works,
  };
}

function acceptedOf({ protocol, tls }: Listener): Said {
  if (protocol !== "HTTP" && protocol !== "HTTPS")
    return said("Accepted", "False", "UnsupportedProtocol", `protocol ${protocol} is not answered here: HTTP and HTTPS are`);
  if (protocol === "HTTPS" && (tls?.mode ?? "Terminate") !== "Terminate")
    return said("Accepted", "False", "UnsupportedValue", `tls.mode ${tls?.mode} goes with protocol TLS, which is not answered here`);
  return said("Accepted", "True", "Accepted");
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

const served: Record<string, string[]> = { HTTP: ["HTTPRoute"], HTTPS: ["HTTPRoute"] };

function kindsOf({ protocol, allowedRoutes }: Listener): { kinds: string[]; unknown: string[] } {
  const able = served[protocol] ?? [];
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
function certificateOf(gateway: Gateway, { tls }: Listener, world: ListenerWorld): Certificate {
  const out: Certificate = {};
  const refs = tls?.certificateRefs ?? [];
  if (refs.length === 0) out.bad = said("ResolvedRefs", "False", "InvalidCertificateRef", "HTTPS needs tls.certificateRefs");
  for (const ref of refs) {
    const { pem, bad } = oneCertificate(gateway, ref, world);
    out.pem ??= pem;
    if (bad) out.bad ??= bad;
  }
  return out;
}

function oneCertificate({ metadata }: Gateway, ref: ObjectReference, { grants, secret }: ListenerWorld): Certificate {
  const own = metadata.namespace ?? "";
  const namespace = ref.namespace ?? own;
  const key = `${namespace}/${ref.name}`;
  const bad = (why: string, reason = "InvalidCertificateRef"): Certificate => ({
    bad: said("ResolvedRefs", "False", reason, `certificate ${key}: ${why}`),
  });
  if ((ref.group ?? "") !== "" || (ref.kind ?? "Secret") !== "Secret") return bad(`${ref.kind} is no kind of certificate: Secret is`);
  const from = { group, kind: "Gateway", namespace: own };
  if (!isGranted(grants, { from, to: { group: "", kind: "Secret", namespace, name: ref.name } }))
    return bad("no ReferenceGrant of its namespace lets this Gateway use it", "RefNotPermitted");
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
