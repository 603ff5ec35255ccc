import assert from "node:assert/strict";
import { test } from "node:test";
import { writeYaml } from "#codec/mod.ts";
import type { RequestInfo, User } from "../contract.ts";
import { parseRequest } from "../request/request-info.ts";
import { readPolicy } from "./policy.ts";

const policy = (rules: object[], more: object = {}) => writeYaml({ apiVersion: "audit.k8s.io/v1", kind: "Policy", ...more, rules });
const strict = () => assert.fail("nothing to pass over");
const info = (request: string): RequestInfo => {
  const [method, url] = request.split(" ") as [string, string];
  return parseRequest(method, url).info;
};
const jane: User = { name: "jane", groups: ["devs", "system:authenticated"] };

test("the first rule that a request matches decides", () => {
  const pod = "GET /api/v1/namespaces/n/pods/p";
  const log = "GET /api/v1/namespaces/n/pods/p/log";
  const table: [object, string, boolean, User?][] = [
    [{}, pod, true],
    [{ users: ["jane"] }, pod, true],
    [{ users: ["joe"] }, pod, false],
    [{ users: ["jane"] }, pod, false, { name: "", groups: [] }],
    [{ userGroups: ["ops", "devs"] }, pod, true],
    [{ verbs: ["list"] }, pod, false],
    [{ verbs: ["list"] }, "GET /api/v1/pods", true],
    [{ namespaces: ["n"] }, pod, true],
    [{ namespaces: [""] }, "GET /api/v1/nodes/a", true],
    [{ namespaces: [""] }, pod, false],
    [{ resources: [{ group: "" }] }, pod, true],
    [{ resources: [{ group: "apps" }] }, pod, false],
    [{ resources: [{ group: "*", resources: ["pods"] }] }, pod, true],
    [{ resources: [{ group: "", resources: ["pods"] }] }, log, false],
    [{ resources: [{ group: "", resources: ["pods/log"] }] }, log, true],
    [{ resources: [{ group: "", resources: ["pods/*"] }] }, log, true],
    [{ resources: [{ group: "", resources: ["pods/*"] }] }, pod, true],
    [{ resources: [{ group: "", resources: ["*/log"] }] }, log, true],
    [{ resources: [{ group: "", resources: ["*"] }] }, log, true],
    [{ resources: [{ group: "", resources: ["pods"], resourceNames: ["p"] }] }, pod, true],
    [{ resources: [{ group: "", resources: ["pods"], resourceNames: ["q"] }] }, pod, false],
    [{ nonResourceURLs: ["/health*"] }, "GET /healthz", true],
    [{ nonResourceURLs: ["*"] }, pod, false],
    [{ nonResourceURLs: ["/version"] }, "GET /version/x", false],
  ];
  for (const [rule, request, matched, user = jane] of table) {
    const judge = readPolicy(policy([{ level: "Request", ...rule }, { level: "Metadata" }]), strict);
    const named = user.name === "" ? undefined : user;
    assert.equal(judge(named, info(request)).level, matched ? "Request" : "Metadata", `${JSON.stringify(rule)} ${request}`);
  }
});

test("stages are left out by policy and rule, managed fields by the rule or else the policy, and what no rule matches is not recorded", () => {
  const text = policy(
    [
      { level: "Request", verbs: ["get"], omitStages: ["ResponseStarted"], omitManagedFields: false },
      { level: "Metadata", verbs: ["list"] },
    ],
    { omitStages: ["RequestReceived"], omitManagedFields: true },
  );
  const judge = readPolicy(text, strict);
  const got = judge(jane, info("GET /api/v1/nodes/a"));
  assert.deepEqual([[...got.omitStages], got.omitManagedFields], [["RequestReceived", "ResponseStarted"], false]);
  const listed = judge(jane, info("GET /api/v1/nodes"));
  assert.deepEqual([[...listed.omitStages], listed.omitManagedFields], [["RequestReceived"], true]);
  assert.equal(judge(jane, info("DELETE /api/v1/nodes/a")).level, "None");
});

test("a policy that is none is refused in upstream's words, and words that mean nothing are passed over", () => {
  const table: [object[], string][] = [
    [[], "loaded illegal policy with 0 rules"],
    [[{}], "rules[0].level: Required value"],
    [[{ level: "All" }], 'rules[0].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"'],
    [
      [{ level: "None", nonResourceURLs: ["healthz", "/a*b"] }],
      `[rules[0].nonResourceURLs[0]: Invalid value: "healthz": non-resource URL rules must begin with a '/' character, rules[0].nonResourceURLs[1]: Invalid value: "/a*b": non-resource URL wildcards '*' must be the final character of the rule]`,
    ],
    [
      [{ level: "None", resources: [{ group: "", resourceNames: ["a"] }] }],
      'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource',
    ],
    [
      [{ level: "None", omitStages: ["Never"] }],
      'rules[0].omitStages[0]: Invalid value: "Never": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic',
    ],
    [
      [{ level: "None", namespaces: ["n"], nonResourceURLs: ["*"] }],
      'rules[0].nonResourceURLs: Invalid value: ["*"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
  ];
  for (const [rules, message] of table) assert.throws(() => readPolicy(policy(rules), strict), { message });
  const said: string[] = [];
  readPolicy(policy([{ level: "None", verb: ["get"] }]), (problem) => said.push(problem));
  assert.deepEqual(said, ['strict decoding error: unknown field "rules[0].verb"']);
});
