import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plainUser, type SecureFixture, secureFixture } from "../fixture.ts";

let at: SecureFixture;
const base = "/apis/authorization.k8s.io/v1";
const subject = (spec: object, metadata: object = {}) => at.admin("POST", `${base}/subjectaccessreviews`, { metadata, spec });
const local = (spec: object) => at.admin("POST", `${base}/namespaces/default/localsubjectaccessreviews`, { spec });
before(async () => {
  at = await secureFixture();
});
after(() => at.close());

test("a review says what was asked, by whom it was filled in, and the answer", async () => {
  const asked = { spec: { resourceAttributes: { verb: "get", resource: "pods" } } };
  const { object } = await at.ask(plainUser("eve"), "POST", `${base}/selfsubjectaccessreviews`, asked);
  assert.deepEqual(object.status, { allowed: false });
  assert.deepEqual(object.metadata.managedFields[0].fieldsV1, {
    "f:spec": { "f:resourceAttributes": { ".": {}, "f:resource": {}, "f:verb": {} } },
  });
});

test("selectors belong to the question: a node may list its own pods only", async () => {
  const ask = async (resourceAttributes: object) =>
    (
      await subject({
        user: "system:node:n1",
        groups: ["system:nodes"],
        resourceAttributes: { verb: "list", resource: "pods", ...resourceAttributes },
      })
    ).object.status;
  const own = { key: "spec.nodeName", operator: "In", values: ["n1"] };
  assert.equal((await ask({})).allowed, false);
  assert.equal((await ask({ fieldSelector: { rawSelector: "spec.nodeName=n1" } })).allowed, true);
  assert.equal((await ask({ fieldSelector: { requirements: [own] } })).allowed, true);
  assert.equal((await ask({ fieldSelector: { requirements: [{ ...own, operator: "NotIn" }] } })).allowed, false);
  assert.equal((await ask({ fieldSelector: { requirements: [{ ...own, values: ["n1", "n2"] }] } })).allowed, false);
  // What cannot be read is left out, and said.
  const unread = "spec.resourceAttributes.fieldSelector ignored due to parse error";
  assert.equal((await ask({ fieldSelector: { rawSelector: "a" } })).evaluationError, unread);
  const partly = await ask({ fieldSelector: { requirements: [own, { key: "x", operator: "Tomorrow", values: ["y"] }] } });
  assert.deepEqual(
    [partly.allowed, partly.evaluationError],
    [true, "spec.resourceAttributes.fieldSelector partially ignored due to parse error"],
  );
});

test("a review that asks nothing, or too much, is refused in upstream's words", async () => {
  const resourceAttributes = { verb: "list", resource: "pods" };
  const at_ = "spec.resourceAttributes";
  const invalid = (text: string) => `.authorization.k8s.io "" is invalid: ${text}`;
  const cases: [object, string][] = [
    [
      {
        resourceAttributes: {
          ...resourceAttributes,
          fieldSelector: {},
          labelSelector: { rawSelector: "a=b", requirements: [{ key: "a", operator: "In", values: ["b"] }] },
        },
      },
      `[spec.user: Invalid value: "": at least one of user or group must be specified, ${at_}.fieldSelector.requirements: Required value: when ${at_}.fieldSelector is specified, requirements or rawSelector is required, ${at_}.labelSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements]`,
    ],
    [
      {
        user: "x",
        resourceAttributes: {
          ...resourceAttributes,
          fieldSelector: {
            requirements: [
              { key: "a", operator: "In", values: [] },
              { key: "", operator: "Foo" },
            ],
          },
        },
      },
      `[${at_}.fieldSelector.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn', ${at_}.fieldSelector.requirements[1].key: Required value: must be specified]`,
    ],
    [
      { user: "x", resourceAttributes, nonResourceAttributes: { path: "/x" } },
      'spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":""}: cannot be specified in combination with resourceAttributes',
    ],
    [{ user: "x" }, `${at_}: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`],
  ];
  for (const [spec, text] of cases) {
    const answer = await subject(spec);
    assert.deepEqual([answer.status, answer.message], [422, invalid(text)]);
  }
  assert.match(
    (await subject({ user: "u", resourceAttributes }, { name: "x" })).message,
    /metadata: Invalid value: \{"name":"x".*\}: must be empty$/,
  );
  assert.equal(
    (await local({ user: "u", resourceAttributes: { namespace: "other", verb: "get" } })).message,
    invalid(`${at_}.namespace: Invalid value: "other": must match metadata.namespace`),
  );
  assert.equal(
    (await local({ user: "u", nonResourceAttributes: { path: "/x" } })).message,
    invalid('spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":""}: disallowed on this kind of request'),
  );
});
