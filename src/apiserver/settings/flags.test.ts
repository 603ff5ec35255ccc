import assert from "node:assert/strict";
import { test } from "node:test";
import { readFlags, settledFlags } from "./flags.ts";

test("flags are read by upstream's names, with its defaults and refusals", () => {
  const flags = readFlags([
    "--oidc-required-claim=a=b=c",
    "oidc-required-claim=d=",
    "requestheader-group-headers=X-A,X-B",
    "requestheader-group-headers=X-C",
    "anonymous-auth",
    "authentication-token-webhook-cache-ttl=1m30s",
    "audit-log-maxsize=5",
    "audit-webhook-batch-throttle-qps=2.5",
  ]);
  assert.deepEqual(flags["oidc-required-claim"], { a: "b=c", d: "" });
  assert.deepEqual(flags["requestheader-group-headers"], ["X-A", "X-B", "X-C"]);
  assert.deepEqual(flags["requestheader-username-headers"], ["X-Remote-User"]);
  assert.deepEqual(
    [flags["anonymous-auth"], flags["authentication-token-webhook-cache-ttl"], flags["audit-log-maxsize"]],
    [true, 90_000, 5],
  );
  assert.deepEqual(
    [flags["audit-webhook-batch-throttle-qps"], flags["audit-webhook-mode"], flags["audit-log-mode"]],
    [2.5, "batch", "blocking"],
  );
  assert.deepEqual([flags.given.has("anonymous-auth"), flags.given.has("oidc-client-id")], [true, false]);
  const table: [string, string][] = [
    ["--audit-log-file=x", "unknown flag: --audit-log-file"],
    ["constructor=x", "unknown flag: --constructor"],
    ["audit-log-path", "flag needs an argument: --audit-log-path"],
    ["audit-log-maxsize=big", 'invalid argument "big" for "--audit-log-maxsize" flag: strconv.ParseInt: parsing "big": invalid syntax'],
    ["audit-webhook-initial-backoff=5", 'invalid argument "5" for "--audit-webhook-initial-backoff" flag: time: invalid duration "5"'],
    ["oidc-required-claim=a", 'invalid argument "a" for "--oidc-required-claim" flag: malformed pair, expect string=string'],
  ];
  for (const [word, message] of table) assert.throws(() => readFlags([word]), { message });
});

test("files are named from the root before another process reads them", () => {
  assert.deepEqual(
    settledFlags(["audit-policy-file=p.yaml", "--audit-log-path=-", "audit-log-format=json", "anonymous-auth"], "/srv/cluster"),
    ["--audit-policy-file=/srv/cluster/p.yaml", "--audit-log-path=-", "--audit-log-format=json", "--anonymous-auth=true"],
  );
});
