/**
 * What lets machines join: `kube-public/cluster-info`, which anybody may read and each token signs, the rights by which tokens ask
 * for kubelets' certificates (kubeadm's, under kubeadm's names), and what a node must know of the cluster.
 */
import {
  type ClusterRole,
  type ClusterRoleBinding,
  type ConfigMap,
  clusterrolebindings,
  clusterroles,
  configmaps,
  type KubeObject,
  type Resource,
  type Role,
  type RoleBinding,
  rolebindings,
  roles,
} from "#api/mod.ts";
import type { Client } from "#client/mod.ts";
import { writeYaml } from "#codec/mod.ts";

const rbac = "rbac.authorization.k8s.io";
const fieldManager = "spoke";
export const infoRef = { namespace: "kube-public", name: "cluster-info" };
export const factsRef = { namespace: "kube-system", name: "spoke-cluster" };

/** As a newcomer reads it: where the cluster is and whom to believe, and nobody's credentials. */
export function infoKubeconfig(server: string, ca: string): string {
  const cluster = { "certificate-authority-data": Buffer.from(ca).toString("base64"), server };
  return writeYaml({
    apiVersion: "v1",
    clusters: [{ cluster, name: "" }],
    contexts: null,
    "current-context": "",
    kind: "Config",
    preferences: {},
    users: null,
  });
}

const group = (name: string) => ({ apiGroup: rbac, kind: "Group", name });
const clusterRoleBinding = (name: string, role: string, to: string): ClusterRoleBinding => ({
  apiVersion: `${rbac}/v1`,
  kind: "ClusterRoleBinding",
  metadata: { name },
  roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
  subjects: [group(to)],
});
const readOne = (ref: { namespace: string; name: string }, name: string): Role => ({
  apiVersion: `${rbac}/v1`,
  kind: "Role",
  metadata: { name, namespace: ref.namespace },
  rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: [ref.name], verbs: ["get"] }],
});
const roleBinding = (role: Role, subject: { apiGroup: string; kind: string; name: string }): RoleBinding => ({
  apiVersion: `${rbac}/v1`,
  kind: "RoleBinding",
  metadata: { ...role.metadata },
  roleRef: { apiGroup: rbac, kind: "Role", name: role.metadata.name! },
  subjects: [subject],
});

const bootstrappers = "system:bootstrappers";
const nodes = "system:nodes";
const approving = "system:certificates.k8s.io:certificatesigningrequests";
/** A newcomer whose name a living node has is told so, before it takes the name. */
const getNodes: ClusterRole = {
  apiVersion: `${rbac}/v1`,
  kind: "ClusterRole",
  metadata: { name: "kubeadm:get-nodes" },
  rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }],
};

export interface Welcome {
  /** Where other machines reach the API server. */
  server: string;
  /** PEM. */
  ca: string;
  facts: Record<string, string>;
}

/** Says it anew at every start: what was changed is mended, and the signatures of others in it stay. */
export async function ensureWelcome(client: Client, { server, ca, facts }: Welcome): Promise<void> {
  const apply = async <T extends KubeObject>(resource: Resource<T>, object: T) => {
    const { name, namespace } = object.metadata;
    await client.patch(resource, { name: name!, ...(namespace ? { namespace } : {}) }, "apply", object, { fieldManager, force: true });
  };
  const map = (ref: { namespace: string; name: string }, data: Record<string, string>): ConfigMap => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ...ref },
    data,
  });
  const [readInfo, readFacts] = [readOne(infoRef, "kubeadm:bootstrap-signer-clusterinfo"), readOne(factsRef, "spoke:cluster-facts")];
  await Promise.all([
    apply(configmaps, map(infoRef, { kubeconfig: infoKubeconfig(server, ca) })),
    apply(configmaps, map(factsRef, facts)),
    apply(roles, readInfo),
    apply(rolebindings, roleBinding(readInfo, { apiGroup: rbac, kind: "User", name: "system:anonymous" })),
    apply(roles, readFacts),
    apply(rolebindings, roleBinding(readFacts, group(nodes))),
    apply(clusterroles, getNodes),
    apply(clusterrolebindings, clusterRoleBinding("kubeadm:get-nodes", "kubeadm:get-nodes", bootstrappers)),
    apply(clusterrolebindings, clusterRoleBinding("kubeadm:kubelet-bootstrap", "system:node-bootstrapper", bootstrappers)),
    apply(clusterrolebindings, clusterRoleBinding("kubeadm:node-autoapprove-bootstrap", `${approving}:nodeclient`, bootstrappers)),
    apply(clusterrolebindings, clusterRoleBinding("kubeadm:node-autoapprove-certificate-rotation", `${approving}:selfnodeclient`, nodes)),
    // For the certificates of its other parts; whether they are approved is judged one by one.
    apply(clusterrolebindings, clusterRoleBinding("spoke:node-parts", "system:node-bootstrapper", nodes)),
  ]);
}
