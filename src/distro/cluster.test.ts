import assert from "node:assert/strict";
import { test } from "node:test";
import { controlPlaneGraceMs, familiesOf, numbersOf, plan } from "./cluster.ts";
import { hostDeadEnds, hostRoutes, nodeLines } from "./node-network.ts";
import { placeOf } from "./place.ts";
import { spokeArgv, supervisorOf } from "./processes.ts";

test("the first cluster has the documented ranges", () => {
  const numbers = numbersOf({ slot: 0 });
  assert.equal(numbers.bridge, "spoke0");
  assert.equal(numbers.nodeAddress(1), "10.89.0.11");
  assert.equal(numbers.podCidr(2), "10.244.2.0/24");
  assert.equal(numbers.dnsAddress, "10.96.0.10");
});

test("a cluster of two families has ranges of both, the first one first, and keeps them", () => {
  const cluster = plan("spoke", undefined, { nodes: 2, families: ["IPv6", "IPv4"], uplink: true }, new Set([0]));
  const { families, hostAddress, dnsAddress } = numbersOf(cluster);
  assert.deepEqual([hostAddress, dnsAddress], ["fd53:706f:6b65:8901::1", "fd53:706f:6b65:9601::a"]);
  assert.deepEqual(
    families.map((each) => [each.nodeAddress(1), each.podRange, each.podCidr(1), each.serviceRange, each.balancerRange]),
    [
      [
        "fd53:706f:6b65:8901::11",
        "fd53:706f:6b65:1100::/56",
        "fd53:706f:6b65:1101::/64",
        "fd53:706f:6b65:9601::/108",
        "fd53:706f:6b65:8801::/112",
      ],
      ["10.89.1.11", "10.243.0.0/16", "10.243.1.0/24", "10.97.0.0/16", "10.88.1.0/24"],
    ],
  );
  const lines = nodeLines(cluster, cluster.nodes[0]!);
  for (const line of [
    "address replace fd53:706f:6b65:8901::11/64 dev eth0 nodad",
    "address replace fd53:706f:6b65:9601::a/128 dev lo nodad",
    "route replace fd53:706f:6b65:1102::/64 via fd53:706f:6b65:8901::12",
    "route replace ::/0 via fd53:706f:6b65:8901::1",
    "route replace default via 10.89.1.1",
  ])
    assert.ok(lines.includes(line), line);
  assert.deepEqual(plan("spoke", cluster, {}, new Set()).families, ["IPv6", "IPv4"]);
  assert.throws(() => plan("spoke", cluster, { families: ["IPv4"] }, new Set()), /made with ipv6,ipv4, which does not change/);
  assert.deepEqual([familiesOf("ipv4"), familiesOf("IPv6, ipv4")], [["IPv4"], ["IPv6", "IPv4"]]);
  for (const wrong of ["", "ipv5", "ipv4,ipv4", "ipv4,"]) assert.throws(() => familiesOf(wrong), /are needed, the first one first/);
});

test("up keeps what was asked for before unless told otherwise", () => {
  const first = plan("spoke", undefined, { nodes: 3, uplink: true }, new Set());
  assert.equal(first.port, 6443);
  assert.deepEqual(
    first.nodes.map((node) => node.name),
    ["node-1", "node-2", "node-3"],
  );
  const again = plan("spoke", first, {}, new Set([0]));
  assert.deepEqual(again, first);
  assert.equal(plan("spoke", first, { nodes: 1 }, new Set()).nodes.length, 1);
  assert.equal(plan("other", undefined, {}, new Set([0])).port, 6444);
  assert.throws(() => plan("spoke", undefined, { nodes: 1.5 }, new Set()), /whole number/);
});

test("a node knows the way to every other node's pods and to nowhere else", () => {
  const cluster = plan("spoke", undefined, { nodes: 2 }, new Set());
  const lines = nodeLines(cluster, cluster.nodes[0]);
  assert.ok(lines.includes("route replace 10.244.2.0/24 via 10.89.0.12"));
  assert.ok(lines.includes("route replace unreachable 10.244.0.0/16"));
  assert.ok(lines.includes("route replace unreachable default"));
  assert.ok(nodeLines({ ...cluster, uplink: true }, cluster.nodes[0]).includes("route replace default via 10.89.0.1"));
  assert.deepEqual(hostRoutes(cluster), [
    "route replace 10.244.1.0/24 via 10.89.0.11",
    "route replace 10.244.2.0/24 via 10.89.0.12",
    "route replace 10.96.0.0/16 nexthop via 10.89.0.11 nexthop via 10.89.0.12",
  ]);
});

test("whatever of the cluster's ranges has no better route leads nowhere, on the host too", () => {
  assert.deepEqual(hostDeadEnds(plan("spoke", undefined, {}, new Set([0]))), [
    "unreachable 10.243.0.0/16 metric 4096",
    "unreachable 10.97.0.0/16 metric 4096",
    "unreachable 10.88.1.0/24 metric 4096",
  ]);
});

test("a cluster name that could leave its folder is refused", () => {
  for (const name of ["../x", "A", "a/b", "", "a".repeat(30)]) assert.throws(() => placeOf(name), /cluster name/);
});

test("what the supervisor starts does not inherit its memory limit", () => {
  const { argv } = supervisorOf(placeOf("spoke"));
  const own = argv.filter((word) => word.startsWith("--max-old-space-size"));
  assert.equal(own.length, 1);
  const started = spokeArgv(["run", "control-plane"], [], [...own, "--disable-proto=delete"]);
  assert.ok(!started.includes(own[0]!));
  assert.ok(started.includes("--disable-proto=delete"));
});

test("how the API server ends is kept from one up to the next", () => {
  const first = plan("a", undefined, { shutdownDelaySeconds: 5, goawayPerMille: 10 }, new Set());
  const { shutdownDelaySeconds, goawayPerMille } = plan("a", first, { nodes: 2, shutdownDelaySeconds: undefined }, new Set());
  assert.deepEqual({ shutdownDelaySeconds, goawayPerMille }, { shutdownDelaySeconds: 5, goawayPerMille: 10 });
  assert.equal(plan("a", first, { shutdownDelaySeconds: 0 }, new Set()).shutdownDelaySeconds, undefined);
  assert.equal(controlPlaneGraceMs(first), 15_000, "who stops it waits as much longer");
  assert.throws(() => plan("a", first, { goawayPerMille: 21 }, new Set()), /at most 20/);
});
