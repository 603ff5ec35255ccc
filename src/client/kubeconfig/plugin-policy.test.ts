import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { policyFault, refusalOf } from "./plugin-policy.ts";

test("a program runs when the policy names it, by its name or its path", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-policy-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "helper");
  writeFileSync(file, "", { mode: 0o755 });
  const table: [string, string[] | undefined, string, boolean][] = [
    ["", undefined, "helper", true],
    ["AllowAll", undefined, "helper", true],
    ["DenyAll", undefined, "helper", false],
    ["Allowlist", ["helper"], "helper", true],
    ["Allowlist", ["helper"], file, true],
    ["Allowlist", [file], "helper", true],
    ["Allowlist", ["other"], "helper", false],
    ["Allowlist", ["other"], "not-there", false],
  ];
  for (const [type, allowlist, command, runs] of table)
    assert.equal(refusalOf({ type, allowlist }, command, folder) === undefined, runs, `${type} ${allowlist} ${command}`);
  assert.equal(
    refusalOf({ type: "Allowlist", allowlist: ["x"] }, "helper", folder),
    `plugin path "${file}" is not permitted by the credential plugin allowlist`,
  );
});

test("a policy that cannot be meant is refused", () => {
  assert.equal(policyFault({ type: "" }), undefined);
  assert.equal(policyFault({ type: "Allowlist", allowlist: ["a"] }), undefined);
  const table: [string, string[] | undefined, RegExp][] = [
    ["DenyAll", ["a"], /^misconfigured credential plugin allowlist: plugin policy is "DenyAll" but allowlist is non-nil$/],
    ["Nope", undefined, /^unknown plugin policy: "Nope"$/],
    ["Allowlist", undefined, /but allowlist is unspecified$/],
    ["Allowlist", [], /but allowlist is empty; use "DenyAll" policy instead$/],
    ["Allowlist", ["a", ""], /empty allowlist entry #2$/],
  ];
  for (const [type, allowlist, message] of table) assert.match(policyFault({ type, allowlist }) ?? "", message);
});
