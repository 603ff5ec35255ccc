/** MutatingAdmissionPolicy through the real API server: what it changes, in which order, and what it may not. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  configmaps,
  deployments,
  type MutatingAdmissionPolicy,
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  namespaces,
  type Pod,
  pods,
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

type Spec = NonNullable<MutatingAdmissionPolicy["spec"]>;
const apiVersion = "admissionregistration.k8s.io/v1" as const;
const apply = (expression: string) => ({ patchType: "ApplyConfiguration" as const, applyConfiguration: { expression } });
const patch = (expression: string) => ({ patchType: "JSONPatch" as const, jsonPatch: { expression } });

async function aNamespace(name: string): Promise<string> {
  await cluster.client.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  await eventually(() => cluster.client.get(configmaps, { namespace: name, name: "kube-root-ca.crt" }));
  return name;
}

const rule = (resource: string, group = "") => ({
  apiGroups: [group],
  apiVersions: ["v1"],
  resources: [resource],
  operations: ["CREATE", "UPDATE"],
});

/** About one namespace; gone when the test ends. */
async function aPolicy(name: string, namespace: string, spec: Spec, of = rule("configmaps")): Promise<AsyncDisposable> {
  const only = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  await cluster.client.create(mutatingadmissionpolicies, {
    apiVersion,
    kind: "MutatingAdmissionPolicy",
    metadata: { name },
    spec: { matchConstraints: { namespaceSelector: only, resourceRules: [of] }, reinvocationPolicy: "Never", ...spec },
  } as MutatingAdmissionPolicy);
  await cluster.client.create(mutatingadmissionpolicybindings, {
    apiVersion,
    kind: "MutatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name },
  });
  return {
    async [Symbol.asyncDispose]() {
      await cluster.client.delete(mutatingadmissionpolicybindings, { name });
      await cluster.client.delete(mutatingadmissionpolicies, { name });
    },
  };
}

const aMap = (namespace: string, name: string, data: Record<string, string> = {}) => ({
  apiVersion: "v1" as const,
  kind: "ConfigMap" as const,
  metadata: { namespace, name },
  data,
});
const aPod = (namespace: string, name: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace, name },
  spec: { containers: [{ name: "c", image: "i" }] },
});
const refusal = (pending: Promise<unknown>): Promise<string> =>
  pending.then(
    () => "let through",
    (error) => (error instanceof ApiError ? error.message : Promise.reject(error)),
  );

test("an apply configuration is merged, a JSON patch applied, in the order of the policies' names", async () => {
  const namespace = await aNamespace("order");
  await using _a = await aPolicy("order-a", namespace, {
    variables: [{ name: "who", expression: "'by ' + request.userInfo.username" }],
    mutations: [apply("Object{metadata: Object.metadata{labels: {'team': 'a'}}, data: {'who': variables.who}}")],
  });
  await using _b = await aPolicy("order-b", namespace, {
    mutations: [
      patch(
        "[JSONPatch{op: 'test', path: '/metadata/labels/team', value: 'a'}, JSONPatch{op: 'add', path: '/metadata/annotations', value: {'a/b': '1'}}, JSONPatch{op: 'replace', path: '/metadata/annotations/' + jsonpatch.escapeKey('a/b'), value: '2'}]",
      ),
      patch("[JSONPatch{op: 'test', path: '/metadata/labels/team', value: 'b'}, JSONPatch{op: 'remove', path: '/data/who'}]"),
    ],
  });
  const { metadata, data } = await cluster.client.create(configmaps, aMap(namespace, "m", { kept: "yes" }));
  assert.deepEqual(metadata.labels, { team: "a" });
  assert.deepEqual(metadata.annotations, { "a/b": "2" });
  assert.deepEqual(data, { kept: "yes", who: "by kubernetes-admin" });
});

test("a sidecar is merged into a pod's containers, and defaults and other plugins see it", async () => {
  const namespace = await aNamespace("sidecars");
  await using _ = await aPolicy(
    "sidecars",
    namespace,
    {
      matchConditions: [{ name: "no-sidecar-yet", expression: "!object.spec.containers.exists(c, c.name == 'side')" }],
      mutations: [
        apply(
          "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'side', image: 's:latest'}], hostNetwork: false, dnsPolicy: 'Default'}}",
        ),
      ],
    },
    rule("pods"),
  );
  const { spec } = await cluster.client.create(pods, aPod(namespace, "p"));
  assert.deepEqual(
    spec?.containers?.map(({ name, imagePullPolicy, volumeMounts }) => ({ name, imagePullPolicy, mounts: volumeMounts?.length })),
    [
      { name: "c", imagePullPolicy: "Always", mounts: 1 },
      { name: "side", imagePullPolicy: "Always", mounts: 1 },
    ],
  );
  assert.equal(spec?.dnsPolicy, "Default");
});

