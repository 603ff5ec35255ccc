import assert from "node:assert/strict";
import { test } from "node:test";
import type { KObject } from "../../print/values.ts";
import { type PolicyRule, reconcileBinding, reconcileRole, uncovered } from "./rule-cover.ts";

const rule = (verbs: string, resources: string, more: PolicyRule = {}): PolicyRule => ({
  verbs: verbs.split(","),
  apiGroups: [""],
  resources: resources.split(","),
  ...more,
});

test("a rule is covered by what allows at least as much", () => {
  const table: [PolicyRule[], PolicyRule, number][] = [
    [[rule("get,list", "pods")], rule("get", "pods"), 0],
    [[rule("get", "pods")], rule("get,list", "pods,secrets"), 3],
    [[rule("*", "*")], rule("get", "pods/log"), 0],
    [[rule("get", "*/log")], rule("get", "pods/log"), 0],
    [[rule("get", "*/log")], rule("get", "pods"), 1],
    [[rule("get", "pods", { resourceNames: ["a"] })], rule("get", "pods"), 1],
    [[rule("get", "pods")], rule("get", "pods", { resourceNames: ["a", "b"] }), 0],
    [[rule("get", "pods", { resourceNames: ["a"] })], rule("get", "pods", { resourceNames: ["a", "b"] }), 1],
    [[{ verbs: ["get"], nonResourceURLs: ["/api/*"] }], { verbs: ["get"], nonResourceURLs: ["/api/v1", "/x"] }, 1],
  ];
  for (const [granted, wanted, count] of table) assert.equal(uncovered(granted, [wanted]).length, count, JSON.stringify([granted, wanted]));
});

const role = (rules: PolicyRule[], changes: Partial<KObject> = {}): KObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name: "r" },
  rules,
  ...changes,
});

test("a role gets what it lacks, and loses the rest only when told to", () => {
  const live = role([rule("get", "pods")]);
  const wanted = role([rule("get", "secrets")]);
  const union = reconcileRole(live, wanted, { removeExtra: false });
  assert.deepEqual([union.operation, union.object.rules], ["update", [rule("get", "pods"), rule("get", "secrets")]]);
  const only = reconcileRole(live, wanted, { removeExtra: true });
  assert.deepEqual([only.operation, only.object.rules], ["update", wanted.rules]);
  assert.deepEqual(only.extra, ["{Verbs:[get] APIGroups:[] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}"]);
  assert.equal(reconcileRole(live, live, { removeExtra: true }).operation, "none");
  assert.equal(reconcileRole(undefined, wanted, { removeExtra: false }).operation, "create");
});

test("labels are added, those that are there stay, and a role may opt out", () => {
  const live = role([], {
    metadata: { name: "r", labels: { a: "1" }, annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } },
  });
  const wanted = role([], { metadata: { name: "r", labels: { a: "2", b: "3" } } });
  const result = reconcileRole(live, wanted, { removeExtra: false });
  assert.deepEqual([result.object.metadata.labels, result.operation, result.protected], [{ a: "1", b: "3" }, "update", true]);
});

test("aggregation follows the file", () => {
  const select = (value: string) => ({ matchLabels: { to: value } });
  const aggregate = (...values: string[]) => role([], { aggregationRule: { clusterRoleSelectors: values.map(select) } });
  const table: [KObject, KObject, boolean, unknown][] = [
    [role([]), aggregate("a"), false, { clusterRoleSelectors: [select("a")] }],
    [aggregate("a"), aggregate("b"), false, { clusterRoleSelectors: [select("a"), select("b")] }],
    [aggregate("a"), aggregate("b"), true, { clusterRoleSelectors: [select("b")] }],
    [aggregate("a"), role([]), false, undefined],
  ];
  for (const [live, wanted, removeExtra, expected] of table)
    assert.deepEqual(reconcileRole(live, wanted, { removeExtra }).object.aggregationRule, expected);
});

test("a binding to another role is made anew, other subjects are added", () => {
  const binding = (name: string, ...users: string[]): KObject => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "b", namespace: "n" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: users.map((user) => ({ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: user })),
  });
  const names = (object: KObject) => object.subjects.map((subject: { name: string }) => subject.name);
  const live = binding("r", "a");
  assert.equal(reconcileBinding(live, binding("other", "a"), { removeExtra: false }).operation, "recreate");
  const added = reconcileBinding(live, binding("r", "b"), { removeExtra: false });
  assert.deepEqual([added.operation, names(added.object)], ["update", ["a", "b"]]);
  assert.deepEqual(added.missing, ["{Kind:User APIGroup:rbac.authorization.k8s.io Name:b Namespace:}"]);
  assert.deepEqual(names(reconcileBinding(live, binding("r", "b"), { removeExtra: true }).object), ["b"]);
  assert.equal(reconcileBinding(live, live, { removeExtra: true }).operation, "none");
});
