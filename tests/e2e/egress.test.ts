/**
 * The way out, on a machine that is a network namespace, with another for the world: by default where there is a route, masqueraded,
 * with outside names; off when told; and the machine is as before when the cluster is gone.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, realNodes, spoke, TestCluster, traces } from "./cluster.ts";

const name = "egress";
const [machine, world] = ["spoke-e2e-machine", "spoke-e2e-world"];
const worldAddress = "198.51.100.1";
const machineAddress = "198.51.100.2";

function sh(line: string): string {
  const ran = spawnSync("sh", ["-e", "-c", line], { encoding: "utf8" });
  assert.equal(ran.status, 0, `${line}: ${ran.stderr}`);
  return ran.stdout;
}

/** The world: tells callers who they are by HTTP, and answers every name with its own address where the machine's resolver is. */
const worldScript = `
const http = require("node:http"), dgram = require("node:dgram");
http.createServer((q, r) => r.end(q.socket.remoteAddress.replace("::ffff:", "") + "\\n")).listen(8000, "0.0.0.0");
const answer = (u) => (m, from) => {
  let end = 12;
  while (m[end] !== 0) end += m[end] + 1;
  const head = Buffer.from(m.subarray(0, end + 5));
  head[2] = 0x81; head[3] = 0x80; head.writeUInt16BE(1, 6); head.writeUInt16BE(0, 8); head.writeUInt16BE(0, 10);
  const isA = m.readUInt16BE(end + 1) === 1;
  if (!isA) head.writeUInt16BE(0, 6);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...${JSON.stringify(worldAddress)}.split(".").map(Number)]);
  u.send(isA ? Buffer.concat([head, record]) : head, from.port, from.address);
};
// A socket an address: the answer must come from where it was asked.
for (const address of process.argv.slice(2)) {
  const u = dgram.createSocket("udp4");
  u.on("message", answer(u));
  u.bind(53, address);
}
setTimeout(() => console.log("ready"), 300);
`;

/** Those of this machine, which the world has too. */
const resolvers = [...readFileSync("/etc/resolv.conf", "utf8").matchAll(/^nameserver ([\d.]+)$/gm)]
  .map((match) => match[1]!)
  .filter((address) => !address.startsWith("127."));

function makeWorld(): void {
  sh(`ip netns add ${machine}; ip netns add ${world}
    ip -n ${machine} link set lo up; ip -n ${world} link set lo up
    ip link add eth0 netns ${machine} type veth peer name eth0 netns ${world}
    ip -n ${machine} address add ${machineAddress}/24 dev eth0; ip -n ${world} address add ${worldAddress}/24 dev eth0
    ip -n ${machine} link set eth0 up; ip -n ${world} link set eth0 up
    ip -n ${machine} route add default via ${worldAddress}
    ip netns exec ${machine} sysctl -qw net.ipv4.ip_forward=0`);
  for (const each of resolvers) sh(`ip -n ${world} address add ${each}/32 dev lo`);
}

test("the way out", { skip: realNodes(), timeout: 600_000 }, async (t) => {
  const cluster = new TestCluster(name, [spoke, "kubectl"], { netns: machine });
  const kubectl = cluster.kubectl.bind(cluster);
  const folder = mkdtempSync(join(tmpdir(), "spoke-e2e-world-"));
  let server: ChildProcess | undefined;
  t.after(async () => {
    await cluster.destroy();
    server?.kill();
    for (const netns of [machine, world]) spawnSync("ip", ["netns", "delete", netns]);
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(traces(name), []);
  });
  makeWorld();
  writeFileSync(join(folder, "world.cjs"), worldScript);
  server = spawn("nsenter", [`--net=/run/netns/${world}`, process.execPath, join(folder, "world.cjs"), ...resolvers], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => server?.stdout?.once("data", resolve));
  const forwarding = () => sh(`ip netns exec ${machine} sysctl -n net.ipv4.ip_forward`).trim();
  const ruleTables = () => sh(`ip netns exec ${machine} nft list tables`).trim().split("\n").filter(Boolean);

  const up = cluster.spoke("up", "--nodes", "2");
  assert.equal(up.code, 0, up.stdout + up.stderr);
  assert.match(up.stdout + up.stderr, /pods reach the world, with this machine's address \(--no-uplink ends that\)/);
  const { slot } = JSON.parse(readFileSync(`/var/lib/spoke/${name}/cluster.json`, "utf8"));
  const pod = (index: number) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `caller-${index}` },
    spec: {
      nodeName: `${name}-node-${index}`,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "c", image: "busybox:1.36", command: ["sleep", "86400"] }],
    },
  });
  for (const index of [1, 2]) cluster.apply(pod(index));
  kubectl("wait --for=condition=Ready pod --all --timeout=120s");
  const ask = (from: string, host: string) =>
    kubectl(["exec", from, "--", "sh", "-c", `timeout 3 wget -q -O - http://${host}:8000/ 2>/dev/null || echo none`]).stdout.trim();

  await t.test("pods of every node reach the world with the machine's address, and by name", async () => {
    for (const from of ["caller-1", "caller-2"])
      await eventually(from, () => assert.equal(ask(from, worldAddress), machineAddress), 20_000);
    if (resolvers.length > 0) await eventually("a name", () => assert.equal(ask("caller-2", "www.example.com"), machineAddress), 20_000);
    assert.equal(forwarding(), "1");
    assert.deepEqual(ruleTables(), [`table ip spoke_uplink_${slot}`]);
  });

  await t.test("the world does not get in that way", () => {
    const ip = kubectl("get pod caller-1 -o jsonpath={.status.podIP}").stdout;
    const route = `ip -n ${world} route add ${ip}/32 via ${machineAddress}`;
    sh(route);
    const asked = spawnSync("nsenter", [`--net=/run/netns/${world}`, "ping", "-c", "1", "-W", "2", ip]);
    assert.notEqual(asked.status, 0);
  });

  await t.test("policies may let out to some of the world only", async () => {
    const spec = {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: [`${worldAddress}/32`] } }] }],
    };
    cluster.apply({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "some", namespace: "default" }, spec });
    await eventually("held", () => assert.equal(ask("caller-1", worldAddress), "none"), 20_000);
    kubectl("delete networkpolicy some");
    await eventually("free", () => assert.equal(ask("caller-1", worldAddress), machineAddress), 20_000);
  });

  await t.test("--no-uplink ends it, --uplink brings it back; pods go on", async () => {
    const closed = cluster.spoke("up", "--no-uplink");
    assert.equal(closed.code, 0, closed.stdout + closed.stderr);
    assert.match(closed.stdout + closed.stderr, /pods do not reach the world \(--uplink lets them\)/);
    assert.equal(ask("caller-1", worldAddress), "none");
    assert.equal(forwarding(), "0");
    assert.deepEqual(ruleTables(), []);
    const open = cluster.spoke("up", "--uplink");
    assert.equal(open.code, 0, open.stdout + open.stderr);
    await eventually("open again", () => assert.equal(ask("caller-2", worldAddress), machineAddress), 20_000);
    assert.equal(kubectl("get pods -o jsonpath={.items[*].status.containerStatuses[0].restartCount}").stdout, "0 0");
  });

  await t.test("the machine is as before when the cluster is gone", async () => {
    const gone = await cluster.destroy();
    assert.equal(gone.code, 0, gone.stdout + gone.stderr);
    assert.equal(forwarding(), "0");
    assert.deepEqual(ruleTables(), []);
  });
});
