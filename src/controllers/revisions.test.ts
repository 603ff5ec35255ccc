import assert from "node:assert/strict";
import { test } from "node:test";
import { type ControllerRevision, type DaemonSet, daemonsets, type PodTemplateSpec } from "#api/mod.ts";
import { historyOf } from "./revisions.ts";

const owner = { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "d", namespace: "default", uid: "u" } } as DaemonSet;
const template = {
  metadata: { labels: { b: "2", a: "1" } },
  spec: { containers: [{ name: "c", image: "i", ports: [{ protocol: "TCP", containerPort: 80 }] }], dnsPolicy: "ClusterFirst" },
} as PodTemplateSpec;
const history = (revisions: readonly ControllerRevision[]) => {
  const made = historyOf({
    owner,
    ownerKind: daemonsets,
    template,
    collisionCount: undefined,
    revisions,
    holderOf: () => undefined,
    labelWith: "hash",
  });
  assert.ok(made !== "collision");
  return made;
};

test("a revision holds its template with keys in order: upstream's tools compare the bytes", () => {
  assert.equal(
    JSON.stringify(history([]).current.data),
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"image":"i","name":"c","ports":[{"containerPort":80,"protocol":"TCP"}]}],"dnsPolicy":"ClusterFirst"}}}}',
  );
});

test("a revision from before keys had an order is the same one", () => {
  const { current } = history([]);
  const old = { ...current, data: { spec: { template: { ...template, $patch: "replace" } } } as unknown as ControllerRevision["data"] };
  assert.deepEqual(history([old]).steps, []);
});
