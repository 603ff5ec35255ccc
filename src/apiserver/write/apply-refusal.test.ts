import assert from "node:assert/strict";
import { test } from "node:test";
import { secureFixture } from "../fixture.ts";

test("an apply whose values fit the schema and not the kind is refused as upstream's conversion refuses it", async () => {
  const { admin, close } = await secureFixture();
  const applied = async (path: string, kind: string, apiVersion: string, body: object) => {
    const answer = await admin("PATCH:apply", `${path}/a?fieldManager=me`, { apiVersion, kind, metadata: { name: "a" }, ...body });
    return [answer.status, answer.message];
  };
  const refused = (gvk: string, why: string) => [
    500,
    `failed to convert new object (/a; ${gvk}) to proper version: unable to convert unstructured object to ${gvk}: ${why}`,
  ];
  const [core, sets] = ["/api/v1/namespaces/default", "/apis/apps/v1/namespaces/default/statefulsets"];
  try {
    const quantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    const hard = { spec: { hard: { pods: "odd!" } } };
    assert.deepEqual(await applied(`${core}/resourcequotas`, "ResourceQuota", "v1", hard), refused("/v1, Kind=ResourceQuota", quantity));
    assert.deepEqual(
      await applied(sets, "StatefulSet", "apps/v1", { spec: { replicas: 1.5 } }),
      refused("apps/v1, Kind=StatefulSet", "cannot convert float64 to int32"),
    );
    assert.deepEqual(
      await applied(`${core}/secrets`, "Secret", "v1", { data: { a: "odd !" } }),
      refused("/v1, Kind=Secret", "error decoding from json: illegal base64 data at input byte 3"),
    );
    assert.deepEqual(
      await applied(`${core}/services`, "Service", "v1", { spec: { ports: [{ port: 80, targetPort: {} }] } }),
      refused("/v1, Kind=Service", "json: cannot unmarshal object into Go value of type int32"),
    );
    // What is too long for 32 bits loses the upper ones, as it does upstream.
    const [status, message] = await applied(sets, "StatefulSet", "apps/v1", { spec: { replicas: 2_147_483_648 } });
    assert.equal(status, 422);
    assert.match(String(message), /spec\.replicas: Invalid value: -2147483648: must be greater than or equal to 0/);
  } finally {
    await close();
  }
});

test("what the server makes itself is owned by it", async () => {
  const { admin, close } = await secureFixture();
  try {
    const managersOf = async (path: string) =>
      (await admin("GET", path)).object.metadata.managedFields.map((entry: { manager: string }) => entry.manager);
    assert.deepEqual(await managersOf("/apis/rbac.authorization.k8s.io/v1/clusterroles/view"), ["kube-apiserver"]);
    assert.deepEqual(await managersOf("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/exempt"), [
      "api-priority-and-fairness-config-producer-v1",
    ]);
  } finally {
    await close();
  }
});

test("levels and schemas of flow control that are deleted come back", async () => {
  const { admin, clock, close } = await secureFixture();
  try {
    const path = "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/exempt";
    assert.equal((await admin("DELETE", path)).status, 200);
    assert.equal((await admin("GET", path)).status, 404);
    await clock.advance(61_000);
    assert.equal((await admin("GET", path)).object.metadata.annotations["apf.kubernetes.io/autoupdate-spec"], "true");
  } finally {
    await close();
  }
});