test("a policy that asks for it sees what later ones changed; validation sees the last word", async () => {
  const namespace = await aNamespace("again");
  const count = "Object{data: {'seen': string(object.data.size())}}";
  await using _a = await aPolicy("again-a", namespace, { reinvocationPolicy: "IfNeeded", mutations: [apply(count)] });
  await using _b = await aPolicy("again-b", namespace, {
    matchConditions: [{ name: "once", expression: "!('late' in object.data)" }],
    mutations: [apply("Object{data: {'late': 'yes'}}")],
  });
  await cluster.client.create(validatingadmissionpolicies, {
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "again" },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
        resourceRules: [rule("configmaps")],
      },
      validations: [{ expression: "object.data.seen == '3'", messageExpression: "'seen ' + object.data.seen" }],
    },
  });
  await cluster.client.create(validatingadmissionpolicybindings, {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "again" },
    spec: { policyName: "again", validationActions: ["Deny"] },
  });
  const { data } = await cluster.client.create(configmaps, aMap(namespace, "m", { a: "" }));
  assert.deepEqual(data, { a: "", seen: "3", late: "yes" });
});

test("what cannot be carried out denies, or is passed over, by the failure policy", async () => {
  const namespace = await aNamespace("fails");
  const cases: [mutation: ReturnType<typeof apply> | ReturnType<typeof patch>, why: string][] = [
    [apply("Object{data: {'a': object.data.absent}}"), "resulted in error: no such key: absent"],
    [
      apply("Object{spec: Object.spec{x: 1}}"),
      "error applying patch: failed to convert patch object to typed object: .spec: field not declared in schema",
    ],
    [
      apply("Object{metadata: Object.metadata{labels: Object.labels{a: 'b'}}}"),
      'type mismatch: unexpected type name "Object.labels", expected "Object.metadata.labels", which matches field name path from root Object type',
    ],
    [patch("[JSONPatch{op: 'remove', path: '/data/none'}]"), "JSON Patch: "],
  ];
  for (const [mutation, why] of cases)
    for (const failurePolicy of ["Fail", "Ignore"]) {
      await using _ = await aPolicy("fails", namespace, { failurePolicy, mutations: [mutation] });
      const told = await refusal(
        cluster.client.create(
          configmaps,
          aMap(namespace, `m-${failurePolicy.toLowerCase()}-${cases.findIndex((each) => each[0] === mutation)}`, { a: "" }),
        ),
      );
      if (failurePolicy === "Ignore") assert.equal(told, "let through");
      else assert.ok(told.startsWith("policy 'fails' with binding 'fails' denied request: ") && told.includes(why), `${why}: ${told}`);
    }
});

test("a list that would be replaced as a whole is not merged", async () => {
  const namespace = await aNamespace("atomic");
  await using _ = await aPolicy(
    "atomic",
    namespace,
    { mutations: [apply("Object{spec: Object.spec{containers: [Object.spec.containers{name: 'c', args: ['x']}]}}")] },
    rule("pods"),
  );
  const told = await refusal(cluster.client.create(pods, aPod(namespace, "p")));
  assert.match(told, /invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: \.spec\.containers\[0\]\.args$/);
});

test("an update is changed too, and what nobody changed keeps its generation", async () => {
  const namespace = await aNamespace("updates");
  await using _ = await aPolicy(
    "updates",
    namespace,
    { mutations: [apply("Object{spec: Object.spec{replicas: object.spec.replicas > 3 ? 3 : object.spec.replicas}}")] },
    rule("deployments", "apps"),
  );
  const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const made = await cluster.client.create(deployments, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name: "d" },
    spec: { replicas: 9, selector: { matchLabels: { a: "b" } }, template },
  });
  assert.equal(made.spec?.replicas, 3);
  const found = await cluster.client.get(deployments, { namespace, name: "d" });
  const again = await cluster.client.update(deployments, { ...found, spec: { ...found.spec, replicas: 5 } } as typeof found);
  assert.deepEqual([again.spec?.replicas, again.metadata.generation], [3, 1]);
});

test("mutations are compiled when a policy is written", async () => {
  const cases: [spec: Spec, wrong: string][] = [
    [
      { mutations: [apply("Object{spec: 1")] },
      'spec.mutations[0].applyConfiguration.expression: Invalid value: "Object{spec: 1": compilation failed: ',
    ],
    [{ mutations: [apply("{'a': 1}")] }, "must evaluate to Object but got map(string, int)"],
    [{ mutations: [patch("Object{}")] }, "must evaluate to list(JSONPatch) but got Object"],
    [{ mutations: [patch("[JSONPatch{op: 1}]")] }, "expected type of field 'op' is 'string' but provided type is 'int'"],
    [
      { mutations: [{ patchType: "JSONPatch", applyConfiguration: { expression: "Object{}" } }] },
      "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch",
    ],
  ];
  for (const [spec, wrong] of cases) {
    const told = await refusal(aPolicy("never", "default", spec));
    assert.ok(told.includes(wrong), told);
  }
});
