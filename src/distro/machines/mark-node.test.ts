import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "#api/mod.ts";
import { marked } from "./mark-node.ts";

const role = "node-role.kubernetes.io/control-plane";
const aNode = (labels: Record<string, string>, taints: { key: string; effect: string }[]): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "a", labels },
  spec: { taints },
});
const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
const off = { key: role, effect: "NoSchedule" };

test("the role is said once, and the taint comes and goes beside those of others", () => {
  const plain = marked(aNode({ x: "y" }, [notReady]), { name: "a", noPods: false });
  assert.deepEqual([plain?.metadata.labels, plain?.spec?.taints], [{ x: "y", [role]: "" }, [notReady]]);
  assert.equal(marked(plain!, { name: "a", noPods: false }), undefined);
  const kept = marked(plain!, { name: "a", noPods: true });
  assert.deepEqual(kept?.spec?.taints, [notReady, off]);
  assert.equal(marked(kept!, { name: "a", noPods: true }), undefined);
  assert.deepEqual(marked(kept!, { name: "a", noPods: false })?.spec?.taints, [notReady]);
});
