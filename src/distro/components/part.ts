/** What the controllers alone and the scheduler alone have in common: access to the API, a port, and a lease by which one of several acts. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { configmaps } from "#api/mod.ts";
import { checkFeatureGates, gitVersion } from "#apiserver/mod.ts";
import { Lifetime, type Log, messageOf, systemClock, systemRandom } from "#base/mod.ts";
import { ApiError, type Client, createClient, eventRecorder, leading } from "#client/mod.ts";
import { type FlagValues, formatGoDuration } from "#codec/mod.ts";
import { type HealthCheck, type Metric, openComponentPort, processMetrics } from "#serve/mod.ts";
import { type Access, openAccess } from "./api-access.ts";
import type { commonFlags } from "./common-flags.ts";
import { readNamed, servingFiles } from "./serving-certificate.ts";

export type CommonFlags = Omit<FlagValues<ReturnType<typeof commonFlags<number, string>>>, "given">;

export interface Part {
  /** Upstream's. */
  name: "kube-controller-manager" | "kube-scheduler";
  /** Of its events. */
  component: string;
  start(means: { access: Access; client: Client; lifetime: Lifetime }): { close(): Promise<void> };
  ready?: readonly HealthCheck[];
  /** Besides what every process tells of itself. */
  metrics?(): readonly Metric[];
  config(): object;
}

const clock = systemClock;
const lookupMs = 10_000;
const lookupRetryMs = 500;

/** Runs until the signal aborts. */
export async function runPart(flags: CommonFlags, part: Part, { log, signal }: { log: Log; signal: AbortSignal }): Promise<void> {
  checkCommon(flags);
  const lifetime = new Lifetime({ log });
  try {
    const access = await openAccess({ kubeconfig: flags.kubeconfig, master: flags.master, userAgent: part.name, clock, log });
    lifetime.add(() => access.close());
    const client = createClient(access.transport);
    if (flags["secure-port"] !== 0) await openPort(flags, part, { log, lifetime, signal });
    const recorder = eventRecorder(client, { component: part.component, clock, log });
    const running = leading(() => part.start({ access, client, lifetime }), electionOf(flags, { client, recorder, log }));
    lifetime.add(() => running.close());
    log.info("started", { part: part.name, leaderElect: flags["leader-elect"] });
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    await lifetime.close();
  }
}

function checkCommon(flags: CommonFlags): void {
  checkFeatureGates(flags["feature-gates"] ?? {});
  const port = flags["secure-port"];
  if (port < 0 || port > 65_535)
    throw new Error(`--secure-port ${port} must be between 0 and 65535, inclusive. 0 for turning off secure port`);
  if (!flags["leader-elect"]) return;
  const [lease, renew, retry] = (["lease-duration", "renew-deadline", "retry-period"] as const).map(
    (name) => flags[`leader-elect-${name}`],
  );
  if (retry! <= 0) throw new Error("--leader-elect-retry-period must be greater than zero");
  if (renew! <= retry!) throw new Error("--leader-elect-renew-deadline must be greater than --leader-elect-retry-period");
  if (lease! <= renew!) throw new Error("--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline");
}

/** Undefined: this process acts whoever else does. As upstream's, who is started again is another. */
function electionOf(flags: CommonFlags, means: { client: Client; recorder: ReturnType<typeof eventRecorder>; log: Log }) {
  if (!flags["leader-elect"]) return undefined;
  return {
    ...means,
    clock,
    random: systemRandom,
    identity: `${hostname()}_${systemRandom.uuid()}`,
    name: flags["leader-elect-resource-name"],
    namespace: flags["leader-elect-resource-namespace"],
    leaseMs: flags["leader-elect-lease-duration"],
    renewMs: flags["leader-elect-renew-deadline"],
    retryMs: flags["leader-elect-retry-period"],
  };
}

/** As `/configz` shows it. */
export const shownElection = (flags: CommonFlags) => ({
  leaderElect: flags["leader-elect"],
  leaseDuration: formatGoDuration(flags["leader-elect-lease-duration"]),
  renewDeadline: formatGoDuration(flags["leader-elect-renew-deadline"]),
  retryPeriod: formatGoDuration(flags["leader-elect-retry-period"]),
  resourceLock: "leases",
  resourceName: flags["leader-elect-resource-name"],
  resourceNamespace: flags["leader-elect-resource-namespace"],
});

