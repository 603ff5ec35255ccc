/** Clusters of two families, and of IPv6 alone: pods, Services, node ports, names and Ingresses, each by either. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { eventually, get, realNodes, spoke, TestCluster, traces } from "./cluster.ts";

const serve = "mkdir /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www";

const pod = (id: string, nodeName: string, command: string, labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: id, labels },
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: "c",
        image: "busybox:1.36",
        command: ["sh", "-c", command],
        ...(labels.app ? { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } } : {}),
      },
    ],
  },
});

const service = (id: string, spec: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: id },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
});

const inUrl = (address = "") => (address.includes(":") ? `[${address}]` : address);

/** What a test asks of a cluster: a caller pod's questions, and lists of texts from objects. */
function questionsTo(cluster: TestCluster) {
  const inCaller = (script: string) => cluster.kubectl(["exec", "caller", "--", "sh", "-c", script]).stdout.trim();
  return {
    /** One answer a place, `host:port` or a host. */
    ask: (...places: string[]) =>
      inCaller(places.map((place) => `timeout 2 wget -q -O - http://${place}/ || echo none`).join("; ")).split("\n"),
    /** Addresses that the cluster's DNS gives, sorted. */
    resolve: (name: string, type: "a" | "aaaa") =>
      [...inCaller(`nslookup -type=${type} ${name} | tail -n +3 || true`).matchAll(/^Address: (\S+)$/gm)].map((match) => match[1]!).sort(),
    listOf: (words: string, path: string) =>
      cluster
        .kubectl([...words.split(" "), "-o", `jsonpath=${path}`])
        .stdout.trim()
        .split(/\s+/)
        .filter(Boolean),
  };
}

const withoutIpv6 = existsSync("/proc/sys/net/ipv6") ? undefined : "the kernel has no IPv6";

const families = ["IPv4", "IPv6"] as const;
const ofFamily = (addresses: readonly string[], family: (typeof families)[number]) =>
  addresses.filter((address) => address.includes(":") === (family === "IPv6"));

function destroyed(cluster: TestCluster) {
  return async () => {
    const { code, stdout, stderr } = await cluster.destroy();
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(traces(cluster.name), []);
  };
}

