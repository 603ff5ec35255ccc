import assert from "node:assert/strict";
import { test } from "node:test";
import { readWishes, type UserWords } from "./wishes.ts";

test("a namespace of the user's name, the role edit and a year are what nobody needs to say", () => {
  const year = 365 * 86_400;
  assert.deepEqual(readWishes({ user: "anna" }), {
    user: "anna",
    namespace: "anna",
    role: "edit",
    groups: [],
    seconds: year,
    by: "certificate",
  });
  const told = readWishes({ user: "anna.b", namespace: "team", role: "view", groups: "devs, ops,devs", expires: "1h30m" });
  assert.deepEqual(told, { user: "anna.b", namespace: "team", role: "view", groups: ["devs", "ops"], seconds: 5400, by: "certificate" });
  assert.equal(readWishes({ user: "anna", token: true }).by, "token");
  assert.equal(readWishes({ user: "anna", expires: "30d" }).seconds, 30 * 86_400);
});

const wrong: [words: UserWords, message: RegExp][] = [
  [{ user: undefined }, /whom\?/],
  [{ user: "" }, /beginning and ending/],
  [{ user: "system:admin" }, /begin with system: are the cluster's own/],
  [{ user: "Anna" }, /at most 63 of a-z/],
  [{ user: "anna-" }, /beginning and ending/],
  [{ user: "a".repeat(64) }, /at most 63/],
  [{ user: "a/b" }, /at most 63/],
  [{ user: "anna.b" }, /a namespace cannot have this name/],
  [{ user: "kube-system" }, /the cluster's own/],
  [{ user: "default" }, /the cluster's own/],
  [{ user: "anna", namespace: "a.b" }, /--namespace a\.b/],
  [{ user: "anna", role: "" }, /--role ""/],
  [{ user: "anna", role: "../x" }, /--role/],
  [{ user: "anna", groups: "system:masters" }, /the cluster's own/],
  [{ user: "anna", groups: "a,,b" }, /names with commas between them/],
  [{ user: "anna", token: true, groups: "devs" }, /--groups: a certificate names groups, and a token does not/],
  [{ user: "anna", expires: "soon" }, /--expires soon: a duration/],
  [{ user: "anna", expires: "9m" }, /--expires 9m: from 10m to 3650d/],
  [{ user: "anna", expires: "3651d" }, /from 10m/],
  [{ user: "anna", expires: "-1h" }, /from 10m/],
];
for (const [words, message] of wrong)
  test(`refused: ${JSON.stringify(words).slice(0, 60)}`, () => assert.throws(() => readWishes(words), message));
