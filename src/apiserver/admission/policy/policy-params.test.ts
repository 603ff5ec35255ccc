import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SecureFixture, secureFixture } from "../../fixture.ts";

let at: SecureFixture;
const base = "/apis/admissionregistration.k8s.io/v1";
const apiVersion = "admissionregistration.k8s.io/v1";
const policy = (name: string, paramKind?: object) => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicy",
  metadata: { name },
  spec: {
    ...(paramKind ? { paramKind } : {}),
    matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }] },
    validations: [{ expression: "true" }],
  },
});
const binding = (name: string, policyName: string, paramRef: object) => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name },
  spec: { policyName, validationActions: ["Deny"], paramRef: { namespace: "default", parameterNotFoundAction: "Deny", ...paramRef } },
});
const config = { apiVersion: "v1", kind: "ConfigMap" };
const pol = "&{pol  [system:authenticated] map[]}";

before(async () => {
  at = await secureFixture();
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const resources = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"];
  const one = { verbs: ["get"], apiGroups: [""], resources: ["configmaps"], resourceNames: ["mine"] };
  await at.admin("POST", `${rbac}/clusterroles`, {
    metadata: { name: "pol" },
    rules: [{ verbs: ["*"], apiGroups: ["admissionregistration.k8s.io"], resources }, one],
  });
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "pol" };
  const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "pol" }];
  await at.admin("POST", `${rbac}/clusterrolebindings`, { metadata: { name: "pol" }, roleRef, subjects });
});
after(() => at.close());

test("who writes a policy may read the kind of its parameters, who binds one the parameters themselves", async () => {
  const post = async (path: string, body: object, status: number, message = "") => {
    const answer = await at.ask("pol", "POST", `${base}/${path}`, body);
    assert.deepEqual([answer.status, answer.message], [status, message]);
  };
  const [policies, bindings] = ["validatingadmissionpolicies", "validatingadmissionpolicybindings"] as const;
  const invalid = (kind: string, name: string, text: string) => `${kind}.admissionregistration.k8s.io "${name}" is invalid: ${text}`;
  await post(policies, policy("plain"), 201);
  await post(
    policies,
    policy("v", config),
    422,
    invalid(
      "ValidatingAdmissionPolicy",
      "v",
      `spec.paramKind: Forbidden: user ${pol} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)`,
    ),
  );
  const of = (name: string, text: string) => invalid("ValidatingAdmissionPolicyBinding", name, `spec.paramRef: Forbidden: ${text}`);
  const unknown = (policyName: string, verb: string) =>
    `unable to get policy ${policyName} to determine minimum required permissions and user ${pol} does not have "${verb}" permission for all groups, versions and resources`;
  await post(bindings, binding("b", "v", { name: "mine" }), 422, of("b", unknown("v", "get")));
  await post(bindings, binding("b", "v", { selector: { matchLabels: { a: "b" } } }), 422, of("b", unknown("v", "list")));
  assert.equal((await at.admin("POST", `${base}/${policies}`, policy("v", config))).status, 201);
  const lacks = (verb: string) => of("b", `user ${pol} does not have "${verb}" permission on the object referenced by paramRef`);
  await post(bindings, binding("b", "v", { name: "theirs" }), 422, lacks("get"));
  await post(bindings, binding("b", "v", { selector: {} }), 422, lacks("list"));
  await post(bindings, binding("b", "v", { name: "mine" }), 201);
  // What is as it was is asked for no more.
  assert.equal((await at.ask("pol", "PATCH:merge", `${base}/${policies}/v`, { metadata: { labels: { a: "b" } } })).status, 200);
});
