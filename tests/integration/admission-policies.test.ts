/** ValidatingAdmissionPolicy through the real API server: what is refused when a policy is written, and what it refuses then. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  type ConfigMap,
  configmaps,
  namespaces,
  rolebindings,
  roles,
  secrets,
  type ValidatingAdmissionPolicy,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
} from "#api/mod.ts";
import { ApiError } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 1 });
});
after(() => cluster.close());

type Spec = NonNullable<ValidatingAdmissionPolicy["spec"]>;
const apiVersion = "admissionregistration.k8s.io/v1" as const;

async function aNamespace(name: string, labels?: Record<string, string>): Promise<string> {
  await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
  await eventually(() => cluster.client.get(configmaps, { namespace: name, name: "kube-root-ca.crt" }));
  return name;
}

/** About ConfigMaps of one namespace; gone when the test ends. */
async function aPolicy(
  name: string,
  spec: Spec,
  binding: Record<string, unknown> = {},
  operations = ["CREATE", "UPDATE"],
): Promise<AsyncDisposable> {
  const rule = { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations };
  const only = { matchLabels: { "kubernetes.io/metadata.name": name } };
  await cluster.client.create(validatingadmissionpolicies, {
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: { matchConstraints: { namespaceSelector: only, resourceRules: [rule] }, ...spec },
  } as ValidatingAdmissionPolicy);
  await cluster.client.create(validatingadmissionpolicybindings, {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"], ...binding },
  });
  return {
    async [Symbol.asyncDispose]() {
      await cluster.client.delete(validatingadmissionpolicybindings, { name });
      await cluster.client.delete(validatingadmissionpolicies, { name });
    },
  };
}

const aMap = (namespace: string, name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name },
  data,
});

async function outcome(pending: Promise<unknown>): Promise<{ message: string; reason?: string; code?: number }> {
  try {
    await pending;
    return { message: "let through" };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { message = "", reason, code } = error.status;
    return { message, reason, code };
  }
}
const create = (object: ConfigMap, client = cluster.client) => outcome(client.create(configmaps, object));

test("a validation that does not hold denies, with the message, reason and code that it asks for", async () => {
  const namespace = await aNamespace("plain");
  await using _ = await aPolicy(namespace, {
    validations: [
      { expression: "object.data.size() < 3" },
      { expression: "!('b' in object.data)", message: "no b", reason: "Forbidden" },
      { expression: "!('c' in object.data)", messageExpression: "'c is ' + object.data.c" },
    ],
  });
  const denied = (name: string, why: string) =>
    `configmaps "${name}" is forbidden: ValidatingAdmissionPolicy 'plain' with binding 'plain' denied request: ${why}`;
  assert.deepEqual(await create(aMap(namespace, "good", { a: "1" })), { message: "let through" });
  assert.deepEqual(await create(aMap(namespace, "many", { x: "", y: "", z: "" })), {
    message: denied("many", "failed expression: object.data.size() < 3"),
    reason: "Invalid",
    code: 422,
  });
  assert.deepEqual(await create(aMap(namespace, "b", { b: "1" })), { message: denied("b", "no b"), reason: "Forbidden", code: 403 });
  assert.equal((await create(aMap(namespace, "c", { c: "7" }))).message, denied("c", "c is 7"));
  const { resourceVersion } = (await cluster.client.get(configmaps, { namespace, name: "good" })).metadata;
  const changed = { ...aMap(namespace, "good", { b: "" }), metadata: { namespace, name: "good", resourceVersion } };
  assert.equal((await outcome(cluster.client.update(configmaps, changed))).message, denied("good", "no b"));
});

test("an expression that cannot be evaluated counts by the failure policy", async () => {
  for (const failurePolicy of ["Fail", "Ignore"]) {
    const namespace = await aNamespace(`broken-${failurePolicy.toLowerCase()}`);
    await using _ = await aPolicy(namespace, { failurePolicy, validations: [{ expression: "object.data.absent == 'x'" }] });
    const { message } = await create(aMap(namespace, "m", { a: "1" }));
    if (failurePolicy === "Ignore") assert.equal(message, "let through");
    else assert.match(message, /denied request: expression 'object\.data\.absent == 'x'' resulted in error: no such key: absent$/);
  }
});

