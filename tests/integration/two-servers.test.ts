/** Two API servers over one etcd: what one has acknowledged, the other shows; what one has given, the other does not give. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { seededRandom } from "#base/mod.ts";
import { createEtcdStore } from "#store/mod.ts";
import { type SecureFixture, secureFixture } from "../../src/apiserver/fixture.ts";
import { findEtcd, type RunningEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";

const found = findEtcd();
const maps = "/api/v1/namespaces/default/configmaps";
const services = "/api/v1/namespaces/default/services";

describe("two servers over one etcd", { skip: "missing" in found && found.missing }, () => {
  let etcd: RunningEtcd;
  let servers: [SecureFixture, SecureFixture];
  const open = async (seed: number) =>
    secureFixture({
      store: await createEtcdStore({ endpoints: [etcd.endpoint] }),
      random: seededRandom(seed),
      serviceRanges: ["10.96.0.0/24"],
      advertise: { ip: `10.89.0.${seed}`, port: 6443 },
    });
  before(async () => {
    etcd = await startEtcd((found as { path: string }).path);
    servers = [await open(1), await open(2)];
  });
  after(async () => {
    for (const { close, store } of servers) {
      await close();
      await store.close();
    }
    await etcd.stop();
  });

  test("a read of one shows the write of the other, and a change that was not seen yet is no reason to refuse", async () => {
    for (let i = 0; i < 30; i++) {
      const [writer, reader] = i % 2 ? servers : [servers[1], servers[0]];
      const made = await writer.admin("POST", maps, { metadata: { name: `m${i}` }, data: { a: "1" } });
      assert.equal(made.status, 201, made.message);
      assert.equal((await reader.admin("GET", `${maps}/m${i}`)).status, 200);
      assert.equal((await reader.admin("PATCH:merge", `${maps}/m${i}`, { data: { a: "2" } })).status, 200);
      const list = await writer.admin("GET", maps);
      assert.equal(list.object.items.find((item: { metadata: { name: string } }) => item.metadata.name === `m${i}`).data.a, "2");
      assert.equal((await writer.admin("DELETE", `${maps}/m${i}`)).status, 200);
      assert.equal((await reader.admin("GET", `${maps}/m${i}`)).status, 404);
      assert.equal((await reader.admin("POST", maps, { metadata: { name: `m${i}` } })).status, 201);
    }
  });

  test("patches of one object through both all count", async () => {
    await servers[0].admin("POST", maps, { metadata: { name: "shared" } });
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        // Told to come again when it lost too often, a client does.
        for (;;) {
          const { status } = await servers[i % 2]!.admin("PATCH:merge", `${maps}/shared`, { data: { [`k${i}`]: "v" } });
          if (status === 200) return;
          assert.equal(status, 409);
        }
      }),
    );
    assert.equal(Object.keys((await servers[1].admin("GET", `${maps}/shared`)).object.data).length, 20);
  });

  test("no address and no port is given twice", async () => {
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        servers[i % 2]!.admin("POST", services, { metadata: { name: `s${i}` }, spec: { type: "NodePort", ports: [{ port: 80 }] } }),
      ),
    );
    for (const { status, message } of made) assert.equal(status, 201, message);
    assert.equal(new Set(made.map(({ object }) => object.spec.clusterIP)).size, 60);
    assert.equal(new Set(made.map(({ object }) => object.spec.ports[0].nodePort)).size, 60);
  });

  test("a quota is exact for writers of both", async () => {
    const quotas = "/api/v1/namespaces/default/resourcequotas";
    const secrets = "/api/v1/namespaces/default/secrets";
    const hard = { secrets: "30" };
    assert.equal((await servers[0].admin("POST", quotas, { metadata: { name: "q" }, spec: { hard } })).status, 201);
    // No controller runs here: the first count is ours.
    await servers[0].admin("PATCH:merge", `${quotas}/q/status`, { status: { hard, used: { secrets: "0" } } });
    // The other server holds to the quota from when it has heard of it: a fresh read waits for that.
    assert.deepEqual((await servers[1].admin("GET", `${quotas}/q`)).object.status.hard, hard);
    const made = await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        for (;;) {
          const answer = await servers[i % 2]!.admin("POST", secrets, { metadata: { name: `s${i}` } });
          // It lost too often against the other server.
          if (answer.status !== 409) return answer;
        }
      }),
    );
    const refused = made.filter(({ status }) => status !== 201);
    for (const { message } of refused)
      assert.match(message, /exceeded quota: q, requested: secrets=1, used: secrets=30, limited: secrets=30$/);
    assert.equal(refused.length, 34);
    for (const { admin } of servers) {
      assert.equal((await admin("GET", secrets)).object.items.length, 30);
      assert.deepEqual((await admin("GET", `${quotas}/q`)).object.status.used, { secrets: "30" });
    }
  });

  test("the Service of the API lists every server, and not one that has ended", async () => {
    const [{ admin }] = servers;
    const listed = async () => {
      const slice = (await admin("GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes")).object;
      const { subsets } = (await admin("GET", "/api/v1/namespaces/default/endpoints/kubernetes")).object;
      const addresses = slice.endpoints.flatMap((endpoint: { addresses: string[] }) => endpoint.addresses);
      assert.deepEqual(
        subsets[0].addresses.map(({ ip }: { ip: string }) => ip),
        addresses,
      );
      return addresses;
    };
    const third = await open(3);
    assert.deepEqual(await listed(), ["10.89.0.1", "10.89.0.2", "10.89.0.3"]);
    await third.close();
    await third.store.close();
    assert.deepEqual(await listed(), ["10.89.0.1", "10.89.0.2"]);
  });
});