test("two families", { skip: realNodes() ?? withoutIpv6, timeout: 300_000 }, async (t) => {
  const name = "families";
  const nodes = [`${name}-node-1`, `${name}-node-2`];
  const cluster = new TestCluster(name, [spoke, "kubectl"]);
  const kubectl = cluster.kubectl.bind(cluster);
  const { ask, resolve, listOf } = questionsTo(cluster);
  t.after(destroyed(cluster));
  const up = cluster.spoke("up", "--nodes", "2", "--families", "ipv4,ipv6");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  cluster.apply(pod("web-1", nodes[0]!, serve, { app: "web" }));
  cluster.apply(pod("web-2", nodes[1]!, serve, { app: "web" }));
  cluster.apply(pod("caller", nodes[0]!, "exec sleep 86400"));
  cluster.apply(service("web", { type: "LoadBalancer", ipFamilyPolicy: "RequireDualStack" }));
  cluster.apply(service("peers", { clusterIP: "None", ipFamilyPolicy: "PreferDualStack" }));
  cluster.apply(service("six", { ipFamilies: ["IPv6"] }));
  kubectl("wait --for=condition=Ready pod --all --timeout=120s");
  const ipsOf = Object.fromEntries(["web-1", "web-2"].map((id) => [id, listOf(`get pod ${id}`, "{.status.podIPs[*].ip}")]));

  for (const family of families)
    await t.test(`by ${family} pods, Services, node ports and names are reached`, async () => {
      const pods = ["web-1", "web-2"].map((id) => ofFamily(ipsOf[id]!, family)[0]!);
      assert.deepEqual(ask(...pods.map((ip) => `${inUrl(ip)}:8080`)), ["web-1", "web-2"]);
      const addresses = ofFamily(listOf("get service web", "{.spec.clusterIPs[*]}"), family);
      const [nodePort] = listOf("get service web", "{.spec.ports[0].nodePort}");
      await eventually("both endpoints answer", () => {
        const got = ask(...Array.from({ length: 8 }, () => inUrl(addresses[0])));
        assert.deepEqual([...new Set(got)].sort(), ["web-1", "web-2"]);
      });
      const ofNodes = ofFamily(listOf("get nodes", '{.items[*].status.addresses[?(@.type=="InternalIP")].address}'), family);
      assert.equal(ofNodes.length, 2);
      for (const answer of ask(...ofNodes.map((address) => `${inUrl(address)}:${nodePort}`))) assert.match(answer, /^web-[12]$/);
      for (const address of ofNodes) assert.match((await get(`http://${inUrl(address)}:${nodePort}/`)).body, /^web-[12]\n$/);
      const [balanced] = ofFamily(listOf("get service web", "{.status.loadBalancer.ingress[*].ip}"), family);
      await eventually("the balancer's address answers", async () =>
        assert.match((await get(`http://${inUrl(balanced!)}/`)).body, /^web-[12]\n$/),
      );
      const type = family === "IPv4" ? "a" : "aaaa";
      assert.deepEqual(resolve("web.default.svc.cluster.local", type), addresses);
      assert.deepEqual(resolve("peers.default.svc.cluster.local", type), pods.toSorted());
    });

  await t.test("a Service of IPv6 has no address of IPv4, a second family comes and goes", async () => {
    assert.deepEqual(resolve("six.default.svc.cluster.local", "a"), []);
    assert.match(ask("six.default.svc.cluster.local")[0]!, /^web-[12]$/);
    const addresses = () => listOf("get service six", "{.spec.clusterIPs[*]}");
    const [first] = addresses();
    kubectl(["patch", "service", "six", "--type=merge", "-p", '{"spec":{"ipFamilyPolicy":"PreferDualStack"}}']);
    const [kept, second] = addresses();
    assert.equal(kept, first);
    await eventually("the second address answers", () => assert.match(ask(inUrl(second))[0]!, /^web-[12]$/));
    kubectl(["patch", "service", "six", "--type=merge", "-p", '{"spec":{"ipFamilyPolicy":"SingleStack"}}']);
    assert.deepEqual(addresses(), [first]);
    await eventually("the second address is nobody's", () => assert.deepEqual(ask(inUrl(second)), ["none"]));
  });

  await t.test("a policy holds in both", async () => {
    const both = ipsOf["web-2"]!.map((ip) => `${inUrl(ip)}:8080`);
    const spec = { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress"], ingress: [] };
    cluster.apply({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "deny" }, spec });
    await eventually("nothing comes in", () => assert.deepEqual(ask(...both), ["none", "none"]));
    kubectl("delete networkpolicy deny");
    await eventually("all comes in again", () => assert.deepEqual(ask(...both), ["web-2", "web-2"]));
  });

  await t.test("an Ingress answers at addresses of both", async () => {
    const backend = { service: { name: "web", port: { number: 80 } } };
    cluster.apply({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "web" }, spec: { defaultBackend: backend } });
    await eventually("both addresses answer", async () => {
      const addresses = listOf("get ingress web", "{.status.loadBalancer.ingress[*].ip}");
      assert.equal(addresses.length, 2);
      for (const address of addresses) assert.match((await get(`http://${inUrl(address)}/`)).body, /^web-[12]\n$/);
    });
  });
});

test("IPv6 alone", { skip: realNodes() ?? withoutIpv6, timeout: 300_000 }, async (t) => {
  const cluster = new TestCluster("six", [spoke, "kubectl"]);
  const { ask, resolve, listOf } = questionsTo(cluster);
  t.after(destroyed(cluster));
  const up = cluster.spoke("up", "--families", "ipv6");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  cluster.apply(pod("web-1", "six-node-1", serve, { app: "web" }));
  cluster.apply(pod("caller", "six-node-1", "exec sleep 86400"));
  cluster.apply(service("web", {}));
  cluster.kubectl("wait --for=condition=Ready pod --all --timeout=120s");
  const addresses = listOf("get service web", "{.spec.clusterIPs[*]}");
  assert.deepEqual([addresses.length, ofFamily(addresses, "IPv6").length], [1, 1]);
  assert.deepEqual(resolve("web.default.svc.cluster.local", "aaaa"), addresses);
  await eventually("the Service answers by its name", () => assert.deepEqual(ask("web"), ["web-1"]));
  const { stdout } = spawnSync("nsenter", ["--net=/run/netns/spoke-six-six-node-1", "ip", "-4", "-o", "address", "show", "eth0"], {
    encoding: "utf8",
  });
  assert.equal(stdout, "", "the node has no address of IPv4");
});
