import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plainUser, type SecureFixture, secureFixture } from "../fixture.ts";

let at: SecureFixture;
const claims = "/apis/resource.k8s.io/v1/namespaces/n/resourceclaims";
const driver = plainUser("driver");
const scheduler = plainUser("system:kube-scheduler");

before(async () => {
  at = await secureFixture();
  await at.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } });
  const status = { apiGroups: ["resource.k8s.io"], resources: ["resourceclaims/status"], verbs: ["update", "patch"] };
  const speak = {
    apiGroups: ["resource.k8s.io"],
    resources: ["resourceclaims/driver"],
    resourceNames: ["d.example.com"],
    verbs: ["arbitrary-node:patch"],
  };
  const rbac = "rbac.authorization.k8s.io";
  await at.put({ apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: "driver" }, rules: [status, speak] } as never);
  await at.put({
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "driver" },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "driver" },
    subjects: [{ apiGroup: rbac, kind: "User", name: "driver" }],
  } as never);
});
after(() => at.close());

const claim = (name: string, adminAccess?: boolean) => ({
  metadata: { name },
  spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c", adminAccess } }] } },
});
const allocation = (adminAccess?: boolean) => ({
  devices: { results: [{ request: "r", driver: "d.example.com", pool: "p", device: "one", ...(adminAccess && { adminAccess }) }] },
});

test("devices that others use are only for namespaces that say so", async () => {
  const words =
    "spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace";
  const refused = await at.admin("POST", claims, claim("admin", true));
  assert.deepEqual([refused.status, refused.message.endsWith(words)], [422, true], refused.message);
  const template = { metadata: { name: "t" }, spec: { spec: claim("x", true).spec } };
  assert.equal((await at.admin("POST", claims.replace("claims", "claimtemplates"), template)).status, 422);
  assert.equal((await at.admin("POST", claims, claim("plain"))).status, 201);
  const given = await at.admin("PATCH:merge", `${claims}/plain/status`, { status: { allocation: allocation(true) } });
  assert.match(given.message, /status\.allocation\.devices\.results\[0\]\.adminAccess: Forbidden: admin access/);
  await at.admin("PATCH:merge", "/api/v1/namespaces/n", { metadata: { labels: { "resource.kubernetes.io/admin-access": "true" } } });
  assert.equal((await at.admin("POST", claims, claim("admin", true))).status, 201);
});

test("who may write a claim's status may not bind it, and speaks only for the drivers that they are allowed to", async () => {
  await at.admin("POST", claims, claim("bound"));
  const path = `${claims}/bound/status`;
  const bind = { status: { allocation: allocation() } };
  const refused = await at.ask(driver, "PATCH:merge", path, bind);
  assert.equal(
    refused.message.slice(refused.message.indexOf("status.allocation")),
    'status.allocation: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="patch" permission: resourceclaims.resource.k8s.io is forbidden: User "driver" cannot patch resource "resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope',
  );
  assert.equal((await at.ask(scheduler, "PATCH:merge", path, bind)).status, 200);
  const report = (name: string) => ({ status: { devices: [{ driver: name, pool: "p", device: "one" }] } });
  const other = await at.ask(driver, "PATCH:merge", path, report("e.example.com"));
  assert.match(
    other.message,
    /status\.devices: Forbidden: changing status\.devices requires resource="resourceclaims\/driver", verb="\[arbitrary-node:patch\]" permission: resourceclaims\.resource\.k8s\.io "e\.example\.com" is forbidden: User "driver" cannot arbitrary-node:patch resource "resourceclaims\/driver"/,
  );
  const spoken = await at.ask(driver, "PATCH:merge", path, report("d.example.com"));
  assert.equal(spoken.status, 200, spoken.message);
});
