import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { KubeObject } from "#api/mod.ts";
import { type Asked, nodeUser, type SecureFixture, secureFixture } from "../fixture.ts";

let at: SecureFixture;
const uids: Record<string, string> = {};
const core = "/api/v1";
const t1 = `${core}/namespaces/t1`;
const node = (name: string, more: object = {}) => ({ apiVersion: "v1", kind: "Node", metadata: { name, ...more } });
const volume = { accessModes: ["ReadWriteOnce"] };
const csi = { driver: "csi.example.com", volumeHandle: "h" };

before(async () => {
  at = await secureFixture();
  const make = async (apiVersion: string, kind: string, name: string, more: object, namespace?: string) => {
    const object = { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) }, ...more };
    const made = await at.put(object as unknown as KubeObject);
    uids[name] = made.metadata.uid!;
  };
  await make("v1", "Namespace", "t1", {});
  await make("v1", "Namespace", "kube-node-lease-too", {});
  for (const name of ["n1", "n2"]) await make("v1", "Node", name, {});
  for (const name of ["robot", "default"]) await make("v1", "ServiceAccount", name, {}, "t1");
  await make("storage.k8s.io/v1", "CSIDriver", "csi.example.com", { spec: { tokenRequests: [{ audience: "vault" }] } });
  await make("v1", "PersistentVolume", "pv", {
    spec: { ...volume, capacity: { storage: "1Gi" }, csi, claimRef: { namespace: "t1", name: "data" } },
  });
  const asked = { ...volume, resources: { requests: { storage: "1Gi" } }, volumeName: "pv" };
  await make("v1", "PersistentVolumeClaim", "data", { spec: asked, status: { phase: "Bound" } }, "t1");
  const sources = [{ serviceAccountToken: { path: "token", audience: "db" } }, { serviceAccountToken: { path: "own" } }];
  const volumes = [
    { name: "a", projected: { sources } },
    { name: "b", persistentVolumeClaim: { claimName: "data" } },
  ];
  const containers = [{ name: "c", image: "i" }];
  for (const name of ["n1", "n2"])
    await make(
      "v1",
      "Pod",
      `on-${name}`,
      { spec: { nodeName: name, serviceAccountName: "robot", containers, ...(name === "n1" ? { volumes } : {}) } },
      "t1",
    );
  await make("resource.k8s.io/v1", "ResourceSlice", "slice-n1", {
    spec: { driver: "d", nodeName: "n1", pool: { name: "p", generation: 1, resourceSliceCount: 1 } },
  });
});
after(() => at.close());

const asNode = (method: string, path: string, body?: object) => at.ask(nodeUser("n1"), method, path, body);
const is = ({ status, message }: Asked, wanted: number, text = "") =>
  assert.deepEqual([status, wanted < 400 ? "" : message], [wanted, text], message);

test("a node writes its own Node only, without owners, taints and labels that draw pods", async () => {
  const own = `${core}/nodes/n1`;
  const may = 'nodes "n1" is forbidden: ';
  is(await asNode("PATCH:merge", `${core}/nodes/n2`, {}), 403, 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"');
  is(
    await asNode("PATCH:merge", `${core}/nodes/n2/status`, {}),
    403,
    'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  );
  is(await asNode("POST", `${core}/nodes`, node("n3")), 403, 'nodes "n3" is forbidden: node "n1" is not allowed to modify node "n3"');
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "00000000-0000-0000-0000-000000000000" }];
  const labels = (key: string) => ({ metadata: { labels: { [key]: "x" } } });
  for (const path of [own, `${own}/status`]) {
    is(
      await asNode("PATCH:merge", path, { metadata: { ownerReferences } }),
      403,
      `${may}node "n1" is not allowed to modify ownerReferences`,
    );
    for (const key of [
      "node-restriction.kubernetes.io/a",
      "x.node-restriction.kubernetes.io/a",
      "kubernetes.io/a",
      "a.k8s.io/b",
      "node-role.kubernetes.io/master",
    ])
      is(await asNode("PATCH:merge", path, labels(key)), 403, `${may}is not allowed to modify labels: ${key}`);
    for (const key of ["example.com/a", "plain", "node.kubernetes.io/a", "x.kubelet.kubernetes.io/a", "topology.kubernetes.io/zone"])
      is(await asNode("PATCH:merge", path, labels(key)), 200);
  }
  is(
    await asNode("PATCH:merge", own, { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } }),
    403,
    `${may}node "n1" is not allowed to modify taints`,
  );
  // Neither may it take such a label away.
  await at.admin("PATCH:merge", own, labels("node-restriction.kubernetes.io/secure"));
  const away = { metadata: { labels: { "node-restriction.kubernetes.io/secure": null } } };
  is(await asNode("PATCH:merge", own, away), 403, `${may}is not allowed to modify labels: node-restriction.kubernetes.io/secure`);
  is(
    await asNode("PATCH:merge", `${own}/status`, away),
    403,
    `${may}is not allowed to modify labels: node-restriction.kubernetes.io/secure`,
  );
  is(await asNode("PATCH:merge", `${own}/status`, { status: { conditions: [{ type: "Ready", status: "True" }] } }), 200);
});

