import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/mod.ts";
import { createMemoryStore, only } from "#store/mod.ts";
import { type SecureFixture, secureFixture } from "../fixture.ts";

const path = "/api/v1/namespaces/default/services";
const addresses = "/apis/networking.k8s.io/v1/ipaddresses";
const service = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

type Two = [SecureFixture, SecureFixture];

/** Two servers over one store, as behind a load balancer. */
async function withTwo(run: (servers: Two) => Promise<void>, options: { serviceRanges?: readonly string[] } = {}) {
  const store = await createMemoryStore();
  const servers: Two = [await secureFixture({ ...options, store }), await secureFixture({ ...options, store, random: seededRandom(2) })];
  try {
    await run(servers);
  } finally {
    for (const { close } of servers) await close();
    await store.close();
  }
}

async function noneTwice(servers: Two): Promise<void> {
  const made = await Promise.all(
    Array.from({ length: 120 }, (_, i) =>
      servers[i % 2]!.admin("POST", path, service(`s${i}`, { type: i % 3 ? "ClusterIP" : "NodePort" })),
    ),
  );
  for (const { status, message } of made) assert.equal(status, 201, message);
  assert.equal(new Set(made.map(({ object }) => object.spec.clusterIP)).size, 120);
  const ports = made.flatMap(({ object }) => object.spec.ports.flatMap((port: { nodePort?: number }) => port.nodePort ?? []));
  assert.equal(ports.length, 40);
  assert.equal(new Set(ports).size, 40);
  const { object } = await servers[0].admin("GET", addresses);
  const owners = new Map<string, string>();
  for (const { metadata, spec } of object.items) owners.set(metadata.name, spec.parentRef.name);
  for (const { object } of made) assert.equal(owners.get(object.spec.clusterIP), object.metadata.name);
}

test("two servers over one store never give one address twice", () => withTwo(noneTwice, { serviceRanges: ["10.96.0.0/24"] }));

test("an address and a port that another server gave are refused, and free again when their Service is gone", () =>
  withTwo(async ([one, two]) => {
    const wanted = { clusterIP: "10.96.7.7", type: "NodePort", ports: [{ port: 80, nodePort: 30_001 }] };
    assert.equal((await one.admin("POST", path, service("a", wanted))).status, 201);
    const address = await two.admin("POST", path, service("b", wanted));
    assert.equal(
      address.message,
      'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.7.7"]: failed to allocate IP 10.96.7.7: provided IP is already allocated',
    );
    const port = await two.admin("POST", path, service("b", { ...wanted, clusterIP: undefined }));
    assert.equal(port.message, 'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated');
    // What the refused one had taken already went back.
    assert.equal((await two.admin("GET", addresses)).object.items.length, 2);
    await one.admin("DELETE", `${path}/a`);
    assert.equal((await two.admin("GET", `${addresses}/10.96.7.7`)).status, 404);
    assert.equal((await two.admin("POST", path, service("b", wanted))).status, 201);
  }));

test("a range that is full says so, and a dry run takes nothing", () =>
  withTwo(
    async ([one, two]) => {
      // 14 addresses, one of them the server's own.
      for (let i = 0; i < 12; i++) assert.equal((await one.admin("POST", path, service(`s${i}`))).status, 201);
      assert.equal((await two.admin("POST", `${path}?dryRun=All`, service("dry"))).status, 201);
      assert.equal((await two.admin("POST", path, service("last"))).status, 201);
      const full = await two.admin("POST", path, service("more"));
      assert.equal(full.status, 500);
      assert.equal(full.message, 'Internal error occurred: failed to allocate a serviceIP for Service "more": range is full');
    },
    { serviceRanges: ["10.96.0.0/28"] },
  ));

test("node ports are kept as upstream keeps them", () =>
  withTwo(async ([one]) => {
    await one.admin(
      "POST",
      path,
      service("a", {
        type: "NodePort",
        ports: [
          { name: "a", port: 80, nodePort: 30_000 },
          { name: "b", port: 81, nodePort: 30_011 },
        ],
      }),
    );
    const { value } = (await one.store.list(only("/registry/ranges/servicenodeports"))).entries[0]!;
    const { kind, apiVersion, range, data } = JSON.parse(value.toString());
    assert.deepEqual({ kind, apiVersion, range, data }, { kind: "RangeAllocation", apiVersion: "v1", range: "30000-32767", data: "CAE=" });
  }));

test("what leaked is taken back, what is missing is written again", () =>
  withTwo(async ([one, two]) => {
    const { object } = await one.admin("POST", path, service("a", { type: "NodePort", ports: [{ port: 80, nodePort: 30_005 }] }));
    const lost = object.spec.clusterIP;
    await one.admin("DELETE", `${addresses}/${lost}`);
    const orphan = {
      apiVersion: "networking.k8s.io/v1",
      kind: "IPAddress",
      metadata: {
        name: "10.96.9.9",
        labels: { "ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" },
      },
      spec: { parentRef: { resource: "services", namespace: "default", name: "never-stored" } },
    };
    assert.equal((await one.admin("POST", addresses, orphan)).status, 201);
    await one.clock.advance(4 * 60_000);
    assert.equal((await two.admin("GET", `${addresses}/${lost}`)).object.spec.parentRef.name, "a");
    assert.equal((await two.admin("GET", `${addresses}/10.96.9.9`)).status, 404);
    // A port that no Service has is given up after three looks.
    const key = "/registry/ranges/servicenodeports";
    const [entry] = (await one.store.list(only(key))).entries;
    const data = Buffer.from([0x01, 0x20]).toString("base64");
    await one.store.commit(key, entry!.modRevision, Buffer.from(JSON.stringify({ ...JSON.parse(entry!.value.toString()), data })));
    const wanted = service("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_008 }] });
    assert.equal((await two.admin("POST", path, wanted)).status, 422);
    for (let look = 0; look < 4; look++) await one.clock.advance(4 * 60_000);
    assert.equal((await two.admin("POST", path, wanted)).status, 201);
    const again = await two.admin("POST", path, service("c", { type: "NodePort", ports: [{ port: 80, nodePort: 30_005 }] }));
    assert.match(again.message, /provided port is already allocated/);
  }));

test("a port keeps its node port by its name, and none is given to two of one protocol", async () => {
  const { admin, close } = await secureFixture();
  try {
    const path = "/api/v1/namespaces/default/services";
    const web = { name: "web", port: 80, protocol: "TCP" };
    const { object } = await admin("POST", path, { metadata: { name: "s" }, spec: { type: "NodePort", ports: [web] } });
    const given = object.spec.ports[0].nodePort;
    const changed = (...ports: object[]) =>
      admin("PATCH:json", `${path}/s?dryRun=All`, [{ op: "replace", path: "/spec/ports", value: ports }]);
    assert.equal((await changed({ ...web, port: 81 })).object.spec.ports[0].nodePort, given);
    const both = await changed({ ...web, name: "other", port: 81 }, web);
    const [first, second] = both.object.spec.ports;
    assert.ok(first.nodePort !== given && second.nodePort === given);
    const twice = await changed({ ...web, nodePort: given }, { ...web, name: "other", port: 81, nodePort: given });
    assert.deepEqual([twice.status, twice.message], [500, `duplicate nodePort: {TCP ${given}}`]);
  } finally {
    await close();
  }
});
