/** What callers rely on: values without copies, exact integers, faults that are returned, limits that hold. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CelMap,
  CelObject,
  compile,
  dynType,
  environment,
  Fault,
  intType,
  listOf,
  type Outcome,
  objectOf,
  opaque,
  perCallLimit,
  stringType,
  type Type,
} from "./mod.ts";

const fields: Record<string, Type> = { replicas: intType, names: listOf(stringType) };
const self = objectOf("Self", (name) => fields[name]);
const env = environment({ variables: { object: dynType, self, key: opaque("test.Key") } });

function program(source: string) {
  const { ok, issues } = compile(source, env);
  assert.equal(issues, undefined);
  return ok!;
}
const run = (source: string, bindings: Record<string, unknown> = {}, costLimit?: number): Outcome =>
  program(source).evaluate(bindings, { costLimit });

test("an object's fields are known when the expression is compiled", () => {
  assert.match(
    compile("self.replica > 1", env).issues!,
    /^ERROR: <input>:1:5: undefined field 'replica'\n \| self\.replica > 1\n \| \.\.\.\.\^$/,
  );
  assert.equal(run("self.replicas > 1", { self: { replicas: 2 } }).cost, 3);
});

test("an object is handed out as it came in", () => {
  const object = { a: { b: [1, { c: "d" }] } };
  const outcome = run("object.a.b[1]", { object });
  assert.ok(outcome.fault === undefined && outcome.value === object.a.b[1]);
});

test("integers keep 64 bits", () => {
  const cases: [string, unknown][] = [
    ["9223372036854775807 - 1 == 9223372036854775806", true],
    ["9007199254740993", 9007199254740993n],
    ["9007199254740991 + 2 - 2", 9007199254740991],
    ["4294967296 * 2147483647 + 1", 9223372032559808513n],
    ["-9223372036854775808 / 3", -3074457345618258602n],
    ["0 * -1", 0],
  ];
  for (const [source, value] of cases) assert.deepEqual(run(source), { value, cost: run(source).cost }, source);
});

test("what fails is told, not thrown", () => {
  assert.deepEqual(run("object.b", { object: {} }), { fault: "no such key: b", isOverLimit: false, cost: 2 });
  assert.deepEqual(run("object.b || true", { object: {} }), { value: true, cost: 2 });
});

test("a host's objects make their fields when they are asked for", () => {
  class Lazy extends CelObject {
    readonly typeName = "test.Lazy";
    override get(name: string): unknown {
      if (name === "broken") throw new Fault("out of order");
      return name === "answer" ? 42 : undefined;
    }
    equals(other: unknown): boolean {
      return other === this;
    }
  }
  const object = new Lazy();
  assert.deepEqual(run("object.answer + 1", { object }), { value: 43, cost: 3 });
  assert.equal(run("object.broken", { object }).fault, "out of order");
  assert.deepEqual(run("has(object.answer) && !has(object.question)", { object }), { value: true, cost: 3 });
});

test("maps that expressions make have keys of any kind", () => {
  const outcome = run("{1: 'a', 2: 'b'}");
  assert.ok(outcome.fault === undefined && outcome.value instanceof CelMap && outcome.value.get(2) === "b");
});

test("the cost limit cuts off, and nothing absorbs that", () => {
  const object = Array.from({ length: 1000 }, (_, i) => i);
  const fault = "operation cancelled: actual cost limit exceeded";
  const nested = "object.all(x, object.all(y, x >= 0)) || true";
  assert.deepEqual(run(nested, { object }, 5000), { fault, isOverLimit: true, cost: 5001 });
  assert.deepEqual(run(nested, { object }), { fault, isOverLimit: true, cost: perCallLimit + 1 });
});

test("lists that double stay small", () => {
  const source = `[1]${".map(x, [1, 1])".repeat(1)}${Array.from({ length: 40 }, () => ".map(l, l + l)").join("")}.size()`;
  const doubled = `[[1]]${".map(l, l + l)".repeat(60)}[0].size()`;
  assert.equal(compile(source, env).issues, undefined);
  assert.match(String(run(doubled).fault), /cost limit/);
});

test("a source that is too deep or too long is refused before anything recurses", () => {
  const depth = "ERROR: <input>:-1:0: expression recursion limit exceeded: 250";
  for (const source of [
    "(".repeat(90_000),
    "[".repeat(90_000),
    `1${"+1".repeat(40_000)}`,
    `object${".a".repeat(40_000)}`,
    "-".repeat(90_000),
    "!".repeat(90_000),
  ])
    if (!/^[-!]/.test(source)) assert.equal(compile(source, env).issues, depth, source.slice(0, 10));
    else assert.match(compile(source, env).issues!, /mismatched input '<EOF>'/);
  assert.match(compile(" ".repeat(100_001), env).issues!, /expression code point size exceeds limit: size: 100001, limit 100000/);
  assert.equal(compile(`true${" && true".repeat(12_000)}`, env).issues, undefined);
  assert.match(compile(`object.?a${".optMap(x, x)".repeat(200)}`, env).issues!, /nested too often/);
});

test("a typical rule takes less than 5 µs", () => {
  const containers = ["a", "b"].map((name) => ({ name, image: `x/${name}:1`, resources: { limits: { cpu: "1" } } }));
  const object = { metadata: { name: "web", labels: { app: "x" } }, spec: { replicas: 3, template: { spec: { containers } } } };
  const rules = [
    "object.spec.replicas <= 5",
    "object.spec.template.spec.containers.all(c, c.image.startsWith('x/'))",
    "object.spec.template.spec.containers.all(c, has(c.resources.limits) && has(c.resources.limits.cpu))",
    "has(object.metadata.labels) && 'app' in object.metadata.labels && object.metadata.name.matches('^[a-z]+$')",
  ];
  for (const rule of rules) {
    const { evaluate } = program(rule);
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 20 && least >= 5; round++) {
      const before = process.cpuUsage();
      for (let i = 0; i < 2000; i++) evaluate({ object });
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, (user + system) / 2000);
    }
    assert.ok(least < 5, `${rule}: ${least.toFixed(1)} µs`);
  }
});
