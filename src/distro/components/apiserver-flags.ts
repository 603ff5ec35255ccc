/** The command line of `spoke apiserver`: upstream's flags of kube-apiserver, those that are obeyed and why others are not. */
import { serverFlags } from "#apiserver/mod.ts";
import type { FlagTable } from "#codec/mod.ts";
import type { FixedFlags } from "./command-line.ts";

const minute = 60_000;

/** What the process does, beside what `serverFlags` tells the server. Defaults are upstream's. */
export const processFlags = {
  "advertise-address": ["text", undefined],
  "allow-privileged": ["bool", false],
  "bind-address": ["text", "0.0.0.0"],
  "cert-dir": ["text", "/var/run/kubernetes"],
  "client-ca-file": ["file", undefined],
  "enable-bootstrap-token-auth": ["bool", false],
  "endpoint-reconciler-type": ["text", "lease"],
  "etcd-cafile": ["file", undefined],
  "etcd-certfile": ["file", undefined],
  "etcd-compaction-interval": ["durationMs", 5 * minute],
  "etcd-keyfile": ["file", undefined],
  "etcd-prefix": ["text", "/registry"],
  "etcd-servers": ["list", undefined],
  "event-ttl": ["durationMs", 60 * minute],
  "goaway-chance": ["number", 0],
  "kubelet-certificate-authority": ["file", undefined],
  "kubelet-client-certificate": ["file", undefined],
  "kubelet-client-key": ["file", undefined],
  "kubelet-preferred-address-types": ["list", ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"]],
  "proxy-client-cert-file": ["file", undefined],
  "proxy-client-key-file": ["file", undefined],
  "requestheader-client-ca-file": ["file", undefined],
  "runtime-config": ["map", undefined],
  "secure-port": ["int", 6443],
  "service-account-extend-token-expiration": ["bool", true],
  "service-account-issuer": ["array", undefined],
  "service-account-jwks-uri": ["text", undefined],
  "service-account-key-file": ["array", undefined],
  "service-account-max-token-expiration": ["durationMs", 0],
  "service-account-signing-key-file": ["file", undefined],
  "service-cluster-ip-range": ["text", "10.0.0.0/24"],
  "service-node-port-range": ["text", "30000-32767"],
  "shutdown-delay-duration": ["durationMs", 0],
  "tls-cert-file": ["file", undefined],
  "tls-private-key-file": ["file", undefined],
  v: ["int", 0],
} as const satisfies FlagTable;

export const apiserverFlags = { ...serverFlags, ...processFlags };

const own = "this server has a way of its own here, which cannot be changed";
const without = "this server has no such thing";

/** Flags of upstream's that take no other value here than the one that says what is so. */
export const fixedFlags: FixedFlags = {
  "aggregator-reject-forwarding-redirect": { takes: ["true"], why: own },
  "contention-profiling": { takes: ["false"], why: "this server has no profiles" },
  "default-not-ready-toleration-seconds": { takes: ["300"], why: own },
  "default-unreachable-toleration-seconds": { takes: ["300"], why: own },
  "delete-collection-workers": { takes: ["1"], why: own },
  "disable-http2-serving": { takes: ["false"], why: own },
  "enable-aggregator-routing": { takes: ["true"], why: "requests for other API servers go to the endpoints of their Services" },
  "enable-garbage-collector": { takes: ["true"], why: own },
  "enable-logs-handler": { takes: ["false"], why: without },
  "enable-priority-and-fairness": { takes: ["true"], why: own },
  "etcd-servers-overrides": { takes: [""], why: "all kinds are in one etcd" },
  "kubernetes-service-node-port": { takes: ["0"], why: without },
  "lease-reuse-duration-seconds": { takes: ["60"], why: own },
  "logging-format": { takes: ["json"], why: "the log is JSON" },
  "max-connection-bytes-per-sec": { takes: ["0"], why: without },
  "max-mutating-requests-inflight": { takes: ["200"], why: "the levels share 600 seats" },
  "max-requests-inflight": { takes: ["400"], why: "the levels share 600 seats" },
  "min-request-timeout": { takes: ["1800"], why: own },
  "permit-address-sharing": { takes: ["false"], why: without },
  "permit-port-sharing": { takes: ["false"], why: without },
  profiling: { takes: ["false"], why: "this server has no profiles" },
  "request-timeout": { takes: ["1m0s", "1m", "60s"], why: own },
  "service-account-lookup": { takes: ["true"], why: own },
  "storage-backend": { takes: ["etcd3", ""], why: "there is no other" },
  "storage-media-type": { takes: ["application/json"], why: "objects are stored as JSON, and read as protobuf too" },
  "watch-cache": { takes: ["true"], why: own },
};

const later = "it is not obeyed yet";

/** Flags of upstream's that have no value that would be obeyed. */
export const refusedFlags: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...["cors-allowed-origins", "emulated-version", "emulation-forward-compatible", "http2-max-streams-per-connection", "kubelet-timeout"],
    ...[
      "livez-grace-period",
      "min-compatibility-version",
      "runtime-config-emulation-forward-compatible",
      "service-account-signing-endpoint",
    ],
    ...["shutdown-send-retry-after", "shutdown-watch-termination-grace-period", "storage-initialization-timeout"],
    ...["strict-transport-security-directives", "tracing-config-file"],
    ...["etcd-count-metric-poll-period", "etcd-db-metric-poll-interval", "etcd-healthcheck-timeout", "etcd-readycheck-timeout"],
    ...["watch-cache-sizes", "debug-socket-path", "admission-control", "allow-metric-labels", "allow-metric-labels-manifest"],
    ...["disabled-metrics", "show-hidden-metrics-for-version", "log-flush-frequency", "log-json-info-buffer-size", "log-json-split-stream"],
    ...["log-text-info-buffer-size", "log-text-split-stream", "vmodule", "coordinated-leadership-lease-duration"],
    ...["coordinated-leadership-renew-deadline", "coordinated-leadership-retry-period", "peer-advertise-ip", "peer-advertise-port"],
    "peer-ca-file",
  ].map((name) => [name, later]),
);
