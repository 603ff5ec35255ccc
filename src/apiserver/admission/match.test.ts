import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes, Match, Operation } from "../contract.ts";
import { admissionChain } from "./chain.ts";
import { matches } from "./match.ts";

const asked = (path: string, operation: Operation, namespace = "n") => {
  const [group = "", version = "", resource = "", subresource = ""] = path.split("/");
  return { group, version, resource, subresource, operation, namespace };
};
const rule = (more: Partial<Match>): Match => ({ apiGroups: [""], resources: ["pods"], operations: ["CREATE"], ...more });

test("a rule names groups, versions, resources with subresources, operations and scope", () => {
  const cases: [Partial<Match>, ReturnType<typeof asked>, boolean][] = [
    [{}, asked("/v1/pods", "CREATE"), true],
    [{}, asked("/v1/pods", "UPDATE"), false],
    [{}, asked("/v1/pods/status", "CREATE"), false],
    [{}, asked("apps/v1/pods", "CREATE"), false],
    [{ operations: ["*"] }, asked("/v1/pods", "CONNECT"), true],
    [{ apiGroups: ["*"] }, asked("apps/v1/pods", "CREATE"), true],
    [{ apiVersions: ["v2"] }, asked("/v1/pods", "CREATE"), false],
    [{ apiVersions: ["v1"] }, asked("/v1/pods", "CREATE"), true],
    [{ resources: ["*"] }, asked("/v1/pods", "CREATE"), true],
    [{ resources: ["*"] }, asked("/v1/pods/status", "CREATE"), false],
    [{ resources: ["*/*"] }, asked("/v1/pods/status", "CREATE"), true],
    [{ resources: ["*/*"] }, asked("/v1/pods", "CREATE"), true],
    [{ resources: ["pods/*"] }, asked("/v1/pods", "CREATE"), true],
    [{ resources: ["pods/*"] }, asked("/v1/services/status", "CREATE"), false],
    [{ resources: ["*/status"] }, asked("/v1/services/status", "CREATE"), true],
    [{ resources: ["*/status"] }, asked("/v1/services", "CREATE"), false],
    [{ scope: "Cluster" }, asked("/v1/pods", "CREATE"), false],
    [{ scope: "Namespaced" }, asked("/v1/pods", "CREATE"), true],
    [{ resources: ["nodes"], scope: "Cluster" }, asked("/v1/nodes", "CREATE", ""), true],
    // A namespace's path says that it is in itself.
    [{ resources: ["namespaces"], scope: "Cluster" }, asked("/v1/namespaces", "CREATE"), true],
    [{ resources: ["namespaces"], scope: "Namespaced" }, asked("/v1/namespaces", "CREATE"), false],
  ];
  for (const [more, request, wanted] of cases)
    assert.equal(matches(rule(more), request), wanted, `${JSON.stringify(more)} ${JSON.stringify(request)}`);
});

test("a chain runs the plugins that a request concerns, in order, and first all that change it", async () => {
  const seen: string[] = [];
  const plugin = (name: string, match: Match) => ({
    name,
    matches: [match],
    admit: () => void seen.push(`${name} admits`),
    validate: async () => void seen.push(`${name} validates`),
  });
  const chain = admissionChain([
    plugin("a", rule({})),
    plugin("b", rule({ resources: ["nodes"] })),
    plugin("c", rule({ resources: ["*/*"] })),
  ]);
  const definition = {};
  const attributes = (resource: string) => ({ ...asked(`/v1/${resource}`, "CREATE"), definition }) as unknown as Attributes;
  for (let round = 0; round < 2; round++) {
    seen.length = 0;
    await chain.admit(attributes("pods"));
    await chain.validate(attributes("pods"));
    assert.deepEqual(seen, ["a admits", "c admits", "a validates", "c validates"]);
  }
  assert.deepEqual(chain.names, ["a", "b", "c"]);
});
