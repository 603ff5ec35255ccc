import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { answerOf, listing, rangeOf } from "./static-files.ts";

test("a folder is served with its pages, listings and redirects, and nothing beside it", (t) => {
  const outer = mkdtempSync(join(tmpdir(), "spoke-www-"));
  t.after(() => rmSync(outer, { recursive: true }));
  const folder = join(outer, "www");
  mkdirSync(join(folder, "plain"), { recursive: true });
  writeFileSync(join(outer, "secret"), "s");
  writeFileSync(join(folder, "index.html"), "i");
  writeFileSync(join(folder, "plain", "a.txt"), "a");
  const table: [string, object][] = [
    ["/", { kind: "file", file: join(folder, "index.html") }],
    ["/index.html", { kind: "redirect", to: "./" }],
    ["/plain", { kind: "redirect", to: "plain/" }],
    ["/plain/", { kind: "listing", names: ["a.txt"] }],
    ["/plain/a.txt", { kind: "file", file: join(folder, "plain", "a.txt") }],
    ["/plain/a.txt/", { kind: "redirect", to: "../a.txt" }],
    ["/nope", { kind: "missing" }],
    ["/../secret", { kind: "missing" }],
    ["/plain/../../secret", { kind: "missing" }],
    ["/a\0b", { kind: "missing" }],
  ];
  for (const [path, expected] of table) {
    const { stats: _, ...answer } = { stats: undefined, ...answerOf(folder, path) };
    assert.deepEqual(answer, expected, path);
  }
});

test("names in a listing are text, not markup", () => {
  assert.match(listing(["<b>.txt", "sub/"]), /<a href="%3Cb%3E\.txt">&lt;b&gt;\.txt<\/a>\n<a href="sub\/">sub\/<\/a>/);
});

test("ranges are cut to the file", () => {
  const table: [string | undefined, unknown][] = [
    [undefined, undefined],
    ["bytes=0-3", { start: 0, end: 3 }],
    ["bytes=4-", { start: 4, end: 9 }],
    ["bytes=-3", { start: 7, end: 9 }],
    ["bytes=5-100", { start: 5, end: 9 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=3-1", "unsatisfiable"],
    ["bytes=0-1,3-4", undefined],
    ["bytes=-", undefined],
  ];
  for (const [header, expected] of table) assert.deepEqual(rangeOf(header, 10), expected, String(header));
});
