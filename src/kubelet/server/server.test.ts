import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import type { Pod } from "#api/mod.ts";
import { silentLog, systemClock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { readTail } from "../logs/log-files.ts";
import { streamLog } from "../logs/log-stream.ts";
import { NodeMetrics } from "../metrics/node-metrics.ts";
import { fakeRuntime } from "../runtime/fake-runtime.ts";
import { RuntimeView, type SeenPod } from "../runtime/seen.ts";
import { aPod } from "../testing/fake-api.ts";
import { askedBy, subresourcesFor } from "./access.ts";
import { serveKubelet } from "./server.ts";
import { streamsOf, streamTarget } from "./stream-target.ts";

const line = (text: string, tag = "F", stream = "stdout") => `2026-01-01T00:00:00.000000000Z ${stream} ${tag} ${text}\n`;

async function start(t: TestContext, options: { allow?(subresource: string): boolean } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "server-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = await testAuthority();
  const pod: Pod = {
    ...aPod(),
    status: {
      phase: "Running",
      containerStatuses: [
        { name: "main", image: "", imageID: "", ready: false, restartCount: 0, state: { waiting: { reason: "ImagePullBackOff" } } },
      ],
    },
  };
  const runtime = fakeRuntime({ clock: systemClock, exec: (_, command) => ({ stdout: command.join(" "), stderr: "!", exitCode: 0 }) });
  t.after(() => runtime.close());
  let seen: Map<string, SeenPod> = new Map();
  const labels = {
    "io.kubernetes.pod.uid": "uid-p",
    "io.kubernetes.pod.name": "p",
    "io.kubernetes.pod.namespace": "default",
    "io.kubernetes.container.name": "main",
  };
  const begin = async () => {
    const sandbox = await runtime.runSandbox({ metadata: { name: "p", uid: "uid-p", namespace: "default", attempt: 0 }, labels }, "");
    const id = await runtime.createContainer(
      sandbox,
      { metadata: { name: "main", attempt: 0 }, image: { image: "x" }, labels, command: ["sleep", "1000"] },
      {},
    );
    await runtime.startContainer(id);
    seen = await new RuntimeView(runtime).look();
  };
  const client = {
    create: async (_: unknown, object: { spec: { resourceAttributes: { subresource: string } } }) => ({
      ...object,
      status: { allowed: options.allow?.(object.spec.resourceAttributes.subresource) ?? true },
    }),
  } as unknown as Client;
  const source = { pods: () => [pod], seen: (uid: string) => seen.get(uid), nodeName: "node-1", runtime };
  const server = await serveKubelet({
    address: "127.0.0.1",
    port: 0,
    ...authority.server,
    clientCa: authority.ca,
    client,
    podLogs: folder,
    ...source,
    health: [],
    metrics: new NodeMetrics(),
    config: { kind: "KubeletConfiguration" },
    clock: systemClock,
    log: silentLog,
  });
  t.after(() => server.close());
  const me = await authority.client("me");
  const ask = (path: string, method = "GET") =>
    new Promise<{ code: number; text: string }>((resolve, reject) => {
      const asking = request({ host: "127.0.0.1", port: server.port, path, method, ca: authority.ca, agent: false, ...me }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk)).on("end", () => resolve({ code: response.statusCode ?? 0, text }));
      });
      asking.on("error", reject).end();
    });
  return { ask, begin, folder, source };
}

test("rights: the narrow one first, then the wide one", () => {
  const wanted: Record<string, string[]> = {
    "/pods": ["pods", "proxy"],
    "/runningpods/": ["pods", "proxy"],
    "/healthz": ["healthz", "proxy"],
    "/configz": ["configz", "proxy"],
    "/flagz": ["configz"],
    "/statusz": ["statusz"],
    "/stats/summary": ["stats"],
    "/metrics/resource": ["metrics"],
    "/logs/x": ["log"],
    "/exec/a/b/c": ["proxy"],
    "/checkpoint/a": ["checkpoint"],
    "/podsx": ["proxy"],
  };
  for (const [path, subresources] of Object.entries(wanted)) assert.deepEqual(subresourcesFor(path), subresources, path);
  assert.deepEqual(askedBy("POST", "/run/a/b/c", "n"), [{ verb: "create", resource: "nodes", subresource: "proxy", name: "n" }]);
});

test("any of the rights suffices; none is a 403 that names them", async (t) => {
  const narrow = await start(t, { allow: (subresource) => subresource === "pods" });
  assert.equal((await narrow.ask("/pods")).code, 200);
  assert.deepEqual(await narrow.ask("/healthz"), {
    code: 403,
    text: "Forbidden (user=me, verb=get, resource=nodes, subresource(s)=[healthz proxy])\n",
  });
});

