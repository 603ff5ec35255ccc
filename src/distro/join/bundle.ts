/**
 * What a further control plane needs of the cluster: its authorities and keys, sealed for the holders of one token. Two things are
 * needed to have them: the right to read the Secret, which only that token's user has, and the key, which is in the token and
 * nowhere else: not in the cluster, not in its store, not in a backup.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Role, type RoleBinding, rolebindings, roles, type Secret, secrets } from "#api/mod.ts";
import { secretBytes } from "#base/mod.ts";
import { type Client, isForbidden, orUndefined } from "#client/mod.ts";
import { ingressCa } from "../certificates.ts";
import type { ClusterConfig } from "../cluster.ts";
import type { EtcdConfig } from "../etcd/config.ts";
import { serversOf } from "../etcd/member.ts";
import type { Place } from "../place.ts";
import { type Facts, factsFor, readFacts } from "./facts.ts";
import type { JoinToken } from "./token.ts";

export interface Bundle {
  /** By their names in the pki folder. */
  files: Record<string, string>;
  facts: Facts;
  port: number;
  /** `members`: Spoke runs it. */
  etcd: Pick<EtcdConfig, "servers"> & { members?: boolean };
}

const form = 1;
const namespace = "kube-system";
const cipher = "aes-256-gcm";
const [nonceBytes, tagBytes] = [12, 16];
const nameOf = (id: string): string => `spoke-control-plane-${id}`;

const needed = ["ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key", `${ingressCa}.crt`, `${ingressCa}.key`].concat(
  "service-account.key",
  "service-account.pub",
  "encryption.key",
);
/** What tokens of before are believed by; of an etcd that is given, or of one that Spoke runs: then the newcomer becomes a member, and has its authorities for that. */
const besides = [
  "service-account-before.pub",
  "etcd-ca.crt",
  "etcd-client.crt",
  "etcd-client.key",
  "etcd-ca.key",
  "etcd-peer-ca.crt",
  "etcd-peer-ca.key",
];

export const newBundleKey = (): string => secretBytes(32).toString("base64url");

export function bundleOf(place: Place, cluster: ClusterConfig & { etcd: EtcdConfig }): string {
  const names = [...needed, ...besides.filter((name) => existsSync(join(place.pki, name)))];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(place.pki, name), "utf8")]));
  const etcd = { servers: serversOf(place, cluster), ...(cluster.etcd.member ? { members: true } : {}) };
  return JSON.stringify({ form, files, facts: factsFor(cluster), port: cluster.port, etcd });
}

/** Bound to the token's id: one that was put in the place of another does not open. */
export function seal(text: string, key: string, id: string): Buffer {
  const nonce = secretBytes(nonceBytes);
  const sealing = createCipheriv(cipher, Buffer.from(key, "base64url"), nonce).setAAD(Buffer.from(id));
  const sealed = Buffer.concat([sealing.update(text, "utf8"), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]);
}

export function unseal(bytes: Buffer, key: string, id: string): Bundle {
  let text: string;
  try {
    const opening = createDecipheriv(cipher, Buffer.from(key, "base64url"), bytes.subarray(0, nonceBytes)).setAAD(Buffer.from(id));
    opening.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    text = Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString();
  } catch (cause) {
    throw new Error("the keys of the cluster were not sealed for this token", { cause });
  }
  const bundle = JSON.parse(text);
  // A name is the name of a file here: only those that are known become one.
  const isWhole = bundle.form === form && needed.every((name) => typeof bundle.files[name] === "string");
  if (!isWhole)
    throw new Error("the cluster hands its keys over in a way that this version does not know: use the same version on all machines");
  const known = [...needed, ...besides].flatMap((name) => (name in bundle.files ? [[name, bundle.files[name]]] : []));
  return { files: Object.fromEntries(known), facts: readFacts(bundle.facts), port: bundle.port, etcd: bundle.etcd };
}

/** `owner`: the token's Secret, with which all of it goes. */
export async function offerBundle(client: Client, { id, key }: JoinToken, owner: Secret, text: string): Promise<void> {
  const name = nameOf(id);
  const ownerReferences = [{ apiVersion: "v1", kind: "Secret", name: owner.metadata.name!, uid: owner.metadata.uid! }];
  const metadata = { name, namespace, ownerReferences };
  const rbac = "rbac.authorization.k8s.io";
  await client.create(secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    type: "spoke.dev/control-plane",
    data: { sealed: seal(text, key!, id).toString("base64") },
  } as Secret);
  const role: Role = {
    apiVersion: `${rbac}/v1`,
    kind: "Role",
    metadata,
    rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [name], verbs: ["get"] }],
  };
  const binding: RoleBinding = {
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: rbac, kind: "Role", name },
    subjects: [{ apiGroup: rbac, kind: "User", name: `system:bootstrap:${id}` }],
  };
  await client.create(roles, role);
  await client.create(rolebindings, binding);
}

/** Asked by the token itself. */
export async function readBundle(client: Client, { id, key }: JoinToken): Promise<Bundle> {
  let secret: Secret | undefined;
  try {
    secret = await orUndefined(client.get(secrets, { namespace, name: nameOf(id) }));
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
  const sealed = secret?.data?.sealed;
  if (sealed === undefined) throw new Error(`the cluster has no keys for the holder of the token ${id}: ${makeOne}`);
  return unseal(Buffer.from(sealed, "base64"), key!, id);
}

export const makeOne = "make one for a control plane with spoke token create --control-plane, on a server of the cluster";
