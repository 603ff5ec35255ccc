/** Adds a cluster to a kubeconfig file and takes it out again; everything else in the file stays. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { readKubeconfig } from "#client/mod.ts";
import { writeYaml } from "#codec/mod.ts";

interface Named {
  name: string;
  [key: string]: unknown;
}

interface KubeconfigFile {
  apiVersion: string;
  kind: string;
  preferences?: object;
  clusters: Named[];
  users: Named[];
  contexts: Named[];
  "current-context"?: string;
  [key: string]: unknown;
}

export interface Credentials {
  server: string;
  /** PEM. */
  ca: string;
  cert: string;
  key: string;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/**
 * An EC key in SEC1, whose header names its kind: Java clients (fabric8) take PKCS#8's plain `PRIVATE KEY` for RSA, and every
 * other client loads both. What is not a key is left as it is.
 */
export function namedKey(key: string): string {
  if (!key.includes("BEGIN PRIVATE KEY")) return key;
  const parsed = createPrivateKey(key);
  if (parsed.asymmetricKeyType === "ec") return String(parsed.export({ format: "pem", type: "sec1" }));
  return parsed.asymmetricKeyType === "rsa" ? String(parsed.export({ format: "pem", type: "pkcs1" })) : key;
}

/** A file with one context, for components and for `--kubeconfig`. */
export function kubeconfigText(name: string, user: string, { server, ca, cert, key }: Credentials): string {
  return writeYaml(withCluster(emptyConfig(), name, user, { server, ca, cert, key }));
}

/** The file that kubectl would write to. */
export function userKubeconfig(env: NodeJS.ProcessEnv = process.env): string {
  return env.KUBECONFIG?.split(":").find((file) => file !== "") ?? join(env.HOME || homedir(), ".kube", "config");
}

/** What a context took the place of: given back when it is taken out. */
export interface Displaced {
  currentContext?: string;
  /** Entries of the same name, of another cluster. */
  cluster?: Named;
  user?: Named;
  context?: Named;
}

/**
 * Adds or renews the context and makes it current. Written whole or not at all, readable by its owner only. Returns what
 * it took the place of; undefined when it was there already and current.
 */
export function addContext(file: string, name: string, credentials: Credentials): Displaced | undefined {
  const config = load(file) ?? emptyConfig();
  const ours = isOurs(config, name, credentials.ca);
  const find = (list: Named[] | undefined, wanted: string) => (ours ? undefined : list?.find((entry) => entry.name === wanted));
  const displaced: Displaced = {
    currentContext: config["current-context"],
    cluster: find(config.clusters, name),
    user: find(config.users, `${name}-admin`),
    context: find(config.contexts, name),
  };
  save(file, withCluster(config, name, `${name}-admin`, credentials));
  return ours && config["current-context"] === name ? undefined : displaced;
}

export interface UserContext {
  user: string;
  /** The context's default. */
  namespace: string;
  server: string;
  /** PEM. */
  ca: string;
  /** Absent: what is in the file stays. */
  shows?: { cert: string; key: string } | { token: string };
}

export const userContextName = (user: string, cluster: string): string => `${user}@${cluster}`;

/** Adds or renews a person's context beside the administrator's; it becomes current only where none was. */
export function addUserContext(file: string, cluster: string, { user, namespace, server, ca, shows }: UserContext): void {
  const config = load(file) ?? emptyConfig();
  const known = config.clusters.some((entry) => entry.name === cluster);
  if (known && !isOurs(config, cluster, ca))
    throw new Error(`kubeconfig ${file} has another cluster of the name ${cluster}: say which file is meant with --kubeconfig`);
  const name = userContextName(user, cluster);
  const current = config["current-context"] || name;
  const next: KubeconfigFile = {
    ...config,
    // An entry that is there may say another address of the server.
    clusters: known ? config.clusters : put(config.clusters, clusterEntry(cluster, server, ca)),
    users: shows ? put(config.users, "token" in shows ? { name, user: shows } : userEntry(name, shows)) : config.users,
    contexts: put(config.contexts, { name, context: { cluster, namespace, user: name } }),
    "current-context": current,
  };
  if (JSON.stringify(next) !== JSON.stringify(config)) save(file, next);
}

/** What a person's context shows by the file: a certificate as PEM, or a token. */
export function shownBy(file: string, cluster: string, user: string): { cert?: string; token?: string } {
  const entry = load(file)?.users.find(({ name }) => name === userContextName(user, cluster));
  const { "client-certificate-data": data, token } = (entry?.user ?? {}) as Record<string, unknown>;
  return {
    ...(typeof data === "string" ? { cert: Buffer.from(data, "base64").toString() } : {}),
    ...(typeof token === "string" ? { token } : {}),
  };
}

/** Takes a person's context out; the cluster stays, unless nothing else leads to it. False: it was not there. */
export function removeUserContext(file: string, cluster: string, user: string, ca: string): boolean {
  const config = load(file);
  const name = userContextName(user, cluster);
  if (!config || !isOurs(config, cluster, ca) || !config.contexts.some((context) => context.name === name)) return false;
  saveOrRemove(file, withoutEntries(config, [name], cluster));
  return true;
}

