import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog, VirtualClock } from "#base/mod.ts";
import { fakeApi } from "#client/fake-api.ts";
import { createClient } from "#client/mod.ts";
import { startPolicies } from "./policies.ts";
import { aNamespace, aPod, aPolicy } from "./reach.ts";

function aNode({ api = fakeApi(), slow = "" } = {}) {
  const clock = new VirtualClock();
  const { transport } = api.client;
  const client = createClient({
    ...transport,
    async request(request) {
      if (slow && request.path.includes(slow)) await clock.sleep(slowMs);
      return transport.request(request);
    },
  });
  const scripts: string[] = [];
  let refusing = false;
  const policies = startPolicies({
    client,
    nodeName: "n1",
    clock,
    log: silentLog,
    async nft(script) {
      if (refusing) throw new Error("nft: no");
      scripts.push(script);
    },
  });
  const admit = (pod = aPod("x/a", { nodeName: "n1", ip: "" }), ip = "10.244.1.5") => {
    const outcome = { is: "waiting" };
    policies.admit(pod, [ip]).then(
      () => {
        outcome.is = "in";
      },
      (error: Error) => {
        outcome.is = error.message;
      },
    );
    return outcome;
  };
  const refuse = (value: boolean) => {
    refusing = value;
  };
  const last = () => scripts.at(-1) ?? "";
  return { api, clock, scripts, policies, admit, refuse, last };
}

/** A list that is slow: its answer comes after this. */
const slowMs = 300;

const deny = () => aPolicy("x", { podSelector: {}, ingress: [] }, "deny");
const hasAddress = (script: string) => script.includes("add element ip spoke-policy ingress { 10.244.1.5 : goto ");

test("without policies a pod starts at once, and nobody follows pods", async () => {
  const { clock, admit, scripts, policies } = aNode();
  await clock.advance(10);
  assert.equal(scripts.length, 1, "what never changes");
  const outcome = admit();
  await clock.advance(0);
  assert.equal(outcome.is, "in");
  assert.equal(scripts.length, 1);
  await policies.close();
});

test("a pod that a policy selects starts when its rules stand, before the API has its address", async () => {
  const { api, clock, admit, last, policies } = aNode();
  api.put("networkpolicies", deny());
  await clock.advance(10);
  const outcome = admit();
  await clock.advance(0);
  assert.equal(outcome.is, "waiting");
  await clock.advance(10);
  assert.equal(outcome.is, "in");
  assert.ok(hasAddress(last()), last());
  await policies.close();
});

test("a policy of before the pod is obeyed although the watch has not told of it", async () => {
  const { api, clock, admit, scripts, last, policies } = aNode();
  await clock.advance(10);
  api.pause();
  api.put("networkpolicies", deny());
  const outcome = admit();
  await clock.advance(1000);
  assert.equal(outcome.is, "waiting");
  assert.equal(scripts.length, 1);
  api.resume();
  await clock.advance(20);
  assert.equal(outcome.is, "in");
  assert.ok(hasAddress(last()), last());
  await policies.close();
});

test("rules that cannot be made keep the pod back, with a reason; then all of them are made anew", async () => {
  const { api, clock, admit, refuse, last, policies } = aNode();
  api.put("networkpolicies", deny());
  await clock.advance(10);
  refuse(true);
  const outcome = admit();
  await clock.advance(10_000);
  assert.equal(outcome.is, "its network policies do not stand after 10 s");
  refuse(false);
  const again = admit();
  await clock.advance(10_000);
  assert.equal(again.is, "in");
  assert.ok(last().startsWith("add table ip spoke-policy\ndelete table") && hasAddress(last()));
  await policies.close();
});

test("a pod is held to its policies until its containers are gone, whatever became of its object", async () => {
  const { api, clock, admit, scripts, last, policies } = aNode();
  api.put("namespaces", aNamespace("x"));
  api.put("networkpolicies", deny());
  const pod = aPod("x/a", { nodeName: "n1", ip: "10.244.1.5" });
  api.put("pods", pod);
  await clock.advance(10);
  admit(pod);
  await clock.advance(10);
  const before = scripts.length;
  api.remove("pods/x/a");
  await clock.advance(100);
  assert.equal(scripts.length, before);
  policies.released(pod.metadata.uid!);
  await clock.advance(100);
  assert.match(last(), /delete element ip spoke-policy ingress \{ 10\.244\.1\.5 \}/);
  await policies.close();
});

test("host-network pods are not asked about", async () => {
  const { clock, admit, refuse, policies } = aNode();
  refuse(true);
  const pod = aPod("x/a", { nodeName: "n1", ip: "" });
  pod.spec = { ...pod.spec, hostNetwork: true };
  const outcome = admit(pod, "10.89.0.11");
  await clock.advance(0);
  assert.equal(outcome.is, "in");
  await policies.close();
});

for (const slow of ["/pods", "/namespaces", "/"])
  test(`an agent that starts again opens nothing, however late it hears of ${slow}`, async () => {
    const api = fakeApi();
    api.put("namespaces", aNamespace("x"));
    api.put("networkpolicies", deny());
    api.put("pods", aPod("x/a", { nodeName: "n1", ip: "10.244.1.5" }));
    const { clock, scripts, policies } = aNode({ api, slow });
    await clock.advance(3 * slowMs);
    assert.equal(scripts.length, 1);
    assert.ok(hasAddress(scripts[0]!), scripts[0]);
    await policies.close();
  });
