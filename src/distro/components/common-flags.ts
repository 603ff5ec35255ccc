/** Flags that upstream's controller manager and scheduler have in common: the port, who may ask it, the lease, the log. */
import type { FlagTable } from "#codec/mod.ts";
import type { Dialect, FixedFlags } from "./command-line.ts";

const second = 1000;

/** Defaults are upstream's; `name` is the component's own, of its lease too. */
export const commonFlags = <P extends number, N extends string>(port: P, name: N) =>
  ({
    "authentication-kubeconfig": ["file", undefined],
    "authentication-skip-lookup": ["bool", false],
    "authentication-token-webhook-cache-ttl": ["durationMs", 10 * second],
    "authentication-tolerate-lookup-failure": ["bool", true],
    "authorization-always-allow-paths": ["list", ["/healthz", "/readyz", "/livez"]],
    "authorization-kubeconfig": ["file", undefined],
    "authorization-webhook-cache-authorized-ttl": ["durationMs", 10 * second],
    "bind-address": ["text", "0.0.0.0"],
    "cert-dir": ["text", ""],
    "client-ca-file": ["file", undefined],
    "feature-gates": ["map", undefined],
    kubeconfig: ["file", ""],
    "leader-elect": ["bool", true],
    "leader-elect-lease-duration": ["durationMs", 15 * second],
    "leader-elect-renew-deadline": ["durationMs", 10 * second],
    "leader-elect-resource-name": ["text", name as string],
    "leader-elect-resource-namespace": ["text", "kube-system"],
    "leader-elect-retry-period": ["durationMs", 2 * second],
    master: ["text", ""],
    "secure-port": ["int", port as number],
    "tls-cert-file": ["file", undefined],
    "tls-private-key-file": ["file", undefined],
    v: ["int", 0],
  }) as const satisfies FlagTable;

const own = "this is so here and cannot be changed";

export const commonFixed: FixedFlags = {
  "contention-profiling": { takes: ["false"], why: "there are no profiles" },
  "disable-http2-serving": { takes: ["true"], why: "the port speaks HTTP/1.1 only" },
  "leader-elect-resource-lock": { takes: ["leases"], why: "there is no other" },
  "logging-format": { takes: ["json"], why: "the log is JSON" },
  "permit-address-sharing": { takes: ["false"], why: own },
  "permit-port-sharing": { takes: ["false"], why: own },
  profiling: { takes: ["false"], why: "there are no profiles" },
  "tls-min-version": { takes: ["VersionTLS12"], why: own },
};

const rate = "requests are bounded by connections, 16 at once, and not by a rate";

export const commonIdle: NonNullable<Dialect<FlagTable>["idle"]> = {
  "authorization-webhook-cache-unauthorized-ttl": ["durationMs", "a refusal is never remembered"],
  "kube-api-burst": ["int", rate],
  "kube-api-content-type": ["text", "requests and answers are JSON"],
  "kube-api-qps": ["number", rate],
};

const later = "it is not obeyed yet";

export const commonRefused: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...["allow-metric-labels", "allow-metric-labels-manifest", "disabled-metrics", "show-hidden-metrics-for-version"],
    ...["emulated-version", "min-compatibility-version", "http2-max-streams-per-connection", "log-flush-frequency"],
    ...["log-json-info-buffer-size", "log-json-split-stream", "log-text-info-buffer-size", "log-text-split-stream", "vmodule"],
    ...["requestheader-allowed-names", "requestheader-client-ca-file", "requestheader-extra-headers-prefix"],
    ...["requestheader-group-headers", "requestheader-uid-headers", "requestheader-username-headers"],
    ...["tls-cipher-suites", "tls-curve-preferences", "tls-sni-cert-key"],
  ].map((name) => [name, later]),
);
