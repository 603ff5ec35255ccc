import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { type KubeObject, type Pod, pods, type Service, serviceaccounts, services } from "#api/mod.ts";
import { seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import type { Transport } from "#client/contract.ts";
import { createMemoryStore, only, type Store } from "#store/mod.ts";
import { createSecureApiServer } from "./secure.ts";
import type { ApiServer } from "./server.ts";

let server: ApiServer;
let store: Store;
let admin: Transport;
const json = { "content-type": "application/json" };

before(async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const clock = new VirtualClock();
  store = await createMemoryStore({ clock });
  server = await createSecureApiServer({
    store,
    clock,
    random: seededRandom(1),
    log: silentLog,
    serviceAccountKey: { private: privateKey, public: publicKey },
    issuer: "https://kubernetes.default.svc.cluster.local",
    serviceRanges: ["10.96.0.0/16"],
    advertise: { ip: "10.89.0.1", port: 6443 },
    encryptionKey: Buffer.alloc(32, 1),
  });
  admin = server.direct({ name: "admin", groups: ["system:masters", "system:authenticated"] });
});

after(async () => {
  await server.close();
  await store.close();
});

const post = (path: string, body: object, as: Transport = admin) => as.request({ method: "POST", path, headers: json, body });
const messageOf = ({ object }: { object: unknown }) => (object as { message?: string }).message;
const pod = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "c", image: "busybox" }], ...spec },
});
const service = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Service", metadata: { name }, spec });

test("a fresh server has its namespaces, roles with aggregated rules, and its own Service", async () => {
  const role = await admin.request({ method: "GET", path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/view" });
  assert.ok((role.object as { rules: unknown[] }).rules.length > 10);
  assert.equal((server.storage.get(services, { namespace: "default", name: "kubernetes" }) as Service).spec?.clusterIP, "10.96.0.1");
});

test("a Service whose type alone is patched gets its node ports, and gives them back", async () => {
  const path = "/api/v1/namespaces/default/services";
  const patches = {
    "application/strategic-merge-patch+json": (type: string) => ({ spec: { type } }),
    "application/merge-patch+json": (type: string) => ({ spec: { type } }),
    "application/json-patch+json": (type: string) => [{ op: "replace", path: "/spec/type", value: type }],
  };
  for (const [i, [media, patch]] of Object.entries(patches).entries()) {
    const name = `type-${i}`;
    await post(path, service(name, { ports: [{ port: 80 }] }));
    for (const type of ["NodePort", "LoadBalancer", "ClusterIP", "LoadBalancer", "NodePort", "ClusterIP"]) {
      const body = Buffer.from(JSON.stringify(patch(type)));
      const answer = await admin.request({ method: "PATCH", path: `${path}/${name}`, headers: { "content-type": media }, body });
      assert.equal(answer.status, 200, `${media} to ${type}: ${messageOf(answer)}`);
      const { spec } = answer.object as Service;
      assert.equal(spec?.type, type);
      assert.equal(Boolean(spec?.ports?.[0]?.nodePort), type !== "ClusterIP", `${media} to ${type}`);
    }
  }
});

test("who has no role is refused in upstream's words", async () => {
  const bob = server.direct({ name: "bob", groups: ["system:authenticated"] });
  const answer = await bob.request({ method: "GET", path: "/api/v1/namespaces/default/pods" });
  assert.equal(answer.status, 403);
  assert.equal(messageOf(answer), 'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"');
});

test("nobody hands out rights that they do not have", async () => {
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default";
  const meta = { apiVersion: "rbac.authorization.k8s.io/v1" };
  const bindTo = (name: string) => ({
    ...meta,
    kind: "RoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "eve" }],
  });
  assert.equal((await post(`${rbac}/rolebindings`, bindTo("admin"))).status, 201);
  const eve = server.direct({ name: "eve", groups: ["system:authenticated"] });
  assert.equal((await post(`${rbac}/rolebindings`, bindTo("view"), eve)).status, 201);
  const refused = await post(`${rbac}/rolebindings`, bindTo("cluster-admin"), eve);
  assert.equal(refused.status, 403);
  assert.match(
    messageOf(refused)!,
    /is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}/,
  );
});

test("a pod gets its account's token, priority and tolerations; without account it is refused", async () => {
  const refused = await post("/api/v1/namespaces/default/pods", pod("p", { serviceAccountName: "nope" }));
  assert.equal(messageOf(refused), 'pods "p" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found');
  await server.storage.create(serviceaccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace: "default", name: "sa" },
  } as KubeObject);
  await post("/api/v1/namespaces/default/pods", pod("p", { serviceAccountName: "sa" }));
  const { spec } = server.storage.get(pods, { namespace: "default", name: "p" }) as Pod;
  assert.match(spec?.volumes?.[0]?.name ?? "", /^kube-api-access-.{5}$/);
  assert.equal(spec?.containers?.[0]?.volumeMounts?.[0]?.mountPath, "/var/run/secrets/kubernetes.io/serviceaccount");
  assert.equal(spec?.priority, 0);
  assert.deepEqual(
    spec?.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ["node.kubernetes.io/not-ready", 300],
      ["node.kubernetes.io/unreachable", 300],
    ],
  );
});

test("a namespace label holds pods to a security level", async () => {
  const labels = { "pod-security.kubernetes.io/enforce": "baseline" };
  await post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "safe", labels } });
  await server.storage.create(serviceaccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace: "safe", name: "default" },
  } as KubeObject);
  const refused = await post("/api/v1/namespaces/safe/pods", pod("p", { hostNetwork: true }));
  assert.equal(messageOf(refused), 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)');
});

test("addresses and node ports are given once, and again when their Service is gone", async () => {
  const path = "/api/v1/namespaces/default/services";
  const wanted = { ports: [{ port: 80, nodePort: 30001 }], type: "NodePort", clusterIP: "10.96.7.7" };
  assert.equal((await post(path, service("a", wanted))).status, 201);
  assert.match(messageOf(await post(path, service("b", wanted)))!, /failed to allocate IP 10\.96\.7\.7: provided IP is already allocated/);
  const port = await post(path, service("b", { ...wanted, clusterIP: undefined }));
  assert.equal(messageOf(port), 'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated');
  await admin.request({ method: "DELETE", path: `${path}/a` });
  assert.equal((await post(path, service("b", wanted))).status, 201);
});

test("the first namespaces may not be deleted", async () => {
  const answer = await admin.request({ method: "DELETE", path: "/api/v1/namespaces/kube-system" });
  assert.equal(messageOf(answer), 'namespaces "kube-system" is forbidden: this namespace may not be deleted');
});

test("secrets are sealed in the store", async () => {
  await post("/api/v1/namespaces/default/secrets", {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    stringData: { a: "hidden" },
  });
  const [entry] = (await store.list(only("/registry/secrets/default/s"))).entries;
  assert.equal(entry!.value.toString("latin1").startsWith("spoke:enc:1:"), true);
  const read = await admin.request({ method: "GET", path: "/api/v1/namespaces/default/secrets/s" });
  assert.deepEqual((read.object as { data: object }).data, { a: Buffer.from("hidden").toString("base64") });
});
