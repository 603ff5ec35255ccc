/** Admission webhooks through the real API server, with a webhook server in this process. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import {
  configmaps,
  deployments,
  endpoints,
  type MutatingWebhook,
  mutatingwebhookconfigurations,
  namespaces,
  type Pod,
  pods,
  services,
  type ValidatingWebhook,
  validatingwebhookconfigurations,
} from "#api/mod.ts";
import { ApiError } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, startCluster } from "./cluster.ts";
import { patchOf, type WebhookServer, webhookServer } from "./webhook-server.ts";

let cluster: Cluster;
let hooks: WebhookServer;
const namespace = "hooked";
before(async () => {
  cluster = await startCluster({ nodes: 1 });
  hooks = await webhookServer("hooks.hooked.svc");
  const labels = { hooked: "yes" };
  await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
});
after(async () => {
  await cluster.close();
  await hooks.close();
});
beforeEach(async () => {
  for (const resource of [validatingwebhookconfigurations, mutatingwebhookconfigurations])
    for (const { metadata } of (await cluster.client.list(resource as typeof mutatingwebhookconfigurations)).items)
      await cluster.client.delete(resource, { name: metadata.name! });
});

const hook = (path: string, more: object = {}): ValidatingWebhook =>
  ({
    name: `${path.slice(1)}.example.org`,
    clientConfig: { url: hooks.url(path), caBundle: hooks.caBundle },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["*"] }],
    namespaceSelector: { matchLabels: { hooked: "yes" } },
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 2,
    ...more,
  }) as ValidatingWebhook;
const validating = (name: string, ...webhooks: ValidatingWebhook[]) =>
  cluster.client.create(validatingwebhookconfigurations, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name },
    webhooks,
  });
const mutating = (name: string, ...webhooks: MutatingWebhook[]) =>
  cluster.client.create(mutatingwebhookconfigurations, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name },
    webhooks,
  });
const aMap = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>) => ({
  apiVersion: "v1" as const,
  kind: "ConfigMap" as const,
  metadata: { namespace, name, ...(labels && { labels }) },
  data,
});
const make = (name: string, data?: Record<string, string>, labels?: Record<string, string>) =>
  cluster.client.create(configmaps, aMap(name, data, labels));
const refusal = (pending: Promise<unknown>): Promise<{ code: number; reason: string; message: string }> =>
  pending.then(
    () => assert.fail("it was let through"),
    (error) => {
      if (!(error instanceof ApiError)) throw error;
      const { code = 0, reason = "", message = "" } = error.status;
      return { code, reason, message };
    },
  );

test("a webhook sees the request, and refuses it in its own words", async () => {
  hooks.at("/deny", ({ operation, oldObject }) =>
    operation === "DELETE" || oldObject?.data?.a === "deny"
      ? { allowed: true }
      : { allowed: false, status: { code: 403, reason: "Forbidden", message: "not today" } },
  );
  await validating("deny", hook("/deny"));
  assert.deepEqual(await refusal(make("a", { a: "1" })), {
    code: 403,
    reason: "Forbidden",
    message: 'admission webhook "deny.example.org" denied the request: not today',
  });
  const [request] = hooks.asked("/deny");
  const { uid, object, userInfo, options, review, url, ...rest } = request;
  assert.match(uid, /^[0-9a-f-]{36}$/);
  assert.equal(review.apiVersion, "admission.k8s.io/v1");
  assert.equal(url, "/deny?timeout=2s");
  assert.deepEqual([object.kind, object.apiVersion, object.data], ["ConfigMap", "v1", { a: "1" }]);
  assert.deepEqual(userInfo, { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] });
  assert.deepEqual(options, { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" });
  const kind = { group: "", version: "v1", kind: "ConfigMap" };
  const resource = { group: "", version: "v1", resource: "configmaps" };
  assert.deepEqual(rest, {
    kind,
    resource,
    requestKind: kind,
    requestResource: resource,
    name: "a",
    namespace,
    operation: "CREATE",
    oldObject: null,
    dryRun: false,
    host: `127.0.0.1:${hooks.port}`,
  });
  hooks.at("/deny", () => ({ allowed: false }));
  assert.deepEqual(await refusal(make("a")), {
    code: 400,
    reason: "",
    message: 'admission webhook "deny.example.org" denied the request without explanation',
  });
  // Another namespace is not selected.
  await cluster.client.create(configmaps, { ...aMap("a"), metadata: { namespace: "default", name: "a" } });
});

test("selectors, operations, deletion and what is exempt", async () => {
  hooks.at("/select", () => ({ allowed: false, status: { message: "no" } }));
  await validating(
    "select",
    hook("/select", {
      objectSelector: { matchLabels: { guarded: "yes" } },
      rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["UPDATE", "DELETE"] }],
    }),
    hook("/select", {
      name: "all.example.org",
      namespaceSelector: {},
      rules: [{ apiGroups: ["admissionregistration.k8s.io"], apiVersions: ["*"], resources: ["*"], operations: ["*"] }],
    }),
  );
  await make("plain");
  await make("guarded", {}, { guarded: "yes" });
  await cluster.client.patch(configmaps, { namespace, name: "plain" }, "merge", { data: { a: "b" } });
  // Before the change or after it: both labels count.
  const unguard = { metadata: { labels: { guarded: null } } };
  assert.match(
    (await refusal(cluster.client.patch(configmaps, { namespace, name: "guarded" }, "merge", unguard))).message,
    /denied the request: no/,
  );
  assert.match((await refusal(cluster.client.delete(configmaps, { namespace, name: "guarded" }))).message, /denied the request: no/);
  const deletion = hooks.asked("/select").at(-1);
  assert.deepEqual([deletion.operation, deletion.object, deletion.oldObject.metadata.name], ["DELETE", null, "guarded"]);
  // A webhook cannot keep its own configuration from being taken away.
  await cluster.client.delete(validatingwebhookconfigurations, { name: "select" });
  await cluster.client.delete(configmaps, { namespace, name: "guarded" });
});

test("mutating webhooks go one after the other by configuration, and once more when asked to", async () => {
  const add = (key: string, value: string) => ({ op: "add", path: `/data/${key}`, value });
  hooks.at("/first", ({ object }) => (object.data.second ? patchOf(add("again", "yes")) : patchOf(add("first", "1"))));
  hooks.at("/never", ({ object }) => patchOf(add("never", Object.keys(object.data).sort().join())));
  hooks.at("/second", () => patchOf(add("second", "2")));
  // The order is that of their names, not of their creation.
  await mutating("b", hook("/second") as MutatingWebhook);
  await mutating("a", hook("/first", { reinvocationPolicy: "IfNeeded" }) as MutatingWebhook, hook("/never") as MutatingWebhook);
  const made = await make("mutated", { start: "0" });
  assert.deepEqual(made.data, { start: "0", first: "1", never: "first,start", second: "2", again: "yes" });
  assert.deepEqual(
    ["/first", "/never", "/second"].map((path) => hooks.asked(path).length),
    [2, 1, 1],
  );
});

test("what a webhook makes is completed and validated like anything else", async () => {
  hooks.at("/pods", () => patchOf({ op: "add", path: "/spec/initContainers", value: [{ name: "init", image: "i:1" }] }));
  const rules = [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] }];
  await mutating("pods", hook("/pods", { rules }) as MutatingWebhook);
  const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } };
  const made = await cluster.client.create(pods, pod);
  assert.equal(made.spec?.initContainers?.[0]?.terminationMessagePath, "/dev/termination-log");
  // The service account's token comes into what the webhook added: plugins run once more.
  assert.equal(made.spec?.initContainers?.[0]?.volumeMounts?.length, 1);
  hooks.at("/pods", () => patchOf({ op: "remove", path: "/spec/containers" }));
  assert.match(
    (await refusal(cluster.client.create(pods, { ...pod, metadata: { namespace, name: "q" } }))).message,
    /spec.containers: Required value/,
  );
  hooks.at("/pods", () => patchOf({ op: "remove", path: "/spec/nowhere" }));
  assert.equal((await refusal(cluster.client.create(pods, { ...pod, metadata: { namespace, name: "q" } }))).code, 500);
});

test("a webhook that fails is told of by its policy", async () => {
  hooks.at("/slow", () => "hang");
  await validating("slow", hook("/slow", { timeoutSeconds: 1 }));
  assert.deepEqual(await refusal(make("slow")), {
    code: 500,
    reason: "InternalError",
    message: `Internal error occurred: failed calling webhook "slow.example.org": failed to call webhook: Post "${hooks.url("/slow")}?timeout=1s": context deadline exceeded`,
  });
  await cluster.client.delete(validatingwebhookconfigurations, { name: "slow" });
  await validating("slow", hook("/slow", { timeoutSeconds: 1, failurePolicy: "Ignore" }));
  await make("slow");
  await cluster.client.delete(validatingwebhookconfigurations, { name: "slow" });
  const failing: [string, object, RegExp][] = [
    [
      "nowhere",
      { clientConfig: { url: "https://127.0.0.1:1/x", caBundle: hooks.caBundle } },
      /dial tcp 127.0.0.1:1: connect: connection refused$/,
    ],
    ["untrusted", { clientConfig: { url: hooks.url("/slow") } }, /x509: certificate signed by unknown authority$/],
    [
      "badbundle",
      { clientConfig: { url: hooks.url("/slow"), caBundle: "bm90aGluZw==" } },
      /unable to load root certificates: unable to parse bytes as PEM block$/,
    ],
    [
      "missing",
      { clientConfig: { url: hooks.url("/none"), caBundle: hooks.caBundle } },
      /the server could not find the requested resource$/,
    ],
    [
      "service",
      { clientConfig: { service: { namespace, name: "none" }, caBundle: hooks.caBundle } },
      /Post "https:\/\/none.hooked.svc:443\/\?timeout=2s": service "none" not found$/,
    ],
  ];
  for (const [name, more, expected] of failing) {
    await validating(name, hook("/slow", { name: `${name}.example.org`, ...more }));
    const { code, message } = await refusal(make("failing"));
    assert.equal(code, 500);
    assert.match(message, expected, name);
    await cluster.client.delete(validatingwebhookconfigurations, { name });
  }
  const wrong: [unknown, RegExp][] = [
    [
      { raw: { kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" } },
      /received invalid webhook response: webhook response was absent$/,
    ],
    [{ uid: "other", allowed: true }, /expected response.uid="[0-9a-f-]+", got "other"$/],
    [{ allowed: true, patch: "W10=", patchType: "JSONPatch" }, /validating webhook may not return response.patch$/],
    [{ raw: "oops", code: 500 }, /an error on the server \("oops"\) has prevented the request from succeeding$/],
    [{ raw: "no json" }, /json parse error/],
  ];
  await validating("wrong", hook("/wrong"));
  for (const [answer, expected] of wrong) {
    hooks.at("/wrong", () => answer as never);
    assert.match((await refusal(make("wrong"))).message, expected);
  }
  const metrics = (await cluster.client.transport.request({ method: "GET", path: "/metrics" })).bytes().toString();
  const labels = 'error_type="calling_webhook_error",name="slow.example.org",operation="CREATE",rejection_code="503",type="validating"';
  assert.ok(metrics.includes(`apiserver_admission_webhook_rejection_count{${labels}} 1\n`));
  assert.ok(metrics.includes('apiserver_admission_webhook_fail_open_count{name="slow.example.org",type="validating"} 1\n'));
});

test("warnings reach the client, and a dry run is asked about as one", async () => {
  hooks.at("/warn", () => ({ allowed: true, warnings: ["mind the gap"] }));
  await validating("warn", hook("/warn"));
  const body = Buffer.from(JSON.stringify(aMap("warned")));
  const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
  const answer = await cluster.client.transport.request({ method: "POST", path, body, headers: { "content-type": "application/json" } });
  assert.equal(answer.status, 201);
  assert.match(String(answer.headers.warning), /299 - "mind the gap"/);
  const request = hooks.asked("/warn").at(-1);
  assert.deepEqual([request.dryRun, request.options.dryRun], [true, ["All"]]);
});

test("a webhook is found by its Service, at an endpoint that is ready", async (t) => {
  if (!hooks.host) return t.skip("this machine has no address but its own loopback");
  hooks.at("/service", () => ({ allowed: false, status: { message: "by service" } }));
  const metadata = { namespace, name: "hooks" };
  await cluster.client.create(services, { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ name: "https", port: 8443 }] } });
  await validating(
    "service",
    hook("/service", { clientConfig: { service: { namespace, name: "hooks", path: "/service", port: 8443 }, caBundle: hooks.caBundle } }),
  );
  assert.match((await refusal(make("early"))).message, /no endpoints available for service "hooks"$/);
  const subsets = [{ addresses: [{ ip: hooks.host }], ports: [{ name: "https", port: hooks.port }] }];
  await cluster.client.create(endpoints, { apiVersion: "v1", kind: "Endpoints", metadata, subsets });
  await eventually(async () => assert.match((await refusal(make("late"))).message, /denied the request: by service$/));
  assert.equal(hooks.asked("/service").at(-1).host, "hooks.hooked.svc:8443");
});

test("a rule about one version also holds for the others, converted; a scale is seen as a scale", async () => {
  hooks.at("/hpa", ({ kind, object }) => ({
    allowed: false,
    status: { message: `${kind.version} ${object.spec.metrics?.[0]?.resource?.name}` },
  }));
  const rules = [{ apiGroups: ["autoscaling"], apiVersions: ["v2"], resources: ["horizontalpodautoscalers"], operations: ["CREATE"] }];
  await validating("hpa", hook("/hpa", { rules }));
  const hpa = {
    apiVersion: "autoscaling/v1",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" }, maxReplicas: 2, targetCPUUtilizationPercentage: 50 },
  };
  const path = `/apis/autoscaling/v1/namespaces/${namespace}/horizontalpodautoscalers`;
  const ask = () =>
    cluster.client.transport.request({
      method: "POST",
      path,
      body: Buffer.from(JSON.stringify(hpa)),
      headers: { "content-type": "application/json" },
    });
  assert.match((await ask()).object?.["message" as never] ?? "", /denied the request: v2 cpu$/);
  const asked = hooks.asked("/hpa").at(-1);
  assert.deepEqual([asked.requestResource.version, asked.requestKind.version, asked.resource.version], ["v1", "v1", "v2"]);
  await cluster.client.delete(validatingwebhookconfigurations, { name: "hpa" });
  await validating("hpa", hook("/hpa", { rules, matchPolicy: "Exact" }));
  assert.equal((await ask()).status, 201);

  hooks.at("/scale", ({ object, oldObject }) =>
    object.spec.replicas > 3
      ? patchOf({ op: "replace", path: "/spec/replicas", value: (oldObject.spec.replicas ?? 0) + 1 })
      : { allowed: true },
  );
  const scales = [{ apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments/scale"], operations: ["UPDATE"] }];
  await mutating("scale", hook("/scale", { rules: scales }) as MutatingWebhook);
  const labels = { app: "d" };
  await cluster.client.create(deployments, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name: "d" },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  });
  await cluster.client.patch(deployments, { namespace, name: "d" }, "merge", { spec: { replicas: 9 } }, { subresource: "scale" });
  assert.equal((await cluster.client.get(deployments, { namespace, name: "d" })).spec?.replicas, 2);
  assert.equal(hooks.asked("/scale").at(-1).kind.kind, "Scale");
});

test("conditions say whether a webhook is asked, and what they cost or break is told by its policy", async () => {
  hooks.at("/when", () => ({ allowed: false, status: { message: "asked" } }));
  const when = (...expressions: string[]) => expressions.map((expression, i) => ({ name: `c${i}`, expression }));
  const outcome = async (matchConditions: object[], more: object = {}): Promise<string> => {
    await validating("when", hook("/when", { matchConditions, ...more }));
    const said = await make("conditional", { a: "1" }).then(
      () => "let through",
      ({ message }) => message,
    );
    await cluster.client.delete(validatingwebhookconfigurations, { name: "when" });
    await cluster.client.delete(configmaps, { namespace, name: "conditional" }).catch(() => {});
    return said;
  };
  const asked = 'admission webhook "when.example.org" denied the request: asked';
  const broken = `configmaps "conditional" is forbidden: expression 'object.foo == 1' resulted in error: no such key: foo`;
  const table: [string[], string, object?][] = [
    [["true"], asked],
    [["object.data.a == '1'", "oldObject == null", "request.operation == 'CREATE'"], asked],
    [["object.data.a == '2'"], "let through"],
    [["request.userInfo.username != 'kubernetes-admin'"], "let through"],
    [["authorizer.group('').resource('secrets').namespace('hooked').check('get').allowed()"], asked],
    [["object.foo == 1"], broken],
    [["object.foo == 1", "false"], "let through"],
    [["object.foo == 1"], "let through", { failurePolicy: "Ignore" }],
  ];
  for (const [expressions, expected, more] of table) assert.equal(await outcome(when(...expressions), more), expected, expressions.join());
  const refused = await refusal(validating("bad", hook("/when", { matchConditions: [...when("1"), { name: "c0", expression: "true" }] })));
  assert.match(
    refused.message,
    /matchConditions\[0\].expression: Invalid value: "1": must evaluate to bool but got int, .*matchConditions\[1\].name: Duplicate value: "c0"\]$/,
  );
});
