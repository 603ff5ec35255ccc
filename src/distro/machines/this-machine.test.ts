import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeNameHere, readLabels } from "./this-machine.ts";

test("labels are pairs, and a node does not say of itself what is the cluster's to say", () => {
  assert.equal(readLabels(undefined), undefined);
  assert.deepEqual(readLabels("disk=ssd,example.org/zone=west-1,empty="), { disk: "ssd", "example.org/zone": "west-1", empty: "" });
  assert.deepEqual(readLabels("node.kubernetes.io/rack=3"), { "node.kubernetes.io/rack": "3" });
  for (const wrong of ["disk", "=x", "a=b,,c=d", "a b=c", "disk=ssd,"])
    assert.throws(() => readLabels(wrong), /key=value is needed/, wrong);
  for (const foreign of ["node-role.kubernetes.io/control-plane=", "kubernetes.io/x=y", "a.k8s.io/b=c"])
    assert.throws(() => readLabels(foreign), /a node may not say this of itself/, foreign);
});

test("a node is called as the machine is, in lower case", () => {
  assert.equal(nodeNameHere("Worker-1.Example.ORG"), "worker-1.example.org");
  for (const wrong of ["", "a_b", "-a", "a..b", "a".repeat(254), "lock"]) assert.throws(() => nodeNameHere(wrong), /--node-name/, wrong);
});
