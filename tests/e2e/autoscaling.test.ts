/** What containers use, as `kubectl top` tells it, and a Deployment that follows it: up under load, and down again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, realNodes, spoke, TestCluster, traces } from "./cluster.ts";

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

const list = (...items: object[]) => ({ apiVersion: "v1", kind: "List", items });

/** Busy while the mounted file says so. */
const worker = 'while :; do if [ "$(cat /load/on)" = yes ]; then i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; else sleep 1; fi; done';

const load = (on: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "load" }, data: { on } });
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "busy" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "busy" } },
    template: {
      metadata: { labels: { app: "busy" } },
      spec: {
        terminationGracePeriodSeconds: 0,
        volumes: [{ name: "load", configMap: { name: "load" } }],
        containers: [
          {
            name: "worker",
            image: "busybox:1.36",
            command: ["sh", "-c", worker],
            volumeMounts: [{ name: "load", mountPath: "/load" }],
            resources: { requests: { cpu: "50m" }, limits: { cpu: "100m", memory: "64Mi" } },
          },
        ],
      },
    },
  },
};
const autoscaler = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "busy" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "busy" },
    minReplicas: 1,
    maxReplicas: 3,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
  },
};

test("autoscaling", { skip: realNodes(), timeout: 400_000 }, async (t) => {
  const cluster = new TestCluster("auto", [spoke, "kubectl"]);
  const json = (line: string): Json => JSON.parse(cluster.kubectl(`${line} -o json`).stdout);
  t.after(async () => {
    await cluster.destroy();
    assert.deepEqual(traces("auto"), []);
  });
  const up = cluster.spoke("up", "--nodes", "1");
  assert.equal(up.code, 0, up.stdout + up.stderr);

  await t.test("usage is there fifteen seconds after a pod's start", async () => {
    assert.doesNotMatch(cluster.apply(list(load("yes"), deployment, autoscaler)).stderr, /Warning/);
    cluster.kubectl("rollout status deployment/busy --timeout=60s");
    const [cpu, memory] = await eventually(
      "top knows the pod",
      () => {
        const [, , cpu = "", memory = ""] = cluster.kubectl("top pods --containers --no-headers").stdout.trim().split(/\s+/);
        return [Number(/^(\d+)m$/.exec(cpu)![1]), Number(/^(\d+)Mi$/.exec(memory)![1])];
      },
      15_000,
    );
    assert.ok(cpu! > 50 && cpu! < 150, `${cpu}m of a limit of 100m`);
    assert.ok(memory! < 64, `${memory}Mi`);
    await eventually(
      "top knows the node",
      () => assert.match(cluster.kubectl("top nodes").stdout, /auto-node-1 +\d+m +\d+% +\d+Mi +\d+%/),
      25_000,
    );
  });

  await t.test("under load there are more pods, without it fewer", async () => {
    const replicas = (count: number) => () => assert.equal(json("get deployment busy").spec.replicas, count);
    await eventually("it scales up", replicas(3), 90_000);
    assert.match(cluster.kubectl("get hpa busy").stdout, /Deployment\/busy +cpu: \d+%\/50% +1 +3 +\d/);
    assert.match(
      cluster.kubectl("describe hpa busy").stdout,
      /SuccessfulRescale .*New size: 3; reason: cpu resource utilization \(percentage of request\) above target/,
    );
    cluster.apply(load("no"));
    await eventually("it scales down", replicas(1), 90_000);
    assert.match(cluster.kubectl("describe hpa busy").stdout, /SuccessfulRescale .*New size: 1; reason: All metrics below target/);
  });
});