test("conditions say which requests are looked at; variables are evaluated when they are named", async () => {
  const namespace = await aNamespace("conditions");
  await using _ = await aPolicy(namespace, {
    matchConditions: [{ name: "not-exempt", expression: "!object.metadata.name.startsWith('exempt-')" }],
    variables: [
      { name: "keys", expression: "has(object.data) ? object.data.map(k, k) : []" },
      { name: "broken", expression: "object.data.nothing" },
      { name: "count", expression: "variables.keys.size()" },
    ],
    validations: [{ expression: "variables.count <= 1 || variables.broken == ''", messageExpression: "'has ' + string(variables.count)" }],
  });
  assert.equal((await create(aMap(namespace, "one", { a: "" }))).message, "let through");
  assert.equal((await create(aMap(namespace, "exempt-two", { a: "", b: "" }))).message, "let through");
  assert.match(
    (await create(aMap(namespace, "two", { a: "", b: "" }))).message,
    /composited variable "broken" fails to evaluate: no such key: nothing$/,
  );
});

test("the request, its user, the namespace and the authorizer can be asked", async () => {
  const namespace = await aNamespace("asked", { tier: "gold" });
  await cluster.client.create(roles, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { namespace, name: "maps" },
    rules: [
      { apiGroups: [""], resources: ["configmaps"], verbs: ["create"] },
      { apiGroups: [""], resources: ["secrets"], verbs: ["get"], resourceNames: ["key"] },
    ],
  });
  await cluster.client.create(rolebindings, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { namespace, name: "maps" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "maps" },
    subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "ann" }],
  });
  const secret = (name: string) => `authorizer.group('').resource('secrets').namespace('asked').name('${name}').check('get').allowed()`;
  await using _ = await aPolicy(namespace, {
    validations: [
      { expression: "request.userInfo.username in ['ann', 'kubernetes-admin'] && request.operation == 'CREATE'" },
      {
        expression:
          "namespaceObject.metadata.labels.tier == 'gold' && request.kind.kind == 'ConfigMap' && request.resource.resource == 'configmaps'",
      },
      { expression: `request.name == 'free' || ${secret("key")}`, message: "may not read the key" },
      { expression: `request.name != 'other' || ${secret("other")}`, message: "may not read the other" },
      { expression: "request.name != 'self' || authorizer.requestResource.check('delete').allowed()", message: "may not delete" },
    ],
  });
  const ann = cluster.as("ann", "system:authenticated");
  const told = async (name: string) => (await create(aMap(namespace, name), ann)).message.split("denied request: ").at(-1);
  assert.equal(await told("key"), "let through");
  assert.equal(await told("other"), "may not read the other");
  assert.equal(await told("self"), "may not delete");
  const bob = cluster.as("bob", "system:authenticated", "system:masters");
  assert.match((await create(aMap(namespace, "bob"), bob)).message, /failed expression: request\.userInfo\.username in/);
});

