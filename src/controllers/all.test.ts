import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { ClusterRoleBinding } from "#api/mod.ts";
import { all } from "./all.ts";

const signToken = async () => "token";
const settings = {
  caCert: "PEM",
  signing: { cert: "PEM", key: "PEM" },
  signToken,
  loadBalancerRanges: ["10.88.0.0/24"],
  clusterCidrs: ["10.244.0.0/16"],
};
const made = Object.entries(all).map(([name, entry]) => ({ name, of: typeof entry === "function" ? entry(settings) : entry }));

test("every controller has upstream's name and its place in the list is that name", () => {
  for (const { name, of } of made) assert.equal(of?.name, name);
});

test("every controller acts as a service account that the first objects bind to a role of its own", () => {
  const objects = JSON.parse(readFileSync(new URL("../apiserver/bootstrap/first-objects.json", import.meta.url), "utf8"));
  const bound = new Set(
    (objects as ClusterRoleBinding[])
      .filter(({ kind, roleRef }) => kind?.endsWith("RoleBinding") && roleRef?.name?.startsWith("system:controller:"))
      .flatMap(({ subjects = [] }) => subjects.map((subject) => `${subject.namespace}/${subject.name}`)),
  );
  // Upstream has no role for some: they act as the process that runs them.
  bound.add("kube-system/system:kube-controller-manager");
  for (const { name, of } of made) assert.ok(bound.has(`kube-system/${of?.account}`), `${name}: nothing is granted to ${of?.account}`);
});
