import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap, Secret } from "#api/mod.ts";
import { nowMs, secondsAgo } from "../situations.ts";
import { planCleaning, planSignatures } from "./see.ts";

const aToken = (id: string, more: Record<string, string> = {}, name = `bootstrap-token-${id}`): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "kube-system", uid: `uid-of-${id}` },
  type: "bootstrap.kubernetes.io/token",
  data: Object.fromEntries(
    Object.entries({ "token-id": id, "token-secret": "s3cr3t", "usage-bootstrap-signing": "true", ...more }).map(([key, value]) => [
      key,
      Buffer.from(value).toString("base64"),
    ]),
  ),
});
const info = (data: Record<string, string>): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "cluster-info", namespace: "kube-public" },
  data,
});
const dataAfter = (map: ConfigMap, tokens: Secret[]) => {
  const [step] = planSignatures({ map, tokens }, nowMs);
  return step?.do === "update" ? (step.object as ConfigMap).data : undefined;
};

test("a token is deleted when it has run out, and not before", () => {
  assert.deepEqual(planCleaning(aToken("a"), nowMs), []);
  assert.deepEqual(planCleaning(aToken("a", { expiration: secondsAgo(-60) }), nowMs), [{ do: "again", ms: 60_000 }]);
  assert.equal(planCleaning(aToken("a", { expiration: secondsAgo(0) }), nowMs)[0]?.do, "delete");
  assert.equal(planCleaning(aToken("a", { expiration: "never" }), nowMs)[0]?.do, "delete");
});

test("every good token signs, as upstream's does; what is not a good token does not, and old signatures go", () => {
  const bad = [
    aToken("noname", {}, "other"),
    aToken("nosign", { "usage-bootstrap-signing": "false" }),
    aToken("nosecret", { "token-secret": "" }),
    aToken("old", { expiration: secondsAgo(1) }),
  ];
  // Known by other implementations.
  const content = "Hello from the other side. I must have called a thousand times.";
  const good = aToken("joshua", { "token-secret": "my voice is my passcode" });
  const signed = dataAfter(info({ kubeconfig: content, "jws-kubeconfig-gone": "x", other: "kept" }), [good, ...bad]);
  assert.deepEqual(signed, {
    kubeconfig: content,
    other: "kept",
    "jws-kubeconfig-joshua": "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8",
  });
  assert.equal(dataAfter(info(signed!), [good]), undefined);
});

test("without a kubeconfig nothing is signed", () => assert.deepEqual(planSignatures({ map: info({}), tokens: [aToken("a")] }, nowMs), []));
