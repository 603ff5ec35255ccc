import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClusterRole, clusterroles, type PolicyRule } from "#api/mod.ts";
import { planAggregation } from "./see.ts";

const may = (...verbs: string[]): PolicyRule => ({ verbs, apiGroups: [""], resources: ["pods"] });
const aRole = (name: string, labels: Record<string, string>, rules: PolicyRule[], selectors?: Record<string, string>[]): ClusterRole => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  metadata: { name, labels },
  rules,
  ...(selectors ? { aggregationRule: { clusterRoleSelectors: selectors.map((matchLabels) => ({ matchLabels })) } } : {}),
});
const written = (role: ClusterRole, ...others: ClusterRole[]) =>
  planAggregation({ role, all: [role, ...others] }).map((step) => (step.do === "patch" ? (step.patch as ClusterRole).rules : step));

test("a role has the rules of those that it selects, selector by selector, by name, each once and not its own", () => {
  const all = aRole("all", { to: "all" }, [may("delete")], [{ to: "all" }, { to: "more" }]);
  const [b, a, more] = [
    aRole("b", { to: "all" }, [may("get"), may("list")]),
    aRole("a", { to: "all" }, [may("list"), may("watch")]),
    aRole("0", { to: "more" }, [may("get"), may("update")]),
  ];
  assert.deepEqual(written(all, b, a, more), [[may("list"), may("watch"), may("get"), may("update")]]);
  const [step] = planAggregation({ role: all, all: [all, b] });
  assert.deepEqual(step, {
    do: "patch",
    resource: clusterroles,
    ref: { name: "all" },
    type: "apply",
    patch: { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "all" }, rules: [may("get"), may("list")] },
    manager: "clusterrole-aggregation-controller",
  });
});

test("a role that has its rules, or selects nobody and has none, is left alone; what nobody has any more goes", () => {
  const some = [may("get")];
  assert.deepEqual(written(aRole("all", {}, some, [{ to: "all" }]), aRole("a", { to: "all" }, some)), []);
  assert.deepEqual(written(aRole("all", {}, [], [{ to: "all" }])), []);
  assert.deepEqual(written(aRole("all", {}, some, [{ to: "all" }])), [[]]);
});
