/** Declarations of StorageV1TokenRequest, CSIDriverSpec, CSIDriver. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int64, kind, list, ref, string, struct } from "../schema.ts";

export const StorageV1TokenRequest = struct("io.k8s.api.storage.v1.TokenRequest", {
  audience: string(1, { always: true, required: true }),
  expirationSeconds: int64(2, { pointer: true }),
});
export interface StorageV1TokenRequest extends Infer<typeof StorageV1TokenRequest> {}

export const CSIDriverSpec = struct("io.k8s.api.storage.v1.CSIDriverSpec", {
  attachRequired: bool(1, { pointer: true }),
  podInfoOnMount: bool(2, { pointer: true }),
  volumeLifecycleModes: list(string, 3, { listType: "set" }),
  storageCapacity: bool(4, { pointer: true }),
  fsGroupPolicy: string(5, { pointer: true }),
  tokenRequests: list(StorageV1TokenRequest, 6, { listType: "atomic" }),
  requiresRepublish: bool(7, { pointer: true }),
  seLinuxMount: bool(8, { pointer: true }),
  nodeAllocatableUpdatePeriodSeconds: int64(9, { pointer: true }),
  serviceAccountTokenInSecrets: bool(10, { pointer: true }),
  preventPodSchedulingIfMissing: bool(11, { pointer: true }),
});
export interface CSIDriverSpec extends Infer<typeof CSIDriverSpec> {}

export const CSIDriver = kind("io.k8s.api.storage.v1.CSIDriver", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(CSIDriverSpec, 2, { always: true, required: true }),
});
export interface CSIDriver extends Infer<typeof CSIDriver> {}

export const CSIDriverList = kind("io.k8s.api.storage.v1.CSIDriverList", {
  metadata: ref(ListMeta, 1),
  items: list(CSIDriver, 2, { always: true, required: true }),
});
export interface CSIDriverList extends Infer<typeof CSIDriverList> {}

export const csidrivers = resource<CSIDriver>(CSIDriver, {
  group: "storage.k8s.io",
  version: "v1",
  resource: "csidrivers",
  singular: "csidriver",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/csidrivers/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "AttachRequired", type: "boolean" },
    { name: "PodInfoOnMount", type: "boolean" },
    { name: "StorageCapacity", type: "boolean" },
    { name: "TokenRequests", type: "string" },
    { name: "RequiresRepublish", type: "boolean" },
    { name: "Modes", type: "string" },
    { name: "Age", type: "string" },
  ],
});
