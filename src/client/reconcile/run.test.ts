import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigMap, configmaps, events, type KubeObject, type Pod, pods, type Service, services } from "#api/mod.ts";
import { settle, silentLog, VirtualClock } from "#base/mod.ts";
import { type FakeApi, fakeApi } from "../fake-api.ts";
import { index } from "../indexes.ts";
import { keyOf } from "../informer.ts";
import { controllerOf } from "../objects/references.ts";
import { informers } from "./informers.ts";
import { type Definition, reconciler, via } from "./reconciler.ts";
import { runReconciler } from "./run.ts";
import { again, create, lanes, patch, remove, type Step, status, tell, update } from "./step.ts";

const aMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data,
});
const aService: Service = { apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: "default" } };
const aPod = (metadata: Pod["metadata"] = {}): Pod => ({ apiVersion: "v1", kind: "Pod", metadata: { namespace: "default", ...metadata } });

async function running<Seen>(definition: Partial<Definition<ConfigMap, Seen>> & Pick<Definition<ConfigMap, Seen>, "see" | "plan">) {
  const api = fakeApi();
  const clock = new VirtualClock();
  const options = { clock, log: silentLog };
  const shared = informers(api.client, options);
  const made = reconciler<ConfigMap, Seen>({ name: "test", workers: 2, of: configmaps, ...definition });
  const run = runReconciler(made, { informers: shared, client: api.client, ...options });
  await settle();
  const close = async () => {
    await run.close();
    shared.close();
  };
  return { api, clock, run, close };
}

/** Keeps as many pods as a ConfigMap says. */
const byMap = index(pods, (pod) => [controllerOf(pod)?.uid ?? ""]);
const counting: Pick<Definition<ConfigMap, { map: ConfigMap; own: Pod[] }>, "also" | "see" | "plan"> = {
  also: [via(pods, (pod) => [`default/${controllerOf(pod)?.name}`])],
  see(key, caches) {
    const map = caches.get(configmaps, key);
    return map && { map, own: caches.by(byMap, map.metadata.uid!).filter((pod) => !pod.metadata.deletionTimestamp) };
  },
  plan({ map, own }) {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: map.metadata.name, uid: map.metadata.uid, controller: true };
    const missing = Number(map.data?.count) - own.length;
    if (missing < 0) return own.slice(missing).map((pod) => remove(pods, pod));
    return Array.from({ length: missing }, () => create(pods, aPod({ generateName: "p-", ownerReferences: [owner] })));
  },
};
const made = ({ requests }: FakeApi) => requests.filter((request) => request.startsWith("POST") && request.endsWith("/pods")).length;

test("a plan is not made again before the copies show what the last one wrote", async () => {
  const { api, run, close } = await running(counting);
  api.put("configmaps", aMap("m", { count: "3" }));
  await settle();
  assert.equal(made(api), 3);
  const map = api.get("configmaps/default/m") as ConfigMap;
  api.pause();
  api.put("configmaps", { ...map, data: { count: "5" } } as ConfigMap);
  run.queue.add("default/m"); // nothing to do: the copy is old
  await settle();
  assert.equal(made(api), 3);
  api.resume();
  api.pause();
  await settle();
  assert.equal(made(api), 5);
  for (let look = 0; look < 5; look++) run.queue.add("default/m");
  await settle();
  assert.equal(made(api), 5, "the two new ones are not shown yet: nobody may make them again");
  api.resume();
  await settle();
  assert.equal(made(api), 5);
  await close();
});

test("deleted objects are waited for too", async () => {
  const { api, run, close } = await running(counting);
  const map = api.put("configmaps", aMap("m", { count: "2" })) as ConfigMap;
  await settle();
  api.put("configmaps", { ...map, data: { count: "1" } } as ConfigMap);
  await settle();
  const deletions = () => api.requests.filter((request) => request.startsWith("DELETE")).length;
  assert.equal(deletions(), 1);
  api.pause();
  const now = api.get("configmaps/default/m") as ConfigMap;
  run.queue.add("default/m");
  await settle();
  assert.equal(deletions(), 1);
  api.resume();
  api.put("configmaps", { ...now, data: { count: "0" } } as ConfigMap);
  await settle();
  assert.equal(deletions(), 2);
  await close();
});

test("a watch that never shows what was written stops a key for five minutes, no longer, and no other key", async () => {
  const { api, clock, run, close } = await running(counting);
  api.put("configmaps", aMap("m", { count: "1" }));
  api.put("configmaps", aMap("other", { count: "0" }));
  api.pause();
  await settle();
  assert.equal(made(api), 1);
  run.queue.add("default/m");
  await settle();
  assert.equal(made(api), 1);
  assert.equal(run.queue.idle, false);
  await clock.advance(5 * 60_000 - 1);
  assert.equal(made(api), 1);
  await clock.advance(2);
  assert.equal(made(api), 2);
  await close();
});

test("creations start with one and double, and the first refusal ends them", async () => {
  const { api, close } = await running(counting);
  api.refuse("POST", "pods", 403, "Forbidden", 100);
  api.put("configmaps", aMap("m", { count: "100" }));
  await settle(2);
  assert.equal(made(api), 1);
  await close();
});