test("what the port answers", async (t) => {
  const { ask, begin } = await start(t);
  assert.deepEqual(JSON.parse((await ask("/runningpods/")).text).items, []);
  assert.deepEqual(await ask("/containerLogs/default/p/main"), {
    code: 400,
    text: 'container "main" in pod "p" is waiting to start: ImagePullBackOff\n',
  });
  assert.equal((await ask("/run/default/p/main?cmd=ls", "POST")).text, 'container not found ("main")\n');
  await begin();
  assert.equal((await ask("/healthz?verbose")).text, "[+]ping ok\nhealthz check passed\n");
  assert.equal(JSON.parse((await ask("/pods")).text).items[0].metadata.name, "p");
  assert.equal(JSON.parse((await ask("/runningpods/")).text).items.length, 1);
  assert.match((await ask("/statusz")).text, /^\nkubelet statusz\n.*Binary version {2}1\.36\.4\n.*Paths {2}\/configz \/flagz /s);
  assert.match((await ask("/flagz")).text, /^\nkubelet flagz\n/);
  assert.deepEqual(JSON.parse((await ask("/configz")).text), { kubeletconfig: { kind: "KubeletConfiguration" } });
  assert.equal((await ask("/run/default/p/main?cmd=ls&cmd=-l", "POST")).text, "ls -l!");
  assert.equal((await ask("/run/default/p/main?cmd=ls")).code, 405);
  assert.match((await ask("/metrics")).text, /^kubelet_running_pods 1$/m);
  assert.equal((await ask("/metrics/cadvisor")).code, 200);
  assert.match((await ask("/metrics/probes")).text, /^# TYPE prober_probe_total counter$/m);
  assert.match((await ask("/metrics/resource")).text, /^resource_scrape_error 0$/m);
  assert.equal(JSON.parse((await ask("/stats/summary")).text).pods[0].podRef.name, "p");
  for (const path of ["/metrics/other", "/stats/other", "/nothing"])
    assert.deepEqual(await ask(path), { code: 404, text: "404: Page Not Found\n" });
  assert.equal((await ask("/containerLogs/default/gone/main")).code, 404);
  assert.equal((await ask("/exec/default/p/main")).code, 400);
  assert.equal(
    (await ask("/containerLogs/default/p/main?previous=true")).text,
    'previous terminated container "main" in pod "p" not found\n',
  );
});

test("where streams are", async (t) => {
  const { begin, source } = await start(t);
  await assert.rejects(streamTarget(new URL("https://x/portForward/default/p"), source), { message: "pod p is not running" });
  await begin();
  for (const [path, target] of [
    ["/exec/default/p/main?command=ls&input=1&tty=1&error=1", "http://127.0.0.1:1/exec"],
    ["/attach/default/p/main", "http://127.0.0.1:1/attach"],
    ["/portForward/default/p?port=80", "http://127.0.0.1:1/portforward"],
  ])
    assert.equal(String(await streamTarget(new URL(path!, "https://x"), source)), target);
  await assert.rejects(streamTarget(new URL("https://x/other"), source), { code: 404 });
  assert.deepEqual(streamsOf(new URLSearchParams("stdin=true&stdout=1&error=1&tty=1")), {
    tty: true,
    stdin: true,
    stdout: true,
    stderr: false,
  });
});

test("logs: from the tail, since a time, with times, of one stream, no more than asked for", async (t) => {
  const { ask, begin, folder } = await start(t);
  await begin();
  const log = join(folder, "default_p_uid-p", "main", "0.log");
  mkdirSync(join(log, ".."), { recursive: true });
  const late = line("late").replace("2026-01-01T00", "2026-01-01T05");
  writeFileSync(log, line("one") + line("tw", "P") + line("o") + line("bad", "F", "stderr") + late);
  const logs = async (query: string) => (await ask(`/containerLogs/default/p/main?${query}`)).text;
  assert.equal(await logs(""), "one\ntwo\nbad\nlate\n");
  assert.equal(await logs("tailLines=2"), "bad\nlate\n");
  assert.equal(await logs("tailLines=0"), "");
  assert.equal(await logs("limitBytes=5"), "one\nt");
  assert.equal(await logs("sinceTime=2026-01-01T01:00:00Z"), "late\n");
  assert.equal(await logs("stream=Stderr"), "bad\n");
  assert.equal(await logs("timestamps=true&tailLines=1"), "2026-01-01T05:00:00.000000000Z late\n");
});

test("a log is followed until its container ends, and no longer than its reader stays", { timeout: 20_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "log-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "0.log");
  writeFileSync(path, line("one"));
  let running = true;
  const out = new PassThrough();
  const base = {
    path,
    out,
    follow: true,
    timestamps: false,
    tailLines: undefined,
    limitBytes: undefined,
    sinceMs: undefined,
    stream: undefined,
    clock: systemClock,
  };
  const done = streamLog({ ...base, isRunning: () => running });
  const read = async (bytes: number) => {
    for (;;) {
      const chunk = out.read(bytes);
      if (chunk) return String(chunk);
      await systemClock.sleep(5);
    }
  };
  assert.equal(await read(4), "one\n");
  appendFileSync(path, line("two"));
  assert.equal(await read(4), "two\n");
  running = false;
  appendFileSync(path, line("end"));
  await done;
  assert.equal(await read(4), "end\n");
  const leaves = new PassThrough();
  const second = streamLog({ ...base, out: leaves, isRunning: () => true });
  await systemClock.sleep(20);
  leaves.destroy();
  await second;
  await streamLog({ ...base, path: join(folder, "gone"), isRunning: () => true });
});

test("the end of a log: lines and bytes at most, of lines that the runtime has cut too", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tail-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "0.log");
  const cut = "x".repeat(16_384);
  writeFileSync(path, line(cut, "P") + line("y".repeat(10_616)));
  assert.equal(await readTail(path, 80, 2048), `${"y".repeat(2047)}\n`);
  writeFileSync(path, line("z".repeat(27_000)));
  assert.equal((await readTail(path, 80, 2048)).length, 2048);
  writeFileSync(path, Array.from({ length: 100 }, (_, at) => line(`l${at}`)).join(""));
  assert.deepEqual([(await readTail(path, 80, 2048)).split("\n").length, await readTail(path, 2, 2048)], [81, "l98\nl99\n"]);
  assert.equal(await readTail(join(folder, "gone"), 80, 2048), "");
});
