/** Which server, credentials and namespace one call uses: a context, what flags say over it, and what client-go refuses in them. */

import { resolve } from "node:path";
import { type Cluster, type Environment, fromOrigin, type Kubeconfig, KubeconfigError, reasonOf, type User } from "./config.ts";
import type { PluginPolicy } from "./plugin-policy.ts";

// As in config.ts: as an import, node:fs would bring its promises and streams along, which kubectl does not want at every start.
const { closeSync, existsSync, openSync, readFileSync } = process.getBuiltinModule("node:fs");

/** Everything that a connection needs. Paths are absolute. */
export interface Target {
  server: string;
  cluster: Cluster;
  user: User;
  /** For messages. */
  userName: string;
  namespace: string;
  /** The namespace was asked for by flag, not taken from the context. */
  namespaceGiven: boolean;
  /** Which credential programs may run; all of them when it is absent. */
  pluginPolicy?: PluginPolicy;
}

/** Who a target's user is to the server. */
export interface Credentials {
  /** The value of the header; empty when there is none. */
  authorization: string;
  /** PEM. */
  cert?: Buffer | string;
  key?: Buffer | string;
}

/** What a flag may say; an empty string says nothing. */
export interface Overrides {
  context?: string;
  cluster?: string;
  user?: string;
  namespace?: string;
  server?: string;
  certificateAuthority?: string;
  insecure?: boolean;
  tlsServerName?: string;
  clientCertificate?: string;
  clientKey?: string;
  token?: string;
  username?: string;
  password?: string;
  as?: string;
  asUid?: string;
  asGroups?: string[];
  asUserExtra?: Record<string, string[]>;
  /** Who asks for a client before a namespace hears of missing entries in other words; so does who names the namespace. */
  clientFirst?: boolean;
}

export function resolveTarget(config: Kubeconfig, flags: Overrides, place: Environment): Target {
  const contextName = flags.context || config["current-context"];
  const context = config.contexts.get(contextName);
  const clientFirst = flags.clientFirst || Boolean(flags.namespace);
  if (contextName && !context) {
    if (clientFirst && flags.context) throw new KubeconfigError(`context ${JSON.stringify(contextName)} does not exist`);
    throw new KubeconfigError(`Error in configuration: context was not found for specified context: ${contextName}`, { raw: true });
  }
  const clusterName = flags.cluster || context?.cluster || "";
  const userName = flags.user || context?.user || "";
  if (clusterName && !config.clusters.has(clusterName)) {
    if (flags.cluster && clientFirst) throw new KubeconfigError(`cluster ${JSON.stringify(clusterName)} does not exist`);
    if (flags.cluster) throw new KubeconfigError(`no server found for cluster ${JSON.stringify(clusterName)}`);
    if (!flags.server)
      throw new KubeconfigError(`Error in configuration: cluster ${JSON.stringify(clusterName)} does not exist`, { raw: true });
  }
  if (userName && !config.users.has(userName)) throw new KubeconfigError(`auth info ${JSON.stringify(userName)} does not exist`);
  const cluster = clusterWith(config, clusterName, { flags, place });
  const user = userWith(config, userName, { flags, place });
  const namespace = { namespaceGiven: Boolean(flags.namespace) };
  const pod = !cluster.server && config.contexts.size === 0 ? inClusterTarget(place) : undefined;
  if (pod) return { ...pod, namespace: flags.namespace || pod.namespace, ...namespace };
  const typed = [flags.certificateAuthority, flags.clientCertificate, flags.clientKey];
  const shown = (file: string) => typed.find((word) => word && resolve(place.cwd, word) === file) ?? file;
  if (context || flags.user || flags.cluster) confirmUsable({ cluster, clusterName, user, userName, shown }, flags);
  return {
    server: normalServer(cluster.server || "http://localhost:8080", cluster, user),
    cluster,
    user,
    userName,
    namespace: flags.namespace || context?.namespace || "default",
    ...namespace,
  };
}

interface Over {
  flags: Overrides;
  place: Environment;
}

function clusterWith(config: Kubeconfig, name: string, { flags, place }: Over): Cluster {
  const cluster: Cluster = { ...config.clusters.get(name) };
  const authority = fromOrigin(cluster["certificate-authority"], config.origins.get(`clusters/${name}`));
  if (authority) cluster["certificate-authority"] = authority;
  if (flags.server) cluster.server = flags.server;
  if (flags.certificateAuthority) {
    cluster["certificate-authority"] = resolve(place.cwd, flags.certificateAuthority);
    delete cluster["certificate-authority-data"];
  }
  if (flags.insecure !== undefined) cluster["insecure-skip-tls-verify"] = flags.insecure;
  if (flags.insecure) {
    delete cluster["certificate-authority"];
    delete cluster["certificate-authority-data"];
  }
  if (flags.tlsServerName) cluster["tls-server-name"] = flags.tlsServerName;
  return cluster;
}

