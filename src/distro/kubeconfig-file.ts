/** Adds a cluster to a kubeconfig file and takes it out again; everything else in the file stays. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { parseYaml, writeYaml } from "#codec/mod.ts";

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

/** A file with one context, for components and for `--kubeconfig`. */
export function kubeconfigText(name: string, user: string, { server, ca, cert, key }: Credentials): string {
  return writeYaml(withCluster(emptyConfig(), name, user, { server, ca, cert, key }, true));
}

/** The file that kubectl would write to. */
export function userKubeconfig(env: NodeJS.ProcessEnv = process.env): string {
  return env.KUBECONFIG?.split(":").find((file) => file !== "") ?? join(env.HOME || homedir(), ".kube", "config");
}

/** Adds or renews the context and makes it current. Written whole or not at all, readable by its owner only. */
export function addContext(file: string, name: string, credentials: Credentials): void {
  save(file, withCluster(load(file) ?? emptyConfig(), name, `${name}-admin`, credentials, true));
}

/** Takes the context out; when it was current, none is. */
export function removeContext(file: string, name: string): void {
  const config = load(file);
  if (!config) return;
  const without = (list: Named[] | undefined, gone: string) => (list ?? []).filter((entry) => entry.name !== gone);
  const next: KubeconfigFile = {
    ...config,
    clusters: without(config.clusters, name),
    users: without(config.users, `${name}-admin`),
    contexts: without(config.contexts, name),
    "current-context": config["current-context"] === name ? "" : config["current-context"],
  };
  // A file in which nothing is left was made by us, or is of no use to anybody.
  if (next.clusters.length + next.users.length + next.contexts.length === 0) rmSync(file);
  else if (JSON.stringify(next) !== JSON.stringify(config)) save(file, next);
}

const emptyConfig = (): KubeconfigFile => ({ apiVersion: "v1", kind: "Config", clusters: [], users: [], contexts: [], preferences: {} });

function withCluster(
  config: KubeconfigFile,
  name: string,
  user: string,
  { server, ca, cert, key }: Credentials,
  current: boolean,
): KubeconfigFile {
  const put = (list: Named[] | undefined, entry: Named) => [...(list ?? []).filter((other) => other.name !== entry.name), entry];
  return {
    ...config,
    clusters: put(config.clusters, { name, cluster: { "certificate-authority-data": base64(ca), server } }),
    users: put(config.users, { name: user, user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) } }),
    contexts: put(config.contexts, { name, context: { cluster: name, user } }),
    ...(current ? { "current-context": name } : {}),
  };
}

function load(file: string): KubeconfigFile | undefined {
  if (!existsSync(file)) return undefined;
  let value: unknown;
  try {
    value = parseYaml(readFileSync(file, "utf8")).documents[0]?.value;
  } catch (cause) {
    throw new Error(`kubeconfig ${file} cannot be read as YAML, so nothing was added to it: mend or move it, then run spoke up again`, {
      cause,
    });
  }
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw new Error(`kubeconfig ${file} is not a mapping, so nothing was added to it`);
  return { ...emptyConfig(), ...(value as Partial<KubeconfigFile>) };
}

function save(file: string, config: KubeconfigFile): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const next = `${file}.spoke-new`;
  writeFileSync(next, writeYaml(config), { mode: 0o600 });
  chmodSync(next, 0o600);
  renameSync(next, file);
}