test("a warning warns, and audit annotations never deny", async () => {
  const namespace = await aNamespace("warns");
  await using _ = await aPolicy(
    namespace,
    {
      validations: [{ expression: "false", message: "not so nice" }],
      auditAnnotations: [{ key: "size", valueExpression: "object.data.size() > 1 ? string(object.data.size()) : ''" }],
    },
    { validationActions: ["Warn", "Audit"] },
  );
  const response = await cluster.client.transport.request({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/configmaps`,
    body: aMap(namespace, "m", { a: "", b: "" }),
  } as Parameters<typeof cluster.client.transport.request>[0]);
  assert.equal(response.status, 201);
  const text = "Validation failed for ValidatingAdmissionPolicy 'warns' with binding 'warns': not so nice";
  assert.equal(response.headers?.warning, `299 - ${JSON.stringify(text)}`);
});

test("parameters: by name, by selector, and what happens when there are none", async () => {
  const namespace = await aNamespace("params");
  const spec: Spec = {
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    matchConditions: [{ name: "not-params", expression: "!object.metadata.name.startsWith('limit')" }],
    validations: [{ expression: "object.data.size() <= int(params.data.most)", messageExpression: "'more than ' + params.data.most" }],
  };
  const told = async (name: string, data: Record<string, string>) =>
    (await create(aMap(namespace, name, data))).message.split("denied request: ").at(-1);
  {
    await using _ = await aPolicy(namespace, spec, { paramRef: { name: "limit", namespace, parameterNotFoundAction: "Deny" } });
    assert.equal(
      await told("early", {}),
      "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    );
  }
  await cluster.client.create(configmaps, {
    ...aMap(namespace, "limit", { most: "1" }),
    metadata: { namespace, name: "limit", labels: { limit: "yes" } },
  });
  await cluster.client.create(configmaps, {
    ...aMap(namespace, "limit2", { most: "2" }),
    metadata: { namespace, name: "limit2", labels: { limit: "yes" } },
  });
  for (const paramRef of [{ name: "limit" }, { selector: { matchLabels: { limit: "yes" } } }]) {
    await using _ = await aPolicy(namespace, spec, { paramRef: { ...paramRef, parameterNotFoundAction: "Allow" } });
    assert.equal(await told(`one-${"name" in paramRef}`, { a: "" }), "let through");
    assert.equal(await told("two", { a: "", b: "" }), "more than 1");
  }
  await using _ = await aPolicy(namespace, spec, {
    paramRef: { selector: { matchLabels: { limit: "no" } }, parameterNotFoundAction: "Allow" },
  });
  assert.equal(await told("free", { a: "", b: "" }), "let through");
});

test("deletes have an old object only, and what was not asked for is not looked at", async () => {
  const namespace = await aNamespace("deletes");
  await using _ = await aPolicy(
    namespace,
    { validations: [{ expression: "object == null && !has(oldObject.metadata.labels)", message: "it has labels" }] },
    {},
    ["DELETE"],
  );
  const labelled = aMap(namespace, "kept");
  await cluster.client.create(configmaps, { ...labelled, metadata: { ...labelled.metadata, labels: { a: "b" } } });
  await cluster.client.create(configmaps, aMap(namespace, "goes"));
  await cluster.client.create(secrets, { apiVersion: "v1", kind: "Secret", metadata: { namespace, name: "s", labels: { a: "b" } } });
  assert.equal((await outcome(cluster.client.delete(configmaps, { namespace, name: "goes" }))).message, "let through");
  assert.match((await outcome(cluster.client.delete(configmaps, { namespace, name: "kept" }))).message, /it has labels$/);
  assert.equal((await outcome(cluster.client.delete(secrets, { namespace, name: "s" }))).message, "let through");
});

test("a policy that costs too much is cut off", async () => {
  const namespace = await aNamespace("costly");
  const expression = "object.data.all(a, object.data.all(b, object.data.all(c, a + b + c != '')))";
  await using _ = await aPolicy(namespace, { validations: [{ expression }] });
  const data = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, "v"]));
  assert.match((await create(aMap(namespace, "m", data))).message, /resulted in error: operation cancelled: actual cost limit exceeded$/);
});

test("expressions are compiled when a policy is written", async () => {
  const cases: [spec: Spec, wrong: string][] = [
    [
      { validations: [{ expression: "object.x +" }] },
      `spec.validations[0].expression: Invalid value: "object.x +": compilation failed: ERROR: <input>:1:11: Syntax error: mismatched input '<EOF>'`,
    ],
    [
      { validations: [{ expression: "'a'" }] },
      `spec.validations[0].expression: Invalid value: "'a'": must evaluate to bool but got string`,
    ],
    [
      { validations: [{ expression: "true", messageExpression: "1" }] },
      `spec.validations[0].messageExpression: Invalid value: "1": must evaluate to string but got int`,
    ],
    [
      { validations: [{ expression: "params.x == 1" }] },
      `spec.validations[0].expression: Invalid value: "params.x == 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')`,
    ],
    [
      { validations: [{ expression: "variables.a == 1" }], variables: [{ name: "a", expression: "'x'" }] },
      `spec.validations[0].expression: Invalid value: "variables.a == 1": compilation failed: ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(string, int)'`,
    ],
    [
      { validations: [{ expression: "true" }], variables: [{ name: "in", expression: "1" }] },
      `spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier`,
    ],
    [{ validations: [{ expression: "request.nope == ''" }] }, "undefined field 'nope'"],
    [
      { auditAnnotations: [{ key: "k", valueExpression: "1" }] },
      `spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int`,
    ],
    [
      { validations: [{ expression: "true" }], matchConditions: [{ name: "c", expression: "1" }] },
      `spec.matchConditions[0].expression: Invalid value: "1": must evaluate to bool but got int`,
    ],
    [
      { validations: [{ expression: "true", message: "a\nb" }] },
      'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
    ],
  ];
  for (const [spec, wrong] of cases) {
    const { message } = await outcome(aPolicy("never", spec));
    assert.ok(message.includes(wrong), `${JSON.stringify(spec)}: ${message}`);
  }
});
