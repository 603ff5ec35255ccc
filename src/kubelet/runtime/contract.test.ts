/**
 * What the kubelet relies on, held against the fake runtime, and against a real one when its socket is named:
 * SPOKE_TEST_CRI=/path/to/containerd.sock (as root, with docker.io/library/busybox:1.36 loaded).
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Clock, systemClock } from "#base/mod.ts";
import { GrpcError } from "#net/mod.ts";
import { criRuntime } from "./cri-runtime.ts";
import { fakeRuntime } from "./fake-runtime.ts";
import type { Runtime } from "./runtime.ts";
import { labels, RuntimeView, type SeenContainer } from "./seen.ts";

const image = "docker.io/library/busybox:1.36";
const socket = process.env.SPOKE_TEST_CRI;
const clock: Clock = systemClock;
let serial = 0;

const kinds: { name: string; open(): Runtime; skip: boolean }[] = [
  { name: "fake", open: () => fakeRuntime({ clock, images: [image] }), skip: false },
  { name: "real", open: () => criRuntime(socket ?? ""), skip: socket === undefined },
];

interface Bench {
  runtime: Runtime;
  sandbox: string;
  start(name: string, command: string[]): Promise<string>;
  seen(): Promise<SeenContainer[]>;
  until(id: string, state: SeenContainer["state"]): Promise<SeenContainer>;
}

async function bench(t: TestContext, runtime: Runtime): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "contract-"));
  const uid = `contract-${process.pid}-${++serial}`;
  const own = { [labels.podUid]: uid, [labels.podName]: "contract", [labels.podNamespace]: "default" };
  // On the node's own network: the contract is not about CNI.
  const namespaceOptions = { network: 2, pid: 1, ipc: 0 };
  const config = {
    metadata: { name: "contract", uid, namespace: "default", attempt: 0 },
    labels: own,
    logDirectory: folder,
    linux: { cgroupParent: `/${uid}`, securityContext: { namespaceOptions } },
  };
  const sandbox = await runtime.runSandbox(config, "");
  t.after(async () => {
    await runtime.stopSandbox(sandbox);
    await runtime.removeSandbox(sandbox);
    runtime.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const view = new RuntimeView(runtime);
  const seen = async () => (await view.look()).get(uid)?.containers ?? [];
  return {
    runtime,
    sandbox,
    seen,
    start: async (name, command) => {
      const container = {
        metadata: { name, attempt: 0 },
        image: { image },
        command,
        labels: { ...own, [labels.containerName]: name },
        annotations: { "io.kubernetes.container.hash": "h" },
        logPath: `${name}.log`,
        linux: { securityContext: { namespaceOptions } },
      };
      const id = await runtime.createContainer(sandbox, container, config);
      await runtime.startContainer(id);
      return id;
    },
    async until(id, state) {
      for (let left = 500; left > 0; left--) {
        const found = (await seen()).find((container) => container.id === id);
        if (found?.state === state) return found;
        await clock.sleep(20);
      }
      throw new Error(`container ${id} is not ${state} within ten seconds`);
    },
  };
}

for (const { name, open, skip } of kinds) {
  test(`${name} runtime: says what it is`, { skip }, async () => {
    const runtime = open();
    assert.notEqual((await runtime.version()).runtimeName, "");
    assert.deepEqual((await runtime.status()).problems, []);
    runtime.close();
  });

  test(`${name} runtime: a container runs, ends with its code, and is told with times and labels`, { skip }, async (t) => {
    const { start, until } = await bench(t, open());
    const id = await start("main", ["sh", "-c", "sleep 1; exit 3"]);
    const running = await until(id, "running");
    assert.ok(running.startedAt >= running.createdAt && running.createdAt > 0);
    assert.deepEqual([running.name, running.hash, running.finishedAt], ["main", "h", 0]);
    const ended = await until(id, "exited");
    assert.deepEqual([ended.exitCode, ended.reason, ended.finishedAt >= ended.startedAt], [3, "Error", true]);
  });

  test(`${name} runtime: one that ends well is Completed`, { skip }, async (t) => {
    const { start, until } = await bench(t, open());
    const ended = await until(await start("main", ["sh", "-c", "exit 0"]), "exited");
    assert.deepEqual([ended.exitCode, ended.reason], [0, "Completed"]);
  });

  test(`${name} runtime: a command that is not there fails the start, and the container has ended with 128`, { skip }, async (t) => {
    const { start, seen } = await bench(t, open());
    await assert.rejects(
      start("main", ["nope"]),
      (error: Error) => error instanceof GrpcError && /executable file not found in \$PATH/.test(error.message),
    );
    const [ended] = await seen();
    assert.deepEqual([ended?.state, ended?.exitCode, ended?.reason, ended?.startedAt], ["exited", 128, "StartError", 0]);
  });

  test(`${name} runtime: who does not hear TERM is killed when its time is over`, { skip }, async (t) => {
    const { runtime, start, until } = await bench(t, open());
    const id = await start("main", ["sleep", "1000"]);
    await until(id, "running");
    const began = clock.monotonic();
    await runtime.stopContainer(id, 1);
    assert.ok(clock.monotonic() - began >= 900);
    assert.equal((await until(id, "exited")).exitCode, 137);
    await runtime.stopContainer(id, 1);
  });

  test(`${name} runtime: a sandbox that stops ends its containers; what is gone is gone without an error`, { skip }, async (t) => {
    const { runtime, sandbox, start, until, seen } = await bench(t, open());
    const id = await start("main", ["sleep", "1000"]);
    await runtime.stopSandbox(sandbox);
    await until(id, "exited");
    await runtime.removeContainer(id);
    await runtime.removeContainer(id);
    assert.deepEqual(await seen(), []);
    assert.equal(await runtime.containerStatus(id), undefined);
    assert.equal((await runtime.sandboxStatus(sandbox))?.state, 1);
  });

  test(`${name} runtime: tells when something happens`, { skip }, async (t) => {
    const { runtime, start } = await bench(t, open());
    const abort = new AbortController();
    const first = runtime.events(abort.signal)[Symbol.asyncIterator]().next();
    await clock.sleep(50);
    await start("main", ["sh", "-c", "exit 0"]);
    assert.equal((await first).done, false);
    abort.abort();
  });

  test(`${name} runtime: images, and a handler that nobody has`, { skip }, async (t) => {
    const { runtime } = await bench(t, open());
    assert.ok((await runtime.listImages()).some((each) => each.repoTags.includes(image)));
    assert.ok(await runtime.imageStatus(image));
    assert.equal(await runtime.imageStatus("docker.io/library/gone:1"), undefined);
    const config = { metadata: { name: "odd", uid: "odd", namespace: "default", attempt: 0 } };
    await assert.rejects(runtime.runSandbox(config, "not-here"), {
      message: 'failed to get sandbox runtime: no runtime for "not-here" is configured',
    });
  });
}
