/**
 * The certificates of a machine that joined, asked for by upstream's flow: the kubelet's own by the token, or by the one before it;
 * all others by the kubelet's. What is there and good stays.
 */
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { Clock } from "#base/mod.ts";
import { type Client, createClient, httpTransport } from "#client/mod.ts";
import { nodeIdentity, type Pem, readCa, readPem } from "../certificates.ts";
import type { ClusterConfig, NodeConfig } from "../cluster.ts";
import { nodeAddressOf } from "../machines/seat.ts";
import type { Place } from "../place.ts";
import { partsOfNode } from "./approval.ts";
import { type Asking, certificateFor, newRequest, type Subject } from "./signing-request.ts";

const answerMs = 20_000;
const signPatienceMs = 120_000;

export interface Wanted {
  /** `<file>.crt` and `<file>.key`. */
  file: string;
  subject: Subject;
  signerName: string;
  usage: "client auth" | "server auth";
}

const kubelet = (node: string): Wanted => {
  const { file, user, groups } = nodeIdentity(node);
  return { file, subject: { user, groups }, signerName: "kubernetes.io/kube-apiserver-client-kubelet", usage: "client auth" };
};

/** All but the kubelet's own, which asks for them. */
export function othersOf(cluster: ClusterConfig, node: NodeConfig): Wanted[] {
  const { user, groups } = nodeIdentity(node.name);
  const names = [node.name, nodeAddressOf(cluster, node)];
  return [
    { file: `kubelet-${node.name}`, subject: { user, groups, names }, signerName: "kubernetes.io/kubelet-serving", usage: "server auth" },
    ...partsOfNode.map(
      (part): Wanted => ({
        file: part.file,
        subject: { user: part.user, groups: [] },
        signerName: "kubernetes.io/kube-apiserver-client",
        usage: "client auth",
      }),
    ),
  ];
}

/** A third of its life is left for asking again, as upstream's kubelet leaves it. */
export function isDue(cert: string, ca: string, names: readonly string[], nowMs: number): boolean {
  const parsed = new X509Certificate(cert);
  const [from, to] = [parsed.validFromDate.getTime(), parsed.validToDate.getTime()];
  if (nowMs > from + (to - from) * (2 / 3) || !parsed.verify(new X509Certificate(ca).publicKey)) return true;
  return names.some((name) => (isIP(name) ? !parsed.checkIP(name) : !parsed.checkHost(name)));
}

export interface Credentials {
  place: Place;
  cluster: ClusterConfig;
  node: NodeConfig;
  server: string;
  clock: Clock;
}

/** `bearer`: a join token, where the machine has no identity yet. Names of the files that are new. */
export async function ensureCredentials(given: Credentials, bearer?: string): Promise<string[]> {
  const { place, cluster, node, clock } = given;
  const own = kubelet(node.name);
  const due = [own, ...othersOf(cluster, node)].filter((wanted) => isMissing(given, wanted));
  if (due.includes(own)) {
    const has = existsSync(join(place.pki, `${own.file}.crt`)) && isOfUse(place, readPem(place, own.file), clock.now());
    const by = has ? { ...readPem(place, own.file) } : { token: bearer };
    if (!has && bearer === undefined)
      throw new Error("this machine's certificate has run out: join again with a new token (spoke token create on the server)");
    await asking(given, by, (client) => obtain(client, given, own));
  }
  const others = due.filter((wanted) => wanted !== own);
  if (others.length > 0)
    await asking(given, readPem(place, own.file), async (client) => {
      await Promise.all(others.map((wanted) => obtain(client, given, wanted)));
    });
  return due.map(({ file }) => file);
}

function isMissing({ place, clock }: Credentials, { file, subject }: Wanted): boolean {
  if (["crt", "key"].some((end) => !existsSync(join(place.pki, `${file}.${end}`)))) return true;
  return isDue(readPem(place, file).cert, readCa(place), subject.names ?? [], clock.now());
}

function isOfUse(place: Place, { cert }: Pem, nowMs: number): boolean {
  const parsed = new X509Certificate(cert);
  return parsed.validToDate.getTime() > nowMs && parsed.verify(new X509Certificate(readCa(place)).publicKey);
}

async function asking<T>({ place, server }: Credentials, by: { token?: string } | Pem, work: (client: Client) => Promise<T>): Promise<T> {
  const transport = httpTransport({ server, ca: readCa(place), ...by, userAgent: "spoke-join", timeoutMs: answerMs });
  try {
    return await work(createClient(transport));
  } finally {
    await transport.close();
  }
}

async function obtain(client: Client, { place, clock }: Credentials, { file, subject, signerName, usage }: Wanted): Promise<void> {
  const { key, request } = await newRequest(subject);
  const asked: Asking = {
    generateName: `${subject.user.startsWith("system:node:") ? "node" : "part"}-csr-`,
    request,
    signerName,
    usages: ["digital signature", usage],
  };
  const cert = await certificateFor(client, asked, clock, signPatienceMs);
  write(place, `${file}.key`, key);
  write(place, `${file}.crt`, cert);
}

export function write(place: Place, file: string, text: string): void {
  mkdirSync(place.pki, { recursive: true, mode: 0o700 });
  const path = join(place.pki, file);
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
