/** Finds and merges kubeconfig files, and says which server, credentials and namespace one call uses. */

import { dirname, isAbsolute, join, resolve } from "node:path";
import { CliError } from "../failure.ts";
import { existsSync, readFileSync } from "../input/files.ts";
import type { Flags } from "../input/flags.ts";

export interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
  "proxy-url"?: string;
}
export interface User {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  exec?: { apiVersion?: string; command: string; args?: string[]; env?: { name: string; value: string }[]; interactiveMode?: string };
}
export interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}
export interface Kubeconfig {
  clusters: Map<string, Cluster>;
  users: Map<string, User>;
  contexts: Map<string, Context>;
  "current-context": string;
  /** Which file each entry came from, for changes and for relative paths. */
  origins: Map<string, string>;
}

/** Everything that a connection needs. */
export interface Target {
  server: string;
  cluster: Cluster;
  user: User;
  namespace: string;
  /** The namespace was asked for by flag, not taken from the context. */
  namespaceGiven: boolean;
}

export interface Environment {
  env: Record<string, string | undefined>;
  cwd: string;
}

export function homeOf({ env }: Environment): string {
  return env.HOME ?? "/root";
}

/** Files in order of precedence: --kubeconfig, $KUBECONFIG, ~/.kube/config. */
export function kubeconfigFiles(place: Environment, explicit: string): string[] {
  if (explicit) return [resolve(place.cwd, explicit)];
  const listed = (place.env.KUBECONFIG ?? "").split(":").filter((file) => file !== "");
  return listed.length > 0 ? [...new Set(listed.map((file) => resolve(place.cwd, file)))] : [join(homeOf(place), ".kube", "config")];
}

/** The first file to name an entry wins. */
export async function loadKubeconfig(place: Environment, explicit = ""): Promise<Kubeconfig> {
  const config: Kubeconfig = { clusters: new Map(), users: new Map(), contexts: new Map(), "current-context": "", origins: new Map() };
  for (const file of kubeconfigFiles(place, explicit)) {
    if (!existsSync(file)) {
      if (explicit) throw new CliError(`stat ${explicit}: no such file or directory`);
      continue;
    }
    merge(config, await readKubeconfigFile(file), file);
  }
  return config;
}

/** One file's raw content; throws upstream's loading error. */
export async function readKubeconfigFile(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(
      `error loading config file ${JSON.stringify(file)}: open ${file}: ${(error as NodeJS.ErrnoException).code === "EACCES" ? "permission denied" : (error as Error).message}`,
    );
  }
  if (text.trim() === "") return {};
  try {
    const value = await parseYamlText(text);
    return (value ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new CliError(`error loading config file ${JSON.stringify(file)}: ${(error as Error).message}`);
  }
}

async function parseYamlText(text: string): Promise<unknown> {
  const { readYaml, YamlError } = await import("#codec/yaml.ts");
  try {
    return readYaml(text).value;
  } catch (error) {
    throw error instanceof YamlError && error.message.startsWith("yaml:")
      ? new Error(`error converting YAML to JSON: ${error.message}`)
      : error;
  }
}

function merge(config: Kubeconfig, file: Record<string, unknown>, origin: string): void {
  config["current-context"] ||= String(file["current-context"] ?? "");
  const lists = [
    ["clusters", "cluster", config.clusters],
    ["users", "user", config.users],
    ["contexts", "context", config.contexts],
  ] as const;
  for (const [listName, field, target] of lists) {
    const entries = (file[listName] ?? []) as Record<string, unknown>[];
    for (const entry of Array.isArray(entries) ? entries : []) {
      const name = String(entry.name ?? "");
      if (target.has(name)) continue;
      (target as Map<string, unknown>).set(name, entry[field] ?? {});
      config.origins.set(`${listName}/${name}`, origin);
    }
  }
}

