import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlowSchema, PriorityLevelConfiguration } from "#api/mod.ts";
import { settle, VirtualClock } from "#base/mod.ts";
import { firstObjects } from "../../bootstrap/first-objects.ts";
import type { RequestInfo, User } from "../../contract.ts";
import { ApiError } from "../errors.ts";
import { parseRequest } from "../request-info.ts";
import { fairnessPages } from "./dump.ts";
import { Fairness, type Seat } from "./fairness.ts";
import { danglingOf } from "./follow.ts";

const stored = firstObjects();
const schemas = stored.filter(({ kind }) => kind === "FlowSchema") as FlowSchema[];
const levels = stored.filter(({ kind }) => kind === "PriorityLevelConfiguration") as PriorityLevelConfiguration[];
const aUser = (name: string, ...groups: string[]): User => ({ name, groups: [...groups, "system:authenticated"] });
const infoOf = (text: string): RequestInfo => {
  const [method = "", url = ""] = text.split(" ");
  return parseRequest(method, url).info;
};

function aServer() {
  const clock = new VirtualClock();
  const fairness = new Fairness(clock);
  const named = <T extends FlowSchema | PriorityLevelConfiguration>(object: T): T => ({
    ...object,
    metadata: { ...object.metadata, uid: object.metadata.name! },
  });
  fairness.configure(schemas.map(named), levels.map(named));
  const enter = (user: User, request: string, bytes = 0) =>
    fairness.enter({ user, info: infoOf(request), limit: 0, size: bytes ? { objects: 1, averageBytes: bytes } : undefined });
  return { clock, fairness, enter };
}

for (const [user, request, schema, level] of [
  [aUser("root", "system:masters"), "GET /api/v1/pods", "exempt", "exempt"],
  [aUser("anyone"), "GET /healthz", "probes", "exempt"],
  [aUser("anyone"), "GET /livez/etcd", "probes", "exempt"],
  [
    aUser("system:kube-scheduler"),
    "PUT /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x",
    "system-leader-election",
    "leader-election",
  ],
  [
    aUser("system:serviceaccount:kube-system:x"),
    "GET /apis/coordination.k8s.io/v1/namespaces/a/leases/x",
    "system-leader-election",
    "leader-election",
  ],
  [aUser("system:node:n", "system:nodes"), "PATCH /api/v1/nodes/n/status", "system-node-high", "node-high"],
  [aUser("system:node:n", "system:nodes"), "GET /api/v1/pods", "system-nodes", "system"],
  [aUser("system:kube-controller-manager"), "POST /api/v1/namespaces/a/pods", "kube-controller-manager", "workload-high"],
  [aUser("system:serviceaccount:kube-system:x"), "GET /api/v1/pods", "kube-system-service-accounts", "workload-high"],
  [aUser("system:serviceaccount:a:x", "system:serviceaccounts"), "GET /api/v1/pods", "service-accounts", "workload-low"],
  [aUser("jane"), "GET /api/v1/pods", "global-default", "global-default"],
] as const)
  test(`${request} of ${user.name} belongs to ${schema}`, async () => {
    const { enter, fairness } = aServer();
    const seat = enter(user, request) as Seat;
    assert.deepEqual(seat.headers, { "x-kubernetes-pf-flowschema-uid": schema, "x-kubernetes-pf-prioritylevel-uid": level });
    seat.leave();
    seat.leave();
    assert.equal(fairness.levels.get(level)!.executing.size, 0);
    fairness.close();
  });

test("a flood of lists waits in its own queues and then gets 429; another user's request does not wait for it", async () => {
  const { enter, fairness, clock } = aServer();
  let refused = 0;
  const seats: Seat[] = [];
  for (let i = 0; i < 1000; i++)
    try {
      const entered = enter(aUser("flooder"), "GET /api/v1/pods", 1_700_000);
      if (entered instanceof Promise)
        entered.then(
          (seat) => seats.push(seat),
          () => {},
        );
      else seats.push(entered);
    } catch (error) {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.code, error.status.details?.retryAfterSeconds], [429, 1]);
      refused++;
    }
  assert.equal(seats.length, 4, "of eight seats each, in the 37 that the level has at first");
  assert.equal(refused, 1000 - 4 - 300);
  const other = enter(aUser("other"), "GET /api/v1/namespaces/a/configmaps/x");
  let served = 0;
  while (seats.length > 0 && served < 1000) {
    served++;
    await clock.advance(10);
    if (!(other instanceof Promise)) break;
    const mine = await Promise.race([other, settle(1)]);
    if (mine) break;
    seats.shift()!.leave();
    await settle(1);
  }
  assert.ok(served < 12, `it waited for ${served} lists of the flood`);
  fairness.close();
});

