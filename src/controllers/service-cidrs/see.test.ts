import assert from "node:assert/strict";
import { test } from "node:test";
import type { IPAddress, ServiceCIDR } from "#api/mod.ts";
import { nowMs, secondsAgo } from "../situations.ts";
import { mayGo, planRange } from "./see.ts";

const finalizer = "networking.k8s.io/service-cidr-finalizer";
const aRange = (name: string, cidrs: string[], more: object = {}): ServiceCIDR => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "ServiceCIDR",
  metadata: { name, uid: `uid-of-${name}`, ...more },
  spec: { cidrs },
});
const anAddress = (name: string, by = "ipallocator.k8s.io"): IPAddress =>
  ({
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: { name, labels: { "ipaddress.kubernetes.io/managed-by": by } },
  }) as IPAddress;

test("a range goes when nothing in it would be left without one", () => {
  const range = aRange("x", ["10.96.0.0/24"]);
  const rows: [name: string, others: ServiceCIDR[], addresses: string[], may: boolean][] = [
    ["empty", [], [], true],
    ["an address in it", [], ["10.96.0.9"], false],
    ["an address beside it", [], ["10.97.0.9"], true],
    ["a larger range holds it", [aRange("y", ["10.96.0.0/16"])], ["10.96.0.9"], true],
    ["the same range again", [aRange("y", ["10.96.0.0/24"])], ["10.96.0.9"], true],
    ["a smaller range holds the address", [aRange("y", ["10.96.0.0/28"])], ["10.96.0.9"], true],
    ["a smaller range holds another", [aRange("y", ["10.96.0.128/28"])], ["10.96.0.9"], false],
  ];
  for (const [name, others, addresses, may] of rows)
    assert.equal(
      mayGo(
        range,
        [range, ...others],
        addresses.map((each) => anAddress(each)),
      ),
      may,
      name,
    );
  assert.equal(mayGo(range, [range], [anAddress("10.96.0.9", "somebody")]), true);
  const both = aRange("x", ["10.96.0.0/24", "fd00::/112"]);
  assert.equal(mayGo(both, [both, aRange("y", ["10.0.0.0/8"])], [anAddress("fd00::5")]), false);
});

test("a range is guarded and said to be ready; a leaving one says what holds it, and goes after ten seconds", () => {
  const fresh = aRange("x", ["10.96.0.0/24"]);
  const [guard, ready] = planRange({ range: fresh, all: [fresh], addresses: [] }, nowMs);
  assert.deepEqual(guard?.do === "patch" && guard.patch, { metadata: { uid: "uid-of-x", finalizers: [finalizer] } });
  const said = (step: unknown) =>
    (step as { object: ServiceCIDR }).object.status?.conditions?.map(({ status, reason }) => `${status} ${reason}`);
  assert.deepEqual(said(ready), ["True "]);
  const leaving = (seconds: number) => aRange("x", ["10.96.0.0/24"], { finalizers: [finalizer], deletionTimestamp: secondsAgo(seconds) });
  const held = leaving(60);
  assert.deepEqual(said(planRange({ range: held, all: [held], addresses: [anAddress("10.96.0.9")] }, nowMs)[0]), ["False Terminating"]);
  assert.deepEqual(planRange({ range: leaving(4), all: [], addresses: [] }, nowMs), [{ do: "again", ms: 6000 }]);
  const [last] = planRange({ range: leaving(10), all: [], addresses: [] }, nowMs);
  assert.deepEqual(last?.do === "patch" && last.patch, { metadata: { uid: "uid-of-x", finalizers: [] } });
});
