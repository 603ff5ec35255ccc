/** Network policies on two real nodes: who reaches whom, what goes on, what a new pod may do first, and what stays when all is killed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, realNodes, root, sleep, spoke, TestCluster, traces } from "./cluster.ts";

const name = "network-policy";
const nodes = [`${name}-node-1`, `${name}-node-2`];

/** `talk` never ends: an answer of 2,000 bytes every second. */
const talk = String.raw`printf '#!/bin/sh\nprintf "Content-type: text/plain\\r\\n\\r\\n"\nwhile true; do head -c 2000 /dev/zero; sleep 1; done\n'`;
const serve = `mkdir -p /www/cgi-bin && ${talk} > /www/cgi-bin/talk && chmod +x /www/cgi-bin/talk && hostname > /www/index.html && httpd -p 8081 -h /www && exec httpd -f -p 8080 -h /www`;
const server = (id: string, nodeName: string) =>
  pod(id, nodeName, serve, { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } });
const client = (id: string, nodeName: string) => pod(id, nodeName, "exec sleep 86400");

function pod(id: string, nodeName: string, script: string, more: object = {}, labels: Record<string, string> = {}) {
  const [namespace, podName = ""] = id.split("/");
  const ports = [
    { name: "http", containerPort: 8080 },
    { name: "other", containerPort: 8081 },
  ];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: podName, namespace, labels: { pod: podName, ...labels } },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "c", image: "busybox:1.36", command: ["sh", "-c", script], ports, ...more }],
    },
  };
}

function rulesOf(netns: string): string {
  const words = [`--net=/run/netns/${netns}`, "nft", "list", "table", "ip", "spoke-policy"];
  return spawnSync("nsenter", words, { encoding: "utf8" }).stdout;
}

const policy = (id: string, spec: object) => {
  const [namespace, podName] = id.split("/");
  return { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: podName, namespace }, spec };
};
const everywhere = ["Ingress", "Egress"];