const mirror = (more: { metadata?: object; spec?: object } = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "static-n1",
    annotations: { "kubernetes.io/config.mirror": "hash" },
    ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "n1", uid: uids.n1, controller: true }],
    ...more.metadata,
  },
  spec: { nodeName: "n1", containers: [{ name: "c", image: "i" }], ...more.spec },
});
const owner = (more: object) => ({ metadata: { ownerReferences: [{ ...mirror().metadata.ownerReferences[0], ...more }] } });

test("a node creates mirror pods of its own, that refer to nothing in the API", async () => {
  const may = 'pods "static-n1" is forbidden: ';
  const only = `${may}node "n1" can only create pods with `;
  const volumes = (source: object) => ({ spec: { volumes: [{ name: "v", ...source }] } });
  const references = (what: string) => `${may}node "n1" can not create pods that reference ${what}`;
  const projected = (source: object) => volumes({ projected: { sources: [source] } });
  const cases: [object, string][] = [
    [
      { metadata: { annotations: {} } },
      `${may}pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods`,
    ],
    [{ spec: { nodeName: "n2" } }, `${only}spec.nodeName set to itself`],
    [{ metadata: { ownerReferences: [] } }, `${only}an owner reference set to itself`],
    [owner({ name: "n2" }), `${only}an owner reference set to itself`],
    [owner({ controller: undefined }), `${only}a controller owner reference set to itself`],
    [owner({ blockOwnerDeletion: true }), `${may}node "n1" must not set blockOwnerDeletion on an owner reference`],
    [owner({ uid: "other" }), `${may}node n1 UID mismatch: expected other got ${uids.n1}`],
    [{ spec: { serviceAccountName: "robot" } }, `${may}a mirror pod may not reference service accounts`],
    [volumes({ secret: { secretName: "s" } }), `${may}a mirror pod may not reference secrets`],
    [{ spec: { imagePullSecrets: [{ name: "s" }] } }, `${may}a mirror pod may not reference secrets`],
    [projected({ serviceAccountToken: { path: "t" } }), `${may}a mirror pod may not use ServiceAccountToken volume projections`],
    [volumes({ configMap: { name: "c" } }), references("configmaps")],
    [{ spec: { containers: [{ name: "c", image: "i", envFrom: [{ configMapRef: { name: "c" } }] }] } }, references("configmaps")],
    [projected({ configMap: { name: "c" } }), references("configmaps")],
    [volumes({ persistentVolumeClaim: { claimName: "data" } }), references("persistentvolumeclaims")],
    [volumes({ csi: { driver: "d" } }), references("csidrivers (via CSI volumes)")],
    [{ spec: { resourceClaims: [{ name: "r", resourceClaimName: "c" }] } }, references("resourceclaims")],
  ];
  for (const [more, text] of cases) is(await asNode("POST", `${t1}/pods`, mirror(more)), 403, text);
  is(await asNode("POST", `${t1}/pods`, mirror(volumes({ hostPath: { path: "/" } }))), 201);
  is(await asNode("DELETE", `${t1}/pods/static-n1`), 200);
});

test("a node touches the pods on it only: status without labels, eviction, deletion", async () => {
  const other = `${t1}/pods/on-n2`;
  const no = 'pods "on-n2" is forbidden: node ';
  is(
    await asNode("PATCH:merge", `${other}/status`, {}),
    403,
    `${no}"n1" can only update pod status for pods with spec.nodeName set to itself`,
  );
  is(await asNode("DELETE", other), 403, `${no}"n1" can only delete pods with spec.nodeName set to itself`);
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "on-n2" } };
  is(await asNode("POST", `${other}/eviction`, eviction), 403, `${no}n1 can only evict pods with spec.nodeName set to itself`);
  const own = `${t1}/pods/on-n1/status`;
  is(
    await asNode("PATCH:merge", own, { metadata: { labels: { a: "b" } } }),
    403,
    'pods "on-n1" is forbidden: node "n1" cannot update labels through pod status',
  );
  const claims = { status: { resourceClaimStatuses: [{ name: "x", resourceClaimName: "theirs" }] } };
  is(await asNode("PATCH:merge", own, claims), 403, 'pods "on-n1" is forbidden: node "n1" cannot update resource claim statues');
  is(await asNode("PATCH:merge", own, { status: { phase: "Running" } }), 200);
});

