import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Container, Probe } from "#api/mod.ts";
import { seededRandom, systemClock, VirtualClock } from "#base/mod.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { aPod } from "../testing/fake-api.ts";
import { ask } from "./ask/ask.ts";
import { type Counts, firstDelayMs, firstVerdict, judge, type Outcome, type ProbeKind, type Verdict } from "./judge.ts";
import { heldPorts, listeners } from "./listening.ts";
import { Probes } from "./probes.ts";

const well: Outcome = { ok: true };
const ill: Outcome = { ok: false, message: "ill" };

function judgeAll(kind: ProbeKind, probe: Probe, outcomes: Outcome[], verdict: Verdict, container: Container = {}) {
  let counts: Counts = { successes: 0, failures: 0 };
  let last = { verdict, done: false, begins: [] as string[], againMs: 0 };
  for (const outcome of outcomes) {
    const judged = judge(kind, probe, counts, last.verdict, outcome, container);
    counts = judged.counts;
    last = judged;
  }
  return last;
}

const up: Verdict = { started: true, ready: true, condemned: undefined };
const fresh: Verdict = { started: false, ready: false, condemned: undefined };

test("readiness turns after its thresholds, and is asked more often until it has been ready", () => {
  const probe = { failureThreshold: 2, successThreshold: 2, periodSeconds: 10 };
  assert.equal(judgeAll("readiness", probe, [ill], up).verdict.ready, true);
  assert.equal(judgeAll("readiness", probe, [ill, ill], up).verdict.ready, false);
  assert.equal(judgeAll("readiness", probe, [well], { ...up, ready: false }).verdict.ready, false);
  assert.equal(judgeAll("readiness", probe, [well, well], { ...up, ready: false }).verdict.ready, true);
  assert.equal(judgeAll("readiness", probe, [ill, well, ill], up).verdict.ready, true, "failures in a row only");
  assert.deepEqual([judgeAll("readiness", probe, [ill], fresh).againMs, judgeAll("readiness", probe, [ill], up).againMs], [1000, 10_000]);
});

test("liveness and startup condemn after their thresholds, the first judge stays", () => {
  assert.equal(judgeAll("liveness", {}, [ill, ill], up).verdict.condemned, undefined);
  assert.equal(judgeAll("liveness", {}, [ill, ill, ill], up).verdict.condemned, "liveness");
  assert.equal(judgeAll("startup", { failureThreshold: 1 }, [ill], fresh).verdict.condemned, "startup");
  assert.equal(judgeAll("liveness", { failureThreshold: 1 }, [ill], { ...up, condemned: "startup" }).verdict.condemned, "startup");
});

test("a startup probe that passes asks no more and lets the others begin", () => {
  const container = { readinessProbe: {}, livenessProbe: {} };
  const judged = judgeAll("startup", {}, [ill, well], fresh, container);
  assert.deepEqual(
    [judged.done, judged.begins, judged.verdict],
    [true, ["readiness", "liveness"], { started: true, ready: false, condemned: undefined }],
  );
  assert.equal(judgeAll("startup", {}, [well], fresh, {}).verdict.ready, true);
  assert.deepEqual(firstVerdict({ startupProbe: {} }), fresh);
  assert.deepEqual(
    [firstDelayMs({ initialDelaySeconds: 5 }, 2000), firstDelayMs({ initialDelaySeconds: 5 }, 9000), firstDelayMs({}, 0)],
    [3000, 0, 0],
  );
});

const asks = (probe: Probe, exec?: Runtime["exec"], ports: object[] = []) =>
  ask({
    probe,
    id: "id",
    ip: "127.0.0.1",
    container: { ports } as Container,
    clock: systemClock,
    runtime: { exec: exec ?? (async () => ({ stdout: "", stderr: "", exitCode: 0 })) },
  });

test("exec: the exit code judges, what it said is told", async () => {
  assert.deepEqual(await asks({ exec: { command: ["x"] } }), well);
  assert.deepEqual(await asks({ exec: { command: ["x"] } }, async () => ({ stdout: "a", stderr: "b", exitCode: 1 })), {
    ok: false,
    message: "ab",
  });
  assert.deepEqual(await asks({}), well);
});

