/** What is recorded of requests: in a log and at a webhook, as the policy wants it. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
const folder = mkdtempSync(join(tmpdir(), "spoke-audit-"));
const path = join(folder, "log", "audit.log");
let webhook: WebhookServer;
let cluster: Cluster;

// biome-ignore lint/suspicious/noExplicitAny: events of every form
type Any = any;

function file(name: string, content: object): string {
  const at = join(folder, name);
  writeFileSync(at, writeYaml(content));
  return at;
}

const policy = () =>
  file("policy.yaml", {
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitManagedFields: true,
    rules: [
      { level: "None", users: ["system:apiserver"] },
      { level: "None", nonResourceURLs: ["/healthz*"] },
      { level: "Metadata", resources: [{ group: "", resources: ["secrets"] }] },
      { level: "Request", verbs: ["delete"], omitStages: ["RequestReceived"] },
      { level: "RequestResponse" },
    ],
  });
const kubeconfig = (server: string) =>
  file("webhook.kubeconfig", {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server, "certificate-authority-data": webhook.caBundle } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });

async function open(...apiserverFlags: string[]): Promise<Cluster> {
  return new Cluster({ store: await createMemoryStore({ clock: systemClock }), apiserverFlags }).open();
}

before(async () => {
  webhook = await webhookServer();
  let stumbles = 1;
  webhook.at("/events", (): Any => (stumbles-- > 0 ? { raw: "later", code: 503 } : { raw: {} }));
  cluster = await open(
    `audit-policy-file=${policy()}`,
    `audit-log-path=${path}`,
    `audit-webhook-config-file=${kubeconfig(webhook.url("/events"))}`,
    "audit-webhook-batch-max-wait=100ms",
    "audit-webhook-initial-backoff=50ms",
  );
});
after(async () => {
  await cluster.close();
  await webhook.close();
  rmSync(folder, { recursive: true });
});

const events = (id: string): Any[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ auditID }) => auditID === id);

/** As admin of the cluster. */
async function ask(id: string, method: string, url: string, body?: object, headers: Record<string, string> = {}, user: Any = undefined) {
  const answer = await cluster.server.handle({
    method,
    url,
    headers: { "audit-id": id, "user-agent": "test", "content-type": "application/json", ...headers },
    user: user === undefined ? { name: "admin", groups: ["system:masters", "system:authenticated"] } : user,
    remoteAddress: "::ffff:10.0.0.9",
    body: () => Buffer.from(body ? JSON.stringify(body) : ""),
  });
  return answer as Any;
}

