import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#api/mod.ts";
import type { RequestInfo, Storage, User } from "../contract.ts";
import { requestInfo } from "../request/request-info.ts";
import { Rbac } from "./rbac.ts";

const group = "rbac.authorization.k8s.io";
const none = new URLSearchParams();

/** An RBAC that follows these objects, and a way to change them. */
function rbacOf(...objects: object[]): { rbac: Rbac; change(type: "ADDED" | "MODIFIED" | "DELETED", object: object): void } {
  const rbac = new Rbac();
  const followers: { resource: string; on: (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) => void }[] = [];
  rbac.start({
    subscribe: (resource: { resource: string }, on: (typeof followers)[number]["on"]) => {
      followers.push({ resource: resource.resource, on });
      return () => {};
    },
  } as unknown as Storage);
  const change = (type: "ADDED" | "MODIFIED" | "DELETED", object: object) => {
    const { kind } = object as KubeObject;
    for (const { resource, on } of followers) if (resource === `${kind.toLowerCase()}s`) on(type, object as KubeObject);
  };
  for (const object of objects) change("ADDED", object);
  return { rbac, change };
}

const role = (kind: string, name: string, rules: object[], namespace?: string) => ({ kind, metadata: { name, namespace }, rules });
const binding = (name: string, roleRef: object, subjects: object[], namespace?: string) => ({
  kind: namespace ? "RoleBinding" : "ClusterRoleBinding",
  metadata: { name, namespace },
  roleRef: { apiGroup: group, ...roleRef },
  subjects,
});
const user = (name: string, ...groups: string[]): User => ({ name, groups });
const asked = (method: string, path: string): RequestInfo => requestInfo(method, path, none);

test("what a URL allows never answers for a resource whose key would read the same", () => {
  const { rbac } = rbacOf(
    role("ClusterRole", "urls", [{ verbs: ["*"], nonResourceURLs: ["*"] }]),
    binding("urls", { kind: "ClusterRole", name: "urls" }, [{ kind: "User", name: "u" }]),
  );
  for (const [url, resource] of [
    ["/secrets//t1/mine", "/api/v1/namespaces/t1/secrets/mine"],
    ["/pods/exec/t1/p", "/api/v1/namespaces/t1/pods/p/exec"],
    ["apps/deployments//t1/d", "/apis/apps/v1/namespaces/t1/deployments/d"],
    ["/nodes///", "/api/v1/nodes"],
  ] as const) {
    assert.equal(rbac.authorize(user("u"), { ...asked("GET", "/x"), path: url }).allowed, true, url);
    assert.equal(rbac.authorize(user("u"), asked("GET", resource)).allowed, false, resource);
  }
});

test("names and groups that hold separators are not the names and groups that they read like", () => {
  const { rbac } = rbacOf(
    role("ClusterRole", "all", [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }]),
    binding("two", { kind: "ClusterRole", name: "all" }, [{ kind: "Group", name: "b" }]),
    binding("line", { kind: "ClusterRole", name: "all" }, [{ kind: "User", name: "x\ng" }]),
  );
  const info = asked("GET", "/api/v1/namespaces/t1/secrets/mine");
  assert.equal(rbac.authorize(user("u", "a", "b"), info).allowed, true);
  assert.equal(rbac.authorize(user("u", "a,b"), info).allowed, false);
  assert.equal(rbac.authorize(user("x\ng"), info).allowed, true);
  assert.equal(rbac.authorize(user("x", "g"), info).allowed, false);
  // A slash in a name is part of that name.
  const { rbac: strict } = rbacOf(
    role("Role", "r", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["a/b"] }], "t1"),
    binding("r", { kind: "Role", name: "r" }, [{ kind: "User", name: "u" }], "t1"),
  );
  const pod = asked("GET", "/api/v1/namespaces/t1/pods/x");
  assert.equal(strict.authorize(user("u"), { ...pod, name: "a/b" }).allowed, true);
  assert.equal(strict.authorize(user("u"), { ...pod, namespace: "t1/a", name: "b" }).allowed, false);
});

test("a binding gives what its roleRef can hold, to subjects of the three kinds", () => {
  const rules = [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }];
  const { rbac } = rbacOf(
    role("ClusterRole", "r", rules),
    // Upstream resolves the Role of a ClusterRoleBinding in no namespace: there is none.
    binding("wrong-kind", { kind: "Role", name: "r" }, [{ kind: "User", name: "a" }]),
    binding("own", { kind: "ClusterRole", name: "r" }, [{ kind: "ServiceAccount", name: "robot" }], "t1"),
    binding("nowhere", { kind: "ClusterRole", name: "r" }, [{ kind: "ServiceAccount", name: "lost" }]),
    binding("odd", { kind: "ClusterRole", name: "r" }, [{ kind: "User:b", name: "c" }]),
  );
  const in1 = asked("GET", "/api/v1/namespaces/t1/pods/p");
  assert.equal(rbac.authorize(user("a"), in1).allowed, false);
  const own = rbac.authorize(user("system:serviceaccount:t1:robot"), in1);
  assert.equal(own.allowed, true);
  assert.equal(own.reason, 'RBAC: allowed by RoleBinding "own/t1" of ClusterRole "r" to ServiceAccount "robot/t1"');
  assert.equal(rbac.authorize(user("system:serviceaccount:undefined:lost"), in1).allowed, false);
  assert.equal(rbac.authorize(user("b:c"), in1).allowed, false);
});

test("what was answered is forgotten when a role or binding changes", () => {
  const list = binding("b", { kind: "ClusterRole", name: "r" }, [{ kind: "User", name: "u" }]);
  const { rbac, change } = rbacOf(role("ClusterRole", "r", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]), list);
  const info = asked("GET", "/api/v1/namespaces/t1/pods/p");
  assert.equal(rbac.authorize(user("u"), info).allowed, true);
  change("MODIFIED", role("ClusterRole", "r", []));
  assert.equal(rbac.authorize(user("u"), info).allowed, false);
  change("MODIFIED", role("ClusterRole", "r", [{ verbs: ["get"], apiGroups: [""], resources: ["pods"] }]));
  assert.equal(rbac.authorize(user("u"), info).allowed, true);
  change("DELETED", list);
  assert.equal(rbac.authorize(user("u"), info).allowed, false);
});
