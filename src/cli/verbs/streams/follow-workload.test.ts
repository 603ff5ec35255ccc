import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import type { Session } from "../../connect/session.ts";
import type { KObject } from "../../print/values.ts";
import { followLogs, nextOpening, type Source } from "./follow-workload.ts";

function aSource(uid: string, status: { restartCount?: number; state?: object; lastState?: object }): Source {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: uid, uid }, status: { containerStatuses: [{ name: "c", ...status }] } };
  return { pod: pod as unknown as KObject, container: "c" };
}
const running = { running: {} };

test("a container is shown when it starts, again when it starts anew, and from where its stream broke", () => {
  const table: [Source, Parameters<typeof nextOpening>[1], ReturnType<typeof nextOpening>][] = [
    [aSource("a", { state: { waiting: {} } }), undefined, undefined],
    [aSource("a", { state: running }), undefined, { starts: 0 }],
    [aSource("a", { state: { waiting: {} }, lastState: { terminated: {} }, restartCount: 3 }), undefined, { starts: 3 }],
    [aSource("a", { state: running }), { starts: 0 }, undefined],
    [aSource("a", { state: running }), { starts: 0, ended: "then" }, { starts: 0, since: "then" }],
    [aSource("a", { state: { terminated: {} } }), { starts: 0, ended: "then" }, undefined],
    [aSource("a", { state: running, restartCount: 1 }), { starts: 0, ended: "then" }, { starts: 1 }],
    [aSource("a", { state: { waiting: {} }, restartCount: 1 }), { starts: 0, ended: "then" }, undefined],
  ];
  for (const [source, before, expected] of table) assert.deepEqual(nextOpening(source, before), expected);
});

async function follow(rounds: (Source[] | undefined)[], how: { single: boolean; fails?: string }): Promise<string[]> {
  const shown: string[] = [];
  const io = { clock: systemClock } as Session["io"];
  await followLogs(
    { io },
    {
      single: how.single,
      pauseMs: 1,
      current: async () => rounds.shift(),
      copy: async ({ pod }, { first }) => {
        if (pod.metadata.name === how.fails) throw new Error("no logs");
        shown.push(`${pod.metadata.name}${first ? " first" : ""}`);
      },
    },
  );
  return shown;
}

test("logs of a workload go on with a restarted container and with the next pod, and end with the workload", async () => {
  const rounds = [
    [aSource("a", { state: running })],
    [aSource("a", { state: { waiting: {} }, restartCount: 0 })],
    [aSource("a", { state: running, restartCount: 1 })],
    [aSource("b", { state: running })],
    undefined,
  ];
  assert.deepEqual(await follow(rounds, { single: true }), ["a first", "a", "b"]);
});

test("what cannot be shown at first is told, later it is tried again", async () => {
  const first = [[aSource("a", { state: running })], [aSource("a", { state: running })], undefined];
  await assert.rejects(follow(first, { single: true, fails: "a" }), /no logs/);
  const later = [[], [aSource("a", { state: running })], [aSource("a", { state: running })], undefined];
  assert.deepEqual(await follow(later, { single: false, fails: "a" }), []);
});
