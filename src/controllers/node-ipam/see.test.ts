import assert from "node:assert/strict";
import { test } from "node:test";
import { type Node, nodes } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { checkNodeRange, freeRange, nodeIpam } from "./see.ts";

const aNode = (name: string, podCIDR?: string): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, uid: name },
  spec: podCIDR ? { podCIDR, podCIDRs: [podCIDR] } : {},
});

test("nodes that come at once get ranges of their own, and keep those that they have", async () => {
  const { all, api, put, settled, close } = await trial(nodeIpam({ clusterCidrs: ["10.244.0.0/22"] })!, [
    [nodes, aNode("old", "10.244.1.0/24")],
    [nodes, aNode("a")],
    [nodes, aNode("b")],
  ]);
  const ranges = async () => Object.fromEntries((await all<Node>(nodes)).map(({ metadata, spec }) => [metadata.name, spec?.podCIDRs?.[0]]));
  assert.deepEqual(await ranges(), { old: "10.244.1.0/24", a: "10.244.0.0/24", b: "10.244.2.0/24" });
  api.remove("nodes/a");
  put(nodes, aNode("c"));
  await settled();
  assert.equal((await ranges()).c, "10.244.0.0/24");
  await close();
});

test("a node for which no range is left is told, and gets one when another goes", async () => {
  const { api, get, told, settled, close } = await trial(nodeIpam({ clusterCidrs: ["10.244.0.0/24"] })!, [
    [nodes, aNode("a")],
    [nodes, aNode("b")],
  ]);
  assert.ok((await told()).includes("Normal CIDRNotAvailable Node b status is now: CIDRNotAvailable"));
  api.remove("nodes/a");
  await settled();
  assert.equal(get(nodes, "b")?.spec?.podCIDR, "10.244.0.0/24");
  await close();
});

test("a node gets a range of each family, or none while one of them has none left", async () => {
  const clusterCidrs = ["10.244.0.0/23", "fd00:244::/48"];
  const { get, told, put, settled, close } = await trial(nodeIpam({ clusterCidrs })!, [[nodes, aNode("a")]]);
  const rangesOf = (name: string) => get(nodes, name)?.spec?.podCIDRs;
  assert.deepEqual(rangesOf("a"), ["10.244.0.0/24", "fd00:244::/64"]);
  assert.equal(get(nodes, "a")?.spec?.podCIDR, "10.244.0.0/24");
  put(nodes, aNode("b"));
  put(nodes, aNode("c"));
  await settled();
  assert.deepEqual([rangesOf("b"), rangesOf("c")], [["10.244.1.0/24", "fd00:244:0:1::/64"], undefined]);
  assert.ok((await told()).includes("Normal CIDRNotAvailable Node c status is now: CIDRNotAvailable"));
  await close();
});

test("without a range of the cluster there is nothing to give", () => {
  assert.equal(nodeIpam({}), undefined);
  assert.equal(freeRange("10.244.0.0/16", new Set(["10.244.0.0/24"])), "10.244.1.0/24");
});

test("ranges of nodes are as long as is said", () => {
  assert.equal(freeRange("10.244.0.0/22", new Set(["10.244.0.0/26"]), { IPv4: 26, IPv6: 64 }), "10.244.0.64/26");
  assert.throws(() => checkNodeRange("10.244.0.0/8", { IPv4: 25 }), /nodes have ranges of \/25/);
  checkNodeRange("10.244.0.0/8", { IPv4: 20 });
});
