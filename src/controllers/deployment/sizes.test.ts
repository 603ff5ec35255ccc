import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, ReplicaSet } from "#api/mod.ts";
import { aMeta, secondsAgo } from "../situations.ts";
import { boundsOf, byAge, newestSize, proportional, type Sizes, shrunken } from "./sizes.ts";

type Value = number | string;

function aDeployment(replicas: number, maxSurge: Value = 0, maxUnavailable: Value = 0, more: Partial<Deployment> = {}): Deployment {
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: aMeta("web"), spec: { replicas, strategy }, ...more };
}

function aSet(name: string, replicas: number, more: { available?: number; age?: number; max?: Value } = {}): ReplicaSet {
  const annotations: Record<string, string> = more.max === undefined ? {} : { "deployment.kubernetes.io/max-replicas": String(more.max) };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: aMeta(name, { annotations, creationTimestamp: secondsAgo(more.age ?? 100) }),
    spec: { replicas },
    status: { replicas, availableReplicas: more.available ?? 0 },
  };
}

const named = (sizes: Sizes) => Object.fromEntries([...sizes].map(([set, size]) => [set.metadata.name, size]));

const bounds: [replicas: number, surge: Value, missing: Value, wanted: [number, number]][] = [
  [10, 5, 1, [5, 1]],
  [10, "25%", "25%", [3, 2]],
  [2, "0%", "1%", [0, 1]],
  [2, "1%", "0%", [1, 0]],
  [1, "1%", "25%", [1, 0]],
  [1, 0, "1%", [0, 1]],
  [5, 0, 10, [0, 5]],
  [0, "25%", "25%", [0, 0]],
];
for (const [replicas, surge, missing, [maxSurge, maxUnavailable]] of bounds)
  test(`bounds of ${replicas} with surge ${surge} and ${missing} missing`, () =>
    assert.deepEqual(boundsOf(aDeployment(replicas, surge, missing)), { maxSurge, maxUnavailable }));

test("a Deployment that is made anew has no bounds", () => {
  assert.deepEqual(boundsOf(aDeployment(10, 5, 5, { spec: { replicas: 10, strategy: { type: "Recreate" } } })), {
    maxSurge: 0,
    maxUnavailable: 0,
  });
});

const growing: { name: string; replicas: number; surge: number; size: number; total: number; wanted: number }[] = [
  { name: "no room", replicas: 10, surge: 0, size: 0, total: 10, wanted: 0 },
  { name: "room by the surge", replicas: 10, surge: 2, size: 0, total: 10, wanted: 2 },
  { name: "room that others left", replicas: 10, surge: 2, size: 5, total: 10, wanted: 7 },
  { name: "never above the wanted number", replicas: 10, surge: 5, size: 9, total: 9, wanted: 10 },
  { name: "too large by hand", replicas: 10, surge: 2, size: 12, total: 12, wanted: 10 },
  { name: "too many in all", replicas: 10, surge: 2, size: 2, total: 20, wanted: 2 },
];
for (const { name, replicas, surge, size, total, wanted } of growing)
  test(`the newest set grows: ${name}`, () => assert.equal(newestSize(aDeployment(replicas, surge), size, total), wanted));

