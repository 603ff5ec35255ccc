import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease } from "#api/mod.ts";
import { seededRandom, settle, silentLog, VirtualClock } from "#base/mod.ts";
import { fakeApi } from "#client/fake-api.ts";
import { startControllers } from "./start.ts";

test("of two processes that elect a leader one acts, and the other when the first has closed", async () => {
  const api = fakeApi();
  const clock = new VirtualClock();
  api.answers.set("/apis", { groups: [] });
  const accounts: string[] = [];
  const start = (identity: string) =>
    startControllers({
      client: api.client,
      as(account) {
        accounts.push(`${identity} ${account}`);
        return api.client;
      },
      clock,
      random: seededRandom(1),
      log: silentLog,
      caCert: "PEM",
      loadBalancerRanges: ["10.88.0.0/24"],
      leaderElection: { identity },
    });
  const a = start("a");
  await settle();
  const b = start("b");
  api.put("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "x" } });
  await clock.advance(10_000);
  assert.ok(api.get("configmaps/x/kube-root-ca.crt"));
  assert.ok(accounts.every((each) => each.startsWith("a ")));
  await a.close();
  await clock.advance(10_000);
  assert.equal((api.get("leases/kube-system/kube-controller-manager") as Lease).spec?.holderIdentity, "b");
  assert.ok(accounts.includes("b replicaset-controller"));
  await b.close();
});
