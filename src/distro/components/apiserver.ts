/** The API server alone, over etcd, by upstream's flags: what the flags say becomes the options of the server and of its port. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { builtInKinds } from "#api/mod.ts";
import {
  createSecureApiServer,
  followFile,
  type Listener,
  type ListenOptions,
  listen,
  portTls,
  type SecureOptions,
  serverFlags,
  shownValues,
} from "#apiserver/mod.ts";
import { addressAt, Lifetime, type Log, messageOf, rangeOf, systemClock, systemRandom } from "#base/mod.ts";
import type { FlagValues } from "#codec/mod.ts";
import { createEtcdStore, prefixedStore, type Store } from "#store/mod.ts";
import { addressHere } from "../machines/this-machine.ts";
import { type apiserverFlags, fixedFlags, processFlags } from "./apiserver-flags.ts";
import { readNamed, type ServingFiles, servingFiles } from "./serving-certificate.ts";

type ApiserverFlags = Omit<FlagValues<typeof processFlags>, "given">;

const clock = systemClock;
/** Etcd may come up beside us: upstream waits for about so long. */
const etcdWaitMs = 20_000;
const etcdRetryMs = 200;

/** What the server room reads by itself, as it was said; with what upstream does where nothing is said about it. */
export function serverWords(flags: FlagValues<typeof apiserverFlags>): string[] {
  const words = [...flags.given].flatMap((name) => {
    if (!Object.hasOwn(serverFlags, name)) return [];
    const value: unknown = flags[name];
    const [type] = serverFlags[name as keyof typeof serverFlags];
    if (Array.isArray(value)) return type === "array" ? value.map((one) => `--${name}=${one}`) : [`--${name}=${value.join(",")}`];
    if (typeof value === "object" && value !== null) return Object.entries(value).map(([key, of]) => `--${name}=${key}=${of}`);
    return [`--${name}=${type === "durationMs" ? `${value}ms` : value}`];
  });
  const { given } = flags;
  const isOpen =
    !given.has("authorization-config") && (!given.has("authorization-mode") || flags["authorization-mode"].includes("AlwaysAllow"));
  if (isOpen && !given.has("authorization-mode")) words.push("--authorization-mode=AlwaysAllow");
  // Whom nobody knows would be allowed everything.
  if (isOpen && !given.has("authentication-config")) words.push("--anonymous-auth=false");
  if (!given.has("requestheader-allowed-names")) words.push("--requestheader-allowed-names=");
  // Off upstream unless they are asked for.
  const off = ["NodeRestriction", "DenyServiceExternalIPs"].filter((name) => !flags["enable-admission-plugins"]?.includes(name));
  return off.length > 0 ? [...words, `--disable-admission-plugins=${off.join(",")}`] : words;
}

/** Runs until the signal aborts. */
export async function runApiserver(
  flags: ApiserverFlags,
  words: readonly string[],
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  checkFlagValues(flags);
  const tls = portTls(words);
  const lifetime = new Lifetime({ log });
  try {
    const advertised = await advertisedAddress(flags);
    const serving = await servingFiles({
      certFile: flags["tls-cert-file"],
      keyFile: flags["tls-private-key-file"],
      folder: flags["cert-dir"],
      name: "apiserver",
      names: namesOf(flags, advertised),
      clock,
    });
    const store = await openStore(flags, log, signal);
    lifetime.add(() => store.close());
    const server = await createSecureApiServer({
      ...secureOptions(flags, advertised),
      flags: words,
      processFlags: shownFlags(flags),
      store,
      clock,
      random: systemRandom,
      log,
    });
    lifetime.add(() => server.close());
    const material = () => servingMaterial(flags, serving);
    const listener = await listen(server, {
      host: flags["bind-address"],
      port: flags["secure-port"],
      goawayChance: flags["goaway-chance"],
      tls,
      ...material(),
    });
    lifetime.add(() => listener.close());
    lifetime.add(followFiles([serving.cert, serving.key, flags["client-ca-file"]], listener, material, log));
    log.info("the API server listens", { address: flags["bind-address"], port: listener.port });
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    await server.ending.begin({ delayMs: flags["shutdown-delay-duration"] });
  } finally {
    await lifetime.close();
  }
}

