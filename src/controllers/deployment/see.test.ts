import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deployment, deployments, type ReplicaSet, replicasets } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta } from "../situations.ts";
import { templateHash } from "../template-hash.ts";
import { deploymentReconciler } from "./see.ts";
import { setName } from "./set-of-template.ts";

const labels = { app: "web" };
const aDeployment = (image: string): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: aMeta("web", { generation: 1 }),
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
  },
});

test("a template makes one set, the next template another, and the first is found again", async () => {
  const { all, get, put, told, settled, close } = await trial(deploymentReconciler, [[deployments, aDeployment("a")]]);
  const sets = async () =>
    (await all<ReplicaSet>(replicasets)).map(({ spec, metadata }) => [
      spec?.template?.spec?.containers?.[0]?.image,
      metadata.annotations?.["deployment.kubernetes.io/revision"],
    ]);
  assert.deepEqual(await sets(), [["a", "1"]]);
  const change = async (image: string) => {
    const current = get(deployments, "default/web")!;
    put(deployments, { ...current, spec: aDeployment(image).spec! });
    await settled();
  };
  await change("b");
  assert.deepEqual(await sets(), [
    ["a", "1"],
    ["b", "2"],
  ]);
  await change("a");
  assert.deepEqual(await sets(), [
    ["a", "3"],
    ["b", "2"],
  ]);
  assert.equal(get(deployments, "default/web")?.metadata.annotations?.["deployment.kubernetes.io/revision"], "3");
  assert.match((await told()).join("\n"), /Normal ScalingReplicaSet Scaled up replica set web-\w+ from 0 to 2/);
  await close();
});

test("a stranger's set of the same name is a collision, and another name is taken", async () => {
  const deployment = aDeployment("a");
  const name = setName("web", templateHash(deployment.spec?.template, undefined));
  const stranger: ReplicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: aMeta(name), spec: { replicas: 1 } };
  const { all, get, close } = await trial(deploymentReconciler, [
    [replicasets, stranger],
    [deployments, deployment],
  ]);
  const own = (await all<ReplicaSet>(replicasets)).filter((set) => set.metadata.ownerReferences);
  assert.equal(own.length, 1);
  assert.notEqual(own[0]?.metadata.name, name);
  assert.equal(get(deployments, "default/web")?.status?.collisionCount, 1);
  await close();
});

test("a refused set is told in conditions and events", async () => {
  const { api, get, put, told, settled, close } = await trial(deploymentReconciler);
  api.refuse("POST", "replicasets", 403, "Forbidden", 3);
  const deployment = aDeployment("a");
  put(deployments, { ...deployment, spec: { ...deployment.spec, progressDeadlineSeconds: 600 } });
  await settled();
  const [condition] = get(deployments, "default/web")?.status?.conditions?.filter(({ type }) => type === "Progressing") ?? [];
  assert.equal(condition?.reason, "ReplicaSetCreateError");
  assert.match((await told())[0] ?? "", /^Warning ReplicaSetCreateError Failed to create new replica set "web-\w+": Forbidden$/);
  await close();
});

test("the name of a set is cut so that it fits", () => {
  assert.equal(setName("a".repeat(250), "0123456789").length, 253);
  assert.equal(setName("web", "abc"), "web-abc");
});
