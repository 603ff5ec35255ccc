import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { silentLog, VirtualClock } from "#base/mod.ts";
import { serveRegistration } from "../testing/registering-plugin.ts";
import { type PluginInfo, PluginRegistry } from "./registry.ts";

function setUp(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "plugins-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new VirtualClock();
  const calls: string[] = [];
  const refuse: { validate?: string; register?: string } = {};
  const handler = {
    validate({ name, supportedVersions }: PluginInfo) {
      calls.push(`validate ${name} ${supportedVersions}`);
      if (refuse.validate) throw new Error(refuse.validate);
    },
    async register({ name, endpoint }: PluginInfo) {
      calls.push(`register ${name} ${endpoint}`);
      if (refuse.register) throw new Error(refuse.register);
    },
    deregister: ({ name }: PluginInfo) => void calls.push(`deregister ${name}`),
  };
  const registry = new PluginRegistry({
    folder,
    handlers: { CSIPlugin: handler },
    onMachine: (path) => `/node-1${path}`,
    clock,
    log: silentLog,
  });
  const taken = () => calls.splice(0);
  const serve = async (name: string, ...rest: Parameters<typeof serveRegistration> extends [string, ...infer R] ? R : never) => {
    const plugin = await serveRegistration(join(folder, name), ...rest);
    t.after(() => plugin.close());
    return plugin;
  };
  return { folder, clock, refuse, registry, taken, serve };
}

const info = { type: "CSIPlugin", name: "a.example.com", endpoint: "/csi/a.sock", supportedVersions: ["1.0.0"] };

test("a socket is asked once and its plugin told; it goes with the socket, and comes with a new one", { timeout: 60_000 }, async (t) => {
  const { registry, taken, serve } = setUp(t);
  const first = await serve("a.sock", info);
  await registry.look();
  await registry.look();
  assert.deepEqual(taken(), ["validate a.example.com 1.0.0", "register a.example.com /node-1/csi/a.sock"]);
  assert.deepEqual(first.told, ["registered"]);
  await first.close();
  await registry.look();
  assert.deepEqual(taken(), ["deregister a.example.com"]);
  const second = await serve("a.sock", info);
  await registry.look();
  assert.deepEqual([taken().at(-1), second.told], ["register a.example.com /node-1/csi/a.sock", ["registered"]]);
});

test("a socket that was made anew between two looks is another plugin", { timeout: 60_000 }, async (t) => {
  const { registry, taken, serve } = setUp(t);
  await (async () => {
    const first = await serve("a.sock", info);
    await registry.look();
    await first.close();
  })();
  taken();
  await serve("a.sock", info);
  await registry.look();
  await registry.look();
  assert.deepEqual(taken(), ["deregister a.example.com", "validate a.example.com 1.0.0", "register a.example.com /node-1/csi/a.sock"]);
});

test("sockets of folders below count, without an endpoint they are it; files and hidden ones do not", { timeout: 60_000 }, async (t) => {
  const { folder, registry, taken, serve } = setUp(t);
  mkdirSync(join(folder, "below"));
  mkdirSync(join(folder, ".hidden"));
  writeFileSync(join(folder, "a.txt"), "");
  await serve("below/b.sock", { type: "CSIPlugin", name: "b.example.com" });
  await serve(".c.sock", info);
  await serve(".hidden/d.sock", info);
  await registry.look();
  assert.deepEqual(taken(), ["validate b.example.com ", `register b.example.com ${join(folder, "below/b.sock")}`]);
});

test("what is refused is told in upstream's words, and tried again after a while", { timeout: 60_000 }, async (t) => {
  const { folder, clock, refuse, registry, taken, serve } = setUp(t);
  const other = await serve("x.sock", { type: "DRAPlugin", name: "x" });
  const plugin = await serve("a.sock", info);
  refuse.validate = "bad version";
  await registry.look();
  assert.deepEqual(other.told, [
    `RegisterPlugin error -- no handler registered for plugin type: DRAPlugin at socket ${join(folder, "x.sock")}`,
  ]);
  assert.deepEqual(plugin.told, ["RegisterPlugin error -- plugin validation failed with err: bad version"]);
  taken();
  await registry.look();
  assert.deepEqual(taken(), [], "not at once");
  delete refuse.validate;
  refuse.register = "no node id";
  await clock.advance(501);
  await registry.look();
  assert.equal(plugin.told.at(-1), "RegisterPlugin error -- plugin registration failed with err: no node id");
  delete refuse.register;
  await clock.advance(501);
  await registry.look();
  assert.equal(plugin.told.length, 2, "the second wait is longer");
  await clock.advance(1000);
  await registry.look();
  assert.equal(plugin.told.at(-1), "registered");
});

test("a plugin that cannot be told that it is registered is not", { timeout: 60_000 }, async (t) => {
  const { registry, taken, serve } = setUp(t);
  await serve("a.sock", info, { refusesNews: true });
  await registry.look();
  assert.deepEqual(taken(), ["validate a.example.com 1.0.0", "register a.example.com /node-1/csi/a.sock", "deregister a.example.com"]);
});
