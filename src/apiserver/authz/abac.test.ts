import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { plainUser, secureFixture } from "../fixture.ts";
import { Abac } from "./abac.ts";

const folder = mkdtempSync(join(tmpdir(), "spoke-abac-"));
after(() => rmSync(folder, { recursive: true }));

const policy = (spec: object) => JSON.stringify({ apiVersion: "abac.authorization.kubernetes.io/v1beta1", kind: "Policy", spec });
const fileOf = (...lines: string[]) => {
  const file = join(folder, "policy.jsonl");
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
};

test("a policy allows what all its parts match, and a line of old what it leaves open", async () => {
  const file = fileOf(
    "# who may do what",
    policy({ user: "reader", namespace: "a", resource: "configmaps", readonly: true }),
    policy({ group: "ops", namespace: "*", resource: "*", apiGroup: "*" }),
    policy({ user: "*", nonResourcePath: "/version*", readonly: true }),
    '{"user":"old"}',
    "",
  );
  const { ask, close } = await secureFixture({ flags: ["authorization-mode=ABAC", `authorization-policy-file=${file}`] });
  try {
    const path = "/api/v1/namespaces/a/configmaps";
    const may = async (user: string, method: string, at: string, ...groups: string[]) =>
      (await ask(plainUser(user, ...groups), method, at, method === "POST" ? { metadata: { name: "m" } } : undefined)).status < 400;
    assert.deepEqual(
      [
        await may("reader", "GET", path),
        await may("reader", "POST", path),
        await may("reader", "GET", "/api/v1/namespaces/b/configmaps"),
        await may("reader", "GET", "/apis/apps/v1/namespaces/a/deployments"),
        await may("nobody", "GET", "/version"),
        await may("nobody", "GET", "/metrics"),
      ],
      [true, false, false, false, true, false],
    );
    assert.deepEqual(
      [await may("jane", "GET", "/apis/apps/v1/deployments", "ops"), await may("old", "GET", "/metrics"), await may("old", "GET", path)],
      [true, true, true],
    );
    const told = await ask("reader", "DELETE", `${path}/m`);
    assert.match(told.message, /: No policy matched\.$/);
    const review = await ask("old", "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", { spec: { namespace: "a" } });
    assert.deepEqual(review.object.status.resourceRules, [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]);
  } finally {
    await close();
  }
});

test("a file that is none, and flags that do not fit, are refused", async () => {
  const table: [string[], RegExp][] = [
    [["authorization-mode=ABAC"], /authorization-mode ABAC's authorization policy file not passed/],
    [["authorization-policy-file=x"], /cannot specify --authorization-policy-file without mode ABAC/],
    [["authorization-mode=ABAC", "authorization-policy-file=/absent"], /open \/absent: no such file or directory/],
  ];
  for (const [flags, told] of table) await assert.rejects(secureFixture({ flags }), told);
  const wrong: [string, RegExp][] = [
    ["{", /error reading policy file .*policy\.jsonl, line 2: \{: /],
    [policy({ users: "a" }), /line 2: .*unknown field "spec\.users"/],
    ['{"user":"a","verb":"get"}', /line 2: .*unknown field "verb"/],
    ['{"user":7}', /cannot unmarshal number into Go struct field Policy\.user of type string/],
    [policy({}).replace("v1beta1", "v1"), /no kind "Policy" is registered for version "abac\.authorization\.kubernetes\.io\/v1"/],
  ];
  for (const [line, told] of wrong) assert.throws(() => new Abac(fileOf("#", line)), told);
});
