/**
 * The API server's flags, by upstream's names: as `--name=value`, or `name=value` as other distributions take them. What is not
 * known here is refused, for it would have no effect.
 */
import { resolve } from "node:path";
import { type FlagTable, type FlagType, type FlagValues, formatGoDuration, readFlagTable } from "#codec/mod.ts";
import { checkFeatureGates } from "./feature-gates.ts";
import { namedPair, pairText } from "./named-pair.ts";

const minute = 60_000;

interface AuditDefaults {
  mode: string;
  maxSize: number;
  maxWait: number;
  throttle: boolean;
  qps: number;
  burst: number;
}

/** What the two audit backends have in common. */
function auditFlags<P extends "log" | "webhook">(plugin: P, { mode, maxSize, maxWait, throttle, qps, burst }: AuditDefaults) {
  const flags = {
    [`audit-${plugin}-batch-buffer-size`]: ["int", 10_000],
    [`audit-${plugin}-batch-max-size`]: ["int", maxSize],
    [`audit-${plugin}-batch-max-wait`]: ["durationMs", maxWait],
    [`audit-${plugin}-batch-throttle-burst`]: ["int", burst],
    [`audit-${plugin}-batch-throttle-enable`]: ["bool", throttle],
    [`audit-${plugin}-batch-throttle-qps`]: ["number", qps],
    [`audit-${plugin}-mode`]: ["text", mode],
    [`audit-${plugin}-truncate-enabled`]: ["bool", false],
    [`audit-${plugin}-truncate-max-batch-size`]: ["int", 10 * 1024 * 1024],
    [`audit-${plugin}-truncate-max-event-size`]: ["int", 100 * 1024],
    [`audit-${plugin}-version`]: ["text", "audit.k8s.io/v1"],
  };
  return flags as unknown as Record<`audit-${P}-${"mode" | "version"}`, readonly ["text", string]> &
    Record<`audit-${P}-${"batch-throttle-enable" | "truncate-enabled"}`, readonly ["bool", boolean]> &
    Record<`audit-${P}-batch-max-wait`, readonly ["durationMs", number]> &
    Record<`audit-${P}-batch-throttle-qps`, readonly ["number", number]> &
    Record<
      `audit-${P}-${"batch-buffer-size" | "batch-max-size" | "batch-throttle-burst" | "truncate-max-batch-size" | "truncate-max-event-size"}`,
      readonly ["int", number]
    >;
}