/** What upstream says of flags that do not fit together. */
function checkFlagValues(flags: ApiserverFlags): void {
  if (!flags["etcd-servers"]?.length) throw new Error("--etcd-servers must be specified");
  const port = flags["secure-port"];
  if (port < 1 || port > 65_535)
    throw new Error(`--secure-port ${port} must be between 1 and 65535, inclusive. It cannot be turned off with 0`);
  if (!flags["service-account-issuer"]?.length || !flags["service-account-signing-key-file"])
    throw new Error("--service-account-issuer and --service-account-signing-key-file are required flags");
  if (!["lease", "none"].includes(flags["endpoint-reconciler-type"]))
    throw new Error(`--endpoint-reconciler-type=${flags["endpoint-reconciler-type"]}: there are lease and none`);
  checkRuntimeConfig(flags["runtime-config"] ?? {});
}

/** Kinds cannot be taken away, and those that are not served cannot be asked for. */
function checkRuntimeConfig(wanted: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(wanted)) {
    const isOn = !["false", "0"].includes(value);
    const isServed = name === "api/ga" || builtInKinds.some(({ apiVersion }) => apiVersion === name);
    const isNot = name === "api/alpha" || name === "api/beta" || name === "api/all";
    if (!isServed && !isNot) throw new Error(`--runtime-config=${name}=${value}: ${name} is not served here`);
    if (isServed !== isOn) throw new Error(`--runtime-config=${name}=${value}: what is served here cannot be chosen`);
  }
}

async function advertisedAddress(flags: ApiserverFlags): Promise<string> {
  const address = flags["advertise-address"] ?? flags["bind-address"];
  return ["0.0.0.0", "::"].includes(address) ? addressHere(undefined) : address;
}

function namesOf(flags: ApiserverFlags, advertised: string): string[] {
  const service = ["kubernetes.default.svc", "kubernetes.default", "kubernetes", "localhost"];
  return [...new Set([advertised, addressAt(rangeOf(rangesOf(flags)[0]!), 1), "127.0.0.1", ...service, hostname()])];
}

const rangesOf = (flags: ApiserverFlags): string[] => flags["service-cluster-ip-range"].split(",");

function portRangeOf(text: string): { first: number; last: number } {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const [, base, count] = /^(\d+)\+(\d+)$/.exec(text) ?? [];
  const first = Number(from ?? base ?? text);
  const last = to !== undefined ? Number(to) : count !== undefined ? first + Number(count) : first;
  if (!(first > 0 && last >= first && last <= 65_535))
    throw new Error(`invalid argument ${JSON.stringify(text)} for "--service-node-port-range" flag`);
  return { first, last };
}

async function openStore(flags: ApiserverFlags, log: Log, signal: AbortSignal): Promise<Store> {
  const named = (flag: "etcd-cafile" | "etcd-certfile" | "etcd-keyfile") => flags[flag] && readNamed(flag, flags[flag]);
  const [ca, cert, key] = [named("etcd-cafile"), named("etcd-certfile"), named("etcd-keyfile")];
  const tls = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  const endpoints = flags["etcd-servers"] as [string, ...string[]];
  const until = clock.monotonic() + etcdWaitMs;
  for (;;) {
    try {
      const store = await createEtcdStore({ endpoints, tls, clock, log });
      const prefix = `/${flags["etcd-prefix"]}/`.replace(/\/+/g, "/");
      return prefixedStore(store, "/registry/", prefix);
    } catch (error) {
      if (clock.monotonic() > until || signal.aborted) throw new Error(`etcd at ${endpoints.join(", ")} does not answer`, { cause: error });
      log.warn("etcd does not answer yet", { error: messageOf(error) });
      await clock.sleep(etcdRetryMs, signal);
    }
  }
}

/** As `/flagz` shows them; those of one value too. */
const shownFlags = (flags: ApiserverFlags): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(fixedFlags).map(([name, { takes }]) => [name, takes[0]!])),
  ...shownValues(processFlags, flags),
});

type Options = Omit<SecureOptions, "store" | "clock" | "random" | "log" | "flags">;

