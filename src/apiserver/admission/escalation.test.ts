import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SecureFixture, secureFixture } from "../fixture.ts";

let at: SecureFixture;
const base = "/apis/rbac.authorization.k8s.io/v1";
const apiVersion = "rbac.authorization.k8s.io/v1";
const apiGroup = "rbac.authorization.k8s.io";
const clusterRole = (name: string, more: object = {}) => ({ apiVersion, kind: "ClusterRole", metadata: { name }, rules: [], ...more });
const role = (name: string, rules: object[]) => ({ apiVersion, kind: "Role", metadata: { name, namespace: "default" }, rules });
const binding = (name: string, ref: string, user: string, kind = "ClusterRole") => ({
  apiVersion,
  kind: "RoleBinding",
  metadata: { name, namespace: "default" },
  roleRef: { apiGroup, kind, name: ref },
  subjects: [{ apiGroup, kind: "User", name: user }],
});
const everywhere = (name: string, ref: string, user: string) => ({
  ...binding(name, ref, user),
  kind: "ClusterRoleBinding",
  metadata: { name },
});
const aggregation = { clusterRoleSelectors: [{ matchLabels: { "kubernetes.io/bootstrapping": "rbac-defaults" } }] };
const pods = { verbs: ["get"], apiGroups: [""], resources: ["pods"] };
const secrets = { verbs: ["get"], apiGroups: [""], resources: ["secrets"] };
const needsAdmin = (name: string) =>
  `clusterroles.rbac.authorization.k8s.io "${name}" is forbidden: must have cluster-admin privileges to use the aggregationRule`;
const notHeld = (user: string, resource: string, name: string, rule: string) =>
  `${resource}.rbac.authorization.k8s.io "${name}" is forbidden: user "${user}" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n${rule}`;
const secretsRule = '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}';

before(async () => {
  at = await secureFixture();
  const made = async (path: string, body: object) => assert.equal((await at.admin("POST", `${base}/${path}`, body)).status, 201);
  // A writer of roles and bindings who holds nothing else than reading pods, and may neither escalate nor bind.
  const verbs = ["get", "list", "create", "update", "patch", "delete"];
  const writes = { verbs, apiGroups: [apiGroup], resources: ["roles", "clusterroles", "rolebindings", "clusterrolebindings"] };
  await made("clusterroles", clusterRole("writer", { rules: [writes, pods] }));
  await made("clusterrolebindings", everywhere("writer", "writer", "eve"));
  await made("clusterroles", clusterRole("holds-secrets", { rules: [secrets] }));
  await made("clusterroles", clusterRole("admin-like", { rules: [secrets], aggregationRule: undefined }));
  await made("clusterroles", clusterRole("gathers", { aggregationRule: aggregation }));
  await made("namespaces/default/roles", role("local-secrets", [secrets]));
});
after(() => at.close());

test("an aggregationRule is for cluster administrators: on create, update, patch and apply", async () => {
  const { ask } = at;
  const asEve = (method: string, path: string, body: object | string) => ask("eve", method, `${base}/clusterroles${path}`, body);
  assert.equal((await asEve("POST", "", clusterRole("empty"))).status, 201);
  const rule = { aggregationRule: aggregation };
  for (const [method, path, body] of [
    ["POST", "", clusterRole("fresh", rule)],
    ["PUT", "/empty", clusterRole("empty", rule)],
    ["PATCH:merge", "/empty", rule],
    ["PATCH:strategic", "/empty", rule],
    ["PATCH:json", "/empty", [{ op: "add", path: "/aggregationRule", value: aggregation }]],
    ["PATCH:apply", "/empty?fieldManager=e", { ...clusterRole("empty", rule), rules: undefined }],
    ["PATCH:apply", "/new?fieldManager=e", { ...clusterRole("new", rule), rules: undefined }],
  ] as const) {
    const answer = await asEve(method, path, body);
    const name = path === "" ? "fresh" : path.startsWith("/new") ? "new" : "empty";
    assert.deepEqual([answer.status, answer.message], [403, needsAdmin(name)], `${method} ${path}`);
  }
  // Taking it away would keep what was gathered.
  const away = await asEve("PATCH:merge", "/gathers", { aggregationRule: null, rules: [] });
  assert.deepEqual([away.status, away.message], [403, needsAdmin("gathers")]);
  assert.equal((await at.admin("PATCH:merge", `${base}/clusterroles/gathers`, { metadata: { labels: { a: "b" } } })).status, 200);
});

