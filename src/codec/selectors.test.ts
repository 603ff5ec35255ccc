import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLabelSelector } from "./selectors.ts";

const name = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const label = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with";

test("a label selector that cannot be read is refused in upstream's words", () => {
  const cases: [selector: string, message: string][] = [
    ["app in (x", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["app in (x,", "unable to parse requirement: found '', expected: ',', or identifier"],
    ["app in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ["app in x", "unable to parse requirement: found 'x' expected: '('"],
    [",", "found ',', expected: !, identifier, or 'end of string'"],
    ["a,,b", "found ',', expected: identifier after ','"],
    ["a,", "found '', expected: identifier after ','"],
    ["a=b=c", "found '=', expected: ',' or 'end of string'"],
    ["!", "unable to parse requirement: found '', expected: identifier"],
    ["-bad-=x", `unable to parse requirement: <nil>: Invalid value: "-bad-": ${name}`],
    ['app="x"', `unable to parse requirement: values[0][app]: Invalid value: "\\"x\\"": ${label}`],
  ];
  for (const [selector, message] of cases)
    assert.throws(
      () => parseLabelSelector(selector),
      (error: Error) => {
        assert.equal(error.message.slice(0, message.length), message, selector);
        return true;
      },
    );
});

test("an empty set of values is the empty value", () => {
  assert.deepEqual(parseLabelSelector("a in ()").requirements, [{ key: "a", operator: "In", values: [""] }]);
  assert.deepEqual(parseLabelSelector("a in (,b)").requirements, [{ key: "a", operator: "In", values: ["", "b"] }]);
});
