import assert from "node:assert/strict";
import { test } from "node:test";
import { type Namespace, namespaces, serviceaccounts } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { defaultAccounts } from "./see.ts";

const aNamespace = (name: string, phase = "Active"): Namespace => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, uid: name },
  status: { phase },
});

test("every namespace has a default account, also after somebody removed it, unless it is going", async () => {
  const { api, get, put, settled, close } = await trial(defaultAccounts, [
    [namespaces, aNamespace("a")],
    [namespaces, aNamespace("going", "Terminating")],
  ]);
  assert.ok(get(serviceaccounts, "a/default"));
  assert.equal(get(serviceaccounts, "going/default"), undefined);
  api.remove("serviceaccounts/a/default");
  await settled();
  assert.ok(get(serviceaccounts, "a/default"));
  put(namespaces, aNamespace("later"));
  await settled();
  assert.ok(get(serviceaccounts, "later/default"));
  await close();
});
