/** Two control planes over an etcd that is given, and a node: one machine is lost while everything goes on. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { issue, loadOrMakeCa } from "../../src/distro/issuer.ts";
import { findEtcd } from "../../src/store/etcd-under-test.ts";
import { eventually, type Output, realNodes, spoke } from "./cluster.ts";
import { type Machine, Segment } from "./machine.ts";

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

const found = findEtcd();
const etcdAddress = "192.168.79.254";

/** On the segment itself, so that no machine takes it along. It wants to know who asks. */
async function startEtcd(segment: Segment, path: string) {
  const at = (name: string) => join(segment.folder, name);
  const ca = await loadOrMakeCa(segment.folder, "etcd-ca", "etcd-ca", systemClock);
  for (const use of ["server", "client"] as const) {
    const leaf = await issue(ca, { user: use, groups: [], use, names: use === "server" ? [etcdAddress] : [], days: 1 }, systemClock);
    writeFileSync(at(`${use}.crt`), leaf.cert);
    writeFileSync(at(`${use}.key`), leaf.key);
  }
  const options = {
    "--data-dir": at("etcd"),
    "--listen-client-urls": `https://${etcdAddress}:2379`,
    "--advertise-client-urls": `https://${etcdAddress}:2379`,
    "--listen-peer-urls": `http://${etcdAddress}:2380`,
    "--initial-advertise-peer-urls": `http://${etcdAddress}:2380`,
    "--initial-cluster": `default=http://${etcdAddress}:2380`,
    "--cert-file": at("server.crt"),
    "--key-file": at("server.key"),
    "--trusted-ca-file": at("etcd-ca.crt"),
    "--log-level": "error",
  };
  const child = spawn("ip", ["netns", "exec", segment.name, path, ...Object.entries(options).flat(), "--client-cert-auth"], {
    stdio: "ignore",
  });
  return {
    /** How a machine asks whether it is there. */
    health: ["curl", "--silent", "--fail", "--cacert", at("etcd-ca.crt"), "--cert", at("client.crt"), "--key", at("client.key")].concat(
      `https://${etcdAddress}:2379/health`,
    ),
    flags: [
      `--etcd-servers=https://${etcdAddress}:2379`,
      `--etcd-cafile=${at("etcd-ca.crt")}`,
      `--etcd-certfile=${at("client.crt")}`,
      `--etcd-keyfile=${at("client.key")}`,
    ],
    async end() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

test("two control planes", { skip: realNodes() ?? ("missing" in found && found.missing), timeout: 300_000 }, async (t) => {
  const segment = new Segment("planes");
  t.after(() => segment.end());
  segment.route(`${etcdAddress}/24`);
  const etcd = await startEtcd(segment, (found as { path: string }).path);
  t.after(() => etcd.end());
  const [one, two, three] = await Promise.all(["one", "two", "three"].map((name, at) => segment.plug(name, `192.168.79.${at + 1}/24`)));
  const good = (output: Output): Output => {
    assert.equal(output.code, 0, output.stdout + output.stderr);
    return output;
  };
  const json = (machine: Machine, line: string): Json =>
    JSON.parse(good(machine.run([spoke, "kubectl", ...line.split(" "), "-o", "json"])).stdout);
  const joinCommand = (...words: string[]): string[] => {
    const [, ...command] = good(one.spoke("token", "create", ...words, "--print-join-command"))
      .stdout.trim()
      .split(" ");
    return [spoke, ...command];
  };

  await t.test("a token for nodes opens no keys; one for control planes does", async () => {
    await eventually("etcd", () => good(one.run(etcd.health)));
    good(one.spoke("server", ...etcd.flags));
    const forNodes = joinCommand();
    const [, , , url, , token] = forNodes;
    const refused = two.spoke("server", "--join", url!, "--token", token!);
    assert.match(refused.stderr, /this one is for nodes.*spoke token create --control-plane/);
    assert.equal(two.run(["ls", "-A", "/var/lib/spoke"]).stdout, "");
    const forPlanes = joinCommand("--control-plane");
    assert.match(two.spoke("agent", "--server", url!, "--token", forPlanes.at(-1)!).stderr, /which no node needs/);
    assert.match(good(one.spoke("token", "list")).stdout, /authentication,signing,control-plane/);
    for (const joined of await Promise.all([two.start(forPlanes), three.start(forNodes)])) good(joined);
    const nodes: Json[] = json(two, "get nodes").items;
    assert.deepEqual(nodes.map(({ metadata }) => metadata.name).toSorted(), ["one", "three", "two"]);
    assert.match(one.spoke("backup", "/nowhere").stderr, /etcdctl snapshot save/);
  });

  await t.test("the Service of the API has both, and one of them acts", async () => {
    await eventually("both", () => {
      const [slice] = json(one, "get endpointslices -n default -l kubernetes.io/service-name=kubernetes").items;
      assert.deepEqual(
        slice.endpoints.map((endpoint: Json) => endpoint.addresses[0]),
        ["192.168.79.1", "192.168.79.2"],
      );
    });
    for (const name of ["kube-controller-manager", "kube-scheduler"])
      assert.match(json(two, `get lease -n kube-system ${name}`).spec.holderIdentity, /^one_/);
  });

  await t.test("a machine is cut off: the other one writes on, acts for it, and takes its nodes", async () => {
    const write = (number: number) =>
      two.run([spoke, "kubectl", "--request-timeout=5s", "create", "configmap", `w${number}`]).code === 0 ? [`w${number}`] : [];
    const renewed = () => Date.parse(json(two, "get lease -n kube-node-lease three").spec.renewTime);
    one.link("down");
    const since = systemClock.monotonic();
    const written = write(0);
    const took = systemClock.monotonic() - since;
    assert.equal(written.length, 1);
    assert.ok(took < 5000, `a write took ${took} ms`);
    for (let number = 1; number < 5; number++) written.push(...write(number));
    // Whichever of the two the node asked, it is heard of again.
    const cut = systemClock.now();
    await eventually("the node is heard of", () => assert.ok(renewed() > cut));
    await eventually("the controllers act", () => {
      assert.match(json(two, "get lease -n kube-system kube-controller-manager").spec.holderIdentity, /^two_/);
      assert.match(json(two, "get lease -n kube-system kube-scheduler").spec.holderIdentity, /^two_/);
    });
    await eventually("the lost one is taken out", () => {
      const { subsets } = json(two, "get endpoints kubernetes -n default");
      assert.deepEqual(subsets[0].addresses, [{ ip: "192.168.79.2" }]);
    });
    one.link("up");
    await eventually("both again", () => {
      const { subsets } = json(one, "get endpoints kubernetes -n default");
      assert.equal(subsets[0].addresses.length, 2);
    });
    const names: string[] = json(one, "get configmaps -n default").items.map(({ metadata }: Json) => metadata.name);
    for (const name of written) assert.ok(names.includes(name), name);
  });
});
