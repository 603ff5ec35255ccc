/** Requests that do more than their verb says are allowed only to those who may do that too. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SecureFixture, secureFixture } from "../fixture.ts";

let at: SecureFixture;
const rbac = "/apis/rbac.authorization.k8s.io/v1";

async function grant(user: string, ...rules: object[]): Promise<void> {
  const meta = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: user } };
  await at.admin("POST", `${rbac}/clusterroles`, { ...meta, kind: "ClusterRole", rules });
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: user };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }];
  await at.admin("POST", `${rbac}/clusterrolebindings`, { ...meta, kind: "ClusterRoleBinding", roleRef, subjects });
}

before(async () => {
  at = await secureFixture();
  await at.admin("POST", "/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
  await at.admin("POST", "/api/v1/namespaces/default/pods", { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } });
});
after(() => at.close());

test("exec, attach and port-forward need create, however they are opened", async () => {
  const streams = ["exec", "attach", "portforward"];
  await grant("reader", { verbs: ["get"], apiGroups: [""], resources: streams.map((each) => `pods/${each}`) });
  await grant("creator", { verbs: ["create", "get"], apiGroups: [""], resources: streams.map((each) => `pods/${each}`) });
  await grant("logs", { verbs: ["get"], apiGroups: [""], resources: ["pods/log", "pods/proxy"] });
  for (const stream of streams) {
    const path = `/api/v1/namespaces/default/pods/p/${stream}?command=sh`;
    const read = await at.ask("reader", "GET", path);
    assert.deepEqual([read.status, read.message], [403, 'pods "p" is forbidden: '], stream);
    const posted = await at.ask("reader", "POST", path);
    assert.match(posted.message, new RegExp(`User "reader" cannot create resource "pods/${stream}" in API group ""`));
    // Allowed, and then there is no node to lead to.
    for (const method of ["GET", "POST"]) assert.equal((await at.ask("creator", method, path)).status, 400, stream);
  }
  // The log of a pod that runs nowhere is empty, and nothing of it can be called.
  for (const [stream, status] of [
    ["log", 204],
    ["proxy/x", 400],
  ] as const)
    assert.equal((await at.ask("logs", "GET", `/api/v1/namespaces/default/pods/p/${stream}`)).status, status);
});

test("a PUT or an apply that creates needs create as well", async () => {
  await grant("changer", { verbs: ["get", "update", "patch"], apiGroups: ["coordination.k8s.io"], resources: ["leases"] });
  await grant("maker", { verbs: ["create", "update", "patch"], apiGroups: ["coordination.k8s.io"], resources: ["leases"] });
  const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const lease = (name: string) => ({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name }, spec: {} });
  for (const [method, query, made] of [
    ["PUT", "", "b"],
    ["PATCH:apply", "?fieldManager=m", "c"],
  ] as const) {
    const refused = await at.ask("changer", method, `${leases}/a${query}`, lease("a"));
    assert.deepEqual([refused.status, refused.message], [403, 'leases.coordination.k8s.io "a" is forbidden: '], method);
    assert.equal((await at.ask("maker", method, `${leases}/${made}${query}`, lease(made))).status, 201);
    assert.equal((await at.ask("changer", "PATCH:merge", `${leases}/${made}`, {})).status, 200);
  }
});
