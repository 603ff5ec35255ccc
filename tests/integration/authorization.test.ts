/** Who else is asked whether a request is allowed: webhooks, in the order of a file that may change. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { Cluster } from "#cluster/mod.ts";
import { writeYaml } from "#codec/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { eventually } from "./cluster.ts";
import { type WebhookServer, webhookServer } from "./webhook-server.ts";

const options = { timeout: 60_000 };
const folder = mkdtempSync(join(tmpdir(), "spoke-authorization-"));
const opened: Cluster[] = [];
let webhook: WebhookServer;

// biome-ignore lint/suspicious/noExplicitAny: reviews and answers
type Any = any;

before(async () => {
  webhook = await webhookServer();
  for (const path of ["/one", "/two"])
    webhook.at(path, () => {
      const { apiVersion, spec } = webhook.asked(path).at(-1)!.review;
      const verdicts: Record<string, object> = {
        allowed: { allowed: true, reason: `${path} says so` },
        denied: { allowed: false, denied: true, reason: "never" },
        both: { allowed: true, denied: true },
        other: { allowed: false, reason: "do not know" },
      };
      if (spec.user === "broken") return { raw: "oops", code: 400 };
      return { raw: { apiVersion, kind: "SubjectAccessReview", status: verdicts[spec.user] ?? { allowed: false } } };
    });
});
after(async () => {
  await Promise.all([...opened.map((cluster) => cluster.close()), webhook.close()]);
  rmSync(folder, { recursive: true });
});

function file(name: string, content: object): string {
  const path = join(folder, name);
  writeFileSync(path, writeYaml(content));
  return path;
}
const kubeconfig = (path: string) =>
  file(`${path.slice(1)}.kubeconfig`, {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: webhook.url(path), "certificate-authority-data": webhook.caBundle } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
const aWebhook = (path: string, more: object = {}) => ({
  type: "Webhook",
  name: path.slice(1),
  webhook: {
    timeout: "3s",
    subjectAccessReviewVersion: "v1",
    failurePolicy: "NoOpinion",
    connectionInfo: { type: "KubeConfigFile", kubeConfigFile: kubeconfig(path) },
    ...more,
  },
});
const own = [
  { type: "Node", name: "node" },
  { type: "RBAC", name: "rbac" },
];
const configuration = (...authorizers: object[]) => ({
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AuthorizationConfiguration",
  authorizers,
});

async function clusterWith(...apiserverFlags: string[]): Promise<Cluster> {
  const cluster = new Cluster({ store: await createMemoryStore({ clock: systemClock }), apiserverFlags });
  opened.push(cluster);
  return cluster.open();
}
async function get(
  cluster: Cluster,
  user: string,
  path = "/api/v1/namespaces/default/configmaps",
): Promise<{ status: number; said: string }> {
  const { status, object, bytes } = await cluster.as(user).transport.request({ method: "GET", path });
  return { status, said: (object as Any)?.message ?? Buffer.from(bytes()).toString() };
}
const count = (path: string) => webhook.asked(path).length;
const forbidden = (user: string) =>
  `configmaps is forbidden: User "${user}" cannot list resource "configmaps" in API group "" in the namespace "default"`;

test("a webhook allows, denies, or leaves it to the next; its answers are remembered", options, async () => {
  const cluster = await clusterWith(`authorization-config=${file("a.yaml", configuration(aWebhook("/one"), ...own))}`);
  assert.equal((await get(cluster, "allowed")).status, 200);
  assert.deepEqual(await get(cluster, "denied"), { status: 403, said: `${forbidden("denied")}: never` });
  assert.deepEqual(await get(cluster, "other"), { status: 403, said: `${forbidden("other")}: do not know` });
  const before = count("/one");
  await get(cluster, "allowed");
  await get(cluster, "other");
  assert.equal(count("/one"), before);
  await get(cluster, "allowed", "/api/v1/namespaces/default/pods?labelSelector=a%3Db,!c&fieldSelector=spec.nodeName%21%3Dn");
  const { review } = webhook.asked("/one").at(-1)!;
  assert.deepEqual([review.kind, review.apiVersion], ["SubjectAccessReview", "authorization.k8s.io/v1"]);
  assert.deepEqual(review.spec, {
    user: "allowed",
    groups: ["system:authenticated"],
    resourceAttributes: {
      namespace: "default",
      verb: "list",
      version: "v1",
      resource: "pods",
      fieldSelector: { requirements: [{ key: "spec.nodeName", operator: "NotIn", values: ["n"] }] },
      labelSelector: {
        requirements: [
          { key: "a", operator: "In", values: ["b"] },
          { key: "c", operator: "DoesNotExist" },
        ],
      },
    },
  });
  await get(cluster, "allowed", "/healthz");
  assert.deepEqual(webhook.asked("/one").at(-1)!.review.spec.nonResourceAttributes, { path: "/healthz", verb: "get" });
  // Administrators never depend on it.
  const asked = count("/one");
  assert.equal((await cluster.client.transport.request({ method: "GET", path: "/api/v1/nodes" })).status, 200);
  assert.equal(count("/one"), asked);
  const rules = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace: "default" } };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const { object } = await cluster.as("allowed").transport.request({ method: "POST", path, body: rules });
  assert.deepEqual(
    [(object as Any).status.incomplete, (object as Any).status.evaluationError],
    [true, "webhook authorizer does not support user rule resolution"],
  );
});

test("a webhook that does not answer says nothing or no, as its policy wants, and nobody is told yes", options, async () => {
  const open = await clusterWith(`authorization-config=${file("b.yaml", configuration(aWebhook("/one"), ...own))}`);
  const why = "the server rejected our request for an unknown reason";
  assert.deepEqual(await get(open, "broken"), {
    status: 500,
    said: `Internal Server Error: "/api/v1/namespaces/default/configmaps": ${why}\n`,
  });
  assert.equal((await get(open, "broken", "/version")).status, 200, "the next one may still allow it");
  const shut = configuration(aWebhook("/one", { failurePolicy: "Deny" }), ...own);
  const closed = await clusterWith(`authorization-config=${file("c.yaml", shut)}`);
  assert.equal((await get(closed, "broken", "/version")).status, 500);
  assert.equal((await get(closed, "both")).status, 500);
  const spec = { user: "broken", resourceAttributes: { verb: "get", resource: "pods" } };
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
  const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const { object } = await closed.client.transport.request({ method: "POST", path, body });
  const { allowed, denied, evaluationError } = (object as Any).status;
  assert.deepEqual([allowed, denied, evaluationError], [false, true, why]);
});

test("conditions say about which requests a webhook is asked", options, async () => {
  const conditions = [
    "has(request.resourceAttributes)",
    "request.resourceAttributes.namespace == 'default' && !('system:nodes' in request.groups)",
    "request.user != 'odd' || request.extra['missing'][0] == ''",
  ];
  const webhookOne = aWebhook("/one", {
    failurePolicy: "Deny",
    matchConditionSubjectAccessReviewVersion: "v1",
    matchConditions: conditions.map((expression) => ({ expression })),
  });
  const cluster = await clusterWith(`authorization-config=${file("d.yaml", configuration(webhookOne, ...own))}`);
  const before = count("/one");
  assert.equal((await get(cluster, "allowed", "/version")).status, 200);
  assert.equal((await get(cluster, "allowed", "/api/v1/namespaces/other/pods")).status, 403);
  assert.equal(count("/one"), before);
  assert.equal((await get(cluster, "allowed")).status, 200);
  assert.match(
    (await get(cluster, "odd")).said,
    /cel evaluation error: expression 'request.user .*' resulted in error: no such key: missing/,
  );
});

test("a changed file is taken up when it is whole, and only then", options, async () => {
  const path = file("e.yaml", configuration(aWebhook("/one"), ...own));
  const cluster = await clusterWith(`authorization-config=${path}`);
  assert.equal((await get(cluster, "allowed")).status, 200);
  file("e.yaml", configuration(aWebhook("/two")));
  file("e.yaml", configuration(...own, aWebhook("/two")));
  const before = count("/two");
  await eventually(async () => {
    assert.equal((await get(cluster, "allowed", `/api/v1/namespaces/default/secrets`)).status, 200);
    assert.ok(count("/two") > before);
  });
  const after = count("/one");
  await get(cluster, "other", "/api/v1/namespaces/default/services");
  assert.equal(count("/one"), after, "nobody asks who is not named any more");
});

test("flags name a chain too, and what cannot be used is refused at the start", options, async () => {
  const cluster = await clusterWith(
    "authorization-mode=RBAC,Webhook",
    `authorization-webhook-config-file=${kubeconfig("/two")}`,
    "authorization-webhook-cache-authorized-ttl=0s",
  );
  assert.equal((await get(cluster, "allowed")).status, 200);
  assert.equal((await get(cluster, "allowed")).status, 200);
  const [one, two] = webhook.asked("/two").slice(-2);
  assert.deepEqual([one!.review.apiVersion, two!.review.spec.group], ["authorization.k8s.io/v1beta1", ["system:authenticated"]]);
  const bad = (more: object) => [`authorization-config=${file("bad.yaml", configuration(aWebhook("/one", more)))}`];
  const table: [() => string[], RegExp][] = [
    [() => ["authorization-mode=ABAC"], /^authorization-mode ABAC's authorization policy file not passed$/],
    [() => ["authorization-mode=Webhook"], /^authorization-mode Webhook's authorization config file not passed$/],
    [() => ["authorization-mode=RBAC,RBAC"], /^authorization-mode \["RBAC" "RBAC"\] has mode specified more than once$/],
    [
      () => [`authorization-config=${file("f.yaml", configuration(...own))}`, "authorization-mode=RBAC"],
      /^--authorization-config can not be specified when --authorization-mode or --authorization-webhook-\* flags are defined$/,
    ],
    [
      () => [`authorization-config=${file("f.yaml", configuration())}`],
      /^authorizers: Required value: at least one authorization mode must/,
    ],
    [
      () => [`authorization-config=${file("f.yaml", configuration({ type: "RBAC", name: "roles" }))}`],
      /^expected name rbac for authorizer RBAC instead of roles$/,
    ],
    [() => bad({ timeout: "31s" }), /^authorizers\[0\].timeout: Invalid value: "31s": must be > 0s and <= 30s$/],
    [() => bad({ failurePolicy: "Allow" }), /failurePolicy: Unsupported value: "Allow": supported values: "NoOpinion", "Deny"$/],
    [
      () => bad({ matchConditions: [{ expression: "request.nobody" }], matchConditionSubjectAccessReviewVersion: "v1" }),
      /^authorizers\[0\].matchConditions\[0\].expression: Invalid value: "request.nobody": compilation failed: .*undefined field 'nobody'/,
    ],
    [
      () => bad({ matchConditions: [{ expression: "request.user" }], matchConditionSubjectAccessReviewVersion: "v1" }),
      /must evaluate to bool but got string$/,
    ],
  ];
  for (const [flags, message] of table) await assert.rejects(clusterWith(...flags()), { message });
});
