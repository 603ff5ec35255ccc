import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds } from "../kinds.ts";
import { validateUpdate } from "./validate.ts";

/** How often upstream says that a uid does not change: by its common rules, and by those of the kind. Recorded from its server. */
const table: [string, number][] = [
  ...["configmaps", "namespaces", "endpoints", "deviceclasses.resource.k8s.io", "certificatesigningrequests.certificates.k8s.io"].map(
    (id): [string, number] => [id, 2],
  ),
  ...["apiservices.apiregistration.k8s.io", "customresourcedefinitions.apiextensions.k8s.io", "events.events.k8s.io"].map(
    (id): [string, number] => [id, 2],
  ),
  ...["limitranges", "flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io"].map(
    (id): [string, number] => [id, 1],
  ),
  ...["endpointslices.discovery.k8s.io", "validatingwebhookconfigurations.admissionregistration.k8s.io"].map((id): [string, number] => [
    id,
    1,
  ]),
];

for (const [id, times] of table)
  test(`${id}: that a uid does not change is said ${times === 1 ? "once" : "twice"}`, () => {
    const kind = builtInKinds.find((one) => one.id === id)!;
    const object = (uid: string) => ({ apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: "a", namespace: "n", uid } });
    const found = validateUpdate(kind, object("new"), object("old")).filter(({ field }) => field === "metadata.uid");
    assert.equal(found.length, times);
  });
