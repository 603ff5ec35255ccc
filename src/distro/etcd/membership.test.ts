import assert from "node:assert/strict";
import { test } from "node:test";
import type { EtcdMember } from "#store/mod.ts";
import { isSlow, passesByItself } from "./insist.ts";
import { initialOf, planEntry } from "./membership.ts";

const aMember = (id: string, name: string, address: string): EtcdMember => ({
  id,
  name,
  peerUrls: [`https://${address}:2380`],
  clientUrls: name === "" ? [] : [`https://${address}:2379`],
  isLearner: name === "",
});
const one = aMember("1", "one", "10.0.0.1");

test("a machine is added, goes on where it was interrupted, and takes the place of one that lost its data", () => {
  const url = "https://10.0.0.2:2380";
  assert.deepEqual(planEntry([one], url), { do: "add" });
  assert.deepEqual(planEntry([one, aMember("2", "", "10.0.0.2")], url), { do: "start", id: "2" });
  assert.deepEqual(planEntry([one, aMember("2", "two", "10.0.0.2")], url), { do: "remove", id: "2" });
});

test("a member that starts names all the others, also one that never started", () => {
  const all = [one, aMember("2", "", "10.0.0.2"), aMember("3", "", "10.0.0.3")];
  assert.equal(
    initialOf(all, { name: "two", peerUrl: "https://10.0.0.2:2380" }),
    "one=https://10.0.0.1:2380,two=https://10.0.0.2:2380,member-3=https://10.0.0.3:2380",
  );
});

test("a machine tries on while etcd is busy, and gives up where it is refused", () => {
  const words = [
    "too many learner members in cluster",
    "leader changed",
    "MemberAdd: Deadline exceeded after 5.001s",
    "connect ECONNREFUSED",
  ];
  for (const each of words) assert.ok(passesByItself(each), each);
  for (const each of ["member ID already exist", "user name is empty", "permission denied"]) assert.ok(!passesByItself(each), each);
  // Where nobody is expected to start, an address that nobody has is told at once.
  assert.deepEqual(words.map(isSlow), [false, true, true, false]);
});