test("what was asked, by whom, what was decided and answered stands in the log before the answer does", options, async () => {
  await ask("ns", "POST", "/api/v1/namespaces", { metadata: { name: "n" } });
  const made = await ask("cm", "POST", "/api/v1/namespaces/n/configmaps?fieldManager=me", { metadata: { name: "a" }, data: { k: "v" } });
  assert.equal(made.headers["audit-id"], "cm");
  const [received, complete, ...rest] = events("cm");
  assert.deepEqual(rest, []);
  const common = {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "RequestResponse",
    auditID: "cm",
    requestURI: "/api/v1/namespaces/n/configmaps?fieldManager=me",
    verb: "create",
    user: { username: "admin", groups: ["system:masters", "system:authenticated"] },
    sourceIPs: ["10.0.0.9"],
    userAgent: "test",
  };
  const { requestReceivedTimestamp: at } = received;
  assert.match(at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  const where = { resource: "configmaps", namespace: "n", apiVersion: "v1" };
  assert.deepEqual(received, { ...common, stage: "RequestReceived", objectRef: where, requestReceivedTimestamp: at, stageTimestamp: at });
  const { stageTimestamp, responseObject, ...other } = complete;
  assert.ok(stageTimestamp >= at);
  assert.deepEqual(other, {
    ...common,
    stage: "ResponseComplete",
    objectRef: { ...where, name: "a" },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: { kind: "ConfigMap", apiVersion: "v1", metadata: { name: "a" }, data: { k: "v" } },
    requestReceivedTimestamp: at,
    annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
  });
  assert.equal(responseObject.metadata.uid, made.record.object.metadata.uid);
  assert.equal("managedFields" in responseObject.metadata, false);
});

test("a policy says how much: nothing, who and what, what was sent", options, async () => {
  await ask("h", "GET", "/healthz");
  assert.deepEqual(events("h"), []);
  await ask("s", "POST", "/api/v1/namespaces/n/secrets", { metadata: { name: "s" }, stringData: { k: "hidden" } });
  assert.deepEqual(
    events("s").map(({ stage, level, objectRef }) => [stage, level, objectRef.name]),
    [
      ["RequestReceived", "Metadata", undefined],
      ["ResponseComplete", "Metadata", "s"],
    ],
  );
  assert.ok(!JSON.stringify(events("s")).includes("hidden"));
  await ask("d", "DELETE", "/api/v1/namespaces/n/configmaps/none", { kind: "DeleteOptions", apiVersion: "v1", gracePeriodSeconds: 5 });
  const [gone] = events("d");
  assert.deepEqual([gone.stage, gone.requestObject.gracePeriodSeconds, gone.responseObject], ["ResponseComplete", 5, undefined]);
  assert.deepEqual(gone.responseStatus, {
    metadata: {},
    status: "Failure",
    message: 'configmaps "none" not found',
    reason: "NotFound",
    details: { name: "none", kind: "configmaps" },
    code: 404,
  });
});

test("who acts as another, who may not, and whom nobody knows", options, async () => {
  await ask("i", "GET", "/api/v1/namespaces/n/configmaps", undefined, { "impersonate-user": "jane", "impersonate-group": "devs" });
  const [, refused] = events("i");
  assert.deepEqual([refused.user.username, refused.impersonatedUser.username], ["admin", "jane"]);
  assert.deepEqual(refused.annotations, { "authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "" });
  const nobody = await ask(
    "u",
    "GET",
    "/api/v1/namespaces",
    undefined,
    { authorization: "Bearer wrong", "x-forwarded-for": "1.2.3.4, x" },
    null,
  );
  assert.equal(nobody.status, 401);
  const [only, ...more] = events("u");
  assert.deepEqual([only.stage, only.user, only.responseStatus.code, more], ["ResponseStarted", {}, 401, []]);
  assert.deepEqual(only.sourceIPs, ["1.2.3.4", "10.0.0.9"]);
});

test("a watch is recorded when it begins and when it ends", options, async () => {
  const { source } = await ask("w", "GET", "/api/v1/namespaces/n/configmaps?watch=true");
  assert.deepEqual(
    events("w").map(({ stage }) => stage),
    ["RequestReceived", "ResponseStarted"],
  );
  source.close();
  assert.deepEqual(
    events("w").map(({ stage, responseStatus }) => [stage, responseStatus?.code]),
    [
      ["RequestReceived", undefined],
      ["ResponseStarted", 200],
      ["ResponseComplete", 200],
    ],
  );
});

test("what admission noted is recorded with the request", options, async () => {
  const labels = { "pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/audit": "restricted" };
  await ask("ps", "POST", "/api/v1/namespaces", { metadata: { name: "strict", labels } });
  await ask("sa", "POST", "/api/v1/namespaces/strict/serviceaccounts", { metadata: { name: "default" } });
  await ask("pod", "POST", "/api/v1/namespaces/strict/pods", {
    metadata: { name: "p" },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
  const { annotations } = events("pod").at(-1);
  assert.equal(annotations["pod-security.kubernetes.io/enforce-policy"], "baseline:latest");
  assert.match(annotations["pod-security.kubernetes.io/audit-violations"], /^would violate PodSecurity "restricted:latest": allowPriv/);
});

test("the webhook gets every event in batches, again when it stumbles", options, async () => {
  await eventually(() => {
    const items = webhook.asked("/events").flatMap(({ review }) => (review.kind === "EventList" ? review.items : []));
    for (const id of ["ns", "cm", "s", "d", "i", "u", "w", "pod"])
      assert.ok(
        items.some(({ auditID, stage }: Any) => auditID === id && stage !== "RequestReceived"),
        id,
      );
  });
  const metrics = Buffer.from((await ask("m", "GET", "/metrics")).bytes).toString();
  assert.match(metrics, /^apiserver_audit_event_total [1-9]\d*$/m);
  assert.doesNotMatch(metrics, /^apiserver_audit_error_total\{/m);
});

test("where events must be recorded, a request that cannot be is not served", options, async () => {
  const strict = await open(
    `audit-policy-file=${policy()}`,
    `audit-webhook-config-file=${kubeconfig(webhook.url("/absent"))}`,
    "audit-webhook-mode=blocking-strict",
    "audit-webhook-initial-backoff=1ms",
  );
  try {
    const request = { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "n" } } } as const;
    const { status, object } = await strict.client.transport.request(request);
    assert.deepEqual([status, (object as Any).message], [500, "Internal error occurred: failed to store audit event"]);
  } finally {
    await strict.close();
  }
  await assert.rejects(open(`audit-policy-file=${policy()}`, `audit-log-path=${path}`, "audit-log-mode=sometimes"), {
    message: 'invalid audit log mode sometimes, allowed modes are "batch,blocking,blocking-strict"',
  });
});
