/** A cluster touches only what it made: two of one name side by side, with their state in different folders. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, realNodes, spoke, TestCluster } from "./cluster.ts";

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "here" },
  spec: { containers: [{ name: "main", image: "busybox:1.36", imagePullPolicy: "IfNotPresent", command: ["sleep", "3600"] }] },
};

class Elsewhere extends TestCluster {
  override get env(): NodeJS.ProcessEnv {
    return { ...super.env, SPOKE_STATE: join(this.folder, "s") };
  }
  /** What it has on the machine. */
  facts(): { slot: number; tag?: string } {
    return JSON.parse(readFileSync(join(this.folder, "s", this.name, "cluster.json"), "utf8"));
  }
}

const cgroupsNamed = (name: string): string[] =>
  readdirSync("/sys/fs/cgroup")
    .map((tree) => join("/sys/fs/cgroup", tree, "spoke", name))
    .concat(join("/sys/fs/cgroup/spoke", name))
    .filter((folder) => existsSync(folder));

test("two clusters of one name live and die beside each other", { skip: realNodes(), timeout: 300_000 }, async (t) => {
  const [one, two] = [new Elsewhere("beside", [spoke, "kubectl"]), new Elsewhere("beside", [spoke, "kubectl"])];
  t.after(async () => {
    await one.destroy();
    await two.destroy();
  });
  for (const cluster of [one, two]) {
    const { code, stdout, stderr } = cluster.spoke("up");
    assert.equal(code, 0, stdout + stderr);
    cluster.apply(pod);
  }
  for (const cluster of [one, two]) cluster.kubectl("wait --for=condition=Ready pod/here --timeout=60s");
  const [first, second] = [one.facts(), two.facts()];
  assert.notEqual(first.slot, second.slot);
  const started = two.kubectl(["get", "pod", "here", "-o", "jsonpath={.status.containerStatuses[0].containerID}"]).stdout;

  const lives = async (after: string) => {
    assert.ok(existsSync(`/sys/class/net/spoke${second.slot}`), `${after}: the bridge stands`);
    assert.ok(existsSync(`/run/netns/spoke-${second.tag ?? "beside"}-beside-node-1`), `${after}: the namespace stands`);
    assert.ok(cgroupsNamed(second.tag ?? "beside").length > 0, `${after}: the cgroups stand`);
    assert.equal(two.spoke("status").code, 0, two.spoke("status").stdout);
    await eventually(`${after}: exec`, () => assert.equal(two.kubectl("exec here -- echo alive").stdout, "alive\n"), 10_000);
    const id = two.kubectl(["get", "pod", "here", "-o", "jsonpath={.status.containerStatuses[0].containerID}"]).stdout;
    assert.equal(id, started, `${after}: the container is the same`);
  };
  await t.test("one without real nodes comes and goes", async () => {
    const third = new Elsewhere("beside", [spoke, "kubectl"]);
    assert.equal(third.spoke("up", "--nodes", "0").code, 0);
    assert.equal(third.spoke("down").code, 0);
    await lives("down of a third");
    assert.equal((await third.destroy()).code, 0);
    await lives("destroy of a third");
  });
  await t.test("the other one is stopped, started and removed", async () => {
    assert.equal(one.spoke("down").code, 0);
    await lives("down");
    assert.equal(one.spoke("up").code, 0);
    await lives("up");
    assert.equal((await one.destroy()).code, 0);
    assert.ok(!existsSync(`/sys/class/net/spoke${first.slot}`));
    assert.deepEqual(cgroupsNamed(first.tag ?? "beside"), []);
    await lives("destroy");
    assert.ok(existsSync("/var/cache/spoke"), "the cache of the other is there");
  });
  await t.test("the last one takes everything with it", async () => {
    assert.equal((await two.destroy()).code, 0);
    assert.ok(!existsSync(`/sys/class/net/spoke${second.slot}`));
    assert.deepEqual(cgroupsNamed(second.tag ?? "beside"), []);
    const { stdout } = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" });
    assert.deepEqual(
      stdout.split("\n").filter((line) => line.includes(two.folder)),
      [],
    );
  });
});
