/** Services by iptables: chains as upstream's, every way in, and a change of the mode under load, there and back. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { eventually, get, load, realNodes, spoke, TestCluster, traces } from "./cluster.ts";

const name = "proxy-mode";
const nodes = [`${name}-node-1`, `${name}-node-2`];

function inNode(node: string, ...words: string[]): string {
  return spawnSync("nsenter", [`--net=/run/netns/spoke-${name}-${node}`, ...words], { encoding: "utf8" }).stdout;
}

const pod = (id: string, nodeName: string, command: string, labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: id, labels },
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "c", image: "busybox:1.36", command: ["sh", "-c", command], readinessProbe: probeOf(labels) }],
  },
});
const probeOf = (labels: Record<string, string>) => (labels.app ? { tcpSocket: { port: 8080 }, periodSeconds: 1 } : undefined);
const serve = "mkdir /www; hostname > /www/index.html; exec httpd -f -p 8080 -h /www";

test("Services by iptables", { skip: realNodes(), timeout: 600_000 }, async (t) => {
  const cluster = new TestCluster(name, [spoke, "kubectl"]);
  const kubectl = cluster.kubectl.bind(cluster);
  t.after(async () => {
    const { code, stdout, stderr } = await cluster.destroy();
    assert.equal(code, 0, stdout + stderr);
    assert.deepEqual(traces(name), []);
  });
  const up = cluster.spoke("up", "--nodes", "2", "--proxy-mode", "iptables");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  for (const [index, node] of nodes.entries()) {
    cluster.apply(pod(`web-${index + 1}`, node, serve, { app: "web" }));
    cluster.apply(pod(`caller-${index + 1}`, node, "exec sleep 86400"));
  }
  const ports = [{ port: 80, targetPort: 8080, nodePort: 30123 }];
  const service = (id: string, spec: object) => cluster.apply({ apiVersion: "v1", kind: "Service", metadata: { name: id }, spec });
  service("web", { type: "NodePort", selector: { app: "web" }, ports });
  service("sticky", { selector: { app: "web" }, sessionAffinity: "ClientIP", ports: [{ port: 80, targetPort: 8080 }] });
  service("here", { selector: { app: "web" }, internalTrafficPolicy: "Local", ports: [{ port: 80, targetPort: 8080 }] });
  service("nobody", { selector: { app: "none" }, ports: [{ port: 80 }] });
  kubectl("wait --for=condition=Ready pod --all --timeout=120s");
  const ask = (from: string, target: string, times = 1): string[] => {
    const script = `for i in $(seq ${times}); do timeout 2 wget -q -O - http://${target}/ || echo none; done`;
    return kubectl(["exec", from, "--", "sh", "-c", script]).stdout.trim().split("\n");
  };
  const addressOf = (node: string): string => {
    const of = `{.status.addresses[?(@.type=="InternalIP")].address}`;
    return kubectl(["get", "node", node, "-o", `jsonpath=${of}`]).stdout;
  };
  const works = async () => {
    await eventually("both endpoints answer", () => assert.deepEqual([...new Set(ask("caller-1", "web", 12))].sort(), ["web-1", "web-2"]));
    assert.equal(new Set(ask("caller-2", "sticky", 6)).size, 1);
    assert.deepEqual(ask("caller-2", "here", 3), ["web-2", "web-2", "web-2"]);
    assert.deepEqual(ask("caller-1", "nobody"), ["none"]);
    for (const node of nodes) assert.match((await get(`http://${addressOf(node)}:30123/`)).body, /^web-[12]\n$/);
    assert.match(ask("web-1", "web", 8).join(), /web-1/, "a pod reaches itself through its Service");
  };

  await t.test("every way in works, and the chains have upstream's names", async () => {
    await works();
    for (const node of nodes) {
      const saved = inNode(node, "iptables-save");
      for (const each of [
        "-A KUBE-SERVICES",
        "-A KUBE-NODEPORTS",
        "-j KUBE-MARK-MASQ",
        "-A KUBE-SVC-",
        "-A KUBE-SEP-",
        "default/web cluster IP",
      ])
        assert.ok(saved.includes(each), each);
      assert.ok(!inNode(node, "nft", "list", "tables").includes("spoke-proxy"));
    }
  });

  await t.test("policies hold here too", async () => {
    const metadata = { name: "closed", namespace: "default" };
    const spec = { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress"] };
    cluster.apply({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata, spec });
    await eventually("denied", () => assert.deepEqual(ask("caller-1", "web"), ["none"]));
    kubectl("delete networkpolicy closed");
    await eventually("open", () => assert.match(ask("caller-1", "web")[0]!, /^web/));
  });

  /** Without waiting in this process, which asks all the while. */
  const upMeanwhile = async (...words: string[]) => {
    const child = spawn(spoke, ["up", "--no-uplink", ...words], { env: cluster.env, stdio: "ignore" });
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
  };

  await t.test("the mode changes under load, there and back, and leaves nothing behind", async () => {
    for (const mode of ["nftables", "iptables"]) {
      const running = load(`http://${addressOf(nodes[0]!)}:30123/`, 50, "web-");
      await upMeanwhile("--proxy-mode", mode);
      await eventually(`only ${mode}`, () => {
        for (const node of nodes) {
          assert.equal(/KUBE-SERVICES/.test(inNode(node, "iptables-save")), mode === "iptables");
          assert.equal(inNode(node, "nft", "list", "tables").includes("spoke-proxy"), mode === "nftables");
        }
      });
      const { asked, failures } = await running.stop();
      assert.ok(asked > 20);
      await works();
      // While an agent starts again in the other mode, a new connection to a node port may be refused.
      for (const failure of failures) assert.match(failure, /ECONNREFUSED/);
      assert.ok(failures.length <= asked / 20, `${failures.length} of ${asked} failed`);
    }
  });
});
