/** BackendTLSPolicies: to which Services requests go by TLS, and whom they believe there. Pure. */
import { createHash } from "node:crypto";
import type { BackendTls } from "../../http/back1.ts";
import { type BackendTlsPolicy, byAge, type ObjectReference } from "../kinds.ts";
import type { Pem, Said } from "../listeners.ts";
import { type AuthorityWorld, authoritiesOf } from "./authorities.ts";

export interface ReadPolicy {
  policy: BackendTlsPolicy;
  /** What is to be told of it, to every Gateway. */
  conditions: Said[];
  /** Services, by `namespace/name`. */
  targets: string[];
  /** Undefined: it cannot be obeyed, and requests are refused. */
  tls: BackendTls | undefined;
}

export interface Policies {
  all: ReadPolicy[];
  /** Of a Service, by its key and the port's name: the policy of the port before that of the whole. */
  find(service: string, port: string): ReadPolicy | undefined;
}

const said = (type: string, ok: boolean, reason: string, message = ""): Said => ({ type, status: ok ? "True" : "False", reason, message });

export function readPolicies(policies: readonly BackendTlsPolicy[], world: AuthorityWorld): Policies {
  const winners = new Map<string, ReadPolicy>();
  const all = policies.toSorted(byAge).map((policy) => {
    const { metadata, spec } = policy;
    const own = (spec.targetRefs ?? []).filter(isService);
    const keys = own.map(({ name, sectionName = "" }) => `${metadata.namespace}/${name} ${sectionName}`);
    const older = keys.map((key) => winners.get(key)).find((each) => each !== undefined);
    const targets = own.map(({ name }) => `${metadata.namespace}/${name}`);
    const read: ReadPolicy = { policy, targets, ...judge(policy, world) };
    if (older) {
      const message = `policy ${older.policy.metadata.name} is older and has the same target`;
      read.conditions[0] = said("Accepted", false, "Conflicted", message);
    }
    for (const key of keys) if (!winners.has(key)) winners.set(key, read);
    return read;
  });
  return { all, find: (service, port) => winners.get(`${service} ${port}`) ?? winners.get(`${service} `) };
}

const isService = ({ group = "", kind = "Service" }: ObjectReference) => group === "" && kind === "Service";

function judge(
  { metadata, spec: { validation, options } }: BackendTlsPolicy,
  world: AuthorityWorld,
): Pick<ReadPolicy, "conditions" | "tls"> {
  const { hostname, subjectAltNames = [], caCertificateRefs: refs = [], wellKnownCACertificates: known } = validation;
  const from = { kind: "BackendTLSPolicy", namespace: metadata.namespace ?? "" };
  const { pem, bad } = authoritiesOf(refs, from, world);
  const resolved = bad
    ? said("ResolvedRefs", false, bad.of === "kind" ? "InvalidKind" : "InvalidCACertificateRef", bad.why)
    : said("ResolvedRefs", true, "ResolvedRefs");
  const refuse = (reason: string, why: string) => ({ conditions: [said("Accepted", false, reason, why), resolved], tls: undefined });
  if (Object.keys(options ?? {}).length > 0) return refuse("Invalid", "options are not obeyed here");
  if (known !== undefined && known !== "System") return refuse("Invalid", `wellKnownCACertificates ${known} is not known here`);
  if (known === undefined && pem === undefined) return refuse("NoValidCACertificate", bad?.why ?? "no authority is named");
  const names = subjectAltNames.map(({ type, hostname: host = "", uri = "" }) => (type === "URI" ? `URI:${uri}` : `DNS:${host}`));
  const tls = { servername: hostname, trust: { ca: pem, names } };
  return { conditions: [said("Accepted", true, "Accepted"), resolved], tls };
}

/** The same text, the same connections. */
export const tlsId = (tls: BackendTls): string => createHash("sha256").update(JSON.stringify(tls)).digest("base64url").slice(0, 16);

export const withClient = (tls: BackendTls, client: Pem | undefined): BackendTls => (client ? { ...tls, client } : tls);
