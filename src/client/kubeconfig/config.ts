/** Finds, reads and merges kubeconfig files as client-go does. kubectl, components and `spoke up` read them here. */
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { parsePlainYaml } from "#codec/plain-yaml.ts";

// As an import, node:fs would bring its promises and streams along, which kubectl does not want at every start.
const { existsSync, readFileSync } = process.getBuiltinModule("node:fs");

export interface Cluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
  "proxy-url"?: string;
  "disable-compression"?: boolean;
  extensions?: { name: string; extension?: unknown }[];
}

export interface ExecPlugin {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  interactiveMode?: string;
  provideClusterInfo?: boolean;
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
  "as-uid"?: string;
  "as-groups"?: string[];
  "as-user-extra"?: Record<string, string[]>;
  exec?: ExecPlugin;
  "auth-provider"?: { name?: string; config?: Record<string, string> };
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
  /** Which file each entry came from (`users/admin`), for changes and for relative paths. */
  origins: Map<string, string>;
}

/** Where a program runs: what it finds depends on both. */
export interface Environment {
  env: Record<string, string | undefined>;
  cwd: string;
}

/** `error` in the words of upstream. `raw`: they are the whole line. */
export class KubeconfigError extends Error {
  override name = "KubeconfigError";
  readonly raw: boolean;
  constructor(message: string, options: { raw?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.raw = options.raw ?? false;
  }
}

export function homeOf({ env }: Environment): string {
  return env.HOME || homedir();
}

/** Files in order of precedence: the one that was named, $KUBECONFIG, ~/.kube/config. */
export function kubeconfigFiles(place: Environment, explicit = ""): string[] {
  if (explicit) return [resolve(place.cwd, explicit)];
  const listed = (place.env.KUBECONFIG ?? "").split(":").filter((file) => file !== "");
  return listed.length > 0 ? [...new Set(listed.map((file) => resolve(place.cwd, file)))] : [join(homeOf(place), ".kube", "config")];
}

export function emptyKubeconfig(): Kubeconfig {
  return { clusters: new Map(), users: new Map(), contexts: new Map(), "current-context": "", origins: new Map() };
}

/** The first file to name an entry wins; files that are not there are passed over, but for one that was named. */
export function loadKubeconfig(place: Environment, explicit = ""): Kubeconfig {
  const config = emptyKubeconfig();
  for (const file of kubeconfigFiles(place, explicit)) {
    if (existsSync(file)) merge(config, readKubeconfig(file, explicit || file), file);
    else if (explicit) throw new KubeconfigError(`stat ${explicit}: no such file or directory`);
  }
  return config;
}

/** One file's content as it lies there, checked; throws KubeconfigError, which names the file as it is `shown`. */
export function readKubeconfig(file: string, shown = file): Record<string, unknown> {
  const fail = (why: string, cause?: unknown) =>
    new KubeconfigError(`error loading config file ${JSON.stringify(shown)}: ${why}`, { cause });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const verb = (error as NodeJS.ErrnoException).code === "EISDIR" ? "read" : "open";
    throw fail(`${verb} ${shown}: ${reasonOf(error)}`, error);
  }
  const value = parsePlainYaml(text) ?? fullyRead(text, fail);
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw fail(`json: cannot unmarshal ${jsonType(value)} into Go value of type v1.Config`);
  const wrong = complaint(value as Record<string, unknown>);
  if (wrong) throw fail(wrong);
  return value as Record<string, unknown>;
}

