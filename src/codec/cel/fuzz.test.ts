/** Whatever the expression and the values, the engine answers: a program, issues, a value or a fault, and in time that grows with the source. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compile, dynType, environment, intType, listOf, mapOf, perCallLimit, stringType } from "./mod.ts";

// The same cases everywhere; SPOKE_SEED asks for others.
fc.configureGlobal({ seed: Number(process.env.SPOKE_SEED ?? 7) });

const env = environment({
  variables: { x: dynType, y: dynType, s: stringType, i: intType, l: listOf(dynType), m: mapOf(stringType, dynType) },
});
const values = [
  null,
  true,
  0,
  -1,
  1.5,
  9007199254740993n,
  "",
  "a/b.c-1",
  "10.0.0.0/8",
  "1.2.3",
  "2020-01-01T00:00:00Z",
  [],
  [1, "a"],
  {},
  { a: { b: [1] } },
];

const leaf = fc.constantFrom(
  "x",
  "y",
  "s",
  "i",
  "l",
  "m",
  "1",
  "2u",
  "1.5",
  "'a'",
  "b'a'",
  "true",
  "null",
  "[]",
  "{}",
  "x.a",
  "m.a",
  "l[0]",
  "x.?a",
  "x[?0]",
  "duration('1h')",
  "timestamp('2020-01-01T00:00:00Z')",
);
const methods =
  "size() startsWith('a') endsWith(s) contains('a') matches('a+') matches(s) getFullYear() getHours('UTC') getHours() lowerAscii() split('/') split(s,2) " +
  "substring(1) substring(0,1) charAt(0) indexOf('a') indexOf(s,1) lastIndexOf('a') replace('a','b') trim() join(',') join() reverse() distinct() sort() flatten() " +
  "flatten(2) slice(0,1) first() last() sum() min() max() isSorted() find('[a-z]+') findAll('.') hasValue() value() orValue(1) or(x.?a) all(e,e==1) exists(e,e==x) " +
  "map(e,e) filter(e,e!=null) exists_one(e,e==1) transformList(k,v,v) transformMap(k,v,v) transformMapEntry(k,v,{v:k}) sortBy(e,e) optMap(o,o) format([x,y]) " +
  "isGreaterThan(quantity('1')) add(1) asInteger() containsIP('10.0.0.1') masked() prefixLength() family() getHost() getQuery() major() compareTo(semver('1.2.3')) unwrapOpt()";
const functions =
  "int uint double string bytes bool duration timestamp type dyn size quantity isQuantity ip cidr isIP isCIDR url isURL semver isSemver optional.of optional.ofNonZeroValue lists.range strings.quote ip.isCanonical";
const { tree: expression } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: "cel" },
    leaf,
    fc
      .tuple(tie("tree"), fc.constantFrom(..."+ - * / % < <= > >= == != && || in".split(" ")), tie("tree"))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie("tree"), fc.constantFrom(...methods.split(" "))).map(([a, method]) => `${a}.${method}`),
    fc.tuple(fc.constantFrom(...functions.split(" ")), tie("tree")).map(([name, a]) => `${name}(${a})`),
    fc.tuple(tie("tree"), tie("tree"), tie("tree")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => `${a}[${b}]`),
    tie("tree").map((a) => `!${a}`),
    tie("tree").map((a) => `-${a}`),
    fc.array(tie("tree"), { maxLength: 3 }).map((all) => `dyn([${all.join(", ")}])`),
    fc.tuple(tie("tree"), tie("tree")).map(([k, v]) => `{${k}: ${v}}`),
  ),
}));

test("whatever the expression and the values, it ends in a value or a fault", () => {
  const any = fc.constantFrom(...values);
  fc.assert(
    fc.property(expression, any, any, (source, x, y) => {
      const { ok } = compile(source, env);
      if (!ok) return;
      ok.estimate();
      const outcome = ok.evaluate({ x, y, s: "a/b", i: 3, l: [1, x, "a"], m: { a: x, b: 1 } });
      assert.ok(outcome.cost <= perCallLimit + 1_000_000 && (outcome.fault === undefined || outcome.fault !== ""));
    }),
    { numRuns: 3000 },
  );
});

test("whatever the text, a source compiles or has issues", () => {
  const pieces = fc.array(
    fc.constantFrom(
      ..."abix().[]{},:?!-+*/%<>=&|\"'\\ \n1u.r".split(""),
      "in",
      "has(",
      ".all(a, ",
      "'''",
      'r"',
      "b'",
      "0x",
      "1e",
      "// ",
      "\\u00",
      "`a`",
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map((parts) => parts.join("")),
        fc.string(),
      ),
      (text) => {
        const { ok, issues } = compile(text, env);
        assert.ok(ok || /^(ERROR: <input>:|program instantiation failed)/.test(issues), String(issues));
      },
    ),
    { numRuns: 2000 },
  );
});
