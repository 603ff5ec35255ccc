import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { secureFixture } from "../../fixture.ts";

const path = "/apis/apiregistration.k8s.io/v1/apiservices";

test("APIServices of this server's own groups are written when it starts, and what somebody changed is left until then", async () => {
  const store = await createMemoryStore({ clock: new VirtualClock() });
  const first = await secureFixture({ store });
  const names = async (at = first) =>
    (await at.admin("GET", path)).object.items.map((each: { metadata: { name: string } }) => each.metadata.name);
  const all = await names();
  assert.deepEqual([all.includes("v1."), all.includes("v2.autoscaling"), all.includes("v1.apiregistration.k8s.io")], [true, true, false]);
  await first.admin("DELETE", `${path}/v1.apps`);
  await first.admin("PATCH:merge", `${path}/v1.batch`, { spec: { groupPriorityMinimum: 7 } });
  const unmanaged = { metadata: { labels: { "kube-aggregator.kubernetes.io/automanaged": null } }, spec: { groupPriorityMinimum: 8 } };
  await first.admin("PATCH:merge", `${path}/v1.policy`, unmanaged);
  const own = (group: string, label: string) => ({
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `v1.${group}`, labels: label && { "kube-aggregator.kubernetes.io/automanaged": label } },
    spec: { group, version: "v1", groupPriorityMinimum: 5, versionPriority: 5 },
  });
  await first.admin("POST", path, own("gone.example.org", "onstart"));
  await first.admin("POST", path, own("custom.example.org", "onstart"));
  assert.ok(!(await names()).includes("v1.apps"));
  // Known from the store before its kind is served: kept.
  await first.admin("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.custom.example.org" },
    spec: {
      group: "custom.example.org",
      scope: "Cluster",
      names: { plural: "things", kind: "Thing" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  });
  await first.close();
  const second = await secureFixture({ store });
  const priority = async (name: string) => (await second.admin("GET", `${path}/${name}`)).object.spec.groupPriorityMinimum;
  assert.deepEqual(await names(second), [...all, "v1.custom.example.org"].sort());
  assert.deepEqual([await priority("v1.batch"), await priority("v1.policy")], [17400, 8]);
  await second.close();
  await store.close();
});
