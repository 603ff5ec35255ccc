import assert from "node:assert/strict";
import { test } from "node:test";
import { type Secret, secrets, serviceaccounts } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta } from "../situations.ts";
import { accountTokens } from "./see.ts";

const claims: Record<string, unknown>[] = [];
const reconciler = accountTokens({
  caCert: "PEM",
  signToken: async (payload) => {
    claims.push(payload);
    return `token-${claims.length}`;
  },
})!;

const aSecret = (name: string, account: string, more: Partial<Secret> = {}): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: aMeta(name, { annotations: { "kubernetes.io/service-account.name": account } }),
  type: "kubernetes.io/service-account-token",
  ...more,
});
const anAccount = (name: string, listed: string[] = []) => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: aMeta(name),
  secrets: listed.map((each) => ({ name: each })),
});
const text = (secret: Secret | undefined, key: string) => Buffer.from(secret?.data?.[key] ?? "", "base64").toString();

test("a Secret is filled once; its token says whose it is and has no end", async (t) => {
  claims.length = 0;
  const run = await trial(reconciler, [[serviceaccounts, anAccount("robot")]]);
  t.after(() => run.close());
  run.put(secrets, aSecret("robot-token", "robot"));
  run.put(secrets, { ...aSecret("plain", "robot"), type: "Opaque" });
  await run.settled();
  const filled = run.get(secrets, "default/robot-token");
  assert.deepEqual(
    ["token", "ca.crt", "namespace"].map((key) => text(filled, key)),
    ["token-1", "PEM", "default"],
  );
  assert.equal(filled?.metadata.annotations?.["kubernetes.io/service-account.uid"], "uid-of-robot");
  assert.equal(run.get(secrets, "default/plain")?.data, undefined);
  assert.deepEqual(claims, [
    {
      iss: "kubernetes/serviceaccount",
      "kubernetes.io/serviceaccount/namespace": "default",
      "kubernetes.io/serviceaccount/secret.name": "robot-token",
      "kubernetes.io/serviceaccount/service-account.name": "robot",
      "kubernetes.io/serviceaccount/service-account.uid": "uid-of-robot",
      sub: "system:serviceaccount:default:robot",
    },
  ]);
});

test("the Secret of an account that is not there, or is another of that name, goes; and with the account", async (t) => {
  const run = await trial(reconciler, [[serviceaccounts, anAccount("robot")]]);
  t.after(() => run.close());
  const uid = { "kubernetes.io/service-account.name": "robot", "kubernetes.io/service-account.uid": "another" };
  run.put(secrets, aSecret("orphan", "nobody"));
  run.put(secrets, aSecret("stale", "robot", { metadata: aMeta("stale", { annotations: uid }) }));
  run.put(secrets, aSecret("good", "robot"));
  await run.settled();
  assert.deepEqual(
    (await run.all(secrets)).map(({ metadata }) => metadata.name),
    ["good"],
  );
  run.api.remove("serviceaccounts/default/robot");
  await run.settled();
  assert.deepEqual(await run.all(secrets), []);
});

test("an account forgets a token that is gone", async (t) => {
  const run = await trial(reconciler, [
    [serviceaccounts, anAccount("robot", ["robot-token", "other"])],
    [secrets, aSecret("robot-token", "robot")],
  ]);
  t.after(() => run.close());
  run.api.remove("secrets/default/robot-token");
  await run.settled();
  assert.deepEqual(run.get(serviceaccounts, "default/robot")?.secrets, [{ name: "other" }]);
});
