import assert from "node:assert/strict";
import { test } from "node:test";
import { applyDefaults, builtInKinds, type KubeObject } from "#api/mod.ts";
import type { KObject } from "../print/values.ts";
import { neat } from "./neat.ts";
import { lastApplied } from "./write-flags.ts";

const kObject = (value: unknown) => value as KObject;

/** As a server would hold it. */
function served(object: unknown): KObject {
  const copy = structuredClone(object) as KObject;
  const kind = builtInKinds.find((each) => each.apiVersion === copy.apiVersion && each.kind === copy.kind)!;
  applyDefaults(kind, copy as unknown as KubeObject);
  const { metadata } = copy;
  Object.assign(metadata, { uid: "u", resourceVersion: "7", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", managedFields: [] });
  copy.status = { some: "thing" };
  return copy;
}

const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "n", labels: { app: "web" } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [
          { name: "c", image: "nginx:1", ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { path: "/ready", port: 80 } } },
        ],
        volumes: [{ name: "v", emptyDir: {} }],
      },
    },
  },
};

test("what was written comes back from what a server holds", () => {
  const held = served(web);
  held.metadata.annotations = { "deployment.kubernetes.io/revision": "2", [lastApplied]: "{}" };
  assert.deepEqual(neat(held), web);
});

test("a value that is not the default stays, and so does an empty struct that says something", () => {
  const cautious = structuredClone(web);
  Object.assign(cautious.spec, { strategy: { type: "Recreate" } });
  assert.deepEqual(neat(served(cautious)), cautious);
  const closed = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "closed" },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  };
  assert.deepEqual(neat(served(closed)), closed);
});

test("a pod loses its node, its token and the tolerations that every pod gets", () => {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i:1" }] } };
  const held = served(pod);
  held.spec.nodeName = "node-1";
  held.spec.serviceAccount = held.spec.serviceAccountName = "default";
  held.spec.tolerations = ["not-ready", "unreachable"].map((what) => ({
    key: `node.kubernetes.io/${what}`,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds: 300,
  }));
  held.spec.volumes = [{ name: "kube-api-access-x", projected: { sources: [] } }];
  held.spec.containers[0].volumeMounts = [{ name: "kube-api-access-x", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }];
  assert.deepEqual(neat(held), pod);
});

test("a Service keeps what was asked for, and loses what it was given", () => {
  const asked = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s" },
    spec: {
      type: "NodePort",
      selector: { a: "b" },
      ports: [
        { name: "a", port: 80, nodePort: 30080 },
        { name: "b", port: 81 },
      ],
    },
  };
  const held = served(asked);
  held.metadata.annotations = { [lastApplied]: JSON.stringify(asked) };
  Object.assign(held.spec, { clusterIP: "10.96.0.9", clusterIPs: ["10.96.0.9"], ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack" });
  held.spec.ports[1].nodePort = 31234;
  assert.deepEqual(neat(held), asked);
});

test("of a kind that is not built in, only what servers write goes", () => {
  const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: "small", list: [] } };
  const held = { ...structuredClone(widget), status: {}, metadata: { name: "w", uid: "u" } };
  assert.deepEqual(neat(kObject(held)), widget);
});
