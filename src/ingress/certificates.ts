/** Which certificate a client gets for the host that it names: a Secret's, or one that the cluster issues itself. */
import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import { type Clock, messageOf } from "#base/mod.ts";
import { comparableHost, parentOf, withoutLocalhost } from "./routes/host.ts";
import type { Table } from "./routes/table.ts";
import type { GivenCertificate, Problem } from "./world.ts";

export interface Pem {
  cert: string;
  key: string;
}

export interface CertificatesOptions {
  clock: Clock;
  /** A certificate of the cluster's own for these names. */
  issue(names: string[]): Promise<Pem>;
}

/** Certificates of our own that are kept; each is made again after a month. */
const mostIssued = 1024;
const renewMs = 30 * 86_400_000;

export class Certificates {
  readonly #options: CertificatesOptions;
  #given = new Map<string, SecureContext>();
  #table: Table | undefined;
  /** Of Secrets, by what is in them: a new table makes no contexts anew. */
  #contexts = new Map<string, SecureContext | string>();
  readonly #issued = new Map<string, { context: Promise<SecureContext>; atMs: number }>();

  constructor(options: CertificatesOptions) {
    this.#options = options;
  }
  /** Returns what is wrong with the Secrets. */
  set(given: readonly GivenCertificate[], table: Table): { ingress: string; problem: Problem }[] {
    const problems: { ingress: string; problem: Problem }[] = [];
    const contexts = new Map<string, SecureContext | string>();
    const byHost = new Map<string, SecureContext>();
    for (const { ingress, secret, cert, key, hosts } of given) {
      const id = `${cert}\0${key}`;
      const context = this.#contexts.get(id) ?? contextOf(cert, key);
      contexts.set(id, context);
      if (typeof context === "string") {
        const message = `Secret ${secret.split("/")[1]}: ${context}; its hosts get a certificate of the cluster's own`;
        problems.push({ ingress, problem: { reason: "BadCertificate", message } });
        continue;
      }
      for (const host of hosts.length > 0 ? hosts : namesOf(cert)) if (!byHost.has(host)) byHost.set(host, context);
    }
    this.#contexts = contexts;
    this.#given = byHost;
    this.#table = table;
    return problems;
  }
  contextFor(name: string): SecureContext | Promise<SecureContext> {
    const host = comparableHost(name) ?? "";
    return this.#given.get(host) ?? this.#given.get(`*${parentOf(host)}`) ?? this.#own(host);
  }

  /** Only for hosts that the table has, so that a stranger's names cost nothing: all others get the first one. */
  #own(host: string): Promise<SecureContext> {
    const known = this.#known(withoutLocalhost(host) ?? host) ?? this.#known(host);
    return this.#issue(known === undefined ? ["localhost"] : [known, `${known}.localhost`]);
  }
  #known(host: string): string | undefined {
    const parent = parentOf(host) ?? "";
    return this.#table?.hosts.has(host) ? host : this.#table?.wildcards.has(parent) ? `*${parent}` : undefined;
  }
  #issue(names: string[]): Promise<SecureContext> {
    const [id = ""] = names;
    const now = this.#options.clock.now();
    const kept = this.#issued.get(id);
    if (kept && now - kept.atMs < renewMs) return kept.context;
    const context = this.#options.issue(names).then(({ cert, key }) => createSecureContext({ cert, key }));
    context.catch(() => this.#issued.delete(id));
    this.#issued.delete(id);
    this.#issued.set(id, { context, atMs: now });
    if (this.#issued.size > mostIssued) this.#issued.delete(this.#issued.keys().next().value!);
    return context;
  }
}

/** Or why it cannot be used. */
function contextOf(cert: string, key: string): SecureContext | string {
  try {
    return createSecureContext({ cert, key });
  } catch (error) {
    return `certificate and key cannot be used: ${messageOf(error)}`;
  }
}

function namesOf(cert: string): string[] {
  const names = new X509Certificate(cert).subjectAltName ?? "";
  return [...names.matchAll(/DNS:([^,\s]+)/g)].map(([, name]) => name!.toLowerCase());
}
