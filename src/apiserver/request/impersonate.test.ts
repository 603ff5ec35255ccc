import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestInfo, User } from "../contract.ts";
import { impersonated } from "./impersonate.ts";
import { forbiddenTo } from "./refusal.ts";
import { parseRequest } from "./request-info.ts";

/** `verb resource/name` in their group: what the requester may do. */
const act = async (rights: string[], headers: Record<string, string>, requester: Partial<User> = {}) => {
  const user: User = { name: "system:serviceaccount:n:agent", groups: [], ...requester };
  const { info } = parseRequest("GET", "/api/v1/namespaces/n/pods");
  const authorize = async (asker: User, asked: RequestInfo) => {
    const right = `${asked.verb} ${asked.resource}${asked.subresource ? `/${asked.subresource}` : ""}${asked.verb.startsWith("impersonate-on") ? "" : ` ${asked.name}`}`;
    if (!rights.includes(right)) throw forbiddenTo(asker, asked, "");
  };
  return impersonated(user, { headers } as never, info, authorize).catch((error: Error) => error.message);
};
const on = (mode: string) => `impersonate-on:${mode}:list pods`;

test("an agent may be its own node where that is allowed, and no other node", async () => {
  const rights = [on("associated-node"), "impersonate:associated-node nodes *"];
  const extra = { "authentication.kubernetes.io/node-name": ["n1"] };
  assert.deepEqual(await act(rights, { "impersonate-user": "system:node:n1" }, { extra }), {
    name: "system:node:n1",
    groups: ["system:nodes", "system:authenticated"],
  });
  assert.match(String(await act(rights, { "impersonate-user": "system:node:n2" }, { extra })), /cannot impersonate-on:arbitrary-node:list/);
  assert.match(String(await act(rights, { "impersonate-user": "system:node:n1", "impersonate-group": "a" }, { extra })), /is forbidden/);
  const any = [on("arbitrary-node"), "impersonate:arbitrary-node nodes n2"];
  assert.equal(((await act(any, { "impersonate-user": "system:node:n2" })) as User).name, "system:node:n2");
});

test("a constrained right is for what it names: the verb, the user, each group, and never administrators", async () => {
  const rights = [
    on("user-info"),
    "impersonate:user-info users zoe",
    "impersonate:user-info groups devs",
    "impersonate:user-info groups system:masters",
  ];
  assert.deepEqual(await act(rights, { "impersonate-user": "zoe", "impersonate-group": "devs" }), {
    name: "zoe",
    groups: ["devs", "system:authenticated"],
  });
  assert.match(String(await act(rights.slice(1), { "impersonate-user": "zoe" })), /cannot impersonate-on:user-info:list resource "pods"/);
  assert.match(
    String(await act(rights, { "impersonate-user": "zoe", "impersonate-group": "ops" })),
    /cannot impersonate:user-info resource "groups"/,
  );
  assert.match(
    String(await act(rights, { "impersonate-user": "zoe", "impersonate-group": "system:masters" })),
    /impersonating the system:masters group is not allowed/,
  );
  const account = [on("serviceaccount"), "impersonate:serviceaccount serviceaccounts robot"];
  assert.deepEqual(((await act(account, { "impersonate-user": "system:serviceaccount:n:robot" })) as User).groups, [
    "system:serviceaccounts",
    "system:serviceaccounts:n",
    "system:authenticated",
  ]);
});

test("the right to impersonate without a mode holds as ever", async () => {
  const user = (await act(
    ["impersonate users zoe", "impersonate groups system:masters", "impersonate uids 7", "impersonate userextras/scopes view"],
    {
      "impersonate-user": "zoe",
      "impersonate-group": "system:masters",
      "impersonate-uid": "7",
      "impersonate-extra-scopes": "view",
    },
  )) as User;
  assert.deepEqual(user, { name: "zoe", groups: ["system:masters", "system:authenticated"], uid: "7", extra: { scopes: ["view"] } });
  assert.deepEqual(((await act(["impersonate users system:anonymous"], { "impersonate-user": "system:anonymous" })) as User).groups, [
    "system:unauthenticated",
  ]);
});
