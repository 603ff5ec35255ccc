import assert from "node:assert/strict";
import { test } from "node:test";
import { nowMs } from "../situations.ts";
import { type Behavior, heldByBehavior, heldPlainly, withChange } from "./limits.ts";
import type { Memory } from "./seen.ts";

const memory = (more: Partial<Memory> = {}): Memory => ({ recommendations: [], ups: [], downs: [], ...more });
const ago = (seconds: number, replicas: number) => ({ replicas, atMs: nowMs - seconds * 1000 });
const change = (seconds: number, amount: number) => ({ change: amount, atMs: nowMs - seconds * 1000 });
const rules = (policies: [type: "Pods" | "Percent", value: number, seconds: number][], more: object = {}) => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: policies.map(([type, value, periodSeconds]) => ({ type, value, periodSeconds })),
  ...more,
});
const usual: Behavior = {
  up: rules([
    ["Pods", 4, 15],
    ["Percent", 100, 15],
  ]),
  down: rules([["Percent", 100, 15]], { stabilizationWindowSeconds: 300 }),
};

interface Row {
  name: string;
  current: number;
  desired: number;
  min?: number;
  max?: number;
  memory?: Memory;
  behavior?: Behavior;
  expect: [replicas: number, limited: string, stabilized?: string];
}

const rows: Row[] = [
  { name: "nothing holds it", current: 3, desired: 5, expect: [5, "DesiredWithinRange"] },
  { name: "at most double at once", current: 3, desired: 9, expect: [6, "ScaleUpLimit"] },
  { name: "but four in any case", current: 1, desired: 9, expect: [4, "ScaleUpLimit"] },
  { name: "the most", current: 8, desired: 12, max: 10, expect: [10, "TooManyReplicas"] },
  { name: "the fewest", current: 3, desired: 1, min: 2, expect: [2, "TooFewReplicas"] },
  {
    name: "the highest of five minutes counts",
    current: 5,
    desired: 1,
    memory: memory({ recommendations: [ago(400, 9), ago(200, 4), ago(10, 2)] }),
    expect: [4, "DesiredWithinRange", "ScaleDownStabilized"],
  },
  { name: "behaviour: four or double, whichever is more", current: 3, desired: 9, behavior: usual, expect: [7, "ScaleUpLimit"] },
  {
    name: "behaviour: what was added within the period counts",
    current: 7,
    desired: 30,
    max: 50,
    memory: memory({ ups: [change(5, 4), change(20, 9)] }),
    behavior: usual,
    expect: [7, "ScaleUpLimit"],
  },
  {
    name: "behaviour: the smaller policy when it says so",
    current: 10,
    desired: 30,
    max: 50,
    behavior: {
      ...usual,
      up: rules(
        [
          ["Pods", 4, 15],
          ["Percent", 100, 15],
        ],
        { selectPolicy: "Min" },
      ),
    },
    expect: [14, "ScaleUpLimit"],
  },
  {
    name: "behaviour: a small percentage is rounded up",
    current: 1,
    desired: 3,
    behavior: { ...usual, up: rules([["Percent", 1, 60]]) },
    expect: [2, "ScaleUpLimit"],
  },
  {
    name: "behaviour: switched off",
    current: 3,
    desired: 5,
    behavior: { ...usual, up: rules([], { selectPolicy: "Disabled" }) },
    expect: [3, "ScaleUpLimit"],
  },
  {
    name: "behaviour: downwards by pods",
    current: 10,
    desired: 2,
    behavior: { ...usual, down: rules([["Pods", 3, 60]]) },
    expect: [7, "ScaleDownLimit"],
  },
  {
    name: "behaviour: downwards, the least change",
    current: 10,
    desired: 1,
    behavior: {
      ...usual,
      down: rules(
        [
          ["Pods", 3, 60],
          ["Percent", 10, 60],
        ],
        { selectPolicy: "Min" },
      ),
    },
    expect: [9, "ScaleDownLimit"],
  },
  {
    name: "behaviour: what was taken within the period counts",
    current: 7,
    desired: 2,
    memory: memory({ downs: [change(30, 3)] }),
    behavior: { ...usual, down: rules([["Pods", 3, 60]]) },
    expect: [7, "ScaleDownLimit"],
  },
  {
    name: "behaviour: the fewest",
    current: 4,
    desired: 1,
    min: 2,
    behavior: { ...usual, down: rules([["Percent", 100, 15]]) },
    expect: [2, "TooFewReplicas"],
  },
  {
    name: "behaviour: upwards the lowest recommendation of the window",
    current: 2,
    desired: 6,
    memory: memory({ recommendations: [ago(30, 3), ago(100, 1)] }),
    behavior: { ...usual, up: rules([["Pods", 10, 15]], { stabilizationWindowSeconds: 60 }) },
    expect: [3, "DesiredWithinRange", "ScaleUpStabilized"],
  },
  {
    name: "behaviour: downwards the highest of its window",
    current: 8,
    desired: 2,
    memory: memory({ recommendations: [ago(100, 6), ago(400, 9)] }),
    behavior: usual,
    expect: [6, "DesiredWithinRange", "ScaleDownStabilized"],
  },
];

for (const { name, current, desired, min = 1, max = 10, memory: known = memory(), behavior, expect } of rows)
  test(`limits: ${name}`, () => {
    const wanted = { current, desired, min, max, downWindowMs: 300_000 };
    const held = behavior ? heldByBehavior(wanted, behavior, known, nowMs) : heldPlainly(wanted, known, nowMs);
    const [replicas, limited, stabilized] = expect;
    assert.deepEqual([held.replicas, held.limited.why[0], held.stabilized?.[0]], [replicas, limited, stabilized]);
    assert.equal(held.limited.isLimited, limited !== "DesiredWithinRange");
    assert.deepEqual(held.recommendations.at(-1), { replicas: desired, atMs: nowMs });
  });

test("what is remembered does not grow: what nothing looks back to is forgotten", () => {
  const old = memory({ recommendations: [ago(301, 5), ago(299, 4)], ups: [change(16, 1), change(10, 2)] });
  assert.deepEqual(heldPlainly({ current: 1, desired: 1, min: 1, max: 5, downWindowMs: 300_000 }, old, nowMs).recommendations.length, 2);
  const next = withChange(old, usual, 3, nowMs);
  assert.deepEqual(next.ups, [change(10, 2), { change: 3, atMs: nowMs }]);
  assert.deepEqual(withChange(old, usual, -2, nowMs).downs, [{ change: 2, atMs: nowMs }]);
});