test("a role that is labelled, renamed in a note or bound anew needs the rights that it holds", async () => {
  const { ask } = at;
  const label = await ask("eve", "PATCH:merge", `${base}/clusterroles/holds-secrets`, {
    metadata: { labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" } },
  });
  assert.deepEqual([label.status, label.message], [403, notHeld("eve", "clusterroles", "holds-secrets", secretsRule)]);
  // Only what the garbage collector needs is free.
  const finalizer = await ask("eve", "PATCH:merge", `${base}/clusterroles/holds-secrets`, { metadata: { finalizers: ["a.b/c"] } });
  assert.equal(finalizer.status, 200);
  await at.admin("PATCH:merge", `${base}/clusterroles/holds-secrets`, { metadata: { finalizers: null } });
  const grow = await ask("eve", "POST", `${base}/namespaces/default/roles`, role("grow", [pods, secrets]));
  assert.deepEqual([grow.status, grow.message], [403, notHeld("eve", "roles", "grow", secretsRule)]);
  assert.equal((await ask("eve", "POST", `${base}/namespaces/default/roles`, role("own", [pods]))).status, 201);
  const added = [{ op: "add", path: "/rules/-", value: secrets }];
  const json = await ask("eve", "PATCH:json", `${base}/namespaces/default/roles/own`, added);
  assert.deepEqual([json.status, json.message], [403, notHeld("eve", "roles", "own", secretsRule)]);
});

test("a binding needs the rights of its role or the verb bind on it, and a role that is there", async () => {
  const { ask } = at;
  const bindings = `${base}/namespaces/default/rolebindings`;
  for (const [path, body, resource, name] of [
    [bindings, binding("b", "holds-secrets", "eve"), "rolebindings", "b"],
    [bindings, binding("b", "local-secrets", "eve", "Role"), "rolebindings", "b"],
    [`${base}/clusterrolebindings`, everywhere("b", "holds-secrets", "eve"), "clusterrolebindings", "b"],
  ] as const) {
    const answer = await ask("eve", "POST", path, body);
    assert.deepEqual([answer.status, answer.message], [403, notHeld("eve", resource, name, secretsRule)]);
  }
  const missing = await ask("eve", "POST", bindings, binding("b", "nothing", "eve"));
  assert.deepEqual([missing.status, missing.message], [404, 'clusterrole.rbac.authorization.k8s.io "nothing" not found']);
  // Forbidden comes before what validation would say of the rest.
  const wrong = { ...binding("b", "holds-secrets", "eve"), subjects: [{ kind: "Nobody", name: "" }] };
  assert.equal((await ask("eve", "POST", bindings, wrong)).status, 403);

  await at.admin(
    "POST",
    `${base}/namespaces/default/roles`,
    role("may-bind", [
      { verbs: ["bind"], apiGroups: [apiGroup], resources: ["clusterroles"], resourceNames: ["holds-secrets"] },
      { verbs: ["escalate"], apiGroups: [apiGroup], resources: ["roles"] },
    ]),
  );
  await at.admin("POST", bindings, binding("may-bind", "may-bind", "eve", "Role"));
  assert.equal((await ask("eve", "POST", bindings, binding("bound", "holds-secrets", "zoe"))).status, 201);
  // Bound here is not bound everywhere, and one role is not another.
  assert.equal((await ask("eve", "POST", `${base}/clusterrolebindings`, everywhere("b", "holds-secrets", "zoe"))).status, 403);
  assert.equal((await ask("eve", "POST", bindings, binding("c", "cluster-admin", "zoe"))).status, 403);
  // Another subject on a binding that eve may not make.
  await at.admin("POST", bindings, binding("theirs", "cluster-admin", "zoe"));
  const subjects = binding("theirs", "cluster-admin", "eve").subjects;
  assert.equal((await ask("eve", "PATCH:merge", `${bindings}/theirs`, { subjects })).status, 403);
  assert.equal((await ask("eve", "POST", `${base}/namespaces/default/roles`, role("escalated", [secrets]))).status, 201);
});
