import assert from "node:assert/strict";
import { test } from "node:test";
import { lineDifference } from "./line-difference.ts";

const lines = (...words: (string | number)[]) => words.join("\n");

test("what differs stands between three equal lines before and behind it", () => {
  assert.equal(
    lineDifference(lines(1, 2, 3, 4, 5, 6, 7, 8, 9), lines(1, 2, 3, 4, "x", 6, 7, 8, 9)),
    "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n",
  );
  assert.equal(lineDifference("a", "b"), "@@ -1 +1 @@\n-a\n+b\n");
  assert.equal(lineDifference(lines("a", "b"), "a"), "@@ -1,2 +1 @@\n a\n-b\n");
  assert.equal(lineDifference("a", "a"), "");
});

test("changes that are far from each other are two hunks, near ones are one", () => {
  const text = (first: string, second: string, between: number) =>
    lines(first, ...Array.from({ length: between }, (_, i) => `same ${i}`), second);
  assert.equal(lineDifference(text("a", "b", 6), text("x", "y", 6)).match(/@@ /g)?.length, 1);
  assert.equal(lineDifference(text("a", "b", 7), text("x", "y", 7)).match(/@@ /g)?.length, 2);
});

test("the longest run of equal lines decides, though a shorter one comes first", () => {
  assert.equal(lineDifference(lines("a", "b", "c"), lines("c", "x", "a", "b", "c")), "@@ -1,3 +1,5 @@\n+c\n+x\n a\n b\n c\n");
});

test("in a long text, what comes often begins no run", () => {
  const many = Array.from({ length: 250 }, (_, i) => `unique ${i}`);
  const before = lines(...many.slice(0, 100), "}", "}", "}", "}", "old", "}", ...many.slice(100));
  const after = lines(...many.slice(0, 100), "new", "}", "}", "}", "}", "}", ...many.slice(100));
  assert.equal(
    lineDifference(before, after),
    "@@ -98,11 +98,11 @@\n unique 97\n unique 98\n unique 99\n-}\n-}\n-}\n-}\n-old\n+new\n+}\n+}\n+}\n+}\n }\n unique 100\n unique 101\n",
  );
});

test("texts that are all alike are compared in bounded time", () => {
  const alike = (count: number) => Array.from({ length: count }, (_, i) => `line ${i % 150}`).join("\n");
  assert.ok(lineDifference(alike(30_000), alike(29_001)).length > 0);
});
