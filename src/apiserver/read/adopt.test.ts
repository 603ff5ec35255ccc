import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, encodeProtobuf } from "#api/mod.ts";
import { adoptBytes } from "./adopt.ts";
import { headOf } from "./record.ts";

const kindOf = (name: string) => builtInKinds.find(({ id }) => id === name)!;
const adopted = (name: string, value: Buffer) => {
  const kind = kindOf(name);
  return JSON.parse(adoptBytes(value, headOf(kind.apiVersion, kind.kind), kind).toString());
};
const protobuf = (object: object) => Buffer.from(encodeProtobuf(object as { kind: string }));

test("what upstream stored as protobuf is read as JSON, without the revision that it was read at", () => {
  const lease = {
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name: "a", resourceVersion: "" },
    spec: { holderIdentity: "b" },
  };
  const { resourceVersion: _, ...metadata } = lease.metadata;
  assert.deepEqual(adopted("leases.coordination.k8s.io", protobuf(lease)), { ...lease, metadata });
});

test("an earlier version of a kind is read as the version that is served, another kind is refused", () => {
  const binding = (apiVersion: string) =>
    protobuf({ kind: "Lease", apiVersion: "coordination.k8s.io/v1", metadata: { name: "a" } })
      .toString("latin1")
      .replace("coordination.k8s.io/v1", apiVersion);
  // Of the same length, so that the envelope's own lengths hold.
  const older = Buffer.from(binding("coordination.k8s.io/v0"), "latin1");
  assert.equal(adopted("leases.coordination.k8s.io", older).apiVersion, "coordination.k8s.io/v1");
  assert.throws(() => adopted("leases.coordination.k8s.io", protobuf({ kind: "ConfigMap", apiVersion: "v1", metadata: {} })), {
    message: "the store has ConfigMap of v1 where Lease of coordination.k8s.io/v1 is expected",
  });
});

test("a definition that upstream stored as v1beta1 says for each version what it said once", () => {
  const stored = {
    apiVersion: "apiextensions.k8s.io/v1beta1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      version: "v1",
      versions: [
        { name: "v1", served: true, storage: true },
        { name: "v2", served: true, storage: false },
      ],
      validation: { openAPIV3Schema: { type: "object" } },
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: "Size", type: "integer", JSONPath: ".spec.size" }],
      preserveUnknownFields: false,
      conversion: { strategy: "Webhook", webhookClientConfig: { url: "https://a" }, conversionReviewVersions: ["v1"] },
    },
  };
  const { apiVersion, spec } = adopted("customresourcedefinitions.apiextensions.k8s.io", Buffer.from(JSON.stringify(stored)));
  const shared = {
    schema: { openAPIV3Schema: { type: "object" } },
    subresources: { status: {} },
    additionalPrinterColumns: [{ name: "Size", type: "integer", jsonPath: ".spec.size" }],
  };
  assert.equal(apiVersion, "apiextensions.k8s.io/v1");
  assert.deepEqual(spec, {
    group: "example.com",
    conversion: { strategy: "Webhook", webhook: { clientConfig: { url: "https://a" }, conversionReviewVersions: ["v1"] } },
    versions: [
      { name: "v1", served: true, storage: true, ...shared },
      { name: "v2", served: true, storage: false, ...shared },
    ],
  });
});
