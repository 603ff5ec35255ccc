import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, ReplicaSet } from "#api/mod.ts";
import { aMeta } from "../situations.ts";
import { desiredOf, newestAnnotations, nextRevision, revisionOf } from "./annotations.ts";

const revision = "deployment.kubernetes.io/revision";
const history = "deployment.kubernetes.io/revision-history";
const aSet = (annotations: Record<string, string>): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: aMeta("a", { annotations }),
});
const aDeployment = (annotations: Record<string, string> = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: aMeta("web", { annotations }),
});

const revisions: [text: string | undefined, wanted: bigint | undefined][] = [
  [undefined, 0n],
  ["", 0n],
  ["7", 7n],
  ["+7", 7n],
  ["-7", -7n],
  ["9223372036854775807", 9223372036854775807n],
  ["9223372036854775808", undefined],
  ["seven", undefined],
  ["7.0", undefined],
];
for (const [text, wanted] of revisions)
  test(`revision ${JSON.stringify(text)}`, () => assert.equal(revisionOf(aSet(text === undefined ? {} : { [revision]: text })), wanted));

test("the next revision is above all that are numbers", () => {
  assert.equal(nextRevision([]), 1n);
  assert.equal(nextRevision([aSet({ [revision]: "4" }), aSet({ [revision]: "x" }), aSet({})]), 5n);
});

test("the newest set gets the Deployment's annotations, except those that are the controller's or apply's", () => {
  const own = { note: "hello", [revision]: "9", "kubectl.kubernetes.io/last-applied-configuration": "{}" };
  assert.deepEqual(newestAnnotations(aDeployment(own), aSet({}), 1n), { note: "hello", [revision]: "1" });
});

const rollbacks: { name: string; before: Record<string, string>; next: bigint; after: Record<string, string> }[] = [
  { name: "already the highest", before: { [revision]: "5" }, next: 3n, after: { [revision]: "5" } },
  { name: "a rollback remembers", before: { [revision]: "1" }, next: 3n, after: { [revision]: "3", [history]: "1" } },
  { name: "a second one too", before: { [revision]: "3", [history]: "1" }, next: 5n, after: { [revision]: "5", [history]: "1,3" } },
  { name: "no number: left alone", before: { [revision]: "x" }, next: 5n, after: { [revision]: "x" } },
];
for (const { name, before, next, after } of rollbacks)
  test(`revision of the newest set: ${name}`, () => assert.deepEqual(newestAnnotations(aDeployment(), aSet(before), next), after));

test("the history forgets the oldest revisions beyond 2,000 characters", () => {
  const long = Array.from({ length: 400 }, (_, at) => String(1000 + at)).join(",");
  const { [history]: after = "" } = newestAnnotations(aDeployment(), aSet({ [revision]: "1400", [history]: long }), 1402n);
  assert.ok(after.length <= 2000 && after.endsWith(",1399,1400") && after.startsWith("1001,"), after);
});

test("a size that is no number of 31 bits is none", () => {
  const of = (text: string) => desiredOf(aSet({ "deployment.kubernetes.io/desired-replicas": text }));
  assert.deepEqual([of("3"), of("-1"), of("2147483648"), of("3.5"), of("")], [3, undefined, undefined, undefined, undefined]);
});