test("a node gets tokens bound to its pods, for audiences that the pod, its drivers or a role name", async () => {
  const path = (account = "robot") => `${t1}/serviceaccounts/${account}/token`;
  const ref = (more: object = {}) => ({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "on-n1", uid: uids["on-n1"], ...more } });
  const ask = (spec: object) =>
    asNode("POST", path(), { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", metadata: {}, spec });
  const no = 'serviceaccounts "robot" is forbidden: ';
  const unbound = `${no}node requested token not bound to a pod`;
  is(await ask({}), 403, unbound);
  is(await ask({ boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "s", uid: "u" } }), 403, unbound);
  is(await ask({ boundObjectRef: { apiVersion: "v1", kind: "Node", name: "n1", uid: uids.n1 } }), 403, unbound);
  is(await ask(ref({ uid: undefined })), 403, `${no}node requested token with a pod binding without a uid`);
  is(
    await ask(ref({ uid: "other" })),
    403,
    `${no}the UID in the bound object reference (other) does not match the UID in record. The object might have been deleted and then recreated`,
  );
  is(await ask(ref({ name: "on-n2", uid: uids["on-n2"] })), 403, `${no}node requested token bound to a pod scheduled on a different node`);
  is(await ask(ref({ name: "nobody" })), 404, 'pods "nobody" not found');
  is(await ask({ ...ref(), audiences: ["a", "b"] }), 403, `${no}node may only request 0 or 1 audiences`);
  const unnamed = (audience: string) =>
    `${no}audience "${audience}" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience`;
  is(await ask({ ...ref(), audiences: ["anything"] }), 403, unnamed("anything"));
  for (const audiences of [undefined, ["db"], ["vault"]]) is(await ask({ ...ref(), audiences }), 201);
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const rules = [{ verbs: ["request-serviceaccounts-token-audience"], apiGroups: [""], resources: ["registry"] }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "audience" };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "system:nodes" }];
  await at.admin("POST", `${rbac}/clusterroles`, { metadata: { name: "audience" }, rules });
  await at.admin("POST", `${rbac}/clusterrolebindings`, { metadata: { name: "audience" }, roleRef, subjects });
  is(await ask({ ...ref(), audiences: ["registry"] }), 201);
  const account = await asNode("POST", path("default"), { spec: ref() });
  is(
    account,
    403,
    'serviceaccounts "default" is forbidden: User "system:node:n1" cannot create resource "serviceaccounts/token" in API group "" in the namespace "t1": no relationship found between node \'n1\' and this object',
  );
});

test("leases, CSINodes, slices and claims are a node's by its name", async () => {
  const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  const lease = (name: string) => ({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name }, spec: {} });
  const sameLease = "can only access node lease with the same name as the requesting node";
  is(await asNode("POST", leases, lease("n2")), 403, `leases.coordination.k8s.io "n2" is forbidden: ${sameLease}`);
  is(await asNode("POST", leases, lease("n1")), 201);
  const csinode = (name: string) => ({ apiVersion: "storage.k8s.io/v1", kind: "CSINode", metadata: { name }, spec: { drivers: [] } });
  const sameNode = "can only access CSINode with the same name as the requesting node";
  is(
    await asNode("POST", "/apis/storage.k8s.io/v1/csinodes", csinode("n2")),
    403,
    `csinodes.storage.k8s.io "n2" is forbidden: ${sameNode}`,
  );
  is(await asNode("POST", "/apis/storage.k8s.io/v1/csinodes", csinode("n1")), 201);
  const slices = "/apis/resource.k8s.io/v1/resourceslices";
  const slice = (name: string, where: object) => ({
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceSlice",
    metadata: { name },
    spec: { driver: "d", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, ...where },
  });
  const sameSlice = "can only create ResourceSlice with the same NodeName as the requesting node";
  for (const where of [{ nodeName: "n2" }, { allNodes: true }])
    is(await asNode("POST", slices, slice("s", where)), 403, `resourceslices.resource.k8s.io "s" is forbidden: ${sameSlice}`);
  is(await asNode("POST", slices, slice("s", { nodeName: "n1" })), 201);
  const claim = `${t1}/persistentvolumeclaims/data/status`;
  const fields =
    'persistentvolumeclaims "data" is forbidden: node "n1" is not allowed to update fields other than status.quantity and status.conditions';
  is(await asNode("PATCH:merge", claim, { metadata: { labels: { a: "b" } } }), 403, fields);
  is(await asNode("PATCH:merge", claim, { status: { phase: "Lost" } }), 403, fields);
  is(await asNode("PATCH:merge", claim, { status: { capacity: { storage: "2Gi" } } }), 200);
});
