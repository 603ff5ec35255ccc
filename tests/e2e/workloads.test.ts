/** The workloads of examples/workloads on two real nodes: daemons, lasting names, work that ends, schedules, budgets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, realNodes, spoke, TestCluster, traces } from "./cluster.ts";

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

test("workloads", { skip: realNodes(), timeout: 600_000 }, async (t) => {
  const cluster = new TestCluster("work", [spoke, "kubectl"]);
  const json = (line: string): Json => JSON.parse(cluster.kubectl(`${line} -o json`).stdout);
  const namesOf = (line: string): string[] =>
    json(line)
      .items.map((item: Json) => item.metadata.name)
      .sort();
  const example = (name: string) => cluster.kubectl(`apply -f examples/workloads/${name}.yml`);
  t.after(async () => {
    await cluster.destroy();
    assert.deepEqual(traces("work"), []);
  });
  const up = cluster.spoke("up", "--nodes", "2");
  assert.equal(up.code, 0, up.stdout + up.stderr);

  await t.test("a DaemonSet runs on every node, rolls out and back", async () => {
    assert.doesNotMatch(example("daemonset").stderr, /Warning/);
    cluster.kubectl("rollout status daemonset/watcher --timeout=60s");
    const nodes = json("get pods -l app=watcher").items.map((pod: Json) => pod.spec.nodeName);
    assert.deepEqual(nodes.sort(), namesOf("get nodes"));
    assert.match(cluster.kubectl("logs daemonset/watcher").stdout, /watching from work-node-/);
    cluster.kubectl("set env daemonset/watcher ROUND=2");
    cluster.kubectl("rollout status daemonset/watcher --timeout=60s");
    assert.match(cluster.kubectl("rollout history daemonset/watcher").stdout, /\n2 /);
    cluster.kubectl("rollout undo daemonset/watcher");
    cluster.kubectl("rollout status daemonset/watcher --timeout=60s");
    const env = json("get daemonset watcher").spec.template.spec.containers[0].env;
    assert.deepEqual(
      env.map((each: Json) => each.name),
      ["NODE"],
    );
  });

  await t.test("a StatefulSet's pods come in order, are found by name and come back as themselves", async () => {
    example("statefulset");
    cluster.kubectl("rollout status statefulset/db --timeout=60s");
    assert.deepEqual(namesOf("get pods -l app=db"), ["db-0", "db-1"]);
    const [first, second] = ["db-0", "db-1"].map((name) => json(`get pod ${name}`));
    assert.ok(first!.metadata.creationTimestamp <= second!.metadata.creationTimestamp);
    const asked = () => cluster.kubectl(["exec", "db-0", "--", "wget", "-qO-", "http://db-1.db:8080"]).stdout.trim();
    assert.equal(await eventually("db-1 answers by name", asked), "db-1");
    cluster.kubectl("delete pod db-0");
    cluster.kubectl("rollout status statefulset/db --timeout=60s");
    assert.notEqual(json("get pod db-0").metadata.uid, first!.metadata.uid);
    cluster.kubectl("scale statefulset/db --replicas=1");
    await eventually("the highest goes", () => assert.deepEqual(namesOf("get pods -l app=db"), ["db-0"]));
  });

  await t.test("a Job does all its pieces once, and leaves nothing behind", async () => {
    example("job");
    cluster.kubectl("wait --for=condition=complete job/pieces --timeout=60s");
    const { status } = json("get job pieces");
    assert.deepEqual([status.succeeded, status.completedIndexes, status.uncountedTerminatedPods], [3, "0-2", {}]);
    const logs = [0, 1, 2].map((piece) => cluster.kubectl(`logs -l batch.kubernetes.io/job-completion-index=${piece}`).stdout.trim());
    assert.deepEqual(logs, ["piece 0 is done", "piece 1 is done", "piece 2 is done"]);
    cluster.kubectl("delete job pieces --timeout=30s");
    await eventually("its pods go too", () => assert.deepEqual(namesOf("get pods -l job-name=pieces"), []));
  });

  await t.test("a Job that cannot succeed fails, and says why", async () => {
    cluster.kubectl(["create", "job", "broken", "--image=busybox:1.36", "--", "sh", "-c", "exit 3"]);
    cluster.kubectl(["patch", "job", "broken", "-p", '{"spec":{"backoffLimit":0}}']);
    cluster.kubectl("wait --for=condition=failed job/broken --timeout=60s");
    const { conditions, failed } = json("get job broken").status;
    assert.deepEqual([failed, conditions.at(-1).reason], [1, "BackoffLimitExceeded"]);
  });

  await t.test("a CronJob ticks", async () => {
    example("cronjob");
    const [job] = await eventually(
      "the minute comes",
      () => {
        const found = json("get jobs").items.filter((each: Json) => each.metadata.ownerReferences?.[0]?.name === "tick");
        assert.ok(found.length > 0);
        return found;
      },
      75_000,
    );
    cluster.kubectl(`wait --for=condition=complete job/${job.metadata.name} --timeout=60s`);
    await eventually("success is written down", () => assert.ok(json("get cronjob tick").status.lastSuccessfulTime));
    cluster.kubectl("delete cronjob tick");
  });

  await t.test("a drain keeps what a budget asks for, and ends", async () => {
    example("budget");
    cluster.kubectl("rollout status deployment/shop --timeout=60s");
    await eventually("the budget is counted", () => assert.equal(json("get pdb shop").status.disruptionsAllowed, 1));
    cluster.kubectl("drain work-node-2 --ignore-daemonsets --delete-emptydir-data --force --timeout=60s", { timeoutMs: 70_000 });
    cluster.kubectl("rollout status deployment/shop --timeout=60s");
    const nodes = json("get pods -l app=shop").items.map((pod: Json) => pod.spec.nodeName);
    assert.deepEqual([...new Set(nodes)], ["work-node-1"]);
    cluster.kubectl("uncordon work-node-2");
  });

  await t.test("each user has a namespace and a context of his own", () => {
    const said = (words: string[], code = 0) => {
      const output = cluster.spoke("user", ...words);
      assert.equal(output.code, code, output.stdout + output.stderr);
      return output;
    };
    for (const user of ["anna", "ben"]) said(["add", user]);
    const again = said(["add", "anna"]).stdout;
    assert.match(again, /^context "anna@work" is in [^\n]+\n$/, "the second time says nothing new");
    assert.match(cluster.kubectl("config get-contexts").stdout, /\* +work +work/, "the administrator's context stays current");
    cluster.kubectl("--context anna@work create configmap hers --from-literal=a=b");
    assert.match(cluster.kubectl("--context anna@work get configmaps").stdout, /hers/);
    const refused = cluster.kubectl("--context anna@work get pods -n ben", { fails: true });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /User "anna" cannot list resource "pods" in API group "" in the namespace "ben"/);
    assert.match(said(["list"]).stdout, /^anna +anna +edit +<none> +certificate +20/m);
    said(["add", "ben", "--token", "--quota", "small", "--expires", "1h"]);
    assert.match(
      cluster.kubectl("--context ben@work get resourcequota,limitrange -o name").stdout,
      /^resourcequota\/user\nlimitrange\/user\n$/,
    );
    said(["remove", "ben"]);
    assert.match(said(["list"]).stdout, /^NAME[^\n]+\nanna/);
    assert.match(said(["add", "Carl"], 1).stderr, /user "Carl": at most 63 of a-z/);
    said(["remove", "anna", "--delete-namespace"]);
    assert.doesNotMatch(said(["list"]).stdout, /anna/);
    cluster.kubectl("wait --for=delete namespace/anna --timeout=60s");
    assert.match(cluster.kubectl("--context anna@work get pods", { fails: true }).stderr, /anna@work/);
  });
});
