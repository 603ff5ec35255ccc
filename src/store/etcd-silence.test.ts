/** A member of etcd that is there and silent, as a machine that was cut off is: what another member answers takes its place. */
import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { createEtcdStore } from "./etcd-store.ts";
import { findEtcd, type RunningEtcd, startEtcd } from "./etcd-under-test.ts";

const found = findEtcd();

/** Passes connections on, until it is told to be silent: then bytes go nowhere, and nobody is told. */
async function wire(to: string) {
  const { hostname: host, port } = new URL(to);
  const open = new Set<Socket>();
  let silent = false;
  const server = createServer((near) => {
    open.add(near);
    near.on("error", () => {});
    if (silent) return;
    const far = connect({ host, port: Number(port) });
    open.add(far);
    far.on("error", () => near.destroy());
    near.on("data", (bytes) => !silent && far.write(bytes));
    far.on("data", (bytes) => !silent && near.write(bytes));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    silence() {
      silent = true;
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

describe("a silent member", { skip: "missing" in found && found.missing, timeout: 60_000 }, () => {
  let etcd: RunningEtcd;
  before(async () => {
    etcd = await startEtcd((found as { path: string }).path);
  });
  after(() => etcd.stop());

  test("is left within seconds: writes are answered again, and the watch has missed nothing", async () => {
    const first = await wire(etcd.endpoint);
    const store = await createEtcdStore({ endpoints: [first.endpoint, etcd.endpoint] });
    const range = { from: "/silence/", to: "/silence0" };
    const seen: string[] = [];
    const stop = new AbortController();
    const start = await store.current();
    const watching = (async () => {
      for await (const { events } of store.watch(range, start, stop.signal)) seen.push(...events.map(({ key }) => key));
    })();
    try {
      assert.ok((await store.commit("/silence/a", "absent", Buffer.from("1"))).ok);
      first.silence();
      const since = systemClock.monotonic();
      const written = ["/silence/a"];
      for (let number = 1; written.length < 4; number++) {
        const key = `/silence/${number}`;
        const done = await store.commit(key, "absent", Buffer.from("1")).catch(() => undefined);
        if (done?.ok) written.push(key);
        else await systemClock.sleep(20);
      }
      const took = systemClock.monotonic() - since;
      assert.ok(took < 5000, `${took} ms`);
      while (!written.every((key) => seen.includes(key))) await systemClock.sleep(20);
      assert.equal(store.problem(), undefined);
    } finally {
      stop.abort();
      await watching;
      await store.close();
      first.close();
    }
  });
});
