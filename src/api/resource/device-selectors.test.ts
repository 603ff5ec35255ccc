import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, Problems } from "../checks/problems.ts";
import { checkSelector, compileSelector, selectorCost } from "./device-selectors.ts";

const own = 'device.attributes["dra.example.com"]';
const amounts = 'device.capacity["dra.example.com"]';

/** What upstream's estimator says of each, and so what the limit is held against. */
const costs: [string, number][] = [
  ['"no-such-domain" in device.attributes', 3],
  ['device.driver == "dra.example.com"', 4],
  [`${own}.name`, 4],
  [`${own}["name"]`, 4],
  [`cel.bind(dra, ${own}, dra.name)`, 15],
  [`${own}.name == "fish"`, 5],
  [`${own}.name.isGreaterThan(semver("v0.0.1", true)) && isSemver("v1.0.0", true)`, 7],
  [`${amounts}.name.isGreaterThan(quantity("1Ki"))`, 6],
  [`"name" in ${amounts} && ${amounts}.name.isGreaterThan(quantity("1Ki"))`, 10],
  ['device.attributes.exists_one(x, x == "dra.example.com")', 164],
  [`${own}.exists_one(x, x == "services")`, 133],
  [`${own}.services.split("example").size() >= 2`, 19],
  [`${own}.services.matches("[^a]?sym")`, 18],
  ["device.allowMultipleAllocations == true", 3],
];
for (const [expression, cost] of costs)
  test(`the selector ${expression} costs ${cost} at most`, () => {
    const program = compileSelector(expression);
    assert.ok(typeof program !== "string", String(program));
    assert.equal(selectorCost(program), cost);
  });

const digits = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
const deep = ["a", "b", "c", "d", "e", "f", "g"].reduceRight((inner, name) => `${digits}.all(${name}, ${inner})`, "true");
const refusals: [string, RegExp][] = [
  ["?!", /^Invalid value: "\?!": compilation failed: ERROR: <input>:1:1: Syntax error/],
  ["1", /^Invalid value: "1": must evaluate to bool or the unknown type, not int$/],
  [`${own}.names.exists(x, x > 0)`, /expression of type 'any' cannot be range of a comprehension \(must be list, map, or dynamic\)/],
  [`${own}.name.includes("fish")`, /undeclared reference to 'includes'/],
  [deep, /^Forbidden: too complex, exceeds cost limit$/],
];
for (const [expression, words] of refusals)
  test(`the selector ${expression.slice(0, 40)} is refused`, () => {
    const problems = new Problems();
    checkSelector(expression, "expression", problems);
    assert.match(problems.list.map(bodyOf).join("\n"), words);
  });