/** Type and default; undefined: none. */
const table = {
  "anonymous-auth": ["bool", true],
  "api-audiences": ["list", undefined],
  ...auditFlags("log", { mode: "blocking", maxSize: 1, maxWait: 0, throttle: false, qps: 0, burst: 0 }),
  "audit-log-compress": ["bool", false],
  "audit-log-format": ["text", "json"],
  "audit-log-maxage": ["int", 366],
  "audit-log-maxbackup": ["int", 100],
  "audit-log-maxsize": ["int", 100],
  "audit-log-path": ["file", undefined],
  "audit-policy-file": ["file", undefined],
  ...auditFlags("webhook", { mode: "batch", maxSize: 400, maxWait: 30_000, throttle: true, qps: 10, burst: 15 }),
  "audit-webhook-config-file": ["file", undefined],
  "audit-webhook-initial-backoff": ["durationMs", 10_000],
  "authentication-config": ["file", undefined],
  "authentication-token-webhook-cache-ttl": ["durationMs", 2 * minute],
  "authentication-token-webhook-config-file": ["file", undefined],
  "authentication-token-webhook-version": ["text", "v1beta1"],
  "authorization-config": ["file", undefined],
  "authorization-mode": ["list", ["Node", "RBAC"]],
  "authorization-policy-file": ["file", undefined],
  "authorization-webhook-cache-authorized-ttl": ["durationMs", 5 * minute],
  "authorization-webhook-cache-unauthorized-ttl": ["durationMs", minute / 2],
  "authorization-webhook-config-file": ["file", undefined],
  "authorization-webhook-version": ["text", "v1beta1"],
  "admission-control-config-file": ["file", undefined],
  "disable-admission-plugins": ["list", undefined],
  "egress-selector-config-file": ["file", undefined],
  "enable-admission-plugins": ["list", undefined],
  "encryption-provider-config": ["file", undefined],
  "encryption-provider-config-automatic-reload": ["bool", false],
  "external-hostname": ["text", ""],
  "feature-gates": ["map", undefined],
  "oidc-ca-file": ["file", undefined],
  "oidc-client-id": ["text", undefined],
  "oidc-groups-claim": ["text", undefined],
  "oidc-groups-prefix": ["text", undefined],
  "oidc-issuer-url": ["text", undefined],
  "oidc-required-claim": ["pairs", undefined],
  "oidc-signing-algs": ["list", ["RS256"]],
  "oidc-username-claim": ["text", "sub"],
  "oidc-username-prefix": ["text", undefined],
  "requestheader-allowed-names": ["list", ["front-proxy-client"]],
  "requestheader-extra-headers-prefix": ["list", ["X-Remote-Extra-"]],
  "requestheader-group-headers": ["list", ["X-Remote-Group"]],
  "requestheader-uid-headers": ["list", ["X-Remote-Uid"]],
  "requestheader-username-headers": ["list", ["X-Remote-User"]],
  "tls-cipher-suites": ["list", undefined],
  "tls-curve-preferences": ["list", undefined],
  "tls-min-version": ["text", ""],
  "tls-sni-cert-key": ["array", undefined],
  "token-auth-file": ["file", undefined],
} as const satisfies FlagTable;

type Table = typeof table;
export type FlagName = keyof Table;
export type Flags = FlagValues<Table>;

/** Every flag that this server knows, with its type and default. */
export const serverFlags = table;

/** All of them as upstream's `/flagz` shows them. */
export const shownFlags = (flags: Flags): Record<string, string> => shownValues(table, flags);

/** Values of flags as upstream's `/flagz` shows them. */
export function shownValues(of: FlagTable, values: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(of).map(([name, [type]]) => [name, shownValue(name, type, (values as Record<string, unknown>)[name])]),
  );
}

function shownValue(name: string, type: FlagType, value: unknown): string {
  switch (type) {
    case "list":
    case "array":
      return `[${((value as readonly string[] | undefined) ?? []).join(name === "tls-sni-cert-key" ? ";" : ",")}]`;
    case "pairs":
    case "map":
      return Object.entries((value ?? {}) as object)
        .map(([key, one]) => `${key}=${one}`)
        .join(",");
    case "durationMs":
      return formatGoDuration(value as number);
    default:
      return value === undefined ? "" : String(value);
  }
}

/** As `--name=value`, with files named from the root: who reads them may stand elsewhere. Throws as `readFlags` does. */
export function settledFlags(words: readonly string[], folder: string): string[] {
  readFlags(words);
  return words.map((word) => {
    const [, name, value = "true"] = /^(?:--)?([^=]*)(?:=([\s\S]*))?$/.exec(word)!;
    const from = (file: string) => resolve(folder, file);
    if (name === "tls-sni-cert-key") {
      const pair = namedPair(value);
      return `--${name}=${pairText({ ...pair, cert: from(pair.cert), key: from(pair.key) })}`;
    }
    const isPath = table[name as FlagName][0] === "file" && value !== "" && value !== "-";
    return `--${name}=${isPath ? from(value) : value}`;
  });
}

/** Throws a sentence about the first flag that cannot be used. A list that is given several times grows. */
export function readFlags(words: readonly string[] = []): Flags {
  const said = words.map((word) => {
    const [, name = "", text] = /^(?:--)?([^=]*)(?:=([\s\S]*))?$/.exec(word)!;
    return { name, text };
  });
  const flags = readFlagTable(table, said);
  checkFeatureGates(flags["feature-gates"] ?? {});
  return flags;
}
