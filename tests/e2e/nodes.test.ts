/** What the course does not step through, on two real nodes: limits in the kernel, host ports, where packets come from, a lost node. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, get, realNodes, sleep, spoke, TestCluster, traces } from "./cluster.ts";
import { push, startRegistry } from "./images.ts";

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

/** A web server that answers with what it knows of itself and of its caller. */
const whoScript = [
  "mkdir -p /www/cgi-bin",
  String.raw`printf '#!/bin/sh\nprintf "Content-type: text/plain\\r\\n\\r\\n"\necho "$(hostname) sees $REMOTE_ADDR"\n' > /www/cgi-bin/who`,
  "chmod +x /www/cgi-bin/who",
  "exec httpd -f -p 8080 -h /www",
].join("; ");

const server = (more: object = {}) => ({
  name: "c",
  image: "busybox:1.36",
  command: ["sh", "-c", whoScript],
  ports: [{ containerPort: 8080 }],
  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
  ...more,
});

const podOf = (name: string, spec: object, labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels },
  spec: { terminationGracePeriodSeconds: 0, ...spec },
});

test("two nodes", { skip: realNodes(), timeout: 600_000 }, async (t) => {
  const cluster = new TestCluster("two", [spoke, "kubectl"]);
  const json = (line: string): Json => JSON.parse(cluster.kubectl(`${line} -o json`).stdout);
  const inPod = (pod: string, script: string) => cluster.kubectl(["exec", pod, "--", "sh", "-c", script]).stdout;
  const ready = (name: string) => cluster.kubectl(`wait --for=condition=Ready pod/${name} --timeout=60s`);
  const who = async (base: string) => (await get(`${base}/cgi-bin/who`)).body.trim();
  const addressOf = (node: Json): string => node.status.addresses.find((a: Json) => a.type === "InternalIP").address;
  let hostAddress = "";
  t.after(async () => {
    await cluster.destroy();
    assert.deepEqual(traces("two"), []);
  });
  const up = cluster.spoke("up", "--nodes", "2", "--registry", "--registry-port", "5077");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  const nodes: Json[] = json("get nodes").items;

  await t.test("limits and requests are in the kernel", () => {
    cluster.apply(
      podOf("limited", {
        containers: [server({ resources: { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "250m", memory: "32Mi" } } })],
      }),
    );
    ready("limited");
    const read = (v1: string, v2: string) => inPod("limited", `cat /sys/fs/cgroup/${v1} 2>/dev/null || cat /sys/fs/cgroup/${v2}`).trim();
    assert.equal(read("memory/memory.limit_in_bytes", "memory.max"), String(64 * 1024 * 1024));
    assert.match(read("cpu/cpu.cfs_quota_us", "cpu.max"), /^50000( 100000)?$/);
    // v1 counts shares, v2 a weight from the same request.
    assert.match(read("cpu/cpu.shares", "cpu.weight"), /^(256|10)$/);
    assert.equal(json("get pod limited").status.qosClass, "Burstable");
  });

  await t.test("a running container is given other amounts where it runs, or starts anew where it asks for that", async () => {
    const resize = (resources: object) =>
      cluster.kubectl([
        "patch",
        "pod",
        "limited",
        "--subresource=resize",
        "--type=strategic",
        `-p=${JSON.stringify({ spec: { containers: [{ name: "c", resources }] } })}`,
      ]);
    const status = (): Json => json("get pod limited").status;
    const memory = () => inPod("limited", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max");
    resize({ limits: { cpu: "600m", memory: "96Mi" }, requests: { cpu: "300m", memory: "48Mi" } });
    await eventually("it is in force", () => {
      assert.deepEqual(status().containerStatuses[0].resources, {
        limits: { cpu: "600m", memory: "96Mi" },
        requests: { cpu: "300m", memory: "48Mi" },
      });
      assert.equal(memory().trim(), String(96 * 1024 * 1024));
      assert.ok(!status().conditions.some((c: Json) => c.type.startsWith("PodResize")));
    });
    assert.equal(status().containerStatuses[0].restartCount, 0);
    const { stdout } = cluster.kubectl("get events --field-selector involvedObject.name=limited");
    assert.match(stdout, /ResizeCompleted/);
  });

  await t.test("a file in a node's folder runs as a pod, comes again in the API, and ends with the file", async () => {
    const node = nodes[1]!.metadata.name;
    const file = `/var/lib/spoke/two/nodes/${node}/manifests/static.json`;
    writeFileSync(file, JSON.stringify(podOf("static", { containers: [server()] })));
    const shown = (): Json => json(`get pod static-${node}`);
    await eventually("it is shown", () => assert.equal(shown().status.phase, "Running"));
    const { uid, annotations } = shown().metadata;
    assert.ok(annotations["kubernetes.io/config.mirror"]);
    const started = shown().status.containerStatuses[0].containerID;
    cluster.kubectl(`delete pod static-${node} --wait=false`);
    await eventually("it is shown again", () => {
      assert.notEqual(shown().metadata.uid, uid);
      assert.equal(shown().status.containerStatuses?.[0].containerID, started);
    });
    rmSync(file);
    await eventually("it is gone", () => assert.doesNotMatch(cluster.kubectl("get pods").stdout, /static-/));
  });

  await t.test("the node tells what dashboards ask for", () => {
    const node = json("get pod limited").spec.nodeName;
    const page = (path: string) => cluster.kubectl(`get --raw /api/v1/nodes/${node}/proxy/${path}`).stdout;
    const cadvisor = page("metrics/cadvisor");
    for (const name of ["container_cpu_usage_seconds_total", "container_memory_working_set_bytes", "container_start_time_seconds"])
      assert.match(cadvisor, new RegExp(`^${name}\\{container="c",.*namespace="default",pod="limited"`, "m"));
    assert.match(cadvisor, /^container_network_receive_bytes_total\{container="",.*pod="limited",interface="eth0"\} \d+/m);
    assert.match(page("metrics/probes"), /^prober_probe_total\{probe_type="Readiness",container="c",pod="limited",.*\} \d+$/m);
    assert.match(page("metrics"), /^kubelet_started_containers_total\{container_type="container"\} \d+$/m);
    const summary = JSON.parse(page("stats/summary"));
    assert.ok(summary.node.fs.capacityBytes > summary.node.fs.usedBytes);
    const pod = summary.pods.find((each: Json) => each.podRef.name === "limited");
    assert.ok(pod.network.rxBytes > 0 && pod.containers[0].rootfs.capacityBytes > 0 && /^kube-api-access-/.test(pod.volume[0].name));
  });

  await t.test("images come from a registry's mirror, with credentials; what is refused or missing backs off", async () => {
    const { slot } = JSON.parse(readFileSync("/var/lib/spoke/two/cluster.json", "utf8"));
    const serve = (stamp: string) => startRegistry(`10.89.${slot}.1`, { name: "team/busybox", password: "ann:secret", stamp });
    // No node has the layer of the other one: what it has it does not ask for.
    const [registry, other] = await Promise.all([serve("from the mirror\n"), serve("from a copy\n")]);
    try {
      const folder = "/var/lib/spoke/two/registries/registry.test";
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, "hosts.toml"),
        `server = "https://registry.test"\n[host."${registry.url}"]\n  capabilities = ["pull", "resolve"]\n`,
      );
      cluster.kubectl("create secret docker-registry pull --docker-server=registry.test --docker-username=ann --docker-password=secret");
      const pod = (name: string, tag: string, secret: boolean) =>
        cluster.apply(
          podOf(name, {
            ...(secret ? { imagePullSecrets: [{ name: "pull" }] } : {}),
            containers: [
              {
                name: "c",
                image: `registry.test/team/busybox:${tag}`,
                imagePullPolicy: "Always",
                command: ["/bin/busybox", "sleep", "3600"],
              },
            ],
          }),
        );
      pod("stranger", "1", false);
      pod("pulled", "1", true);
      pod("missing", "2", true);
      ready("pulled");
      assert.equal(cluster.kubectl("exec pulled -- /bin/busybox cat /stamp").stdout, "from the mirror\n");
      assert.match(cluster.kubectl("get events --field-selector involvedObject.name=pulled").stdout, /Successfully pulled image/);
      await eventually("the others back off", () => {
        const table = cluster.kubectl("get pods").stdout;
        assert.match(table, /stranger\s+0\/1\s+ImagePullBackOff/);
        assert.match(table, /missing\s+0\/1\s+ImagePullBackOff/);
      });
      const why = (name: string) => cluster.kubectl(`get events --field-selector involvedObject.name=${name},reason=Failed`).stdout;
      assert.match(why("stranger"), /401 Unauthorized|authorization failed|no basic auth credentials/);
      assert.match(why("missing"), /Failed to pull image "registry\.test\/team\/busybox:2"/);

      cluster.kubectl("delete pod stranger pulled missing");
      const removed = cluster.spoke("image", "rm", "--force", "registry.test/team/busybox:1");
      assert.equal(removed.code, 0, removed.stderr);

      // The cluster's own registry keeps copies, by the machine's credentials; the second node asks when the other one is gone.
      const credentials = join(other.folder, "config.json");
      const auths = { "team.example": { username: "ann", password: "secret" } };
      writeFileSync(credentials, JSON.stringify({ auths }), { mode: 0o600 });
      const copies = cluster.spoke("up", "--registry-mirror", `team.example=${other.url}`, "--registry-credentials", credentials);
      assert.equal(copies.code, 0, copies.stdout + copies.stderr);
      const copied = (at: number) => {
        const command = ["/bin/busybox", "sleep", "3600"];
        const nodeName = nodes[at].metadata.name;
        cluster.apply(podOf(`copied-${at}`, { nodeName, containers: [{ name: "c", image: "team.example/team/busybox:1", command }] }));
        ready(`copied-${at}`);
      };
      copied(0);
      other.close();
      copied(1);
      const asked = "exec copied-1 -- /bin/busybox wget -qO- registry.kube-system:5000/v2/team/busybox/manifests/1?ns=team.example";
      assert.match(cluster.kubectl(asked, { fails: true }).stderr, /404/, "pods have no copies");
    } finally {
      registry.close();
      other.close();
    }
    cluster.kubectl("delete pod copied-0 copied-1");
  });

  await t.test("what is pushed to localhost runs on every node, and pods read it by name and do not push", async () => {
    const folder = mkdtempSync(join(tmpdir(), "spoke-push-"));
    try {
      await push(folder, "http://localhost:5077", "team/app:1");
      const names = nodes.map(({ metadata }) => `pushed-${metadata.name}`);
      for (const { metadata } of nodes)
        cluster.apply(
          podOf(`pushed-${metadata.name}`, {
            nodeName: metadata.name,
            containers: [{ name: "c", image: "localhost:5077/team/app:1", command: ["/bin/busybox", "sleep", "3600"] }],
          }),
        );
      for (const name of names) ready(name);
      const ask = (words: string, fails = false) => cluster.kubectl(`exec ${names[0]} -- /bin/busybox wget -qO- ${words}`, { fails });
      assert.equal(ask("registry.kube-system:5000/v2/_catalog").stdout, '{"repositories":["team/app"]}');
      assert.match(ask("--post-data= registry.kube-system:5000/v2/app/blobs/uploads/", true).stderr, /403/);
      cluster.kubectl(`delete pod ${names.join(" ")}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  await t.test("a host port is there once a node, and answers on the node's address", async () => {
    for (const name of ["port-a", "port-b", "port-c"])
      cluster.apply(podOf(name, { containers: [server({ ports: [{ containerPort: 8080, hostPort: 18099 }] })] }, { app: "port" }));
    ready("port-a");
    ready("port-b");
    const [a, b, c] = ["port-a", "port-b", "port-c"].map((name) => json(`get pod ${name}`));
    assert.notEqual(a!.spec.nodeName, b!.spec.nodeName);
    assert.equal(c!.status.phase, "Pending");
    assert.match(c!.status.conditions[0].message, /didn't have free ports for the requested pod ports/);
    const node = nodes.find((each) => each.metadata.name === a!.spec.nodeName)!;
    await eventually("the host port", async () => {
      const text = await who(`http://${addressOf(node)}:18099`);
      assert.match(text, /^port-a sees /);
      hostAddress = text.split(" ").at(-1)!;
    });
    cluster.kubectl("delete pod -l app=port");
  });

  await t.test("externalTrafficPolicy decides whether the caller's own address is seen", async () => {
    cluster.apply(podOf("seer", { containers: [server()] }, { app: "seer" }));
    ready("seer");
    const service = (name: string, policy: string) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { type: "NodePort", externalTrafficPolicy: policy, selector: { app: "seer" }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    cluster.apply(service("anywhere", "Cluster"));
    cluster.apply(service("here", "Local"));
    const port = (name: string): number => json(`get svc ${name}`).spec.ports[0].nodePort;
    const home = json("get pod seer").spec.nodeName;
    const [on, off] = [nodes.find((n) => n.metadata.name === home)!, nodes.find((n) => n.metadata.name !== home)!];
    await eventually("Local keeps the address", async () =>
      assert.equal(await who(`http://${addressOf(on)}:${port("here")}`), `seer sees ${hostAddress}`),
    );
    await assert.rejects(get(`http://${addressOf(off)}:${port("here")}/cgi-bin/who`, { timeoutMs: 1500 }), "no endpoint there");
    for (const node of [on, off]) assert.match(await who(`http://${addressOf(node)}:${port("anywhere")}`), /^seer sees /);
    assert.notEqual(await who(`http://${addressOf(off)}:${port("anywhere")}`), `seer sees ${hostAddress}`);
  });

  await t.test("sessionAffinity, ExternalName and headless Services", async () => {
    cluster.apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "many" },
      spec: {
        replicas: 4,
        selector: { matchLabels: { app: "many" } },
        template: { metadata: { labels: { app: "many" } }, spec: { terminationGracePeriodSeconds: 0, containers: [server()] } },
      },
    });
    cluster.kubectl("rollout status deployment/many --timeout=60s");
    const service = (name: string, spec: object) => cluster.apply({ apiVersion: "v1", kind: "Service", metadata: { name }, spec });
    const ports = [{ name: "web", port: 80, targetPort: 8080 }];
    service("sticky", { selector: { app: "many" }, sessionAffinity: "ClientIP", ports });
    service("loose", { selector: { app: "many" }, ports });
    service("headless", { selector: { app: "many" }, clusterIP: "None", ports });
    service("elsewhere", { type: "ExternalName", externalName: "headless.default.svc.cluster.local" });
    const answers = (name: string, count: number) =>
      new Set(inPod("seer", `for i in $(seq ${count}); do wget -qO- http://${name}/cgi-bin/who; done`).trim().split("\n"));
    await eventually("both answer", () => assert.ok(answers("loose", 1).size === 1 && answers("sticky", 1).size === 1));
    assert.equal(answers("sticky", 20).size, 1);
    assert.ok(answers("loose", 40).size > 1, "40 requests reached one pod only");
    const found = (name: string) =>
      inPod("seer", `nslookup ${name} 2>/dev/null || true`).match(/Address.*: 10\.\d+\.\d+\.\d+$/gm)?.length ?? 0;
    assert.equal(found("headless.default.svc.cluster.local"), 4);
    assert.equal(found("elsewhere.default.svc.cluster.local"), 4);
  });

  await t.test("a node that vanishes: the load balancer goes on, pods move after their toleration", { timeout: 240_000 }, async () => {
    const tolerations = ["not-ready", "unreachable"].map((why) => ({
      key: `node.kubernetes.io/${why}`,
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 5,
    }));
    cluster.apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "spread" },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "spread" } },
        template: {
          metadata: { labels: { app: "spread" } },
          spec: {
            tolerations,
            terminationGracePeriodSeconds: 0,
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: "kubernetes.io/hostname",
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: { matchLabels: { app: "spread" } },
              },
            ],
            containers: [server()],
          },
        },
      },
    });
    cluster.kubectl("rollout status deployment/spread --timeout=60s");
    const pods = (): Json[] => json("get pods -l app=spread").items;
    assert.equal(new Set(pods().map((pod) => pod.spec.nodeName)).size, 2, "one on each node");
    cluster.kubectl("expose deployment spread --type=LoadBalancer --port=18081 --target-port=8080");
    const address = await eventually(
      "an external address",
      () => json("get svc spread").status.loadBalancer.ingress?.[0]?.ip ?? assert.fail("none yet"),
    );
    await eventually("it answers", () => who(`http://${address}:18081`));
    const lost = nodes[1]!.metadata.name;
    const { slot } = JSON.parse(readFileSync("/var/lib/spoke/two/cluster.json", "utf8"));
    const cable = (state: "up" | "down") => {
      const set = spawnSync("ip", ["link", "set", `spoke${slot}n2`, state], { encoding: "utf8" });
      assert.equal(set.status, 0, set.stderr);
    };
    const route = (...words: string[]) => {
      const { stdout, stderr } = spawnSync("ip", ["route", ...words], { encoding: "utf8" });
      return stdout + stderr;
    };
    const services = `10.${96 + slot}.0.0/16`;
    assert.match(route("show", services), new RegExp(`10\\.89\\.${slot}\\.12`));
    assert.match(route("get", `10.88.${slot}.251`), /No route to host|unreachable/, "an address that nobody has leads nowhere");
    assert.match(route("get", `10.${244 - slot}.77.5`), /No route to host|unreachable/, "nor does the pod of a node that is not there");
    cable("down");
    await eventually("ClusterIPs leave the lost node", () => assert.doesNotMatch(route("show", services), /\.12\b/), 2500);
    // Found out by asking, not by the node's silence towards the API server. A lost pod stays an endpoint until then, so one
    // request in two may still be led to it: what counts is that the address itself answers.
    await sleep(4000);
    const tried = await Promise.allSettled(
      Array.from({ length: 20 }, () => get(`http://${address}:18081/cgi-bin/who`, { timeoutMs: 2000 })),
    );
    assert.ok(tried.filter((one) => one.status === "fulfilled").length >= 4, "the load balancer answers through the other node");
    const status = (node: Json) => node.status.conditions.find((c: Json) => c.type === "Ready").status;
    await eventually("NotReady", () => assert.equal(status(json(`get node ${lost}`)), "Unknown"), 90_000);
    assert.match(cluster.kubectl(`get node ${lost}`).stdout, /NotReady/);
    await eventually(
      "pods move",
      () => {
        const there = pods().filter(
          (pod) => pod.spec.nodeName !== lost && pod.status.conditions.some((c: Json) => c.type === "Ready" && c.status === "True"),
        );
        assert.equal(there.length, 2);
      },
      60_000,
    );
    for (let i = 0; i < 20; i++) assert.match(await who(`http://${address}:18081`), /^spread-/);
    cable("up");
    await eventually("Ready again", () => assert.equal(status(json(`get node ${lost}`)), "True"), 60_000);
  });

  await t.test("a drained node is empty", () => {
    const node = nodes[0]!.metadata.name;
    const { stdout } = cluster.kubectl(`drain ${node} --force --ignore-daemonsets --timeout=60s`);
    assert.match(stdout, new RegExp(`node/${node} drained`));
    assert.deepEqual(json(`get pods -A --field-selector=spec.nodeName=${node}`).items, []);
    cluster.kubectl(`uncordon ${node}`);
    assert.ok(existsSync(`/run/netns/spoke-two-${node}`));
  });
});
