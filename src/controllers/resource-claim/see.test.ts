import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type KubeObject,
  type Pod,
  pods,
  type Resource,
  type ResourceClaimTemplate,
  type ResourceV1ResourceClaim,
  resourceclaims,
  resourceclaimtemplates,
} from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, secondsAgo } from "../situations.ts";
import { planPodClaims } from "./plan.ts";
import { podResourceClaims, unusedResourceClaims } from "./see.ts";

const finalizer = "resource.kubernetes.io/delete-protection";
const spec = { devices: { requests: [{ name: "r", exactly: { deviceClassName: "gpu" } }] } };
const template: ResourceClaimTemplate = {
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaimTemplate",
  metadata: aMeta("t"),
  spec: { metadata: { labels: { a: "b" }, annotations: { c: "d" } }, spec },
};
type PodOf = Parameters<typeof aPod>[0];
const using = (more: PodOf = {}): Pod =>
  aPod({ name: "p", phase: "Pending", spec: { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "t" }], ...more.spec }, ...more });
const allocation = { devices: { results: [{ request: "r", driver: "d", pool: "n", device: "x" }] } };
const claim = (
  name: string,
  more: { owner?: string; users?: string[]; going?: boolean; allocated?: boolean } = {},
): ResourceV1ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: aMeta(name, {
    ...(more.allocated ? { finalizers: [finalizer] } : {}),
    ...(more.going ? { deletionTimestamp: secondsAgo(1) } : {}),
    ...(more.owner
      ? {
          annotations: { "resource.kubernetes.io/pod-claim-name": "gpu" },
          ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: more.owner, uid: `uid-of-${more.owner}`, controller: true }],
        }
      : {}),
  }),
  spec,
  status: {
    ...(more.allocated ? { allocation } : {}),
    ...(more.users ? { reservedFor: more.users.map((user) => ({ resource: "pods", name: user, uid: `uid-of-${user}` })) } : {}),
  },
});

test("a pod gets a claim from its template, its status says which, and a claim that went is made again", async () => {
  const { api, get, all, settled, told, close } = await trial(podResourceClaims(), [
    [pods, using()],
    [pods, aPod({ name: "plain" })],
  ]);
  assert.deepEqual(await told(), [
    'Warning FailedResourceClaimCreation PodResourceClaim gpu: resource claim template "t": resourceclaimtemplate.resource.k8s.io "t" not found',
  ]);
  api.put("resourceclaimtemplates", template);
  await settled();
  const made = (await all(resourceclaims))[0]!;
  assert.match(made.metadata.name!, /^p-gpu-/);
  assert.deepEqual([made.metadata.labels, made.spec], [{ a: "b" }, spec]);
  assert.deepEqual(made.metadata.annotations, { c: "d", "resource.kubernetes.io/pod-claim-name": "gpu" });
  assert.deepEqual(made.metadata.ownerReferences, [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "uid-of-p", controller: true }]);
  const named = () => get(pods, "default/p")?.status?.resourceClaimStatuses;
  assert.deepEqual(named(), [{ name: "gpu", resourceClaimName: made.metadata.name }]);
  api.remove(`resourceclaims/default/${made.metadata.name}`);
  await settled();
  const again = (await all(resourceclaims))[0]!;
  assert.notEqual(again.metadata.name, made.metadata.name);
  assert.deepEqual(named(), [{ name: "gpu", resourceClaimName: again.metadata.name }]);
  await close();
});

test("a claim that was made while the status could not be written is found, not made twice", async () => {
  const { get, all, close } = await trial(podResourceClaims(), [
    [pods, using()],
    [resourceclaims, claim("p-gpu-x", { owner: "p" })],
    [resourceclaimtemplates, template],
  ]);
  assert.equal((await all(resourceclaims)).length, 1);
  assert.deepEqual(get(pods, "default/p")?.status?.resourceClaimStatuses, [{ name: "gpu", resourceClaimName: "p-gpu-x" }]);
  await close();
});

test("a pod that was bound by hand may use what is allocated", async () => {
  const bound = aPod({ name: "p", node: "n", spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "mine" }] } });
  const { get, close } = await trial(podResourceClaims(), [
    [pods, bound],
    [resourceclaims, claim("mine", { allocated: true, users: ["other"] })],
  ]);
  assert.deepEqual(
    get(resourceclaims, "default/mine")?.status?.reservedFor?.map(({ name }) => name),
    ["other", "p"],
  );
  await close();
});

test("names that are too long are cut in proportion", () => {
  const pod = aPod({ name: "a".repeat(63), spec: { resourceClaims: [{ name: "b".repeat(63), resourceClaimTemplateName: "t" }] } });
  const [step] = planPodClaims({ pod, owned: [], claimNamed: () => undefined, templateNamed: () => template });
  const { generateName = "" } = (step as { object: ResourceV1ResourceClaim }).object.metadata;
  assert.match(generateName, /^a{28}-b{28}$/);
});