/** Applies flags over the chosen context. */
export function resolveTarget(config: Kubeconfig, flags: Flags, place: Environment): Target {
  const flag = (name: string) => (flags.given(name) ? flags.text(name) : "");
  const contextName = flag("context") || config["current-context"];
  const context = config.contexts.get(contextName);
  if (flag("context") && !context)
    throw new CliError(`Error in configuration: context was not found for specified context: ${contextName}`, { raw: true });
  if (contextName && !context && config.contexts.size > 0 && !flag("server")) {
    throw new CliError(`Error in configuration: context was not found for specified context: ${contextName}`, { raw: true });
  }
  const clusterName = flag("cluster") || context?.cluster || "";
  const userName = flag("user") || context?.user || "";
  const foundCluster = config.clusters.get(clusterName);
  const foundUser = config.users.get(userName);
  if (clusterName && !foundCluster) {
    if (flag("cluster")) throw new CliError(`no server found for cluster ${JSON.stringify(clusterName)}`);
    if (!flag("server")) throw new CliError(`Error in configuration: cluster ${JSON.stringify(clusterName)} does not exist`, { raw: true });
  }
  if (userName && !foundUser) throw new CliError(`auth info ${JSON.stringify(userName)} does not exist`);
  const cluster = relative({ ...foundCluster }, config.origins.get(`clusters/${clusterName}`), ["certificate-authority"]);
  const user = relative({ ...foundUser }, config.origins.get(`users/${userName}`), ["client-certificate", "client-key", "tokenFile"]);
  if (flag("server")) cluster.server = flag("server");
  if (flag("certificate-authority")) {
    cluster["certificate-authority"] = resolve(place.cwd, flag("certificate-authority"));
    delete cluster["certificate-authority-data"];
  }
  if (flags.given("insecure-skip-tls-verify")) cluster["insecure-skip-tls-verify"] = flags.bool("insecure-skip-tls-verify");
  if (cluster["insecure-skip-tls-verify"] && flags.given("insecure-skip-tls-verify")) {
    delete cluster["certificate-authority"];
    delete cluster["certificate-authority-data"];
  }
  if (flag("tls-server-name")) cluster["tls-server-name"] = flag("tls-server-name");
  if (flag("client-certificate")) {
    user["client-certificate"] = resolve(place.cwd, flag("client-certificate"));
    delete user["client-certificate-data"];
  }
  if (flag("client-key")) {
    user["client-key"] = resolve(place.cwd, flag("client-key"));
    delete user["client-key-data"];
  }
  if (flag("token")) {
    user.token = flag("token");
    delete user.tokenFile;
  }
  if (flag("username")) user.username = flag("username");
  if (flag("password")) user.password = flag("password");
  const inCluster = cluster.server === undefined && config.contexts.size === 0 ? inClusterTarget(place) : undefined;
  if (inCluster) return { ...inCluster, namespace: flag("namespace") || inCluster.namespace, namespaceGiven: flag("namespace") !== "" };
  const server = normalServer(cluster.server ?? "http://localhost:8080", cluster, user);
  return {
    server,
    cluster,
    user,
    namespace: flag("namespace") || context?.namespace || "default",
    namespaceGiven: flag("namespace") !== "",
  };
}

/** Inside a pod without a kubeconfig, the service account is who we are. */
function inClusterTarget({ env }: Environment): Target | undefined {
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  if (!env.KUBERNETES_SERVICE_HOST || !existsSync(`${folder}/token`)) return undefined;
  const host = env.KUBERNETES_SERVICE_HOST;
  const namespace = existsSync(`${folder}/namespace`) ? readFileSync(`${folder}/namespace`, "utf8").trim() : "default";
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? "443"}`,
    cluster: { "certificate-authority": `${folder}/ca.crt` },
    user: { tokenFile: `${folder}/token` },
    namespace,
    namespaceGiven: false,
  };
}

function normalServer(server: string, cluster: Cluster, user: User): string {
  if (/^https?:\/\//.test(server)) return server.replace(/\/+$/, "");
  const secure =
    cluster["certificate-authority"] ||
    cluster["certificate-authority-data"] ||
    user["client-certificate"] ||
    user["client-certificate-data"] ||
    cluster["insecure-skip-tls-verify"];
  return `${secure ? "https" : "http"}://${server.replace(/\/+$/, "")}`;
}

function relative<T extends object>(entry: T, origin: string | undefined, fields: (keyof T)[]): T {
  for (const field of fields) {
    const value = entry[field];
    if (origin && typeof value === "string" && value !== "" && !isAbsolute(value))
      entry[field] = join(dirname(origin), value) as T[keyof T];
  }
  return entry;
}
