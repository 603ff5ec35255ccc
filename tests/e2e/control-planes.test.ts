/** Three control planes, each with a member of the etcd that Spoke runs: one machine is lost while everything goes on. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { findEtcd } from "../../src/store/etcd-under-test.ts";
import { eventually, type Output, realNodes, spoke } from "./cluster.ts";
import { type Machine, Segment } from "./machine.ts";

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

const found = findEtcd();

test("three control planes", { skip: realNodes() ?? ("missing" in found && found.missing), timeout: 300_000 }, async (t) => {
  const segment = new Segment("planes");
  t.after(() => segment.end());
  segment.route("192.168.79.254/24");
  segment.env = { PATH: `${dirname((found as { path: string }).path)}:${process.env.PATH}` };
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
    good(one.spoke("server", "--cluster-init"));
    const forNodes = joinCommand();
    const [, , , url, , token] = forNodes;
    const refused = two.spoke("server", "--join", url!, "--token", token!);
    assert.match(refused.stderr, /this one is for nodes.*spoke token create --control-plane/);
    assert.equal(two.run(["ls", "-A", "/var/lib/spoke"]).stdout, "");
    const forPlanes = joinCommand("--control-plane");
    assert.match(two.spoke("agent", "--server", url!, "--token", forPlanes.at(-1)!).stderr, /which no node needs/);
    assert.match(good(one.spoke("token", "list")).stdout, /authentication,signing,control-plane/);
    const pki = (file: string) => join(segment.folder, "one/0/spoke/pki", file);
    const given = { cafile: pki("etcd-ca.crt"), certfile: pki("etcd-client.crt"), keyfile: pki("etcd-client.key") };
    const flags = Object.entries(given).map(([flag, file]) => `--etcd-${flag}=${file}`);
    const taken = three.spoke("server", "--etcd-servers=https://192.168.79.1:2379", ...flags);
    assert.match(taken.stderr, /holds a cluster already: a further control plane joins it/);
    for (const joined of await Promise.all([two.start(forPlanes), three.start(forPlanes)])) good(joined);
    const nodes: Json[] = json(two, "get nodes").items;
    assert.deepEqual(nodes.map(({ metadata }) => metadata.name).toSorted(), ["one", "three", "two"]);
  });

  await t.test("each has a member of etcd with a voice, the Service of the API has all, and one of them acts", async () => {
    const members = good(two.spoke("etcd", "members")).stdout.split("\n").slice(1, -1);
    assert.deepEqual(members.map((line) => line.split(" ")[0]).toSorted(), ["one", "three", "two"]);
    assert.ok(members.every((line) => / (leader|follower) /.test(line)));
    await eventually("all", () => {
      const [slice] = json(one, "get endpointslices -n default -l kubernetes.io/service-name=kubernetes").items;
      assert.deepEqual(
        slice.endpoints.map((endpoint: Json) => endpoint.addresses[0]),
        ["192.168.79.1", "192.168.79.2", "192.168.79.3"],
      );
    });
    for (const name of ["kube-controller-manager", "kube-scheduler"])
      assert.match(json(two, `get lease -n kube-system ${name}`).spec.holderIdentity, /^one_/);
  });

  await t.test(
    "a machine is cut off: it acknowledges nothing, the others write on and act for it, and watches begin where they were",
    async () => {
      const write = (number: number) =>
        two.run([spoke, "kubectl", "--request-timeout=2s", "create", "configmap", `w${number}`]).code === 0 ? [`w${number}`] : [];
      const version: string = json(one, "get configmaps -n default").metadata.resourceVersion;
      const renewed = () => Date.parse(json(two, "get lease -n kube-node-lease three").spec.renewTime);
      one.link("down");
      const since = systemClock.monotonic();
      const written: string[] = [];
      // What was under way to the lost one is lost, and said to be.
      for (let number = 0; written.length < 5; number++) {
        written.push(...write(number));
        const took = systemClock.monotonic() - since;
        assert.ok(written.length > 0 || took < 5000, `no write for ${took} ms`);
      }
      assert.notEqual(one.run([spoke, "kubectl", "--request-timeout=3s", "create", "configmap", "nobody-knows"]).code, 0);
      const query = `watch=1&timeoutSeconds=1&resourceVersion=${version}`;
      const seen = good(three.run([spoke, "kubectl", "get", "--raw", `/api/v1/namespaces/default/configmaps?${query}`])).stdout;
      for (const name of written) assert.ok(seen.includes(`"name":"${name}"`), name);
      const cut = systemClock.now();
      await eventually("the other nodes are heard of", () => assert.ok(renewed() > cut));
      await eventually("the controllers act", () => {
        for (const name of ["kube-controller-manager", "kube-scheduler"])
          assert.match(json(two, `get lease -n kube-system ${name}`).spec.holderIdentity, /^(two|three)_/);
      });
      await eventually("the lost one is taken out", () => {
        const { subsets } = json(two, "get endpoints kubernetes -n default");
        assert.deepEqual(subsets[0].addresses, [{ ip: "192.168.79.2" }, { ip: "192.168.79.3" }]);
      });
      one.link("up");
      await eventually("all again", () => {
        const { subsets } = json(one, "get endpoints kubernetes -n default");
        assert.equal(subsets[0].addresses.length, 3);
      });
      const names: string[] = json(one, "get configmaps -n default").items.map(({ metadata }: Json) => metadata.name);
      for (const name of written) assert.ok(names.includes(name), name);
    },
  );

  await t.test("a machine that is lost is taken out of the members, one that is there takes itself out", () => {
    assert.match(two.spoke("etcd", "remove", "three").stderr, /three answers \((leader|follower)\): spoke destroy there/);
    three.link("down");
    assert.match(good(two.spoke("etcd", "remove", "three")).stdout, /none of etcd's members any more/);
    three.link("up");
    assert.match(good(one.spoke("destroy")).stdout, /one is none of etcd's members any more/);
    assert.match(good(two.spoke("etcd", "members")).stdout, /^NAME.*\ntwo .*leader.*\n$/);
    good(two.run([spoke, "kubectl", "create", "configmap", "alone"]));
  });

  await t.test("the cluster is put back on another machine with another address, as the only member", () => {
    const file = join(segment.folder, "backup");
    good(two.spoke("backup", file));
    assert.match(one.spoke("restore", file).stderr, /runs on: its member of etcd at https:\/\/192.168.79.2:2379 answers/);
    good(two.spoke("destroy"));
    good(one.spoke("restore", file));
    good(one.spoke("server", "--address", "192.168.79.1"));
    assert.match(good(one.spoke("etcd", "members")).stdout, /^NAME.*\ntwo .*192.168.79.1:2380.*leader.*\n$/);
    json(one, "get configmap alone");
    const [node] = json(one, "get nodes two").status.addresses;
    assert.equal(node.address, "192.168.79.1");
  });
});
