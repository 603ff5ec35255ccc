import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import type { RunResult } from "#linux/mod.ts";
import { withUsers } from "../pod/config.ts";
import { aPod } from "../testing/fake-api.ts";
import { startTestKubelet } from "../testing/kubelet.ts";
import { FileWork } from "../volumes/file-work.ts";
import { UserRanges } from "./ranges.ts";
import { idsIn, mappingIn, UserNamespaces } from "./user-namespaces.ts";

const random = seededRandom(1);
const length = 65_536;
const ranges = (own: object = {}) => new UserRanges({ first: length, count: 4 * length, length, maxPods: 3, random, ...own });

test("each pod has a range of its own, and it is free when the pod is gone", () => {
  const all = ranges();
  const given = ["a", "b", "c", "d"].map((uid) => all.allocate(uid));
  assert.deepEqual(
    [...given].sort((a, b) => a - b),
    [1, 2, 3, 4].map((at) => at * length),
  );
  assert.equal(all.allocate("a"), given[0]);
  assert.throws(() => all.allocate("e"), { message: "could not find an empty slot to allocate a user namespace" });
  all.release("b");
  all.release("nobody");
  assert.equal(all.allocate("e"), given[1]);
});

test("what a pod has already is its own, unless it cannot be", () => {
  const all = ranges();
  all.record("a", 2 * length, length);
  all.record("a", 2 * length, length);
  assert.equal(all.allocate("a"), 2 * length);
  for (const [uid, from, size, message] of [
    ["b", 2 * length, length, 'range picked for pod "b" already taken'],
    ["a", 3 * length, length, 'different user namespace range already used by pod "a"'],
    ["b", 0, length, "id 0 is out of range"],
    ["b", 5 * length, length, `id ${5 * length} is out of range`],
    ["b", 7, length, "wrong user namespace offset specified 7"],
    ["b", length, 7, "wrong user namespace length 7"],
  ] as const)
    assert.throws(() => all.record(uid, from, size), { message });
});

test("ids that cannot be divided are refused", () => {
  assert.throws(() => ranges({ first: 7 }), /assigned ID 7 is not a multiple of 65536/);
  assert.throws(() => ranges({ first: 0 }), /assigned ID 0 must be greater or equal to 65536/);
  assert.throws(() => ranges({ count: 7 }), /assigned IDs length 7 is not a multiple/);
  assert.throws(() => ranges({ maxPods: 5 }), /not enough to support 5 pods/);
  assert.deepEqual(idsIn("0: kubelet 65536 7208960\n"), { first: 65_536, count: 7_208_960 });
  for (const text of ["", "0: kubelet 1", "0: kubelet 1 2\n1: kubelet 1 2", "0: kubelet x 2"]) assert.throws(() => idsIn(text), /line/);
});

function users(t: TestContext, answers: Record<string, Partial<RunResult>> = {}) {
  const pods = mkdtempSync(join(tmpdir(), "users-"));
  t.after(() => rmSync(pods, { recursive: true }));
  const files = new FileWork({ clock: new VirtualClock(), seats: 2 });
  const run = async (argv: readonly string[]): Promise<RunResult> => ({ code: 1, stdout: "", stderr: "", ...answers[argv.join(" ")] });
  const begin = async () => {
    const all = new UserNamespaces({ pods, length, maxPods: 110, files, random, log: silentLog, run });
    await all.load();
    return all;
  };
  return { pods, begin };
}

const pod = aPod({ spec: { hostUsers: false } });
const able = [{ name: "", userNamespaces: true, recursiveReadOnly: false }];

