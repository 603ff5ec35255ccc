/** Every row of who-may.txt is asked of a server with bootstrap policy, a few users and two nodes with pods. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type KubeObject, pods } from "#api/mod.ts";
import type { User } from "../contract.ts";
import { nodeUser, plainUser, type SecureFixture, secureFixture } from "../fixture.ts";
import { parseRequest } from "../request/request-info.ts";

let at: SecureFixture;
before(async () => {
  at = await secureFixture();
  for (const object of [...things(), ...rights()]) await at.put(object);
});
after(() => at.close());

const object = (apiVersion: string, kind: string, name: string, more: object, namespace?: string) =>
  ({ apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) }, ...more }) as unknown as KubeObject;

function things(): KubeObject[] {
  const key = (name: string) => ({ secretKeyRef: { name, key: "k" } });
  const mapKey = (name: string) => ({ configMapKeyRef: { name, key: "k" } });
  const container = (name: string, more: object) => ({ name, image: "i", ...more });
  const asked = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const volume = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] };
  const everything = {
    nodeName: "n1",
    serviceAccountName: "robot",
    imagePullSecrets: [{ name: "pull" }],
    containers: [
      container("c", {
        env: [
          { name: "A", valueFrom: key("in-env") },
          { name: "B", valueFrom: mapKey("in-env") },
        ],
        envFrom: [{ secretRef: { name: "in-env-from" } }, { configMapRef: { name: "in-env-from" } }],
      }),
    ],
    initContainers: [container("i", { env: [{ name: "A", valueFrom: key("in-init") }] })],
    volumes: [
      { name: "a", secret: { secretName: "mounted" } },
      { name: "b", configMap: { name: "mounted" } },
      { name: "c", projected: { sources: [{ secret: { name: "in-projected" } }, { configMap: { name: "in-projected" } }] } },
      { name: "d", persistentVolumeClaim: { claimName: "data" } },
      { name: "scratch", ephemeral: { volumeClaimTemplate: { spec: asked } } },
      { name: "e", csi: { driver: "d", nodePublishSecretRef: { name: "for-csi" } } },
      { name: "f", flexVolume: { driver: "d", secretRef: { name: "for-flex" } } },
      { name: "g", azureFile: { secretName: "for-azure", shareName: "s" } },
    ],
    resourceClaims: [
      { name: "x", resourceClaimName: "gpu" },
      { name: "y", resourceClaimTemplateName: "t" },
    ],
  };
  const mirror = object("v1", "Pod", "mirror", { spec: { nodeName: "n1", serviceAccountName: "in-mirror", containers: [] } }, "t1");
  mirror.metadata.annotations = { "kubernetes.io/config.mirror": "x" };
  (mirror as { spec?: object }).spec = {
    nodeName: "n1",
    serviceAccountName: "in-mirror",
    containers: [container("c", { env: [{ name: "A", valueFrom: key("in-mirror") }] })],
  };
  const attachment = (node: string) => ({ spec: { attacher: "a", nodeName: node, source: { persistentVolumeName: "x" } } });
  const slice = (more: object) => ({ spec: { driver: "d", pool: { name: "p", generation: 1, resourceSliceCount: 1 }, ...more } });
  const csi = {
    driver: "d",
    volumeHandle: "h",
    nodePublishSecretRef: { namespace: "vault", name: "of-volume" },
    nodeStageSecretRef: { namespace: "vault", name: "staged" },
    controllerPublishSecretRef: { namespace: "vault", name: "of-controller" },
  };
  return [
    ...["t1", "t2", "vault"].map((name) => object("v1", "Namespace", name, {})),
    object("v1", "Pod", "on-n1", { spec: everything }, "t1"),
    object(
      "v1",
      "Pod",
      "on-n2",
      { spec: { nodeName: "n2", containers: [container("c", { envFrom: [{ secretRef: { name: "on-n2" } }] })] } },
      "t2",
    ),
    object("v1", "Pod", "unscheduled", { spec: { containers: [container("c", { envFrom: [{ secretRef: { name: "other" } }] })] } }, "t1"),
    mirror,
    object("v1", "PersistentVolume", "pv-data", { spec: { ...volume, csi, claimRef: { namespace: "t1", name: "data" } } }),
    object("v1", "PersistentVolume", "pv-other", { spec: { ...volume, csi, claimRef: { namespace: "t1", name: "other" } } }),
    ...["n1", "n2"].map((node) => object("storage.k8s.io/v1", "VolumeAttachment", `va-${node}`, attachment(node))),
    ...["n1", "n2"].map((node) => object("resource.k8s.io/v1", "ResourceSlice", `slice-${node}`, slice({ nodeName: node }))),
    object("resource.k8s.io/v1", "ResourceSlice", "slice-all", slice({ allNodes: true })),
  ];
}

function rights(): KubeObject[] {
  const rbac = "rbac.authorization.k8s.io/v1";
  const apiGroup = "rbac.authorization.k8s.io";
  const bind = (name: string, roleRef: object, subject: object, namespace?: string) =>
    object(
      rbac,
      namespace ? "RoleBinding" : "ClusterRoleBinding",
      name,
      { roleRef: { apiGroup, ...roleRef }, subjects: [subject] },
      namespace,
    );
  const user = (name: string) => ({ apiGroup, kind: "User", name });
  const rule = (verbs: string[], group: string, resources: string[], more: object = {}) => ({
    verbs,
    apiGroups: [group],
    resources,
    ...more,
  });
  const own: Record<string, object[]> = {
    "one-name": [rule(["get", "list", "watch", "deletecollection"], "", ["configmaps"], { resourceNames: ["settings"] })],
    "pods-only": [rule(["get"], "", ["pods"])],
    "any-scale": [rule(["get"], "apps", ["*/scale"])],
    "all-in-apps": [rule(["*"], "apps", ["*"])],
    logs: [rule(["get"], "", ["pods/log"])],
    lister: [rule(["list"], "", ["pods"])],
    deleter: [rule(["delete"], "", ["pods"])],
  };
  const urls: Record<string, object[]> = {
    urls: [{ verbs: ["get"], nonResourceURLs: ["/logs/*", "/exact"] }],
    "all-urls": [{ verbs: ["get"], nonResourceURLs: ["*"] }],
  };
  return [
    ...Object.entries(own).flatMap(([name, rules]) => [
      object(rbac, "Role", name, { rules }, "t1"),
      bind(name, { kind: "Role", name }, user(name), "t1"),
    ]),
    ...Object.entries(urls).flatMap(([name, rules]) => [
      object(rbac, "ClusterRole", name, { rules }),
      bind(name, { kind: "ClusterRole", name }, user(name)),
    ]),
    // Rules on URLs hold only everywhere.
    bind("bound-in-t1", { kind: "ClusterRole", name: "all-urls" }, user("bound-in-t1"), "t1"),
    ...["view", "edit", "admin"].map((name) => bind(name, { kind: "ClusterRole", name }, user(name), "t1")),
    object(rbac, "Role", "robot", { rules: [rule(["get"], "", ["configmaps"])] }, "t1"),
    bind("robot", { kind: "Role", name: "robot" }, { kind: "ServiceAccount", name: "robot", namespace: "t1" }, "t1"),
  ];
}

