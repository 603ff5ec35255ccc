import assert from "node:assert/strict";
import { test } from "node:test";
import { skewObstacle, type Versions } from "./skew.ts";

const server = (here: string, runs: string, kubelets: Versions["kubelets"] = []) =>
  skewObstacle({ here, server: runs, isServer: true, kubelets });
const node = (here: string, runs: string) => skewObstacle({ here, server: runs, isServer: false, kubelets: [] });

test("an API server goes on by one minor version at a time, and not back", () => {
  for (const from of ["v1.36.4", "v1.36.9+spoke", "v1.35.0"]) assert.equal(server("v1.36.4+spoke", from), undefined, from);
  assert.match(server("v1.36.4", "v1.34.2")!, /every minor version is to be run once/);
  assert.match(server("v1.36.4", "v1.37.0")!, /there is no way back/);
  assert.match(server("v2.0.0", "v1.36.0")!, /no way from one to the other/);
});

test("kubelets may be three minor versions older than the API server, and not newer", () => {
  for (const runs of ["v1.36.0", "v1.37.1", "v1.39.0"]) assert.equal(node("v1.36.4", runs), undefined, runs);
  assert.match(node("v1.36.4", "v1.35.9")!, /upgrade the machines with the API server first/);
  assert.match(node("v1.36.4", "v1.40.0")!, /more than 3 minor versions older/);
  assert.equal(server("v1.36.4", "v1.35.0", [{ node: "a", version: "v1.33.1" }]), undefined);
  assert.match(
    server("v1.36.4", "v1.35.0", [
      { node: "a", version: "v1.33.1" },
      { node: "b", version: "v1.32.7" },
    ])!,
    /these would be more: b \(v1\.32\.7\)\. Upgrade/,
  );
  assert.throws(() => server("v1.36.4", "unknown"), /"unknown" is no version of Kubernetes/);
});