function userWith(config: Kubeconfig, name: string, { flags, place }: Over): User {
  const user: User = { ...config.users.get(name) };
  const origin = config.origins.get(`users/${name}`);
  for (const field of ["client-certificate", "client-key", "tokenFile"] as const) {
    const path = fromOrigin(user[field], origin);
    if (path) user[field] = path;
  }
  // A program that is named by a path lies beside its file; by a word alone, on the PATH.
  if (user.exec?.command?.includes("/")) user.exec = { ...user.exec, command: fromOrigin(user.exec.command, origin)! };
  if (flags.clientCertificate) {
    user["client-certificate"] = resolve(place.cwd, flags.clientCertificate);
    delete user["client-certificate-data"];
  }
  if (flags.clientKey) {
    user["client-key"] = resolve(place.cwd, flags.clientKey);
    delete user["client-key-data"];
  }
  if (flags.token) {
    user.token = flags.token;
    delete user.tokenFile;
  }
  if (flags.username) user.username = flags.username;
  if (flags.password) user.password = flags.password;
  if (flags.as) user.as = flags.as;
  if (flags.asUid) user["as-uid"] = flags.asUid;
  if (flags.asGroups?.length) user["as-groups"] = flags.asGroups;
  if (flags.asUserExtra && Object.keys(flags.asUserExtra).length > 0) user["as-user-extra"] = flags.asUserExtra;
  return user;
}

interface Chosen {
  cluster: Cluster;
  clusterName: string;
  user: User;
  userName: string;
  /** A path as the user typed it. */
  shown(file: string): string;
}

/** Throws what client-go finds wrong with the entries that were chosen. */
function confirmUsable(chosen: Chosen, { namespace }: Overrides): void {
  const problems = [...userProblems(chosen), ...clusterProblems(chosen)];
  // Upstream finds one problem by itself in other words before it asks for the context's namespace.
  if (problems.length === 1 && !namespace) throw new KubeconfigError(problems[0]!);
  const told = problems.length === 1 ? problems[0]! : ["", ...problems].join("\n* ");
  if (problems.length > 0) throw new KubeconfigError(`Error in configuration: ${told}`, { raw: true });
  const { cluster } = chosen;
  if (cluster["insecure-skip-tls-verify"] && (cluster["certificate-authority"] || cluster["certificate-authority-data"]))
    throw new KubeconfigError("specifying a root certificates file with the insecure flag is not allowed");
}

function userProblems({ user, userName: name, shown }: Chosen): string[] {
  const out: string[] = [];
  const methods: string[] = [];
  if (user.token) methods.push("token");
  if (user.username || user.password) methods.push("basicAuth");
  if (user["client-certificate"] || user["client-certificate-data"]) {
    if (user["client-certificate"] && user["client-certificate-data"])
      out.push(`client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`);
    if (user["client-key"] && user["client-key-data"])
      out.push(`client-key-data and client-key are both specified for ${name}; client-key-data will override`);
    if (!user["client-key"] && !user["client-key-data"])
      out.push(`client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`);
    out.push(...unreadable(user["client-certificate"], "client-cert", { name, shown }));
    out.push(...unreadable(user["client-key"], "client-key", { name, shown }));
  }
  out.push(...execProblems(user, name));
  if (methods.length > 1)
    out.push(`more than one authentication method found for ${name}; found [${methods.join(" ")}], only one is allowed`);
  const asMore = user["as-uid"] || user["as-groups"]?.length || Object.keys(user["as-user-extra"] ?? {}).length > 0;
  if (asMore && !user.as) out.push(`requesting uid, groups or user-extra for ${name} without impersonating a user`);
  return out;
}

const interactiveModes = ["Never", "IfAvailable", "Always"];

function execProblems({ exec, "auth-provider": provider }: User, name: string): string[] {
  if (!exec) return [];
  const out: string[] = [];
  const forPlugin = `for ${name} to use exec authentication plugin`;
  if (provider) out.push(`authProvider cannot be provided in combination with an exec plugin for ${name}`);
  if (!exec.command) out.push(`command must be specified ${forPlugin}`);
  if (!exec.apiVersion) out.push(`apiVersion must be specified ${forPlugin}`);
  for (const variable of exec.env ?? []) if (!variable.name) out.push(`env variable name must be specified ${forPlugin}`);
  const mode = interactiveModeOf(exec);
  if (mode === "") out.push(`interactiveMode must be specified ${forPlugin}`);
  else if (!interactiveModes.includes(mode)) out.push(`invalid interactiveMode for ${name}: ${JSON.stringify(mode)}`);
  return out;
}

/** The versions before v1 have a default. */
export function interactiveModeOf({ interactiveMode, apiVersion = "" }: NonNullable<User["exec"]>): string {
  return interactiveMode || (/\/v1(alpha|beta)1$/.test(apiVersion) ? "IfAvailable" : "");
}

function clusterProblems({ cluster, clusterName: name, shown }: Chosen): string[] {
  const out: string[] = [];
  if (cluster["certificate-authority"] && cluster["certificate-authority-data"])
    out.push(
      `certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`,
    );
  out.push(...unreadable(cluster["certificate-authority"], "certificate-authority", { name, shown }));
  if (cluster["proxy-url"])
    out.push(`proxy-url ${JSON.stringify(cluster["proxy-url"])} of cluster ${JSON.stringify(name)}: this client connects directly only`);
  return out;
}

function unreadable(file: string | undefined, what: string, { name, shown }: { name: string; shown(file: string): string }): string[] {
  if (!file) return [];
  try {
    closeSync(openSync(file, "r"));
    return [];
  } catch (error) {
    return [`unable to read ${what} ${shown(file)} for ${name} due to open ${shown(file)}: ${reasonOf(error)}`];
  }
}

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Inside a pod without a kubeconfig, the service account is who we are. */
export function inClusterTarget({ env }: Environment): Target | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = env;
  if (!host || !existsSync(`${serviceAccount}/token`)) return undefined;
  const namespaceFile = `${serviceAccount}/namespace`;
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    cluster: { "certificate-authority": `${serviceAccount}/ca.crt` },
    user: { tokenFile: `${serviceAccount}/token` },
    userName: "",
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, "utf8").trim() : "default",
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