const shrinking: {
  name: string;
  missing: number;
  surge?: number;
  newest: ReplicaSet;
  old: ReplicaSet[];
  wanted: Record<string, number>;
}[] = [
  { name: "nothing old", missing: 0, newest: aSet("new", 10, { available: 10 }), old: [aSet("a", 0)], wanted: {} },
  {
    name: "all old ones are needed",
    missing: 0,
    surge: 1,
    newest: aSet("new", 0),
    old: [aSet("a", 10, { available: 10 })],
    wanted: { a: 10 },
  },
  { name: "as many as may be missing", missing: 2, newest: aSet("new", 0), old: [aSet("a", 10, { available: 10 })], wanted: { a: 8 } },
  { name: "unhealthy ones first", missing: 2, newest: aSet("new", 0), old: [aSet("a", 10, { available: 8 })], wanted: { a: 8 } },
  {
    name: "new ones that are not available let no old one go",
    missing: 2,
    surge: 2,
    newest: aSet("new", 2),
    old: [aSet("a", 8, { available: 8 })],
    wanted: { a: 8 },
  },
  {
    name: "new ones that are available do",
    missing: 2,
    newest: aSet("new", 2, { available: 2 }),
    old: [aSet("a", 8, { available: 8 })],
    wanted: { a: 6 },
  },
  {
    name: "of several old sets the oldest",
    missing: 2,
    newest: aSet("new", 4, { available: 4 }),
    old: [aSet("a", 4, { available: 4, age: 100 }), aSet("b", 4, { available: 4, age: 200 })],
    wanted: { a: 4, b: 0 },
  },
  {
    name: "unhealthy ones of the younger before healthy ones of the older",
    missing: 3,
    newest: aSet("new", 0),
    old: [aSet("a", 5, { available: 2, age: 100 }), aSet("b", 5, { available: 5, age: 200 })],
    wanted: { a: 2, b: 5 },
  },
];
for (const { name, missing, surge = 0, newest, old, wanted } of shrinking)
  test(`old sets shrink: ${name}`, () => assert.deepEqual(named(shrunken(aDeployment(10, surge, missing), old, newest)), wanted));

const shares: { name: string; replicas: number; surge?: number; before?: number; sets: ReplicaSet[]; wanted: Record<string, number> }[] = [
  { name: "up", replicas: 20, sets: [aSet("a", 5, { max: 10 }), aSet("b", 5, { max: 10 })], wanted: { a: 10, b: 10 } },
  { name: "down", replicas: 5, sets: [aSet("a", 5, { max: 10, age: 10 }), aSet("b", 5, { max: 10, age: 20 })], wanted: { a: 3, b: 2 } },
  { name: "by size", replicas: 12, sets: [aSet("a", 8, { max: 10 }), aSet("b", 2, { max: 10 })], wanted: { a: 10, b: 2 } },
  { name: "to nothing", replicas: 0, sets: [aSet("a", 8, { max: 10 }), aSet("b", 2, { max: 10 })], wanted: { a: 0, b: 0 } },
  {
    name: "with room for a surge",
    replicas: 20,
    surge: 2,
    sets: [aSet("a", 6, { max: 12 }), aSet("b", 6, { max: 12 })],
    wanted: { a: 11, b: 11 },
  },
  {
    name: "the annotation is lost: of what there is",
    replicas: 20,
    before: 10,
    sets: [aSet("a", 5), aSet("b", 5)],
    wanted: { a: 10, b: 10 },
  },
  {
    name: "the annotation is nonsense",
    replicas: 20,
    before: 10,
    sets: [aSet("a", 5, { max: -1 }), aSet("b", 5, { max: "x" })],
    wanted: { a: 10, b: 10 },
  },
  {
    name: "nothing is known: the rest goes to the largest",
    replicas: 20,
    before: 0,
    sets: [aSet("a", 6), aSet("b", 4)],
    wanted: { a: 16, b: 4 },
  },
  {
    name: "equal sets, up: the younger has the rest",
    replicas: 11,
    sets: [aSet("a", 5, { max: 10, age: 200 }), aSet("b", 5, { max: 10, age: 100 })],
    wanted: { a: 5, b: 6 },
  },
];
for (const { name, replicas, surge = 0, before, sets, wanted } of shares)
  test(`shares: ${name}`, () => {
    const deployment = aDeployment(replicas, surge, 0, before === undefined ? {} : { status: { replicas: before } });
    assert.deepEqual(named(proportional(deployment, sets)), wanted);
  });

test("sets of one age go by name, and one that is not made yet is the youngest", () => {
  const next = { ...aSet("0", 1), metadata: { name: "0" } };
  assert.deepEqual(
    byAge([next, aSet("b", 1), aSet("a", 1), aSet("c", 1, { age: 200 })]).map(({ metadata }) => metadata.name),
    ["c", "a", "b", "0"],
  );
});
