import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "#api/mod.ts";
import { hardwareOf, linesFor, peersOf, waysTo } from "./ways.ts";

const aNode = (name: string, address?: string, podCIDR?: string): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name },
  spec: podCIDR ? { podCIDR, podCIDRs: [podCIDR] } : {},
  status: address ? { addresses: [{ type: "InternalIP", address }] } : {},
});
const segment = { address: "192.168.1.2", prefix: 24, device: "eth0" };
const all = [
  aNode("self", "192.168.1.2", "10.244.0.0/24"),
  aNode("near", "192.168.1.3", "10.244.1.0/24"),
  aNode("far", "192.168.2.3", "10.244.2.0/24"),
  aNode("new", "192.168.1.9"),
  aNode("nowhere", undefined, "10.244.3.0/24"),
  aNode("simulated", "192.168.1.2", "10.244.4.0/24"),
];

test("who shares the segment is reached by its address, others by the tunnel; who has no range or address is not reached", () => {
  const ways = waysTo(peersOf(all, "self"), segment, undefined);
  assert.deepEqual(
    ways.map(({ name, tunnel }) => [name, tunnel]),
    [
      ["near", false],
      ["far", true],
    ],
  );
  const all32 = waysTo(peersOf(all, "self"), { ...segment, prefix: 32 }, undefined);
  assert.ok(all32.every(({ tunnel }) => tunnel));
  assert.ok(waysTo(peersOf(all, "self"), { ...segment, prefix: 0 }, undefined).every(({ tunnel }) => !tunnel));
  assert.ok(waysTo(peersOf(all, "self"), segment, "vxlan").every(({ tunnel }) => tunnel));
});

test("routes are made, kept, turned to where a machine is now, and taken away with it", () => {
  const ways = waysTo(peersOf(all, "self"), segment, undefined);
  const having = { slot: 0, protocol: 178, segment };
  assert.deepEqual(linesFor(ways, { ...having, routes: [] }), {
    ip: [
      "route replace 10.244.1.0/24 via 192.168.1.3 dev eth0 onlink proto 178",
      `neighbour replace 10.244.2.0 lladdr ${hardwareOf("far", 0)} dev spoke0v nud permanent`,
      "route replace 10.244.2.0/24 via 10.244.2.0 dev spoke0v onlink proto 178",
    ],
    bridge: [`fdb replace ${hardwareOf("far", 0)} dev spoke0v dst 192.168.2.3`],
  });
  const routes = [
    { dst: "10.244.1.0/24", gateway: "192.168.1.3", dev: "eth0" },
    { dst: "10.244.9.0/24", gateway: "192.168.1.8", dev: "eth0" },
  ];
  const [near] = ways;
  assert.deepEqual(linesFor([near!], { ...having, routes }).ip, ["route delete 10.244.9.0/24 proto 178"]);
  const moved = { ...near!, address: "192.168.1.7" };
  assert.deepEqual(linesFor([moved], { ...having, routes: routes.slice(0, 1) }).ip, [
    "route replace 10.244.1.0/24 via 192.168.1.7 dev eth0 onlink proto 178",
  ]);
});

test("hardware addresses are local ones, the same everywhere, and other ones in other clusters", () => {
  assert.match(hardwareOf("far", 0), /^[0-9a-f][26ae](:[0-9a-f]{2}){5}$/);
  assert.equal(hardwareOf("far", 0), hardwareOf("far", 0));
  assert.notEqual(hardwareOf("far", 0), hardwareOf("far", 1));
  assert.notEqual(hardwareOf("far", 0), hardwareOf("near", 0));
});
