/** The certificates and keys of a cluster: one identity a component, made at the first `up`, renewed later (`renewal/`). */
import { createPublicKey, generateKeyPair, randomBytes, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Clock } from "#base/mod.ts";
import { type ClusterConfig, clusterDomain, numbersOf } from "./cluster.ts";
import { authorities as etcdAuthorities, leaves as etcdFiles } from "./etcd/member.ts";
import type { Authority } from "./issuer.ts";
import { hostAddressOf, nodeAddressesOf } from "./machines/seat.ts";
import type { Place } from "./place.ts";

export interface Identity {
  /** PEM files: `<file>.crt` and `<file>.key` in the pki folder. */
  file: string;
  user: string;
  groups: string[];
}

/** Nobody but the person at the machine is in system:masters. */
export const identities = {
  admin: { file: "admin", user: "kubernetes-admin", groups: ["system:masters"] },
  controllers: { file: "controller-manager", user: "system:kube-controller-manager", groups: [] },
  scheduler: { file: "scheduler", user: "system:kube-scheduler", groups: [] },
  proxy: { file: "proxy", user: "system:kube-proxy", groups: [] },
  dns: { file: "dns", user: "system:spoke:dns", groups: [] },
  policy: { file: "policy", user: "system:spoke:policy", groups: [] },
  localPath: { file: "local-path", user: "system:spoke:local-path", groups: [] },
  balancer: { file: "balancer", user: "system:spoke:balancer", groups: [] },
  ingress: { file: "ingress", user: "system:spoke:ingress", groups: [] },
  /** How the API server calls kubelets. */
  kubeletClient: { file: "apiserver-kubelet-client", user: "system:spoke:apiserver", groups: [] },
  /** How the API server calls extension servers on behalf of users; signed by the front proxy's own CA. */
  frontProxy: { file: "front-proxy-client", user: "front-proxy-client", groups: [] },
} satisfies Record<string, Identity>;

/**
 * Signs what hosts of Ingresses show to browsers, and nothing else: people trust it (`spoke trust`), and the process that has its
 * key must not be able to make itself anybody of the cluster.
 */
export const ingressCa = "ingress-ca";

const frontProxyCa = "front-proxy-ca";

export const nodeIdentity = (node: string): Identity => ({ file: `node-${node}`, user: `system:node:${node}`, groups: ["system:nodes"] });

export interface Pem {
  cert: string;
  key: string;
}

export const readPem = (place: Place, file: string): Pem => ({
  cert: readFileSync(join(place.pki, `${file}.crt`), "utf8"),
  key: readFileSync(join(place.pki, `${file}.key`), "utf8"),
});

export const readKey = (place: Place, file: string): string => readFileSync(join(place.pki, file), "utf8");

export const readCa = (place: Place): string => readFileSync(join(place.pki, "ca.crt"), "utf8");

const day = 86_400_000;
const leafDays = 365;
const renewDays = 60;

/** Makes what is missing, about to run out, or no longer covers the server's addresses, and says which. Nothing else is touched. */
export async function ensureCertificates(place: Place, cluster: ClusterConfig, clock: Clock): Promise<string[]> {
  mkdirSync(place.pki, { recursive: true, mode: 0o700 });
  const wanted = wantedLeaves(cluster);
  const due = wanted.filter((leaf) => isDue(place, leaf, clock.now()));
  const named = authoritiesOf(cluster);
  const keys = [...named.map((authority) => `${authority}.key`), "service-account.key", "encryption.key"];
  if (due.length === 0 && keys.every((key) => existsSync(join(place.pki, key)))) return [];
  const issuer = await import("./issuer.ts"); // its library takes a while to load
  const authorities = new Map<string, Authority>();
  for (const name of named) authorities.set(name, await issuer.loadOrMakeCa(place.pki, name, `${cluster.name}-${name}`, clock));
  await Promise.all([
    ...due.map(async (leaf) => {
      const pem = await issuer.issue(authorities.get(leaf.by ?? "ca")!, { ...leaf, days: leafDays }, clock);
      write(place, `${leaf.file}.key`, pem.key);
      write(place, `${leaf.file}.crt`, pem.cert);
    }),
    ensureTokenKey(place),
  ]);
  if (!existsSync(join(place.pki, "encryption.key"))) write(place, "encryption.key", randomBytes(32).toString("base64"));
  return due.map(({ file }) => file);
}

