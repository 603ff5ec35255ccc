import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog, VirtualClock } from "#base/mod.ts";
import type { Transport } from "./contract.ts";
import { discoveredCatalog } from "./discovered-catalog.ts";

const pods = { name: "pods", singularName: "pod", namespaced: true, kind: "Pod", verbs: ["get", "list"], shortNames: ["po"] };
const widgets = { name: "widgets", singularName: "widget", namespaced: false, kind: "Widget", verbs: ["get"] };

function fakeServer(groups: Record<string, object[] | "down">) {
  const transport = {
    async request({ path }: { path: string }) {
      const named = Object.keys(groups).filter((name) => name !== "v1");
      const found = groups[path.replace(/^\/apis?\//, "")];
      if (path === "/apis") return { status: 200, object: { groups: named.map((name) => ({ preferredVersion: { groupVersion: name } })) } };
      return found && found !== "down" ? { status: 200, object: { resources: found } } : { status: 503, object: {} };
    },
  };
  return transport as unknown as Transport;
}

test("kinds come, stay while their group is silent, and go with it", async () => {
  const groups: Record<string, object[] | "down"> = { v1: [pods, { ...pods, name: "pods/log" }] };
  const follow = discoveredCatalog({ transport: fakeServer(groups), clock: new VirtualClock(), log: silentLog });
  const changes: string[][] = [];
  follow.catalog.onChange((added, gone) => void changes.push([...added.map(({ id }) => `+${id}`), ...gone.map(({ id }) => `-${id}`)]));
  await follow.refresh();
  assert.deepEqual(
    follow.catalog.all().map(({ id }) => id),
    ["pods"],
  );
  assert.equal(follow.catalog.kind("v1", "Pod")?.namespaced, true);

  groups["example.com/v1"] = [widgets];
  await follow.refresh();
  assert.equal(follow.catalog.find("example.com", "v1", "widgets")?.apiVersion, "example.com/v1");
  groups["example.com/v1"] = "down";
  assert.deepEqual(await follow.refresh(), { failed: ["example.com/v1"] });
  assert.ok(follow.catalog.kind("example.com/v1", "Widget"));
  delete groups["example.com/v1"];
  await follow.refresh();
  assert.equal(follow.catalog.kind("example.com/v1", "Widget"), undefined);
  assert.deepEqual(changes, [["+pods"], ["+widgets.example.com"], ["-widgets.example.com"]]);
  follow.close();
});