/** The whole reader is loaded only for what is not plain: it would cost every start of kubectl a tenth. */
function fullyRead(text: string, fail: (why: string, cause?: unknown) => KubeconfigError): unknown {
  const { readYaml, YamlError } = createRequire(import.meta.url)("#codec/yaml.ts") as typeof import("#codec/yaml.ts");
  try {
    return readYaml(text).value;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw fail(error.message, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
};

/** Why a file could not be read, as Go says it. */
export function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

/** Bytes of a `…-data` field or of the file that is named instead. */
export function materialOf(data: string | undefined, file: string | undefined, what: string): Buffer | undefined {
  if (data) return Buffer.from(data, "base64");
  if (!file) return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    throw new KubeconfigError(`unable to read ${what} ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

type Kind = "string" | "bool" | "bytes";
const lists = {
  clusters: {
    type: "[]v1.NamedCluster",
    field: "cluster",
    struct: "Cluster",
    fields: {
      server: "string",
      "tls-server-name": "string",
      "insecure-skip-tls-verify": "bool",
      "certificate-authority": "string",
      "certificate-authority-data": "bytes",
      "proxy-url": "string",
    },
  },
  users: {
    type: "[]v1.NamedAuthInfo",
    field: "user",
    struct: "AuthInfo",
    fields: {
      "client-certificate": "string",
      "client-certificate-data": "bytes",
      "client-key": "string",
      "client-key-data": "bytes",
      token: "string",
      tokenFile: "string",
      username: "string",
      password: "string",
      as: "string",
      "as-uid": "string",
    },
  },
  contexts: {
    type: "[]v1.NamedContext",
    field: "context",
    struct: "Context",
    fields: { cluster: "string", user: "string", namespace: "string" },
  },
} as const satisfies Record<string, { type: string; field: string; struct: string; fields: Record<string, Kind> }>;

/** What a decoder in Go would say of a file in which something has the wrong type. */
function complaint(file: Record<string, unknown>): string | undefined {
  const { apiVersion, kind } = file;
  if ((apiVersion && apiVersion !== "v1") || (kind && kind !== "Config"))
    return `no kind ${JSON.stringify(kind || "Config")} is registered for version ${JSON.stringify(apiVersion || "v1")} in scheme "pkg/runtime/scheme.go:111"`;
  for (const [name, { type, field, struct, fields }] of Object.entries(lists)) {
    const entries = file[name] ?? [];
    if (!Array.isArray(entries)) return `json: cannot unmarshal ${jsonType(entries)} into Go struct field Config.${name} of type ${type}`;
    for (const entry of entries as Record<string, unknown>[]) {
      const value = (entry?.[field] ?? {}) as Record<string, unknown>;
      for (const [key, kind] of Object.entries(fields)) {
        const wrong = complaintOf(value[key], kind, `${struct}.${name}.${field}.${key}`);
        if (wrong) return wrong;
      }
    }
  }
  return undefined;
}

function complaintOf(value: unknown, kind: Kind, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== (kind === "bool" ? "boolean" : "string"))
    return `json: cannot unmarshal ${jsonType(value)} into Go struct field ${path} of type ${kind === "bytes" ? "[]uint8" : kind}`;
  return kind === "bytes" ? badBase64(value as string) : undefined;
}

function badBase64(text: string): string | undefined {
  const joined = text.replaceAll(/[\r\n]/g, "");
  if (joined.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(joined)) return undefined;
  const at = joined.search(/[^A-Za-z0-9+/]/);
  return `illegal base64 data at input byte ${at >= 0 ? at : joined.length - (joined.length % 4)}`;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value === "bigint" ? "number" : typeof value;
}

function merge(config: Kubeconfig, file: Record<string, unknown>, origin: string): void {
  config["current-context"] ||= String(file["current-context"] ?? "");
  for (const [name, { field }] of Object.entries(lists)) {
    const target = config[name as keyof typeof lists] as Map<string, unknown>;
    for (const entry of (file[name] ?? []) as Record<string, unknown>[]) {
      const key = String(entry?.name ?? "");
      if (target.has(key)) continue;
      target.set(key, entry?.[field] ?? {});
      config.origins.set(`${name}/${key}`, origin);
    }
  }
}

/** A path in an entry counts from the folder of the file that holds it. */
export function fromOrigin(path: string | undefined, origin: string | undefined): string | undefined {
  return path && origin && !isAbsolute(path) ? join(origin, "..", path) : path;
}