async function ensureTokenKey(place: Place): Promise<void> {
  if (existsSync(join(place.pki, "service-account.key"))) return;
  const key = await newTokenKey();
  write(place, "service-account.pub", String(createPublicKey(key).export({ type: "spki", format: "pem" })));
  write(place, "service-account.key", key);
}

/** RSA, as clients that verify service account tokens by themselves expect it; PEM. */
export async function newTokenKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

export const authoritiesOf = ({ etcd }: ClusterConfig): string[] => [
  "ca",
  frontProxyCa,
  ingressCa,
  ...(etcd?.member ? Object.values(etcdAuthorities) : []),
];

interface Leaf {
  file: string;
  user: string;
  groups: string[];
  use: "client" | "server" | "peer";
  /** DNS names and addresses of a server. */
  names: string[];
  /** Its authority; absent: the cluster's. */
  by?: string;
}

function wantedLeaves(cluster: ClusterConfig): Leaf[] {
  const client = (identity: Identity): Leaf => ({
    ...identity,
    use: "client",
    names: [],
    ...(identity.file === identities.frontProxy.file ? { by: frontProxyCa } : {}),
  });
  return [
    { file: "apiserver", user: "kube-apiserver", groups: [], use: "server", names: serverNames(cluster) },
    ...Object.values(identities).map(client),
    ...etcdLeaves(cluster),
    ...cluster.nodes.flatMap((node): Leaf[] => [
      client(nodeIdentity(node.name)),
      {
        file: `kubelet-${node.name}`,
        user: `system:node:${node.name}`,
        groups: ["system:nodes"],
        use: "server",
        names: [node.name, ...nodeAddressesOf(cluster, node), "127.0.0.1"],
      },
    ]),
  ];
}

/** etcd dials what it answers itself, and its members each other: what they show is good for both. */
function etcdLeaves(cluster: ClusterConfig): Leaf[] {
  const { member } = cluster.etcd ?? {};
  if (!member) return [];
  const names = [...new Set([member.name, "localhost", "127.0.0.1", hostAddressOf(cluster), ...ownAddresses()])];
  const common = { user: member.name, groups: [], names, use: "peer" } as const;
  return [
    { file: etcdFiles.client, user: "spoke-apiserver-etcd-client", groups: [], use: "client", names: [], by: etcdAuthorities.clients },
    { ...common, groups: [], file: etcdFiles.server, by: etcdAuthorities.clients },
    { ...common, groups: [], file: etcdFiles.peer, by: etcdAuthorities.members },
  ];
}

/** What the API server is called, and where it is. */
export function serverNames(cluster: ClusterConfig): string[] {
  const addresses = numbersOf(cluster).families.flatMap(({ hostAddress, apiServiceAddress }) => [hostAddress, apiServiceAddress]);
  const own = ownAddresses();
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", `kubernetes.default.svc.${clusterDomain}`];
  return [...new Set(["localhost", ...service, hostname(), "127.0.0.1", "::1", hostAddressOf(cluster), ...addresses, ...own])];
}

const ownAddresses = (): string[] =>
  Object.entries(networkInterfaces())
    .filter(([name]) => !/^(spoke|veth|cni|docker)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith("fe80"))
    .map((address) => address.address);

function isDue(place: Place, leaf: Leaf, now: number): boolean {
  const file = join(place.pki, `${leaf.file}.crt`);
  if (!existsSync(file) || !existsSync(join(place.pki, `${leaf.file}.key`))) return true;
  const certificate = new X509Certificate(readFileSync(file));
  if (certificate.validToDate.getTime() - now < renewDays * day) return true;
  return leaf.names.some((name) => (isIP(name) ? !certificate.checkIP(name) : !certificate.checkHost(name)));
}

function write(place: Place, file: string, text: string): void {
  const path = join(place.pki, file);
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