function withoutEntries(config: KubeconfigFile, names: readonly string[], cluster: string): KubeconfigFile {
  const keep = (list: Named[]) => list.filter((entry) => !names.includes(entry.name));
  const contexts = keep(config.contexts);
  const used = contexts.some(({ context }) => (context as { cluster?: string } | undefined)?.cluster === cluster);
  const current = config["current-context"];
  return {
    ...config,
    users: keep(config.users),
    contexts,
    clusters: used ? config.clusters : config.clusters.filter((entry) => entry.name !== cluster),
    ...(current && names.includes(current)
      ? { "current-context": contexts.some((context) => context.name === cluster) ? cluster : "" }
      : {}),
  };
}

/** Contexts of people of the cluster `name`: named so, and with a token for it, or signed by its authority where that is known. */
function userContextsOf(config: KubeconfigFile, name: string, ca: string | undefined): string[] {
  return config.users.flatMap((entry) => {
    const { "client-certificate-data": data, token } = (entry.user ?? {}) as Record<string, unknown>;
    if (!entry.name.endsWith(`@${name}`)) return [];
    const context = config.contexts.find((each) => each.name === entry.name)?.context as { cluster?: string } | undefined;
    if (typeof token === "string" && context?.cluster === name) return [entry.name];
    if (typeof data !== "string") return [];
    return ca === undefined || isSignedBy(Buffer.from(data, "base64").toString(), ca) ? [entry.name] : [];
  });
}

function isSignedBy(cert: string, ca: string): boolean {
  try {
    return new X509Certificate(cert).verify(new X509Certificate(ca).publicKey);
  } catch {
    return false; // what is no certificate was not signed
  }
}

/**
 * Takes the context out and gives back what it displaced, as far as that still makes sense; the entry of another cluster
 * under this name stays. `ca`: undefined when it is not known any more, then the name alone tells.
 */
export function removeContext(file: string, name: string, ca?: string, displaced: Displaced = {}): void {
  const all = load(file);
  if (!all || (ca !== undefined && !isOurs(all, name, ca))) return;
  const people = userContextsOf(all, name, ca);
  const config = people.length > 0 ? withoutEntries(all, people, name) : all;
  const without = (list: Named[] | undefined, gone: string, back: Named | undefined) =>
    (list ?? []).flatMap((entry) => (entry.name === gone ? (back ?? []) : entry));
  const next: KubeconfigFile = {
    ...config,
    clusters: without(config.clusters, name, displaced.cluster),
    users: without(config.users, `${name}-admin`, displaced.user),
    contexts: without(config.contexts, name, displaced.context),
  };
  if (config["current-context"] === name) {
    const back = displaced.currentContext ?? "";
    next["current-context"] = next.contexts.some((context) => context.name === back) ? back : "";
  }
  if (JSON.stringify(next) !== JSON.stringify(all)) saveOrRemove(file, next);
}

/** A file in which nothing is left was made by us, or is of no use to anybody. */
function saveOrRemove(file: string, next: KubeconfigFile): void {
  if (next.clusters.length + next.users.length + next.contexts.length === 0) rmSync(file);
  else save(file, next);
}

/** Clusters are told apart by their authority: two of one name may lie in one file, one after the other. */
function isOurs(config: KubeconfigFile, name: string, ca: string): boolean {
  const entry = config.clusters?.find((cluster) => cluster.name === name)?.cluster as Record<string, unknown> | undefined;
  return entry?.["certificate-authority-data"] === base64(ca);
}

const emptyConfig = (): KubeconfigFile => ({ apiVersion: "v1", kind: "Config", clusters: [], users: [], contexts: [], preferences: {} });

function withCluster(config: KubeconfigFile, name: string, user: string, { server, ca, cert, key }: Credentials): KubeconfigFile {
  return {
    ...config,
    clusters: put(config.clusters, clusterEntry(name, server, ca)),
    users: put(config.users, userEntry(user, { cert, key })),
    contexts: put(config.contexts, { name, context: { cluster: name, user } }),
    "current-context": name,
  };
}

const put = (list: Named[] | undefined, entry: Named): Named[] => {
  const at = list?.findIndex((other) => other.name === entry.name) ?? -1;
  return at < 0 ? [...(list ?? []), entry] : list!.with(at, entry);
};

const clusterEntry = (name: string, server: string, ca: string): Named => ({
  name,
  cluster: { "certificate-authority-data": base64(ca), server },
});

const userEntry = (name: string, { cert, key }: { cert: string; key: string }): Named => ({
  name,
  user: { "client-certificate-data": base64(cert), "client-key-data": base64(namedKey(key)) },
});

function load(file: string): KubeconfigFile | undefined {
  if (!existsSync(file)) return undefined;
  let value: Record<string, unknown>;
  try {
    value = readKubeconfig(file);
  } catch (cause) {
    throw new Error(`kubeconfig ${file} cannot be read, so nothing was added to it: mend or move it, then run spoke up again`, { cause });
  }
  if (Object.keys(value).length === 0) return undefined;
  return { ...emptyConfig(), ...(value as Partial<KubeconfigFile>) };
}

function save(file: string, config: KubeconfigFile): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.spoke-new`;
  writeFileSync(next, writeYaml(config), { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, file);
}