function secureOptions(flags: ApiserverFlags, ip: string): Options {
  const [issuer = "", ...alsoIssuers] = flags["service-account-issuer"] ?? [];
  const longest = flags["service-account-max-token-expiration"] / 1000;
  const jwksUri = flags["service-account-jwks-uri"];
  const clientCa = flags["client-ca-file"];
  const frontProxyCa = flags["requestheader-client-ca-file"];
  const [proxyCert, proxyKey] = [flags["proxy-client-cert-file"], flags["proxy-client-key-file"]];
  return {
    issuer,
    serviceAccountKey: accountKeys(flags),
    tokens: {
      alsoIssuers,
      extends: flags["service-account-extend-token-expiration"],
      ...(longest > 0 ? { longestSeconds: longest } : {}),
      ...(jwksUri ? { jwksUri } : {}),
    },
    serviceRanges: rangesOf(flags),
    nodePorts: portRangeOf(flags["service-node-port-range"]),
    advertise: { ip, port: flags["secure-port"] },
    withoutEndpoints: flags["endpoint-reconciler-type"] === "none",
    historyMs: flags["etcd-compaction-interval"],
    eventTtlSeconds: Math.ceil(flags["event-ttl"] / 1000),
    bootstrapTokens: flags["enable-bootstrap-token-auth"],
    allowPrivileged: flags["allow-privileged"],
    ...(clientCa ? { clientCa: readNamed("client-ca-file", clientCa) } : {}),
    ...(frontProxyCa ? { frontProxyCa: readNamed("requestheader-client-ca-file", frontProxyCa) } : {}),
    ...(proxyCert && proxyKey
      ? { frontProxy: { cert: readNamed("proxy-client-cert-file", proxyCert), key: readNamed("proxy-client-key-file", proxyKey) } }
      : {}),
    ...kubeletOf(flags),
  };
}

/** The key that signs, and those whose signatures are believed. */
function accountKeys(flags: ApiserverFlags): SecureOptions["serviceAccountKey"] {
  const signing = createPrivateKey(readNamed("service-account-signing-key-file", flags["service-account-signing-key-file"] ?? ""));
  const publicOf = (pem: string) => createPublicKey(pem).export({ type: "spki", format: "pem" }).toString();
  const own = createPublicKey(signing).export({ type: "spki", format: "pem" }).toString();
  const named = (flags["service-account-key-file"] ?? []).flatMap((file) =>
    (readNamed("service-account-key-file", file).match(/-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----/g) ?? [])
      .filter((block) => !block.includes("PARAMETERS"))
      .map(publicOf),
  );
  const alsoTrusted = [...new Set(named)].filter((key) => key !== own);
  return { private: signing.export({ type: "pkcs8", format: "pem" }).toString(), public: own, alsoTrusted };
}

/** How kubelets are called; nothing where there is no certificate to show them. They are called by address. */
function kubeletOf(flags: ApiserverFlags): Pick<SecureOptions, "kubelet"> {
  const [cert, key] = [flags["kubelet-client-certificate"], flags["kubelet-client-key"]];
  if (!cert || !key) return {};
  const ca = flags["kubelet-certificate-authority"];
  const addressTypes = flags["kubelet-preferred-address-types"].filter((type) => type === "InternalIP" || type === "ExternalIP");
  if (addressTypes.length === 0)
    throw new Error("--kubelet-preferred-address-types: kubelets are called by address here: InternalIP or ExternalIP is needed");
  return {
    kubelet: {
      cert: readNamed("kubelet-client-certificate", cert),
      key: readNamed("kubelet-client-key", key),
      byAddress: true,
      addressTypes,
      ...(ca ? { ca: readNamed("kubelet-certificate-authority", ca) } : {}),
    },
  };
}

/** As the files are now. */
function servingMaterial(flags: ApiserverFlags, { cert, key }: ServingFiles): Pick<ListenOptions, "cert" | "key" | "clientCa"> {
  const trusted = (["client-ca-file", "requestheader-client-ca-file"] as const).flatMap((flag) =>
    flags[flag] ? [readNamed(flag, flags[flag])] : [],
  );
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8"), ...(trusted.length > 0 ? { clientCa: trusted } : {}) };
}

/** New connections get what the files hold by then. Returns the way to stop. */
function followFiles(
  files: readonly (string | undefined)[],
  listener: Listener,
  material: () => ReturnType<typeof servingMaterial>,
  log: Log,
) {
  let shown = JSON.stringify(material());
  const renew = () => {
    try {
      const now = material();
      // What could not be read is looked at again, though nothing has changed.
      if (JSON.stringify(now) === shown) return;
      listener.renew(now);
      shown = JSON.stringify(now);
      log.info("the port shows the certificate that its files hold now");
    } catch (error) {
      log.warn("the files of the port's certificate cannot be used", { error: messageOf(error) });
    }
  };
  const stops = files.flatMap((file) => (file ? [followFile(file, clock, renew)] : []));
  return () => {
    for (const stop of stops) stop();
  };
}
