/** The ingress of a local cluster, a process of its own on the host: from there pods, the bridge and the user's localhost can be reached. */
import { chmodSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { hostname } from "node:os";
import { Lifetime, type Log, systemClock, systemRandom } from "#base/mod.ts";
import { createClient, httpTransport } from "#client/mod.ts";
import { startIngress } from "#ingress/mod.ts";
import { identities, ingressCa, readCa } from "./certificates.ts";
import { type ClusterConfig, numbersOf } from "./cluster.ts";
import { apiServersOf } from "./machines/api-servers.ts";
import { hostAddressesOf } from "./machines/seat.ts";
import type { Place } from "./place.ts";
import { ingressFiles } from "./processes.ts";
import { PemFiles } from "./renewal/pem-files.ts";

/** As long as a plain request may take before its connection counts as cut. */
const answerMs = 10_000;
/** Browsers refuse certificates of more than 397 days. */
const leafDays = 365;

interface Context {
  place: Place;
  log: Log;
  /** Aborts when this process is asked to end. */
  signal: AbortSignal;
}

export async function runIngress({ place, log, signal }: Context, cluster: ClusterConfig): Promise<void> {
  const lifetime = new Lifetime({ log });
  const pems = new PemFiles({ place, clock: systemClock, log });
  lifetime.add(() => pems.close());
  const servers = apiServersOf({ place, cluster, clock: systemClock, random: systemRandom, log, lifetime, keeps: false });
  const transport = httpTransport({
    server: cluster.machine ? servers.server : `https://127.0.0.1:${cluster.port}`,
    ca: readCa(place),
    ...pems.follow(identities.ingress.file, (pem) => transport.renew(pem)),
    userAgent: "spoke-ingress",
    timeoutMs: answerMs,
  });
  lifetime.add(() => transport.close());
  const client = createClient(transport);
  servers.follow(client);
  const ingress = startIngress({
    client,
    clock: systemClock,
    random: systemRandom,
    log: log.with({ component: "ingress" }),
    addresses: hostAddressesOf(cluster),
    localhosts: numbersOf(cluster).families.map(({ family }) => (family === "IPv6" ? "::1" : "127.0.0.1")),
    async issue(names) {
      const issuer = await import("./issuer.ts"); // its library takes a while to load
      const ca = await issuer.loadOrMakeCa(place.pki, ingressCa, `${cluster.name}-ingress-ca`, systemClock);
      return issuer.issue(ca, { user: names[0]!, groups: [], use: "server", names, days: leafDays }, systemClock);
    },
    accessLog: ingressFiles(place).accessLog,
    ...(cluster.etcd ? { leaderElection: { identity: `${hostname()}_${systemRandom.uuid()}` } } : {}),
  });
  lifetime.add(() => ingress.close());
  await ingress.ready;
  lifetime.add(await tell(ingressFiles(place).socket, () => ingress.metrics()));
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await lifetime.close();
}

/** Metrics, on a socket that only this machine's root can open; whoever starts the process learns by it that it answers. */
async function tell(file: string, metrics: () => string): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    if (request.url === "/metrics") response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8").end(metrics());
    else if (request.url === "/healthz") response.end("ok");
    else response.writeHead(404).end();
  });
  server.maxConnections = 16;
  rmSync(file, { force: true });
  await new Promise<void>((done, fail) => void server.once("error", fail).listen(file, done));
  chmodSync(file, 0o600);
  return () => {
    server.closeAllConnections();
    return new Promise((done) => void server.close(() => done()));
  };
}