test("who waits too long is refused, and who goes away while it waits leaves no trace", async () => {
  const { enter, fairness, clock } = aServer();
  const held: Seat[] = [];
  let refused = 0;
  const keep = (entered: Seat | Promise<Seat>) => {
    if (!(entered instanceof Promise)) return void held.push(entered);
    entered.then(
      (seat) => held.push(seat),
      ({ code }) => {
        refused += code === 429 ? 1 : 0;
      },
    );
  };
  for (let i = 0; i < 700; i++) keep(enter(aUser(`u${i}`), "GET /api/v1/namespaces/x/pods/y"));
  const abort = new AbortController();
  keep(fairness.enter({ user: aUser("b"), info: infoOf("GET /api/v1/pods"), limit: 0, size: undefined }, () => abort.signal));
  abort.abort();
  await settle();
  assert.equal(refused, 1);
  await clock.advance(15_000);
  const { queues, timedOut, cancelled } = fairness.levels.get("global-default")!;
  assert.deepEqual([queues.waiting, timedOut + held.length, cancelled, refused], [0, 700, 1, timedOut + 1]);
  assert.ok(timedOut > 200, "even with all that others lend");
  for (const seat of held) seat.leave();
  assert.equal(queues.demand, 0);
  fairness.close();
});

test("a level that is asked for more borrows within ten seconds", async () => {
  const { enter, fairness, clock } = aServer();
  const pending: Promise<Seat>[] = [];
  for (let i = 0; i < 200; i++) {
    const entered = enter(aUser(`u${i}`), "GET /api/v1/namespaces/x/pods/y");
    if (entered instanceof Promise) pending.push(entered);
  }
  assert.equal(pending.length, 163);
  await clock.advance(10_000);
  assert.equal((await Promise.all(pending)).length, 163, "all run now");
  fairness.close();
});

test("without any stored configuration the two mandatory levels rule", () => {
  const fairness = new Fairness(new VirtualClock());
  const enter = (user: User) => fairness.enter({ user, info: infoOf("GET /api/v1/pods"), limit: 0, size: undefined }) as Seat;
  for (let i = 0; i < 600; i++) enter(aUser("x"));
  assert.throws(() => enter(aUser("x")), { code: 429 });
  enter(aUser("root", "system:masters"));
  fairness.close();
});

test("the debug pages show levels, queues and requests", () => {
  const { enter, fairness, clock } = aServer();
  void enter(aUser("jane"), "GET /api/v1/namespaces/a/pods/p");
  const page = (name: string, query = "") => {
    const answer = fairnessPages(fairness, clock).get(`/debug/api_priority_and_fairness/${name}`)!({
      query: new URLSearchParams(query),
    } as never);
    return (answer as { bytes: Buffer }).bytes.toString().split("\n");
  };
  const cells = (line: string) => line.split(/,\s*/);
  const [head = "", ...rows] = page("dump_priority_levels");
  assert.equal(cells(head).length, 10);
  assert.deepEqual(cells(rows.find((row) => row.startsWith("global-default"))!), [
    "global-default",
    "0",
    "false",
    "false",
    "0",
    "1",
    "1",
    "0",
    "0",
    "0",
  ]);
  assert.equal(page("dump_queues").filter((row) => row.startsWith("global-default")).length, 128);
  const [, request = ""] = page("dump_requests", "includeRequestDetails=1");
  assert.deepEqual(cells(request).slice(0, 2), ["global-default", "global-default"]);
  assert.deepEqual(cells(request).slice(10), ["jane", "get", "/api/v1/namespaces/a/pods/p", "a", "p", "v1", "pods", ""]);
  fairness.close();
});

test("a schema says whether its level exists", () => {
  const [schema] = schemas;
  const name = schema!.spec!.priorityLevelConfiguration!.name!;
  const words = (levels: string[]) => {
    const { status, reason, message } = danglingOf(schema!, new Set(levels), 0);
    return [status, reason, message];
  };
  const about = `This FlowSchema references the PriorityLevelConfiguration object named "${name}"`;
  assert.deepEqual(words([name]), ["False", "Found", `${about} and it exists`]);
  assert.deepEqual(words([]), ["True", "NotFound", `${about} but there is no such object`]);
});
