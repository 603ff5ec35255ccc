import assert from "node:assert/strict";
import { test } from "node:test";
import { configmaps, type Namespace, namespaces } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { rootCa } from "./see.ts";

const aNamespace = (name: string, phase = "Active"): Namespace => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, uid: name },
  status: { phase },
});

test("every namespace has the certificate, described, and nothing beside it", async () => {
  const { api, get, put, settled, close } = await trial(rootCa({ caCert: "PEM" }), [
    [namespaces, aNamespace("a")],
    [namespaces, aNamespace("going", "Terminating")],
  ]);
  const map = () => get(configmaps, "a/kube-root-ca.crt");
  assert.deepEqual(map()?.data, { "ca.crt": "PEM" });
  assert.match(map()?.metadata.annotations?.["kubernetes.io/description"] ?? "", /verify the kube-apiserver/);
  assert.equal(get(configmaps, "going/kube-root-ca.crt"), undefined);
  put(configmaps, { ...map()!, data: { "ca.crt": "PEM", more: "x" } });
  await settled();
  assert.deepEqual(map()?.data, { "ca.crt": "PEM" });
  put(configmaps, { ...map()!, metadata: { ...map()!.metadata, annotations: {} } });
  await settled();
  assert.ok(map()?.metadata.annotations?.["kubernetes.io/description"]);
  api.remove("configmaps/a/kube-root-ca.crt");
  await settled();
  assert.deepEqual(map()?.data, { "ca.crt": "PEM" });
  await close();
});
