/** Which questions an authorizer is asked, how often, and what becomes of answers that take their time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Answer,
  authorizerType,
  authorizerValue,
  compile,
  Decider,
  environment,
  objectOf,
  type Question,
  requestResourceValue,
  settle,
} from "../mod.ts";

const withResource = objectOf(authorizerType.name, (name) =>
  name === "requestResource" ? objectOf("kubernetes.authorization.ResourceCheck") : undefined,
);
const env = environment({ variables: { authorizer: withResource, requestResource: objectOf("kubernetes.authorization.ResourceCheck") } });
const of = { group: "apps", resource: "deployments", subresource: "", namespace: "a", name: "web" };

async function asked(source: string, answer: (question: Question) => Answer | Promise<Answer>) {
  const { ok, issues } = compile(source, env);
  assert.ok(ok, String(issues));
  const questions: Question[] = [];
  const decider = new Decider((question) => {
    questions.push(question);
    return answer(question);
  });
  const bindings = { authorizer: authorizerValue(decider), requestResource: requestResourceValue(decider, of) };
  return { outcome: await settle(ok, bindings), questions };
}

const none = { group: "", resource: "", subresource: "", namespace: "", name: "", fieldSelector: "", labelSelector: "" };
const yes: Answer = { allowed: true, reason: "" };

test("a question holds what the expression said", async () => {
  const cases: [source: string, Question][] = [
    ["authorizer.path('/healthz').check('get').allowed()", { ...none, path: "/healthz", verb: "get" }],
    ["authorizer.group('').resource('pods').check('list').allowed()", { ...none, resource: "pods", verb: "list" }],
    [
      "authorizer.serviceAccount('kube-system', 'x').group('apps').resource('deployments').subresource('scale').namespace('n').name('d').check('update').allowed()",
      {
        ...none,
        serviceAccount: { namespace: "kube-system", name: "x" },
        group: "apps",
        resource: "deployments",
        subresource: "scale",
        namespace: "n",
        name: "d",
        verb: "update",
      },
    ],
    [
      "requestResource.labelSelector('a=b').fieldSelector('c=d').check('x').allowed()",
      { ...none, ...of, labelSelector: "a=b", fieldSelector: "c=d", verb: "x" },
    ],
  ];
  for (const [source, question] of cases) {
    const { outcome, questions } = await asked(source, () => yes);
    assert.deepEqual(questions, [question]);
    assert.equal(outcome.fault ?? outcome.value, true, source);
  }
});

test("an answer that takes its time is waited for, and asked for once", async () => {
  const source =
    "requestResource.check('a').allowed() && !requestResource.check('b').allowed() && requestResource.check('a').reason() == 'so'";
  const { outcome, questions } = await asked(source, async ({ verb }) => ({ allowed: verb === "a", reason: "so" }));
  assert.equal(outcome.fault, "operation cancelled: actual cost limit exceeded");
  assert.deepEqual(
    questions.map(({ verb }) => verb),
    ["a", "b"],
  );
});

test("an authorizer that fails is an error that can be read", async () => {
  const { outcome } = await asked("requestResource.check('a').errored() && requestResource.check('a').error() == 'gone'", async () => {
    throw new Error("gone");
  });
  assert.equal(outcome.fault ?? outcome.value, true);
});

test("what cannot be asked is a fault", async () => {
  const cases: [string, string][] = [
    ["authorizer.path(' ').check('get').allowed()", "path must not be empty"],
    ["authorizer.group('').resource('').check('get').allowed()", "resource must not be empty"],
    ["authorizer.serviceAccount('a', 'A_').path('/x').check('get').allowed()", "Invalid service account name"],
    ["authorizer.serviceAccount('a.b', 'a').path('/x').check('get').allowed()", "Invalid service account namespace"],
  ];
  for (const [source, fault] of cases) assert.equal((await asked(source, () => yes)).outcome.fault, fault);
});
