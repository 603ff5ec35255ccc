/** A cluster over three machines: joined in two commands, the course spread over them, one of them lost and back. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, type Output, realNodes, root, spoke } from "./cluster.ts";
import { type Machine, Segment } from "./machine.ts";

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

const sleeper = (name: string, node: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: {
    nodeName: node,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "c", image: "busybox:1.36", imagePullPolicy: "IfNotPresent", command: ["sh", "-c", "echo started; sleep 3600"] }],
  },
});

test("three machines", { skip: realNodes(), timeout: 600_000 }, async (t) => {
  const segment = new Segment("machines");
  t.after(() => segment.end());
  for (const gateway of ["192.168.77.254/24", "192.168.78.254/24"]) segment.route(gateway);
  const server = await segment.plug("one", "192.168.77.1/24");
  const others = [await segment.plug("two", "192.168.77.2/24"), await segment.plug("three", "192.168.78.3/24")] as const;
  const [two, three] = others;
  const good = (output: Output): Output => {
    assert.equal(output.code, 0, output.stdout + output.stderr);
    return output;
  };
  const kubectl = (line: string | string[], input?: string) =>
    good(server.run([spoke, "kubectl", ...(Array.isArray(line) ? line : line.split(" "))], { input })).stdout;
  const json = (line: string): Json => JSON.parse(kubectl(`${line} -o json`));
  const apply = (object: object) => kubectl("apply -f -", JSON.stringify(object));
  const inPod = (pod: string, script: string) => kubectl(["exec", pod, "--", "sh", "-c", script]);
  const page = (machine: Machine, address: string) => machine.run(["curl", "--silent", "--max-time", "3", `http://${address}/`]).stdout;
  const readyOf = (name: string): string =>
    json(`get node ${name}`).status.conditions.find((condition: Json) => condition.type === "Ready").status;

  await t.test("two commands make them one cluster, and who is not believed does not join", async () => {
    good(server.spoke("server"));
    const command = good(server.spoke("token", "create", "--print-join-command"))
      .stdout.trim()
      .split(" ");
    const forged = command.map((word) => word.replace(/sha256:../, "sha256:ff"));
    const refused = two.run([spoke, ...forged.slice(1)]);
    assert.match(refused.stderr, /not the one that the token names/);
    assert.equal(refused.code, 1);
    assert.match(two.spoke("agent", "--server", "https://192.168.77.1:6443", "--token", "abcdef.0123456789abcdef").stderr, /--ca-hash/);
    const words = [spoke, ...command.slice(1)];
    for (const joined of await Promise.all([two.start(words), three.start([...words, "--node-label", "disk=ssd"])])) good(joined);
    const rows = kubectl("get nodes")
      .split("\n")
      .map((row) => row.split(/\s+/).slice(0, 3).join(" "));
    assert.deepEqual(rows.slice(1, 4).toSorted(), ["one Ready control-plane", "three Ready <none>", "two Ready <none>"]);
    assert.equal(json("get node three").metadata.labels.disk, "ssd");
    assert.match(good(two.spoke("status")).stdout, /two: Ready/);
    // By its address on the same segment, by a tunnel to the other.
    await eventually("the ways", () => {
      const ways = server.run(["ip", "route"]).stdout;
      assert.match(ways, /^10\.244\.\d\.0\/24 via 192\.168\.77\.2 dev eth0 /m);
      assert.match(ways, /^10\.244\.(\d)\.0\/24 via 10\.244\.\1\.0 dev spoke0v /m);
    });
  });

  await t.test("the course runs spread over them", async () => {
    const app = readFileSync(join(root, "examples/bootcamp/app.yml"), "utf8").replace("replicas: 2", "replicas: 6");
    const unreachable = { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 1 };
    kubectl("apply -f -", app.replace("containers:", `tolerations: [${JSON.stringify(unreachable)}]\n      containers:`));
    kubectl("apply -f examples/bootcamp/service.yml");
    for (const { name } of [server, ...others]) apply(sleeper(`on-${name}`, name));
    kubectl("rollout status deployment/bootcamp --timeout=60s");
    for (const { name } of [server, ...others]) kubectl(`wait --for=condition=Ready pod/on-${name} --timeout=60s`);
    const pods: Json[] = json("get pods -l app=bootcamp").items;
    assert.deepEqual([...new Set(pods.map((pod) => pod.spec.nodeName))].toSorted(), ["one", "three", "two"]);
    for (const { name } of [server, ...others]) {
      const addresses = pods.map((pod) => pod.status.podIP);
      const pages = inPod(`on-${name}`, `for ip in ${addresses.join(" ")}; do wget -qO- http://$ip:8080/; echo; done`);
      assert.equal(pages.match(/Hello Kubernetes!/g)?.length, 6, `from ${name}: ${pages}`);
      assert.match(inPod(`on-${name}`, "wget -qO- http://bootcamp-svc/"), /Hello Kubernetes!/);
      assert.match(kubectl(`logs on-${name}`), /started/);
    }
    // Full packets are longer than a tunnel takes: whoever sends them must hear of it.
    inPod("on-three", "httpd -p 8081 -h /bin");
    const far = json("get pod on-three").status.podIP;
    assert.ok(Number(inPod("on-one", `wget -qO- http://${far}:8081/busybox | wc -c`)) > 500_000);
  });

  await t.test("Services answer on every machine: by address, by node port", async () => {
    const { clusterIP } = json("get service bootcamp-svc").spec;
    kubectl("expose deployment bootcamp --name=by-port --type=NodePort --port=80 --target-port=8080");
    const port = json("get service by-port").spec.ports[0].nodePort;
    for (const machine of [server, ...others]) {
      await eventually(`${machine.name} by address`, () => assert.match(page(machine, clusterIP), /Hello Kubernetes!/));
      for (const address of ["192.168.77.1", "192.168.77.2", "192.168.78.3"])
        await eventually(`${machine.name} by the port of ${address}`, () =>
          assert.match(page(machine, `${address}:${port}`), /Hello Kubernetes!/),
        );
    }
  });

  await t.test("an agent that is killed comes back, and its pods go on", async () => {
    const before = json("get pod on-two").status.containerStatuses[0].containerID;
    const pid = /two-agent +runs +pid (\d+)/.exec(two.spoke("status").stdout)?.[1];
    assert.equal(spawnSync("kill", ["-9", String(pid)]).status, 0);
    await eventually("another one", () => {
      const now = /two-agent +runs +pid (\d+)/.exec(two.spoke("status").stdout)?.[1];
      assert.ok(now !== undefined && now !== pid);
    });
    await eventually("exec", () => assert.equal(inPod("on-two", "hostname"), "on-two\n"));
    assert.equal(json("get pod on-two").status.containerStatuses[0].containerID, before);
  });

  await t.test("a machine whose cable is pulled is NotReady, and its pods move; then it is back", async () => {
    three.link("down");
    await eventually("NotReady", () => assert.equal(readyOf("three"), "Unknown"), 90_000);
    await eventually("no endpoint is there", () => {
      const slices: Json[] = json("get endpointslices -l kubernetes.io/service-name=bootcamp-svc").items;
      const ready = slices.flatMap((slice) => slice.endpoints).filter((endpoint: Json) => endpoint.conditions.ready);
      assert.ok(ready.length > 0 && ready.every((endpoint: Json) => endpoint.nodeName !== "three"));
    });
    await eventually("its pods run elsewhere", () => {
      const pods: Json[] = json("get pods -l app=bootcamp").items;
      const running = pods.filter((pod) => pod.spec.nodeName !== "three" && pod.status.phase === "Running");
      assert.equal(running.length, 6);
    });
    assert.match(inPod("on-one", "for i in 1 2 3 4 5 6; do wget -qO- http://bootcamp-svc/; done"), /(Hello Kubernetes!){6}/);
    three.link("up");
    await eventually("Ready again", () => assert.equal(readyOf("three"), "True"));
    await eventually("exec", () => assert.equal(inPod("on-three", "hostname"), "on-three\n"));
  });

  await t.test("down and again: the machine is the node that it was", async () => {
    good(two.spoke("down"));
    good(two.spoke("agent"));
    await eventually("exec", () => assert.equal(inPod("on-two", "hostname"), "on-two\n"));
  });

  await t.test("destroy leaves nothing on any machine", () => {
    for (const machine of [three, two, server]) {
      good(machine.spoke("destroy"));
      assert.deepEqual(machine.traces(), [], machine.name);
    }
  });
});