test("a pod keeps its users when the kubelet starts anew; pods of the node's users have none", async (t) => {
  const { pods, begin } = users(t);
  const first = await begin();
  assert.deepEqual(await first.of(aPod(), "", []), { mode: 2 });
  const made = await first.of(pod, "", able);
  const [mapping] = made.uids!;
  assert.deepEqual([made.mode, made.gids, mapping?.containerId, mapping?.length], [0, made.uids, 0, length]);
  assert.ok(mapping!.hostId >= length && mapping!.hostId % length === 0);
  const kept = readFileSync(join(pods, "uid-p", "userns"), "utf8");
  assert.deepEqual(mappingIn(kept), mapping);
  assert.deepEqual(await (await begin()).of(pod, "", able), made);
  const other = { ...pod, metadata: { ...pod.metadata, uid: "other" } };
  mkdirSync(join(pods, "other"));
  writeFileSync(join(pods, "other", "userns"), kept);
  await assert.rejects(first.of(other, "", able), { message: 'user namespace: range picked for pod "other" already taken' });
  await assert.rejects((await begin()).of(pod, "", able), /already taken/, "two pods with one range: neither starts");
});

test("a runtime that cannot map users is refused in upstream's words", async (t) => {
  const all = await users(t).begin();
  const cannot = "can't set `spec.hostUsers: false`,";
  for (const [handler, handlers, message] of [
    ["", [], `${cannot} runtime does not support user namespaces`],
    ["", [{ ...able[0]!, userNamespaces: false }], `${cannot} runtime does not support user namespaces`],
    ["kata", able, `${cannot} RuntimeClass handler "kata" does not support user namespaces: the handler "kata" is not known`],
  ] as const)
    await assert.rejects(all.of(pod, handler, handlers as never), { message });
});

test("the machine's words for the user kubelet count, where there are some", async (t) => {
  const there = { "id -u kubelet": { code: 0 } };
  const given = { code: 0, stdout: `0: kubelet ${2 * length} ${110 * length}\n` };
  const some = await users(t, { ...there, "getsubids kubelet": given, "getsubids -g kubelet": given }).begin();
  const { hostId } = (await some.of(pod, "", able)).uids![0]!;
  assert.ok(hostId >= 2 * length && hostId < 112 * length);
  const odd = await users(t, { ...there, "getsubids kubelet": given, "getsubids -g kubelet": { ...given, stdout: "" } }).begin();
  await assert.rejects(odd.of(pod, "", able), { message: 'user namespace: mismatched subuids and subgids for user "kubelet"' });
});

test("a file that no kubelet wrote is refused", () => {
  const one = { hostId: length, containerId: 0, length };
  for (const [value, why] of [
    [{ uidMappings: [one, one], gidMappings: [one] }, /no more than one/],
    [{ uidMappings: [one] }, /should be identical\./],
    [{ uidMappings: [one], gidMappings: [{ ...one, hostId: 7 }] }, /should be identical$/],
    [{ uidMappings: [{ ...one, containerId: 7 }], gidMappings: [{ ...one, containerId: 7 }] }, /UID 0 must be mapped/],
  ] as const)
    assert.throws(() => mappingIn(JSON.stringify(value)), why);
  assert.throws(() => mappingIn("{"), /invalid user namespace mappings file/);
});

test("the runtime is told of a pod's users for the sandbox, each container and each mount", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [pod], runtime: { features: { userNamespaces: true } } });
  await kubelet.until(() => kubelet.pod().status?.phase === "Running");
  const id = kubelet.pod().status!.containerStatuses![0]!.containerID!.split("//")[1]!;
  const { linux, mounts } = kubelet.runtime.config(id) as unknown as {
    linux: { securityContext: { namespaceOptions: { usernsOptions: { uids: object[] } } } };
    mounts: { uidMappings: object[]; gidMappings: object[] }[];
  };
  const { uids } = linux.securityContext.namespaceOptions.usernsOptions;
  assert.equal(uids.length, 1);
  assert.ok(mounts.length > 0);
  for (const mount of mounts) assert.deepEqual([mount.uidMappings, mount.gidMappings], [uids, uids]);
  const config = { linux: { securityContext: { namespaceOptions: { network: 2 } } } };
  assert.deepEqual(withUsers(config, { mode: 2 }), {
    linux: { securityContext: { namespaceOptions: { network: 2, usernsOptions: { mode: 2 } } } },
  });
});