test("a failed key backs off by itself: 5, 10, 20 ms", async () => {
  const { api, clock, close } = await running(counting);
  api.refuse("POST", "pods", 500, "InternalError", 3);
  api.put("configmaps", aMap("m", { count: "1" }));
  await settle();
  const seen = [made(api)];
  for (const ms of [4, 1, 9, 1, 19, 1]) {
    await clock.advance(ms);
    seen.push(made(api));
  }
  assert.deepEqual(seen, [1, 1, 2, 2, 3, 3, 4]);
  await close();
});

test("what happened to the steps reaches conclude, and events tell of each", async () => {
  const told: Step[] = [];
  const about = aMap("m");
  const { api, close } = await running<ConfigMap>({
    see: (key, caches) => caches.get(configmaps, key),
    plan: (map) => [
      create(pods, aPod({ name: "a" }), { told: { about: map, done: ["Made", "Created pod: {name}"] } }),
      create(services, aService, { told: { about: map, failed: ["FailedCreate", "Error creating: {error}"] } }),
      tell(map, "Normal", "Never", "after a failure the rest is off"),
    ],
    conclude(map, { wrote, failures }) {
      told.push(tell(map, "Normal", "Conclusion", `${wrote.map(({ metadata }) => metadata.name)} ${failures.map(({ step }) => step.do)}`));
      return told.splice(0);
    },
  });
  api.refuse("POST", "services", 403, "Forbidden");
  api.put("configmaps", about);
  await settle(8);
  const list = (await api.client.list(events)).items as unknown as { reason: string; message: string }[];
  assert.deepEqual(list.map(({ reason, message }) => [reason, message]).slice(0, 3), [
    ["Made", "Created pod: a"],
    ["FailedCreate", "Error creating: Forbidden"],
    ["Conclusion", "a create"],
  ]);
  await close();
});

test("an object that is gone is no failure of what would have changed it", async () => {
  const ghost = aPod({ name: "ghost", uid: "u" });
  let looks = 0;
  const { run, close, api } = await running<ConfigMap>({
    see(key, caches) {
      looks++;
      return caches.get(configmaps, key);
    },
    plan: () => [
      remove(pods, ghost),
      patch(pods, ghost, { metadata: { labels: { a: "b" } } }),
      update(pods, ghost),
      status(pods, ghost),
      create(configmaps, aMap("m"), { ifAbsent: true }),
    ],
  });
  api.put("configmaps", aMap("m"));
  await settle();
  assert.equal(looks, 1);
  assert.equal(run.queue.failures("default/m"), 0);
  await close();
});

test("an owner that is being deleted adopts nothing", async () => {
  const orphan = aPod({ name: "orphan" });
  const { api, close } = await running<ConfigMap>({
    also: [via(pods, () => [])],
    see: (key, caches) => caches.get(configmaps, key),
    plan: (map) => [
      patch(
        pods,
        orphan,
        { metadata: { labels: { adopted: "yes" } } },
        { type: "merge", whileAlive: { resource: configmaps, ref: { namespace: "default", name: "m" }, uid: map.metadata.uid! } },
      ),
    ],
  });
  api.put("pods", orphan);
  // Marked after the copy was taken.
  api.put("configmaps", { ...aMap("m"), metadata: { ...aMap("m").metadata, finalizers: ["example.org/hold"] } });
  api.pause();
  const marked = api.get("configmaps/default/m") as KubeObject;
  api.put("configmaps", { ...marked, metadata: { ...marked.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  await settle();
  assert.equal(api.get("pods/default/orphan")?.metadata.labels?.adopted, undefined);
  await close();
});

test("lanes do not stop one another", async () => {
  const { api, close } = await running<ConfigMap>({
    see: (key, caches) => caches.get(configmaps, key),
    plan: () => [lanes(["a", "b", "c"].map((name) => [create(pods, aPod({ name })), create(pods, aPod({ name: `${name}2` }))]))],
  });
  api.put("pods", aPod({ name: "b" }));
  api.put("configmaps", aMap("m"));
  await settle(2);
  assert.deepEqual(
    ["a", "a2", "b2", "c", "c2"].map((name) => api.get(`pods/default/${name}`) !== undefined),
    [true, true, false, true, true],
  );
  await close();
});

test("again looks later, the earliest wish counts, and nothing runs after the end", async () => {
  let looks = 0;
  const { api, clock, close } = await running<ConfigMap>({
    see(key, caches) {
      looks++;
      return caches.get(configmaps, key);
    },
    plan: () => [again(5000), again(1000)],
  });
  api.put("configmaps", aMap("m"));
  await settle();
  assert.equal(looks, 1);
  await clock.advance(1000);
  assert.equal(looks, 2);
  await close();
  await clock.advance(10_000);
  assert.equal(looks, 2);
});

test("a look at a resource that is not named is a fault of the reconciler, and is said", async () => {
  const { api, run, close } = await running<Pod>({ see: (key, caches) => caches.get(pods, key), plan: () => [] });
  api.put("configmaps", aMap("m"));
  await settle();
  assert.ok(run.queue.failures(keyOf(aMap("m"))) > 0);
  await close();
});
