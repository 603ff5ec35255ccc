import assert from "node:assert/strict";
import { test } from "node:test";
import { deployments } from "../declarations.ts";
import type { KubeObject } from "../resource.ts";
import { encodeManagers, type Managers } from "./managers.ts";
import { type ApplyError, applyServerSide } from "./server-side.ts";
import { shapeOf } from "./shape-of.ts";
import { trackUpdate, updateManagers } from "./track-update.ts";

const time = "2026-01-01T00:00:00Z";
const schema = deployments.schema;
const apiVersion = "apps/v1";

function aDeployment(spec: object, metadata: object = {}): KubeObject {
  return { apiVersion, kind: "Deployment", metadata: { name: "d", ...metadata }, spec } as KubeObject;
}

function stored(object: KubeObject, manager = "creator"): KubeObject {
  const managedFields = trackUpdate({ schema, apiVersion, live: undefined, next: object, manager, time });
  return { ...object, metadata: { ...object.metadata, uid: "u", resourceVersion: "1", ...(managedFields && { managedFields }) } };
}

function apply(live: KubeObject | undefined, applied: KubeObject, manager: string, force = false): KubeObject {
  return applyServerSide({ schema, apiVersion, kind: "Deployment", live, applied, manager, force, time });
}

const owners = (object: KubeObject) =>
  Object.fromEntries((object.metadata.managedFields ?? []).map((entry) => [`${entry.manager}/${entry.operation}`, entry.fieldsV1]));

test("creating owns every field, with structs that are always there left out", () => {
  const object = stored(
    aDeployment({ replicas: 1, template: { spec: { containers: [{ name: "c", image: "i" }] } } }, { labels: { a: "b" } }),
  );
  assert.deepEqual(owners(object), {
    "creator/Update": {
      "f:metadata": { "f:labels": { ".": {}, "f:a": {} } },
      "f:spec": {
        "f:replicas": {},
        "f:template": { "f:spec": { "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:name": {}, "f:resources": {} } } } },
      },
    },
  });
});

test("an apply that disagrees conflicts in upstream's words, and force takes the field over", () => {
  const live = stored(aDeployment({ replicas: 1 }));
  assert.throws(
    () => apply(live, aDeployment({ replicas: 2 }), "mine"),
    (error: ApplyError) => {
      assert.equal(error.status.code, 409);
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "creator" using apps/v1: .spec.replicas');
      assert.deepEqual(error.status.details?.causes, [
        { reason: "FieldManagerConflict", message: 'conflict with "creator" using apps/v1', field: ".spec.replicas" },
      ]);
      return true;
    },
  );
  const forced = apply(live, aDeployment({ replicas: 2 }), "mine", true);
  assert.deepEqual(owners(forced), { "mine/Apply": { "f:spec": { "f:replicas": {} } } });
});

test("what an applier no longer says goes, unless another owns it too", () => {
  const both = aDeployment({ replicas: 2, paused: true });
  const first = apply(undefined, both, "one");
  const second = apply(first, aDeployment({ replicas: 2 }), "two");
  const third = apply(second, aDeployment({}), "one") as KubeObject & { spec?: object };
  assert.deepEqual(third.spec, { replicas: 2 });
  assert.deepEqual(owners(third), { "one/Apply": { "f:spec": {} }, "two/Apply": { "f:spec": { "f:replicas": {} } } });
});

test("an update takes what it changes from the others, and the eleventh updater joins the ancient changes", () => {
  let live = stored(aDeployment({ replicas: 0 }));
  for (let i = 1; i <= 12; i++) {
    const next = { ...aDeployment({ replicas: i }, { labels: { [`l${i}`]: "x", ...live.metadata.labels } }) };
    const managedFields = trackUpdate({ schema, apiVersion, live, next, manager: `m${String(i).padStart(2, "0")}`, time });
    live = { ...next, metadata: { ...next.metadata, uid: "u", ...(managedFields && { managedFields }) } };
  }
  assert.equal(live.metadata.managedFields?.length, 10);
  assert.ok(owners(live)["ancient-changes/Update"]);
  assert.deepEqual(owners(live)["m12/Update"], { "f:metadata": { "f:labels": { "f:l12": {} } }, "f:spec": { "f:replicas": {} } });
});

test("a new object's fields are those that a comparison with nothing finds", () => {
  const object = aDeployment(
    {
      replicas: 1,
      selector: { matchLabels: { a: "b" } },
      strategy: { rollingUpdate: { maxSurge: 1 }, type: "RollingUpdate" },
      template: {
        metadata: { labels: { a: "b" }, creationTimestamp: null },
        spec: {
          securityContext: {},
          volumes: [{ name: "v", emptyDir: {} }],
          containers: [
            {
              name: "d",
              ports: [{ containerPort: 443, protocol: "TCP" }, { containerPort: 80 }],
              env: [{ name: "E", value: "" }],
              args: ["x"],
            },
            { name: "c", resources: { limits: { cpu: "1" } }, volumeMounts: [{ name: "v", mountPath: "/v" }] },
          ],
        },
      },
    },
    { labels: { x: "1" }, annotations: {}, finalizers: ["b.c/d", "a.b/c"], uid: "u", generation: 1 },
  );
  const fast = trackUpdate({ schema, apiVersion, live: undefined, next: object, manager: "m", time });
  const managers: Managers = new Map();
  const id = { manager: "m", operation: "Update", apiVersion } as const;
  updateManagers(managers, shapeOf(schema), undefined, object, id, time, undefined);
  assert.equal(JSON.stringify(fast), JSON.stringify(encodeManagers(managers)));
});
