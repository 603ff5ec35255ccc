/** Kubeconfig files: where the server is and who we are. Several files merge, the first to name a thing wins. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { readYaml } from "#codec/mod.ts";
import type { Transport } from "./contract.ts";
import { type HttpTransportOptions, httpTransport } from "./http-transport.ts";

export interface KubeconfigCluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
}

export interface KubeconfigUser {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  "as-groups"?: string[];
  "as-uid"?: string;
}

export interface KubeconfigContext {
  cluster?: string;
  user?: string;
  namespace?: string;
}

export interface Kubeconfig {
  "current-context"?: string;
  clusters: Map<string, KubeconfigCluster>;
  users: Map<string, KubeconfigUser>;
  contexts: Map<string, KubeconfigContext>;
}

/** KUBECONFIG's list, or `~/.kube/config`. */
export function kubeconfigPaths(env: Record<string, string | undefined> = process.env): string[] {
  const listed = (env.KUBECONFIG ?? "").split(":").filter(Boolean);
  return listed.length > 0 ? listed : [join(env.HOME ?? homedir(), ".kube", "config")];
}

/** Missing files are passed over; a broken one throws with its path. */
export function loadKubeconfig(paths: readonly string[] = kubeconfigPaths()): Kubeconfig {
  const merged: Kubeconfig = { clusters: new Map(), users: new Map(), contexts: new Map() };
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const file = readFile(path);
    if (!merged["current-context"] && file["current-context"]) merged["current-context"] = String(file["current-context"]);
    collect(merged.clusters, file.clusters, "cluster", path, ["certificate-authority"]);
    collect(merged.users, file.users, "user", path, ["client-certificate", "client-key", "tokenFile"]);
    collect(merged.contexts, file.contexts, "context", path, []);
  }
  return merged;
}

function readFile(path: string): Record<string, unknown> {
  try {
    const value = readYaml(readFileSync(path, "utf8")).value;
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch (error) {
    throw new Error(`error loading config file "${path}"`, { cause: error });
  }
}

function collect<T>(into: Map<string, T>, list: unknown, key: string, path: string, files: string[]): void {
  if (!Array.isArray(list)) return;
  for (const entry of list) {
    const name = String(entry?.name ?? "");
    if (into.has(name)) continue;
    const value = { ...(entry?.[key] ?? {}) };
    for (const file of files) if (value[file] && !isAbsolute(value[file])) value[file] = join(dirname(path), value[file]);
    into.set(name, value as T);
  }
}

/** What a context says, as transport options. Throws when the context, its cluster or its user is missing. */
export function transportOptions(
  config: Kubeconfig,
  contextName = config["current-context"],
): HttpTransportOptions & { namespace: string } {
  if (!contextName) throw new Error("no current context is set: give one, or start a cluster with `spoke up`");
  const context = config.contexts.get(contextName);
  if (!context) throw new Error(`context "${contextName}" does not exist`);
  const cluster = config.clusters.get(context.cluster ?? "");
  if (!cluster?.server) throw new Error(`context "${contextName}" names cluster "${context.cluster ?? ""}", which has no server`);
  const user = config.users.get(context.user ?? "") ?? {};
  const text = (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, "base64").toString() : file ? readFileSync(file, "utf8") : undefined;
  return {
    server: cluster.server,
    ca: text(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    cert: text(user["client-certificate-data"], user["client-certificate"]),
    key: text(user["client-key-data"], user["client-key"]),
    token: user.token,
    tokenFile: user.tokenFile,
    username: user.username,
    password: user.password,
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] === true,
    tlsServerName: cluster["tls-server-name"],
    ...(user.as ? { impersonate: { user: user.as, groups: user["as-groups"], uid: user["as-uid"] } } : {}),
    namespace: context.namespace || "default",
  };
}

export function transportFromKubeconfig(path?: string, context?: string): Transport {
  return httpTransport(transportOptions(loadKubeconfig(path ? [path] : undefined), context));
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** From inside a pod: its service account's token. Undefined when this is not a pod. */
export function inClusterTransport(env: Record<string, string | undefined> = process.env): Transport | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (!host || !port || !existsSync(`${serviceAccount}/token`)) return undefined;
  return httpTransport({
    server: `https://${host}:${port}`,
    ca: readFileSync(`${serviceAccount}/ca.crt`, "utf8"),
    tokenFile: `${serviceAccount}/token`,
  });
}
