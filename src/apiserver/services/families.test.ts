/** What upstream's server answered to the same requests, with the same two ranges. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { secureFixture } from "../fixture.ts";

const path = "/api/v1/namespaces/default/services";
const two = ["10.0.0.0/16", "fd00:1::/108"];
const service = (name: string, spec: object) => ({ apiVersion: "v1", kind: "Service", metadata: { name }, spec });
const ports = [{ port: 80 }];
const selector = { app: "web" };

interface Row {
  name: string;
  spec: object;
  /** Then merged into the Service. */
  patch?: object;
  /** Policy, families and addresses; `4` and `6` are drawn ones. */
  wanted: [policy: string | undefined, families: string, addresses: string] | string;
  ranges?: string[];
}

const created: Row[] = [
  { name: "nothing is asked", spec: {}, wanted: ["SingleStack", "IPv4", "4"] },
  { name: "two are preferred", spec: { ipFamilyPolicy: "PreferDualStack" }, wanted: ["PreferDualStack", "IPv4 IPv6", "4 6"] },
  {
    name: "the order is asked",
    spec: { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6"] },
    wanted: ["RequireDualStack", "IPv6 IPv4", "6 4"],
  },
  { name: "a family is asked", spec: { ipFamilies: ["IPv6"] }, wanted: ["SingleStack", "IPv6", "6"] },
  { name: "an address says the family", spec: { clusterIP: "fd00:1::99" }, wanted: ["SingleStack", "IPv6", "fd00:1::99"] },
  {
    name: "the second address is drawn beside one that is asked",
    spec: { clusterIP: "fd00:1::99", ipFamilyPolicy: "PreferDualStack" },
    wanted: ["PreferDualStack", "IPv6 IPv4", "fd00:1::99 4"],
  },
  { name: "headless", spec: { clusterIP: "None", ipFamilyPolicy: "PreferDualStack" }, wanted: ["PreferDualStack", "IPv4 IPv6", "None"] },
  {
    name: "headless without selector, in a cluster of one family",
    spec: { clusterIP: "None", selector: null },
    ranges: ["10.0.0.0/16"],
    wanted: ["RequireDualStack", "IPv4 IPv6", "None"],
  },
  {
    name: "two are preferred in a cluster of one family",
    spec: { ipFamilyPolicy: "PreferDualStack" },
    ranges: ["fd00:1::/108"],
    wanted: ["PreferDualStack", "IPv6", "6"],
  },
  {
    name: "two are required in a cluster of one family",
    spec: { ipFamilyPolicy: "RequireDualStack" },
    ranges: ["10.0.0.0/16"],
    wanted: 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  },
  {
    name: "a family that the cluster does not have",
    spec: { ipFamilies: ["IPv6"] },
    ranges: ["10.0.0.0/16"],
    wanted: 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  },
  {
    name: "an address of a family that the cluster does not have",
    spec: { clusterIP: "fd00:1::99" },
    ranges: ["10.0.0.0/16"],
    wanted: 'spec.clusterIPs[0]: Invalid value: ["fd00:1::99"]: IPv6 is not configured on this cluster',
  },
  {
    name: "one policy, two families",
    spec: { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4", "IPv6"] },
    wanted:
      "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
  },
  {
    name: "the network's own address",
    spec: { clusterIP: "fd00:1::" },
    wanted:
      'spec.clusterIPs: Invalid value: ["fd00:1::"]: failed to allocate IP fd00:1::: the provided network does not match the current range',
  },
  {
    name: "the highest address of IPv6 is given",
    spec: { clusterIP: "fd00:1::f:ffff" },
    wanted: ["SingleStack", "IPv6", "fd00:1::f:ffff"],
  },
  {
    name: "two addresses of one family",
    spec: { clusterIP: "10.0.3.3", clusterIPs: ["10.0.3.3", "10.0.3.4"] },
    wanted: 'spec.clusterIPs: Invalid value: ["10.0.3.3","10.0.3.4"]: may specify no more than one IP for each IP family',
  },
  {
    name: "IPv4 in the clothes of IPv6",
    spec: { clusterIP: "::ffff:10.0.3.9" },
    wanted: 'spec.clusterIPs[0]: Invalid value: "::ffff:10.0.3.9": must not be an IPv4-mapped IPv6 address',
  },
];

const changed: Row[] = [
  {
    name: "a second family comes",
    spec: {},
    patch: { ipFamilyPolicy: "RequireDualStack" },
    wanted: ["RequireDualStack", "IPv4 IPv6", "4 6"],
  },
  {
    name: "a second address comes by name",
    spec: {},
    patch: { ipFamilyPolicy: "PreferDualStack", clusterIPs: ["$", "fd00:1::77"] },
    wanted: ["PreferDualStack", "IPv4 IPv6", "4 fd00:1::77"],
  },
  {
    name: "the second family goes",
    spec: { ipFamilyPolicy: "PreferDualStack" },
    patch: { ipFamilyPolicy: "SingleStack" },
    wanted: ["SingleStack", "IPv4", "4"],
  },
  {
    name: "the policy that is taken away stays",
    spec: { ipFamilyPolicy: "PreferDualStack" },
    patch: { ipFamilyPolicy: null },
    wanted: ["PreferDualStack", "IPv4 IPv6", "4 6"],
  },
  {
    name: "the second family goes without its policy",
    spec: { ipFamilyPolicy: "PreferDualStack" },
    patch: { ipFamilies: ["IPv4"] },
    wanted: "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be 'SingleStack' to release the secondary IP family",
  },
  {
    name: "the first family is another",
    spec: {},
    patch: { ipFamilies: ["IPv6"] },
    wanted: 'spec.clusterIPs[0]: Invalid value: "$": expected an IPv6 value as indicated by `ipFamilies[0]`',
  },
  { name: "to a name and nothing else", spec: {}, patch: { type: "ExternalName", externalName: "x.org" }, wanted: [undefined, "", ""] },
  {
    name: "from a name",
    spec: { type: "ExternalName", externalName: "x.org", ports: null, selector: null },
    patch: { type: "ClusterIP", ports, ipFamilyPolicy: "PreferDualStack" },
    wanted: ["PreferDualStack", "IPv4 IPv6", "4 6"],
  },
];

const drawn = (address: string) => (/^(10\.0\.|fd00:1::)/.test(address) && !/::(99|77|f:ffff)$/.test(address) ? undefined : address);
const shown = (addresses: string[] = []) => addresses.map((each) => drawn(each) ?? (each.includes(":") ? "6" : "4")).join(" ");

for (const { name, spec, patch, wanted, ranges = two } of [...created, ...changed])
  test(`families of a Service: ${name}`, async () => {
    const { admin, close } = await secureFixture({ serviceRanges: ranges });
    let answer = await admin("POST", path, service("a", { ports, selector, ...spec }));
    const first = answer.object.spec?.clusterIP ?? "";
    if (patch) {
      assert.equal(answer.status, 201, answer.message);
      answer = await admin("PATCH:merge", `${path}/a`, { spec: JSON.parse(JSON.stringify(patch).replaceAll("$", first)) });
    }
    const { object, message } = answer;
    if (typeof wanted === "string") assert.equal(message, `Service "a" is invalid: ${wanted.replace("$", first)}`);
    else {
      const { ipFamilyPolicy, ipFamilies = [], clusterIPs } = object.spec;
      assert.deepEqual([ipFamilyPolicy, ipFamilies.join(" "), shown(clusterIPs)], wanted, message);
    }
    // Each address that a Service has is held for it, and no other one.
    const held = (await admin("GET", "/apis/networking.k8s.io/v1/ipaddresses")).object.items
      .filter(({ spec }: { spec: { parentRef: { name: string } } }) => spec.parentRef.name === "a")
      .map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    const now = (await admin("GET", `${path}/a`)).object.spec?.clusterIPs ?? [];
    assert.deepEqual(held.sort(), now.filter((each: string) => each !== "None").sort());
    await close();
  });

test("the cluster's own ranges are one object, and its Service has the first address", async () => {
  const { admin, close } = await secureFixture({
    serviceRanges: ["fd00:1::/108", "10.0.0.0/16"],
    advertise: { ip: "fd00:89::1", port: 6443 },
  });
  const at = async (path: string) => (await admin("GET", path)).object;
  assert.deepEqual((await at("/apis/networking.k8s.io/v1/servicecidrs/kubernetes")).spec.cidrs, ["fd00:1::/108", "10.0.0.0/16"]);
  const { clusterIPs, ipFamilies } = (await at(`${path}/kubernetes`)).spec;
  assert.deepEqual([clusterIPs, ipFamilies], [["fd00:1::1"], ["IPv6"]]);
  const slice = await at("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes");
  assert.deepEqual([slice.addressType, slice.endpoints[0].addresses], ["IPv6", ["fd00:89::1"]]);
  await close();
});

test("a range of IPv6 that is full says so", async () => {
  const { admin, close } = await secureFixture({ serviceRanges: ["10.0.0.0/16", "fd00:1::/126"] });
  const wanted = { ports, ipFamilies: ["IPv6"] };
  for (const name of ["a", "b", "c"]) assert.equal((await admin("POST", path, service(name, wanted))).status, 201);
  const { status, message } = await admin("POST", path, service("d", wanted));
  assert.deepEqual([status, message], [500, 'Internal error occurred: failed to allocate a serviceIP for Service "d": range is full']);
  await close();
});

test("an address that is not in its one spelling is held by its one spelling", async () => {
  const { admin, close } = await secureFixture({ serviceRanges: two });
  const { object } = await admin("POST", path, service("a", { ports, clusterIP: "FD00:1::AB" }));
  assert.equal(object.spec.clusterIP, "FD00:1::AB");
  assert.equal((await admin("GET", "/apis/networking.k8s.io/v1/ipaddresses/fd00:1::ab")).status, 200);
  await admin("DELETE", `${path}/a`);
  assert.equal((await admin("GET", "/apis/networking.k8s.io/v1/ipaddresses/fd00:1::ab")).status, 404);
  await close();
});