interface Around {
  log: Log;
  lifetime: Lifetime;
  signal: AbortSignal;
}

async function openPort(flags: CommonFlags, part: Part, { log, lifetime, signal }: Around): Promise<void> {
  const asking = async (flag: "authentication-kubeconfig" | "authorization-kubeconfig", without: string) => {
    const file = flags[flag];
    if (!file) {
      log.warn(`no --${flag}: ${without}`);
      return undefined;
    }
    const access = await openAccess({ kubeconfig: file, userAgent: part.name, clock, log });
    lifetime.add(() => access.close());
    return createClient(access.transport);
  };
  const authenticator = await asking("authentication-kubeconfig", "nobody is known by a token");
  const authorizer = await asking(
    "authorization-kubeconfig",
    "only administrators may ask for more than the paths that are always allowed",
  );
  const startedMs = clock.now();
  const port = await openComponentPort({
    name: part.name,
    version: gitVersion.replace(/^v|\+.*$/g, ""),
    address: flags["bind-address"],
    port: flags["secure-port"],
    ...(await materialFor(flags, part.name)),
    clientCa: (await clientCaOf(flags, authenticator, { log, signal })) ?? (await nobodysCertificate()),
    client: authenticator,
    authorizer,
    asUpstream: {
      allowedMs: flags["authorization-webhook-cache-authorized-ttl"],
      tokenMs: flags["authentication-token-webhook-cache-ttl"],
    },
    openPaths: flags["authorization-always-allow-paths"],
    clock,
    log,
    health: [],
    ready: part.ready ?? [],
    metrics: () => [...processMetrics(startedMs), ...(part.metrics?.() ?? [])],
    flags: Object.fromEntries(Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))),
    config: part.config,
  });
  lifetime.add(() => port.close());
  log.info("the port listens", { address: flags["bind-address"], port: port.port });
}

/** With neither files nor a folder, the certificate is kept nowhere. */
async function materialFor(flags: CommonFlags, name: string): Promise<{ cert: string; key: string }> {
  const names = ["localhost", "127.0.0.1", hostname()];
  if (!flags["tls-cert-file"] && !flags["tls-private-key-file"] && !flags["cert-dir"]) return issueFor(names);
  const files = await servingFiles({
    certFile: flags["tls-cert-file"],
    keyFile: flags["tls-private-key-file"],
    folder: flags["cert-dir"],
    name,
    names,
    clock,
  });
  return { cert: readFileSync(files.cert, "utf8"), key: readFileSync(files.key, "utf8") };
}

async function issueFor(names: string[]): Promise<{ cert: string; key: string }> {
  const { issueAlone } = await import("../issuer.ts");
  return issueAlone(`${names[0]}@${Math.floor(clock.now() / 1000)}`, { names, days: 365 }, clock);
}

/** Without an authority of its own, a port would trust those of the web: it gets one whose key is thrown away. */
const nobodysCertificate = async (): Promise<string> => (await issueFor(["nobody"])).cert;

/** Whose certificates tell who calls: of the file, or what the API server says of itself in the cluster. */
async function clientCaOf(flags: CommonFlags, client: Client | undefined, { log, signal }: Omit<Around, "lifetime">) {
  const file = flags["client-ca-file"];
  if (file) return readNamed("client-ca-file", file);
  if (!client || flags["authentication-skip-lookup"]) return undefined;
  const ref = { namespace: "kube-system", name: "extension-apiserver-authentication" };
  const until = clock.monotonic() + lookupMs;
  for (;;) {
    try {
      const map = (await client.get(configmaps, ref)) as { data?: Record<string, string> };
      return map.data?.["client-ca-file"];
    } catch (error) {
      // Who has answered has said it: only silence is waited for.
      const answered = error instanceof ApiError && error.code < 500;
      if (!answered && clock.monotonic() < until && !signal.aborted) await clock.sleep(lookupRetryMs, signal);
      else if (flags["authentication-tolerate-lookup-failure"]) {
        log.warn("nobody is known by a certificate: what the API server says of it cannot be read", { error: messageOf(error) });
        return undefined;
      } else throw new Error("unable to load configmap based request-header-client-ca-file", { cause: error });
    }
  }
}
