import assert from "node:assert/strict";
import { test } from "node:test";
import { writeYaml } from "#codec/mod.ts";
import { parseRequest } from "../../request/request-info.ts";
import { readAuthorizers } from "./check.ts";
import { allHold, type Condition, conditionOf } from "./conditions.ts";
import { reviewOf, specOf } from "./review.ts";

const text = (...authorizers: object[]) =>
  writeYaml({ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthorizationConfiguration", authorizers });

test("a file that takes the place of another one keeps what does not come from outside", () => {
  const rbac = { type: "RBAC", name: "rbac" };
  assert.deepEqual(readAuthorizers(text(rbac), ["RBAC"]), [{ type: "RBAC" }]);
  assert.throws(() => readAuthorizers(text(rbac), ["RBAC", "Node"]), { message: "missing required types: [Node]" });
  assert.throws(() => readAuthorizers(text(rbac, rbac)), { message: 'authorizers[1].type: Duplicate value: "RBAC"' });
  assert.throws(() => readAuthorizers(text({ type: "ABAC", name: "abac" })), {
    message: 'authorizers[0].type: Unsupported value: "ABAC": supported values: "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
  });
  assert.throws(() => readAuthorizers(text({ ...rbac, order: 1 })), {
    message: 'failed to load AuthorizationConfiguration from file: strict decoding error: unknown field "authorizers[0].order"',
  });
});

test("a review names what is asked and leaves out what is empty; conditions see everything", () => {
  const { info } = parseRequest("GET", "/apis/apps/v1/namespaces/n/deployments?labelSelector=a+in+(b,c)");
  const spec = specOf({ name: "jane", groups: ["devs"] }, info);
  assert.deepEqual((reviewOf(spec, "v1beta1") as { spec: object }).spec, {
    resourceAttributes: {
      namespace: "n",
      verb: "list",
      group: "apps",
      version: "v1",
      resource: "deployments",
      labelSelector: { requirements: [{ key: "a", operator: "In", values: ["b", "c"] }] },
    },
    user: "jane",
    group: ["devs"],
  });
  const holds = (...sources: string[]) =>
    allHold(
      sources.map((source) => conditionOf(source) as Condition),
      spec,
    );
  assert.equal(holds("request.resourceAttributes.subresource == '' && request.uid == '' && size(request.extra) == 0"), true);
  assert.equal(holds("request.resourceAttributes.labelSelector.requirements.exists(r, 'b' in r.values)"), true);
  assert.equal(holds("has(request.nonResourceAttributes)"), false);
  assert.equal(holds("request.extra['a'][0] == ''", "request.user == 'joe'"), false, "what is false decides");
  assert.throws(() => holds("request.extra['a'][0] == ''", "true"), /no such key: a/);
});