function identity(name: string): User {
  const [kind = "", ...rest] = name.split(":");
  switch (kind) {
    case "anonymous":
      return { name: "system:anonymous", groups: ["system:unauthenticated"] };
    case "masters":
      return plainUser("someone", "system:masters");
    case "node":
      return nodeUser(rest.join(":"));
    case "no-node": // the name alone makes no node
      return plainUser(`system:node:${rest.join(":")}`);
    case "account":
      return plainUser(`system:serviceaccount:${rest.join(":")}`, "system:serviceaccounts", `system:serviceaccounts:${rest[0]}`);
    case "bootstrapper":
      return plainUser("system:bootstrap:abcdef", "system:bootstrappers");
    case "scheduler":
      return plainUser("system:kube-scheduler");
    case "proxy":
      return plainUser("system:kube-proxy");
    default:
      return plainUser(kind);
  }
}

const rows = readFileSync(new URL("./who-may.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => /^(\S+) +([A-Z]+) +(\S+) +(yes|no)(?:: (.*))?$/.exec(line) ?? assert.fail(`no row: ${line}`));

test("pods get what comes after them: an ephemeral container's Secret, a generated claim", async () => {
  const of = async (path: string) => (await at.server.authorize(nodeUser("n1"), parseRequest("GET", path).info)).allowed;
  const secret = "/api/v1/namespaces/t1/secrets/in-ephemeral";
  const claim = "/apis/resource.k8s.io/v1/namespaces/t1/resourceclaims/generated-gpu";
  assert.deepEqual([await of(secret), await of(claim)], [false, false]);
  await at.server.storage.update(pods, { namespace: "t1", name: "on-n1" }, (pod) => {
    const { spec, status } = pod as unknown as { spec: Record<string, unknown>; status?: object };
    const env = [{ name: "A", valueFrom: { secretKeyRef: { name: "in-ephemeral", key: "k" } } }];
    return {
      ...pod,
      spec: { ...spec, ephemeralContainers: [{ name: "e", image: "i", env }] },
      status: { ...status, resourceClaimStatuses: [{ name: "y", resourceClaimName: "generated-gpu" }] },
    } as KubeObject;
  });
  assert.deepEqual([await of(secret), await of(claim)], [true, true]);
});

for (const [line = "", who = "", method = "", path = "", allowed = "", reason = ""] of rows)
  test(line.replace(/ +/g, " "), async () => {
    const decision = await at.server.authorize(identity(who), parseRequest(method, path).info);
    assert.equal(decision.allowed, allowed === "yes", `answered ${decision.allowed}: ${decision.reason ?? ""}`);
    if (allowed === "no") assert.equal(decision.reason ?? "", reason);
  });

test("what a pod referred to is closed again when it is gone", async () => {
  const { info } = parseRequest("GET", "/api/v1/namespaces/t1/secrets/mounted");
  await at.server.storage.delete(pods, { namespace: "t1", name: "on-n1" });
  assert.equal((await at.server.authorize(nodeUser("n1"), info)).allowed, false);
});
