import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, settle, silentLog, VirtualClock } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { admissionChain } from "../admission/chain.ts";
import { on } from "../admission/match.ts";
import type { AdmissionPlugin, Attributes } from "../contract.ts";
import { secureFixture } from "../fixture.ts";
import { openRegistry } from "../registry.ts";
import { type ApiServer, serve } from "../server.ts";

const path = "/api/v1/namespaces/default/configmaps";
const headersOf = (method: string) => ({ "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" });

async function withPlugins(plugins: AdmissionPlugin[], run: (as: (user: string) => ReturnType<typeof asUser>) => Promise<void>) {
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const registry = await openRegistry({ store, clock, random: seededRandom(1), log: silentLog });
  const server = await serve(registry, { admission: admissionChain(plugins) });
  const asUser_ = (user: string) => asUser(server, user);
  try {
    await run(asUser_);
  } finally {
    await server.close();
    await store.close();
  }
}

const asUser =
  (server: ApiServer, name: string) => async (method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", url: string, body?: object) => {
    const { status, object } = await server
      .direct({ name, groups: [] })
      .request({ method, path: url, headers: headersOf(method), body: body && Buffer.from(JSON.stringify(body)) });
    return {
      status,
      object: object as { data?: Record<string, string>; message?: string; metadata: { resourceVersion: string; labels?: object } },
    };
  };

/** Holds up one user's requests until told, in the step named. */
function slowFor(user: string, step: "admit" | "validate") {
  let go!: () => void;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  let calls = 0;
  const plugin: AdmissionPlugin = {
    name: "Slow",
    matches: [on("", "configmaps", "UPDATE", "DELETE")],
    [step]: (attributes: Attributes) => {
      if (attributes.user.name !== user) return;
      calls++;
      return calls === 1 ? gate : undefined;
    },
  };
  return { plugin, go, calls: () => calls };
}

for (const step of ["admit", "validate"] as const)
  test(`a plugin that takes long to ${step} for one user does not delay another's patch, and looks at the object again`, async () => {
    const slow = slowFor("eve", step);
    await withPlugins([slow.plugin], async (as) => {
      await as("ann")("POST", path, { metadata: { name: "a" }, data: {} });
      const late = as("eve")("PATCH", `${path}/a`, { data: { eve: "1" } });
      await settle();
      assert.equal((await as("ann")("PATCH", `${path}/a`, { data: { ann: "1" } })).status, 200);
      slow.go();
      assert.deepEqual((await late).object.data, { ann: "1", eve: "1" });
      assert.equal(slow.calls(), 2, "what was admitted is what is stored");
    });
  });

test("a delete that is being admitted does not delay a patch, and goes by the object as it is then", async () => {
  const slow = slowFor("eve", "admit");
  await withPlugins([slow.plugin], async (as) => {
    const made = await as("ann")("POST", path, { metadata: { name: "a" } });
    const { resourceVersion } = made.object.metadata;
    const late = as("eve")("DELETE", `${path}/a`, { preconditions: { resourceVersion } });
    await settle();
    assert.equal((await as("ann")("PATCH", `${path}/a`, { data: { ann: "1" } })).status, 200);
    slow.go();
    assert.equal((await late).status, 409);
    assert.equal((await as("ann")("DELETE", `${path}/a`)).status, 200);
  });
});

test("a replace that named its version is refused when the object changed while it was admitted", async () => {
  const slow = slowFor("eve", "admit");
  await withPlugins([slow.plugin], async (as) => {
    const made = await as("ann")("POST", path, { metadata: { name: "a" }, data: {} });
    const late = as("eve")("PUT", `${path}/a`, { ...made.object, data: { eve: "1" } });
    await settle();
    await as("ann")("PATCH", `${path}/a`, { data: { ann: "1" } });
    slow.go();
    const { status, object } = await late;
    assert.equal(status, 409);
    assert.match(object.message!, /the object has been modified; please apply your changes to the latest version and try again$/);
  });
});