test("network policies", { skip: realNodes(), timeout: 800_000 }, async (t) => {
  const cluster = new TestCluster(name, [spoke, "kubectl"]);
  t.after(async () => {
    await cluster.destroy();
    assert.deepEqual(traces(name), []);
  });
  const up = cluster.spoke("up", "--nodes", "2");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  const kubectl = cluster.kubectl.bind(cluster);
  const inPod = (id: string, script: string) => {
    const [namespace, podName] = id.split("/") as [string, string];
    return kubectl(["exec", "-n", namespace, podName, "--", "sh", "-c", script]).stdout;
  };
  const addressOf = (id: string): string => {
    const [namespace, podName] = id.split("/");
    return kubectl(`get pod -n ${namespace} ${podName} -o jsonpath={.status.podIP}`).stdout;
  };
  /** Which of these a pod reaches by HTTP, each given two seconds, all at once. */
  const reached = (from: string, targets: string[]): string[] => {
    const one = (target: string) => `(timeout 2 wget -q -O /dev/null http://${target}/ 2>/dev/null && echo ${target}) &`;
    return inPod(from, `${targets.map(one).join(" ")} wait`)
      .trim()
      .split("\n")
      .filter(Boolean)
      .sort();
  };
  const settles = (what: string, from: string, targets: string[], expected: string[]) =>
    eventually(what, () => assert.deepEqual(reached(from, targets), expected.toSorted()), 20_000);

  kubectl("create namespace b");
  kubectl("label namespace b team=blue");
  kubectl("create namespace a");
  const first = [server("a/near", nodes[0]!), server("a/far", nodes[1]!), client("a/caller", nodes[0]!), client("b/caller", nodes[0]!)];
  for (const each of [...first, client("b/other", nodes[1]!)]) cluster.apply(each);
  kubectl("expose pod far -n a --name=far --port=80 --target-port=http");
  for (const namespace of ["a", "b"]) kubectl(`wait -n ${namespace} --for=condition=Ready pod --all --timeout=120s`);
  const [near, far] = [addressOf("a/near"), addressOf("a/far")];
  const all = [`${near}:8080`, `${near}:8081`, `${far}:8080`, `${far}:8081`, "far.a"];

  await t.test("without a policy everybody reaches everybody; a policy is made without a warning", async () => {
    await settles("open", "b/caller", all, all);
    await settles("open from the other node", "b/other", all, all);
  });

  await t.test(
    "default deny holds on both nodes and by Service; established connections, probes and the pod's own node go on",
    async () => {
      inPod("b/caller", `setsid wget -q -O /heard http://${far}:8080/cgi-bin/talk >/dev/null 2>&1 &`);
      const heard = () => Number(inPod("b/caller", "wc -c < /heard").trim());
      await eventually("the connection", () => assert.ok(heard() > 5000));
      const made = cluster.apply(policy("a/deny", { podSelector: {}, policyTypes: ["Ingress"] }));
      assert.equal(made.stderr, "");
      await settles("denied", "b/caller", all, []);
      await settles("denied from the other node", "b/other", all, []);
      await settles("denied inside the namespace", "a/caller", all, []);
      const before = heard();
      await eventually("what was established goes on", () => assert.ok(heard() > before + 10_000));
      await sleep(3000);
      for (const each of ["near", "far"]) {
        const ready = `{.status.conditions[?(@.type=="Ready")].status}`;
        assert.equal(kubectl(["get", "pod", "-n", "a", each, "-o", `jsonpath=${ready}`]).stdout, "True");
      }
      assert.deepEqual(reached("a/near", [`${near}:8080`]), [`${near}:8080`], "itself");
    },
  );

  await t.test("from a namespace by its labels, to a port by its name; labels may change", async () => {
    cluster.apply(
      policy("a/blue", {
        podSelector: { matchLabels: { pod: "far" } },
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "blue" } } }], ports: [{ port: "http" }] }],
      }),
    );
    await settles("blue", "b/caller", all, [`${far}:8080`, "far.a"]);
    await settles("blue from the other node", "b/other", all, [`${far}:8080`, "far.a"]);
    await settles("its own namespace is not blue", "a/caller", all, []);
    kubectl("label namespace a team=blue");
    await settles("now it is", "a/caller", all, [`${far}:8080`, "far.a"]);
    kubectl("label namespace b team-");
    await settles("not blue any more", "b/caller", all, []);
    kubectl("delete networkpolicy -n a --all");
    await settles("policies are gone", "b/caller", all, all);
  });

  await t.test("egress: nothing, not even names; then names and one server; then addresses but some", async () => {
    cluster.apply(policy("b/deny", { podSelector: {}, policyTypes: everywhere }));
    await settles("nothing leaves", "b/caller", all, []);
    assert.equal(inPod("b/caller", "timeout 2 nslookup far.a.svc.cluster.local >/dev/null 2>&1 && echo found || echo none").trim(), "none");
    const kubeDns = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    };
    const toFar = { namespaceSelector: {}, podSelector: { matchLabels: { pod: "far" } } };
    cluster.apply(
      policy("b/some", {
        podSelector: { matchLabels: { pod: "caller" } },
        policyTypes: ["Egress"],
        egress: [
          { to: [kubeDns], ports: [{ protocol: "UDP", port: 53 }] },
          { to: [toFar], ports: [{ port: "other" }, { port: 8080, endPort: 8080 }] },
        ],
      }),
    );
    await settles("a Service by its name, and the server's ports", "b/caller", all, [`${far}:8080`, `${far}:8081`, "far.a"]);
    await settles("another pod may nothing", "b/other", all, []);
    const all10 = { cidr: "10.0.0.0/8", except: [`${far}/32`] };
    cluster.apply(policy("b/some", { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [{ ipBlock: all10 }] }] }));
    await settles("addresses but one", "b/caller", all, [`${near}:8080`, `${near}:8081`]);
    kubectl("delete networkpolicy -n b --all");
    await settles("policies are gone", "b/caller", all, all);
  });

  await t.test("a policy is in force before a pod's first packet", async () => {
    kubectl("create namespace c");
    cluster.apply(policy("c/deny", { podSelector: {}, policyTypes: ["Egress"] }));
    // Its first act, as often as it can: whatever comes through is written down.
    const greedy = `i=0; while [ $i -lt 40 ]; do nc -w 1 ${near} 8080 </dev/null >/dev/null 2>&1 && echo through; i=$((i+1)); done & sleep 0.5; echo done; exec sleep 86400`;
    const quick = `for i in 1 2 3 4 5 6 7 8; do timeout 1 wget -q -O - http://${near}:8080/ && echo through; done; echo done; exec sleep 86400`;
    const ids = ["p1", "p2", "p3", "p4"];
    for (const [index, id] of ids.entries()) cluster.apply(pod(`c/${id}`, nodes[index % 2]!, index < 2 ? greedy : quick));
    for (const id of ids)
      await eventually(`${id} has tried`, () => assert.match(kubectl(`logs -n c ${id}`, { fails: true }).stdout, /done/), 60_000);
    for (const id of ids) assert.doesNotMatch(kubectl(`logs -n c ${id}`).stdout, /through/);
    // An address that comes back belongs to whom it is given to.
    kubectl("delete pod -n c --all");
    kubectl("delete networkpolicy -n c --all");
    cluster.apply(pod("c/again", nodes[0]!, quick));
    await eventually("free again", () => assert.match(kubectl("logs -n c again").stdout, /through/));
  });

  await t.test("agents that are killed leave the rules standing, and go on with them", async () => {
    cluster.apply(policy("a/deny", { podSelector: {}, policyTypes: ["Ingress"] }));
    await settles("denied", "b/caller", all, []);
    const run = `/run/spoke/${name}`;
    for (const node of nodes) process.kill(JSON.parse(readFileSync(join(run, `${node}-agent.pid`), "utf8")).pid, "SIGKILL");
    const rules = () => nodes.map((node) => rulesOf(`spoke-${name}-${node}`));
    assert.ok(rules().every((text) => text.includes("jump ingress/a/deny")));
    await eventually("an agent again", () => assert.deepEqual(reached("b/caller", all), []), 30_000);
    kubectl("delete networkpolicy -n a deny");
    await settles("open", "b/caller", all, all);
  });

  await t.test("the example does what it says", async () => {
    kubectl(`apply -f ${join(root, "examples/network-policy/shop.yml")}`);
    kubectl("rollout status -n shop deployment/web --timeout=60s");
    kubectl("rollout status -n shop deployment/database --timeout=60s");
    kubectl("wait -n stranger --for=condition=Ready pod/caller --timeout=60s");
    const both = ["web.shop:8080", "database.shop:8080"];
    await settles("open", "stranger/caller", both, both);
    kubectl(`apply -f ${join(root, "examples/network-policy/policies.yml")}`);
    await settles("only the website", "stranger/caller", both, ["web.shop:8080"]);
    await eventually("the website asks the database", () => {
      const words = ["exec", "-n", "shop", "deploy/web", "--", "timeout", "2", "wget", "-q", "-O", "-", "http://database:8080/"];
      assert.equal(kubectl(words, { fails: true }).stdout, "records\n");
    });
  });
});
