/** The log platform of examples/logging on two real nodes: a collector a node reads what the containers of its node write. */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { eventually, realNodes, spoke, TestCluster, traces } from "./cluster.ts";
import { buildCollector } from "./collector-image.ts";

const image = "example.org/rsyslog:1";

test("logs", { skip: realNodes(), timeout: 400_000 }, async (t) => {
  const cluster = new TestCluster("logs", [spoke, "kubectl"]);
  t.after(async () => {
    await cluster.destroy();
    assert.deepEqual(traces("logs"), []);
  });
  const up = cluster.spoke("up", "--nodes", "2");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  const loaded = cluster.spoke("image", "load", buildCollector(cluster.folder, image));
  assert.equal(loaded.code, 0, loaded.stdout + loaded.stderr);
  const writer = (node: string, script: string, name = `writer-${node}`) =>
    cluster.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: {
        nodeName: node,
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "main", image: "busybox:1.36", command: ["sh", "-c", script] }],
      },
    });

  await t.test("each collector tells of its own node's containers, whatever their namespace", async () => {
    cluster.kubectl("apply -f examples/logging/collector.yml");
    cluster.kubectl("rollout status daemonset/collector --timeout=90s");
    const nodes = ["logs-node-1", "logs-node-2"];
    for (const node of nodes) writer(node, `echo 'said "on" ${node}'; exec sleep 3600`);
    await eventually("every line arrives, once, with node, pod and namespace", () => {
      const records = cluster
        .kubectl("logs -l app=collector --tail=-1")
        .stdout.split("\n")
        .filter((line) => line.includes("said"))
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        records.sort((a, b) => a.node.localeCompare(b.node)),
        nodes.map((node) => ({
          node,
          pod: `writer-${node}`,
          namespace: "default",
          container: "main",
          log: `said "on" ${node}`,
        })),
      );
    });
  });

  await t.test("a log that grows is set aside and compressed, and kubectl goes on reading", async () => {
    writer(
      "logs-node-1",
      "while true; do head -c 11000000 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo; echo round; sleep 4; done",
      "flood",
    );
    cluster.kubectl("wait --for=condition=Ready pod/flood --timeout=30s");
    const files = () => globSync(`/var/lib/spoke/logs/**/pods/default_flood_*/main/0.log.*`);
    await eventually("one is compressed", () => assert.ok(files().some((file) => file.endsWith(".gz"))), 60_000);
    assert.ok(files().length <= 4, files().join());
    // Right after a round the new file is empty until the container's next line, as it is upstream.
    await eventually("what is written after it is read", () => assert.match(cluster.kubectl("logs flood --tail=5").stdout, /x\n|round\n/));
  });
});
