/**
 * Approves what upstream leaves to the operator: the certificates that a node's own parts need. A node that is one already asks as
 * itself; it gets a serving certificate for its own name and address, and the identities of the parts that run beside every kubelet.
 */
import { isIP } from "node:net";
import { type CertificateSigningRequest, certificatesigningrequests, type Node, nodes } from "#api/mod.ts";
import { conditionOf, type Reconciler, reconciler, type Step, timestamp, update } from "#client/mod.ts";
import { identities } from "../certificates.ts";

/** Read by the caller with the library of the issuer. */
export interface AskedNames {
  commonName: string;
  organizations: readonly string[];
  names: readonly { type: string; value: string }[];
}

/** Who runs beside the kubelet of every node, and has rights of its own. */
export const partsOfNode = [identities.proxy, identities.dns, identities.policy, identities.localPath] as const;
export const approverUser = "system:spoke:join-approver";
const servingSigner = "kubernetes.io/kubelet-serving";
const clientSigner = "kubernetes.io/kube-apiserver-client";
export const approvedSigners = [servingSigner, clientSigner] as const;

export interface SeenAsking {
  request: CertificateSigningRequest;
  asked: AskedNames;
  nodes: readonly Node[];
  /** Names and addresses of the API server, which has its certificate from the same authority. */
  reserved: ReadonlySet<string>;
}

export type Verdict = { approve: string } | { deny: string } | undefined;

/** Undefined: it is not ours to judge. */
export function judgeRequest(seen: SeenAsking): Verdict {
  const { request, asked } = seen;
  const { signerName, username = "", groups = [] } = request.spec ?? {};
  const node = /^system:node:(.+)$/.exec(username)?.[1];
  if (!node || !groups.includes("system:nodes")) return undefined;
  if (signerName === servingSigner) return judgeServing(node, username, seen);
  if (signerName !== clientSigner) return undefined;
  const part = partsOfNode.find(({ user }) => user === asked.commonName);
  if (!part || asked.organizations.length > 0 || asked.names.length > 0) return undefined;
  return { approve: `a part of the node ${node}` };
}

function judgeServing(node: string, username: string, { asked, nodes: all, reserved }: SeenAsking): Verdict {
  if (asked.commonName !== username) return { deny: `${username} may serve as itself only, not as ${asked.commonName}` };
  const addresses = (other: Node) => other.status?.addresses?.map(({ address }) => address) ?? [];
  for (const { type, value } of asked.names) {
    if (reserved.has(value)) return { deny: `${value} is the API server's` };
    if (type === "dns" && value === node) continue;
    if (type !== "ip" || isIP(value) === 0) return { deny: `${value} is not the name of the node ${node}` };
    const owner = all.find((other) => other.metadata.name !== node && addresses(other).includes(value));
    if (owner) return { deny: `${value} is the address of the node ${owner.metadata.name}` };
  }
  return { approve: `the node ${node} serves by its own name and address` };
}

export function planVerdict(seen: SeenAsking, nowMs: number): Step[] {
  const verdict = judgeRequest(seen);
  if (!verdict) return [];
  const now = timestamp(nowMs);
  const [type, message] = "approve" in verdict ? ["Approved", verdict.approve] : ["Denied", verdict.deny];
  const condition = { type, status: "True", reason: "SpokeNode", message, lastUpdateTime: now, lastTransitionTime: now };
  const { request } = seen;
  const conditions = [...(request.status?.conditions ?? []), condition];
  return [update(certificatesigningrequests, { ...request, status: { ...request.status, conditions } }, { subresource: "approval" })];
}

export function joinApproval(read: (text: string | undefined) => AskedNames, reserved: ReadonlySet<string>): Reconciler {
  return reconciler<CertificateSigningRequest, SeenAsking>({
    name: "spoke-join-approver",
    account: approverUser,
    workers: 2,
    of: certificatesigningrequests,
    when: ({ type }) => type !== "deleted",
    reads: [nodes],
    see(key, caches) {
      const request = caches.get(certificatesigningrequests, key);
      if (!request || ["Approved", "Denied", "Failed"].some((type) => conditionOf(request.status?.conditions, type))) return undefined;
      const { signerName } = request.spec ?? {};
      if (signerName !== servingSigner && signerName !== clientSigner) return undefined;
      try {
        return { request, asked: read(request.spec?.request), nodes: caches.list(nodes), reserved };
      } catch {
        return undefined; // no request at all: the signer says so
      }
    },
    plan: planVerdict,
  });
}