test("HTTP and TCP: answers, refusals, silence; ports by name; headers are sent", async (t) => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers["x-a"] as string, request.headers["user-agent"], request.headers.host);
    if (request.url === "/slow") return;
    response.writeHead(Number(request.url!.slice(1))).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  assert.deepEqual(
    await asks(
      {
        httpGet: {
          path: "204",
          port: "web",
          httpHeaders: [
            { name: "X-A", value: "1" },
            { name: "Host", value: "h" },
          ],
        },
      },
      undefined,
      [{ name: "web", containerPort: port }],
    ),
    well,
  );
  assert.deepEqual(seen, ["1", "kube-probe/1.36", "h"]);
  assert.deepEqual(await asks({ httpGet: { path: "/500", port } }), { ok: false, message: "HTTP probe failed with statuscode: 500" });
  const late = await asks({ httpGet: { path: "/slow", port }, timeoutSeconds: 0.05 as number });
  assert.equal(
    late.ok ? "" : late.message,
    `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  );
  assert.deepEqual(await asks({ tcpSocket: { port } }), well);
  const gone = await asks({ tcpSocket: { port: 1 } });
  assert.equal(gone.ok ? "" : gone.message, "dial tcp 127.0.0.1:1: connect: connection refused");
  const refused = await asks({ httpGet: { port: 1 } });
  assert.equal(refused.ok ? "" : refused.message, 'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused');
});

test("gRPC: the standard health question, with long names too", async (t) => {
  const server = new Server();
  const asked: string[] = [];
  const bytes = (value: Buffer) => value;
  const method = {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  server.addService({ check: method } as never, {
    check(call: { request: Buffer }, answer: (error: null, value: Buffer) => void) {
      const text = call.request.toString("latin1");
      asked.push(text);
      answer(null, Buffer.from([8, text.includes("ill") ? 2 : 1]));
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, found) => (error ? reject(error) : resolve(found))),
  );
  t.after(() => server.forceShutdown());
  assert.deepEqual(await asks({ grpc: { port } }), well);
  assert.deepEqual(await asks({ grpc: { port, service: "ill" } }), {
    ok: false,
    message: 'service unhealthy (responded with "NOT_SERVING")',
  });
  await asks({ grpc: { port, service: "s".repeat(200) } });
  assert.deepEqual([...Buffer.from(asked[2]!, "latin1").subarray(0, 3)], [10, 0xc8, 1]);
  const gone = await asks({ grpc: { port: 1 } });
  assert.match(gone.ok ? "" : gone.message, /^error: health rpc failed/);
});

test("probes are asked in their time, told when they fail, and forgotten with their container", async () => {
  const clock = new VirtualClock();
  const changes: string[] = [];
  const failures: string[] = [];
  const answers: string[] = [];
  let exitCode = 1;
  const probes = new Probes({
    runtime: { exec: async () => ({ stdout: "no", stderr: "", exitCode }) } as unknown as Runtime,
    clock,
    random: seededRandom(1),
    onChange: (uid) => changes.push(uid),
    onFailure: (_, container, kind, message) => failures.push(`${container.name} ${kind} ${message}`),
    onAnswer: (_, container, kind, { ok }) => answers.push(`${container.name} ${kind} ${ok}`),
  });
  const exec = { exec: { command: ["x"] }, periodSeconds: 1 };
  const container = { name: "main", startupProbe: { ...exec, failureThreshold: 100 }, readinessProbe: exec, livenessProbe: exec };
  probes.watch("id", aPod(), container, { ip: "10.0.0.2", sandboxId: "s", startedAtMs: clock.now() });
  await clock.advance(1500);
  assert.deepEqual([probes.started("id"), probes.ready("id"), failures[0]], [false, false, "main startup no"]);
  assert.equal(answers[0], "main startup false");
  exitCode = 0;
  await clock.advance(2000);
  assert.deepEqual([probes.started("id"), probes.ready("id")], [true, true]);
  exitCode = 1;
  await clock.advance(5000);
  assert.deepEqual([probes.ready("id"), [...probes.condemned("uid-p")]], [false, [["id", "liveness"]]]);
  assert.ok(changes.length >= 3 && changes.every((uid) => uid === "uid-p"));
  probes.silence("uid-p");
  probes.keep("uid-p", new Set());
  const told = failures.length;
  await clock.advance(5000);
  assert.deepEqual([failures.length, probes.started("id")], [told, false]);
  probes.close();
});

test("a container without a readiness probe that declares ports is held back until it listens, a second at most", async () => {
  const clock = new VirtualClock();
  const runtime = { sandboxPid: async () => undefined } as unknown as Runtime;
  const probes = new Probes({ runtime, clock, random: seededRandom(1), onChange: () => {}, onFailure: () => {}, onAnswer: () => {} });
  probes.watch(
    "id",
    aPod(),
    { name: "main", ports: [{ containerPort: 80 }] },
    { ip: "10.0.0.2", sandboxId: "s", startedAtMs: clock.now() },
  );
  assert.equal(probes.ready("id"), false);
  await clock.advance(10);
  assert.equal(probes.ready("id"), true, "the runtime does not say where to look");
  assert.deepEqual(heldPorts({ ports: [{ containerPort: 1 }, { containerPort: 2, protocol: "UDP" }] }), [1]);
  assert.deepEqual(heldPorts({ ports: [{ containerPort: 1 }], readinessProbe: {} }), []);
  assert.deepEqual(listeners("head\n 0: 00000000:1F90 00000000:0000 0A 0\n 1: 00000000:0050 00000000:0000 01 0\n"), [8080]);
});
