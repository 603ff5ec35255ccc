/** Where the objects are, if not in the embedded store. An etcd that is given: what `--etcd-servers` and its companions say, and whether what is in it can be this cluster's. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { systemClock } from "#base/mod.ts";
import { createEtcdStore, type EtcdOptions, only, under } from "#store/mod.ts";
import type { ClusterConfig } from "../cluster.ts";
import type { Option } from "../options.ts";
import type { Place } from "../place.ts";
import type { EtcdConfig } from "./config.ts";
import { insist, isSlow } from "./insist.ts";
import { serversOf } from "./member.ts";

export const etcdFlags = {
  "etcd-servers": {
    type: "string",
    inFile: "list",
    value: "URL[,URL]",
    text: "keep all objects in this etcd, which several control planes can share (the embedded store)",
  },
  "etcd-cafile": { type: "string", inFile: "path", value: "FILE", text: "the authority of etcd's certificates, PEM" },
  "etcd-certfile": { type: "string", inFile: "path", value: "FILE", text: "who this cluster is to etcd, PEM" },
  "etcd-keyfile": { type: "string", inFile: "path", value: "FILE", text: "and the key of that certificate" },
} as const satisfies Record<string, Option>;

/** In the pki folder: with the other keys they are handed over to control planes that join. */
const files = { ca: "etcd-ca.crt", cert: "etcd-client.crt", key: "etcd-client.key" } as const;

type Part = keyof typeof files;

export interface GivenEtcd extends EtcdConfig {
  /** PEM by what it is; absent: as before. */
  pem: Partial<Record<Part, string>>;
}

type Values = { [Name in keyof typeof etcdFlags]: string | undefined };

const flagOf: Record<Part, keyof typeof etcdFlags> = { ca: "etcd-cafile", cert: "etcd-certfile", key: "etcd-keyfile" };

export interface EtcdAsked {
  values: Values;
  /** Where the names of files begin. */
  folderOf(option: keyof typeof etcdFlags): string;
}

/** Undefined: nothing of it was said. Throws what is wrong with it. */
export function readEtcdFlags({ values, folderOf }: EtcdAsked, known?: EtcdConfig): GivenEtcd | undefined {
  const pem: GivenEtcd["pem"] = {};
  for (const [part, flag] of Object.entries(flagOf) as [Part, keyof typeof etcdFlags][]) {
    const file = values[flag];
    if (file !== undefined) pem[part] = pemIn(resolve(folderOf(flag), file), flag, part);
  }
  const said = Object.keys(pem).length > 0;
  const servers = values["etcd-servers"] === undefined ? (said ? known?.servers : undefined) : readServers(values["etcd-servers"]);
  if (!servers) {
    if (said) throw new Error("--etcd-cafile, --etcd-certfile and --etcd-keyfile are for --etcd-servers");
    return undefined;
  }
  if (!pem.cert !== !pem.key) throw new Error("--etcd-certfile and --etcd-keyfile go together");
  if (said && servers.every((server) => server.startsWith("http://")))
    throw new Error("--etcd-cafile, --etcd-certfile and --etcd-keyfile are for servers that begin with https://");
  return { servers, pem };
}

function readServers(text: string): [string, ...string[]] {
  const servers = text.split(",").map((word) => {
    const url = URL.canParse(word) ? new URL(word) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "" || url.username !== "" || url.port === "")
      throw new Error(`--etcd-servers ${text}: https://HOST:PORT is needed, with commas between several`);
    return `${url.protocol}//${url.host}`;
  });
  return [...new Set(servers)] as [string, ...string[]];
}

function pemIn(file: string, flag: string, part: Part): string {
  try {
    const text = readFileSync(file, "utf8");
    if (part === "key") createPrivateKey(text);
    else new X509Certificate(text);
    return text;
  } catch (cause) {
    throw new Error(`--${flag} ${file}: not a ${part === "key" ? "private key" : "certificate"} in PEM`, { cause });
  }
}

export function writeEtcdFiles({ pem }: Pick<GivenEtcd, "pem">, write: (file: string, text: string) => void): void {
  for (const [part, text] of Object.entries(pem)) write(files[part as Part], text);
}

/** How the etcd of a cluster is reached from here. */
export function etcdOptionsOf(place: Place, cluster: ClusterConfig): EtcdOptions {
  return etcdOptionsIn({ servers: serversOf(place, cluster) }, (file) => {
    const path = join(place.pki, file);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  });
}

export function etcdOptionsIn({ servers }: EtcdConfig, read: (file: string) => string | undefined): EtcdOptions {
  const [ca, cert, key] = [read(files.ca), read(files.cert), read(files.key)];
  return { endpoints: servers, tls: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) } };
}

/** There while objects are moved to an etcd (`migration/`), and below it what only counts: whoever was interrupted finds its own again. */
export const movingMark = "/registry/spoke.dev/moving";

const slowMs = 30_000;

export type Holding = "nothing" | "this cluster" | "another cluster";

/** What an etcd holds. Throws when none of its servers answers. `ca`: of the cluster, where there is one. */
export async function holdingOf(options: EtcdOptions, ca: string | undefined): Promise<Holding> {
  let store: Awaited<ReturnType<typeof createEtcdStore>>;
  try {
    store = await insist(systemClock, () => createEtcdStore(options), { ms: slowMs, passes: isSlow });
  } catch (cause) {
    throw new Error(`etcd at ${options.endpoints.join(", ")} cannot be used from this machine`, { cause });
  }
  try {
    if ((await store.list(under("/registry/", { limit: 1 }))).entries.length === 0) return "nothing";
    const moving = (await store.list(only(movingMark))).entries[0];
    if (moving) return moving.value.toString() === ca ? "this cluster" : "another cluster";
    const { entries } = await store.list(under("/registry/configmaps/kube-public/cluster-info", { limit: 1 }));
    const authority = ca === undefined ? undefined : Buffer.from(ca).toString("base64");
    return authority !== undefined && entries[0]?.value.includes(authority) ? "this cluster" : "another cluster";
  } finally {
    await store.close();
  }
}