const rows: {
  name: string;
  claim: ResourceV1ResourceClaim;
  pods: Pod[];
  wanted: [users: number, allocated: boolean, finalizers: number] | "gone";
}[] = [
  { name: "in use", claim: claim("c", { users: ["p"], allocated: true }), pods: [using({ node: "n" })], wanted: [1, true, 1] },
  { name: "its user is gone", claim: claim("c", { users: ["p"], allocated: true }), pods: [], wanted: [0, false, 0] },
  {
    name: "its user is another of the name",
    claim: claim("c", { users: ["p"], allocated: true }),
    pods: [using({ uid: "new" })],
    wanted: [0, false, 0],
  },
  {
    name: "one of two users is done",
    claim: claim("c", { users: ["p", "q"], allocated: true }),
    pods: [using({ phase: "Succeeded" }), aPod({ name: "q" })],
    wanted: [1, true, 1],
  },
  { name: "never used", claim: claim("c", { allocated: true }), pods: [], wanted: [0, true, 1] },
  { name: "going and allocated", claim: claim("c", { allocated: true, going: true }), pods: [], wanted: "gone" },
  {
    name: "going and in use",
    claim: claim("c", { users: ["p"], allocated: true, going: true }),
    pods: [using({ node: "n" })],
    wanted: [1, true, 1],
  },
  {
    name: "made for a pod that is done",
    claim: claim("c", { owner: "p", users: ["p"], allocated: true }),
    pods: [using({ phase: "Failed" })],
    wanted: "gone",
  },
  {
    name: "made for a pod that was deleted before it was placed",
    claim: claim("c", { owner: "p" }),
    pods: [using({ deleting: true })],
    wanted: "gone",
  },
  { name: "made for a pod that waits", claim: claim("c", { owner: "p" }), pods: [using()], wanted: [0, false, 0] },
  { name: "made for a pod that is not known", claim: claim("c", { owner: "p" }), pods: [], wanted: [0, false, 0] },
];
for (const row of rows)
  test(`a claim: ${row.name}`, async () => {
    const { get, settled, close } = await trial(unusedResourceClaims, [
      ...row.pods.map((pod) => [pods, pod] as [Resource, KubeObject]),
      [resourceclaims, row.claim],
    ]);
    await settled();
    const now = get(resourceclaims, "default/c");
    const { reservedFor = [], allocation: given } = now?.status ?? {};
    const seen = now ? [reservedFor.length, given !== undefined, now.metadata.finalizers?.length ?? 0] : "gone";
    assert.deepEqual(seen, row.wanted);
    await close();
  });

test("an end of a pod is noticed, and users that are no pods are left alone", async () => {
  const shared = claim("c", { users: ["p"], allocated: true });
  const user = { apiGroup: "x.example", resource: "jobs", name: "j", uid: "j" };
  const both: ResourceV1ResourceClaim = { ...shared, status: { ...shared.status, reservedFor: [...shared.status!.reservedFor!, user] } };
  const pod = aPod({ name: "p", node: "n", spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] } });
  const { api, get, settled, close } = await trial(unusedResourceClaims, [
    [pods, pod],
    [resourceclaims, both],
  ]);
  assert.equal(get(resourceclaims, "default/c")?.status?.reservedFor?.length, 2);
  api.remove("pods/default/p");
  await settled();
  assert.deepEqual(get(resourceclaims, "default/c")?.status?.reservedFor, [user]);
  assert.ok(get(resourceclaims, "default/c")?.status?.allocation);
  await close();
});

test("claims are counted by what became of them, and those that were made", async () => {
  const admin = { devices: { requests: [{ name: "r", exactly: { deviceClassName: "gpu", adminAccess: true } }] } };
  const { run, settled, close } = await trial(podResourceClaims(), [
    [resourceclaimtemplates, { ...template, spec: { spec: admin } } as ResourceClaimTemplate],
    [pods, using()],
    [resourceclaims, claim("free")],
    [resourceclaims, claim("taken", { allocated: true })],
  ]);
  await settled();
  const samples = run
    .counts()
    .map(({ name, samples: all }) => [name, ...all.map(({ labels, value }) => `${Object.values(labels)} ${value}`)]);
  assert.deepEqual(samples, [
    ["resourceclaim_controller_creates_total", "success,true 1"],
    ["resourceclaim_controller_resource_claims", "false,false, 1", "true,false, 1", "false,true,resource_claim_template 1"],
  ]);
  await close();
});