test("the type of a Service changes there and back by every kind of patch", async () => {
  const { admin, close } = await secureFixture();
  const services = "/api/v1/namespaces/default/services";
  const to: Record<string, (type: string) => object> = {
    strategic: (type) => ({ spec: { type } }),
    merge: (type) => ({ spec: { type } }),
    json: (type) => [{ op: "replace", path: "/spec/type", value: type }],
  };
  for (const [kind, patch] of Object.entries(to)) {
    const name = `by-${kind}`;
    await admin("POST", services, { metadata: { name }, spec: { ports: [{ port: 80 }], selector: { a: "b" } } });
    for (const type of ["NodePort", "LoadBalancer", "ClusterIP", "LoadBalancer", "NodePort", "ClusterIP"]) {
      const { status, message, object } = await admin(`PATCH:${kind}`, `${services}/${name}`, patch(type));
      assert.equal(status, 200, message);
      assert.equal(typeof object.spec.ports[0].nodePort, type === "ClusterIP" ? "undefined" : "number", `${kind} to ${type}`);
    }
    const named = { spec: { type: "ExternalName", externalName: "a.example" } };
    const external = await admin("PATCH:merge", `${services}/${name}`, named);
    assert.equal(external.status, 200, external.message);
    assert.equal(external.object.spec.clusterIP, undefined);
  }
  await close();
});

test("what a patch leaves alone is not the stored object's own part", async () => {
  const writer: AdmissionPlugin = {
    name: "Writer",
    matches: [on("", "configmaps", "UPDATE")],
    admit({ object }) {
      const { data } = object as unknown as { data: Record<string, string> };
      data.written = "by admission";
    },
  };
  await withPlugins([writer], async (as) => {
    await as("ann")("POST", path, { metadata: { name: "a" }, data: { one: "1", __proto__x: "2" } });
    const { object } = await as("ann")("PATCH", `${path}/a`, { metadata: { labels: { x: "y" } } });
    assert.deepEqual(object.data, { one: "1", __proto__x: "2", written: "by admission" });
  });
});

test("what is written is what the URL names, and no other of the same name", async () => {
  await withPlugins([], async (as) => {
    const user = as("a");
    const config = (metadata: object) => ({ apiVersion: "v1", kind: "ConfigMap", metadata });
    await user("POST", path, config({ name: "one" }));
    const said = async (method: "PUT" | "PATCH", metadata: object) => {
      const { status, object } = await user(method, `${path}/one`, config(metadata));
      return `${status} ${object.message}`;
    };
    const nameless = "400 the name of the object (one based on URL) was undeterminable: name must be provided";
    assert.equal(await said("PUT", {}), nameless);
    assert.equal(await said("PATCH", { name: null }), nameless);
    const elsewhere = "400 the namespace of the provided object does not match the namespace sent on the request";
    assert.equal(await said("PUT", { name: "one", namespace: "other" }), elsewhere);
    assert.equal(await said("PATCH", { namespace: "other" }), elsewhere);
    assert.match(await said("PUT", { name: "one", uid: "x" }), /^409 .*Key: \/configmaps\/default\/one, .*UID in precondition: x,/);
    assert.equal(await said("PATCH", { uid: "x" }), '422 ConfigMap "one" is invalid: metadata.uid: Invalid value: "x": field is immutable');
  });
});

test("a patch that takes the version away is refused where versions are asked for", async () => {
  await withPlugins([], async (as) => {
    const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    await as("a")("POST", leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "one", finalizers: ["plain"] },
    });
    const { status, object } = await as("a")("PATCH", `${leases}/one`, { metadata: { resourceVersion: null } });
    assert.equal(
      `${status} ${object.message}`,
      '422 leases.coordination.k8s.io "one" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });
});

test("a cluster-wide object loses a namespace that an update names", async () => {
  await withPlugins([], async (as) => {
    const user = as("a");
    const volumes = "/api/v1/persistentvolumes";
    const spec = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: "/x" } };
    await user("POST", volumes, { apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "one" }, spec });
    const { status, object } = await user("PATCH", `${volumes}/one`, { metadata: { namespace: "default", labels: { a: "b" } } });
    assert.equal(status, 200);
    assert.equal("namespace" in object.metadata, false);
  });
});
