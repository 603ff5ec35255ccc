import assert from "node:assert/strict";
import { test } from "node:test";
import { type Lease, leases } from "#api/mod.ts";
import { seededRandom, settle, silentLog, VirtualClock } from "#base/mod.ts";
import { fakeApi } from "./fake-api.ts";
import { elect } from "./leader-election.ts";

function electorate() {
  const api = fakeApi();
  const clock = new VirtualClock();
  const leading: string[] = [];
  const told: string[] = [];
  const candidate = (identity: string) =>
    elect({
      client: api.client,
      name: "kube-controller-manager",
      identity,
      clock,
      log: silentLog,
      random: seededRandom(1),
      recorder: { event: (_, __, ___, message) => told.push(message), flush: () => Promise.resolve() },
      lead(signal) {
        leading.push(identity);
        return new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            leading.splice(leading.indexOf(identity), 1);
            resolve();
          }),
        );
      },
    });
  const lease = () => api.get("leases/kube-system/kube-controller-manager") as Lease | undefined;
  return { api, clock, leading, told, candidate, lease };
}

test("the first takes the lease, the second stands by", async () => {
  const { clock, leading, told, candidate, lease } = electorate();
  const a = candidate("a");
  await settle();
  const b = candidate("b");
  await clock.advance(60_000);
  assert.deepEqual(leading, ["a"]);
  assert.deepEqual([a.isLeader(), b.isLeader()], [true, false]);
  assert.deepEqual([lease()?.spec?.holderIdentity, lease()?.spec?.leaseDurationSeconds, lease()?.spec?.leaseTransitions], ["a", 15, 0]);
  assert.deepEqual(told, ["a became leader"]);
  await Promise.all([a.close(), b.close()]);
});

test("a lease is renewed every two seconds and keeps the time when it was taken", async () => {
  const { clock, candidate, lease } = electorate();
  const a = candidate("a");
  await settle();
  const before = lease()?.spec;
  await clock.advance(2000);
  assert.equal(lease()?.spec?.acquireTime, before?.acquireTime);
  assert.ok((lease()?.spec?.renewTime ?? "") > (before?.renewTime ?? ""));
  await a.close();
});

test("a leader that closes gives the lease back, and the next begins without waiting it out", async () => {
  const { clock, leading, candidate, lease } = electorate();
  const a = candidate("a");
  await settle();
  const b = candidate("b");
  await settle();
  await a.close();
  assert.equal(lease()?.spec?.holderIdentity, undefined);
  await clock.advance(5000);
  assert.deepEqual([leading, lease()?.spec?.holderIdentity, lease()?.spec?.leaseTransitions], [["b"], "b", 1]);
  await b.close();
});

test("a holder that does not renew is followed after the lease's own time, by our clock", async () => {
  const { api, clock, leading, candidate } = electorate();
  const spec = { holderIdentity: "gone", leaseDurationSeconds: 15, renewTime: "2030-01-01T00:00:00.000000Z", leaseTransitions: 4 };
  api.put("leases", {
    apiVersion: "v1",
    kind: "Lease",
    metadata: { name: "kube-controller-manager", namespace: "kube-system" },
    spec,
  } as Lease);
  const a = candidate("a");
  await clock.advance(14_000);
  assert.deepEqual(leading, []);
  await clock.advance(8000);
  assert.deepEqual(leading, ["a"]);
  await a.close();
});

test("a leader that cannot renew for ten seconds stops, before another may begin", async () => {
  const { api, clock, leading, told, candidate } = electorate();
  const a = candidate("a");
  await settle();
  api.refuse("PUT", leases.resource, 500, "InternalError", 6);
  await clock.advance(9000);
  assert.deepEqual(leading, ["a"]);
  await clock.advance(3500);
  assert.deepEqual(leading, []);
  assert.deepEqual(told, ["a became leader", "a stopped leading"]);
  await clock.advance(10_000);
  assert.deepEqual(leading, ["a"], "it stands again");
  await a.close();
});

test("of two that are equally fast one wins", async () => {
  const { clock, leading, candidate } = electorate();
  const all = ["a", "b", "c"].map(candidate);
  await clock.advance(30_000);
  assert.equal(leading.length, 1);
  await Promise.all(all.map((each) => each.close()));
});
