/** Declarations of StorageV1TokenRequest, CSIDriverSpec, CSIDriver. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int64, kind, list, ref, string, struct } from "../schema.ts";

export const StorageV1TokenRequest = struct("io.k8s.api.storage.v1.TokenRequest", "A token that a driver gets.", {
  audience: string(1, { always: true, required: true, mayBeEmpty: true, doc: "Whom it is for; the API server when empty." }),
  expirationSeconds: int64(2, {
    pointer: true,
    minimum: 600,
    maximum: 2 ** 32,
    must: ["may not specify a duration less than 10 minutes", "may not specify a duration larger than 2^32 seconds"],
    doc: "How long it is valid.",
  }),
});
export interface StorageV1TokenRequest extends Infer<typeof StorageV1TokenRequest> {}

export const CSIDriverSpec = struct("io.k8s.api.storage.v1.CSIDriverSpec", "What a driver needs and can do.", {
  attachRequired: bool(1, { pointer: true, doc: "Whether volumes are attached before they are mounted; true by default." }),
  podInfoOnMount: bool(2, { pointer: true, doc: "Whether the driver is told the pod at a mount." }),
  volumeLifecycleModes: list(string, 3, {
    goType: "v1.VolumeLifecycleMode",
    listType: "set",
    doc: "Persistent (the default), Ephemeral or both.",
  }),
  storageCapacity: bool(4, { pointer: true, doc: "Whether the scheduler looks at CSIStorageCapacity." }),
  fsGroupPolicy: string(5, {
    goType: "v1.FSGroupPolicy",
    pointer: true,
    doc: "ReadWriteOnceWithFSType (the default), File or None: whether the kubelet sets the group of files.",
  }),
  tokenRequests: list(StorageV1TokenRequest, 6, { listType: "atomic", doc: "Tokens of the pod's service account that the driver gets." }),
  requiresRepublish: bool(7, { pointer: true, doc: "Whether the driver is called again from time to time, to renew what it mounted." }),
  seLinuxMount: bool(8, { pointer: true, doc: "Whether it can mount with an SELinux label." }),
  nodeAllocatableUpdatePeriodSeconds: int64(9, {
    pointer: true,
    minimum: 10,
    must: "must be greater than or equal to 10 seconds",
    doc: "How often it is asked for the number of volumes of a node.",
  }),
  serviceAccountTokenInSecrets: bool(10, {
    pointer: true,
    doc: "Whether tokens are handed over among the secrets instead of the context.",
  }),
  preventPodSchedulingIfMissing: bool(11, {
    pointer: true,
    disabled: true,
    doc: "Whether pods wait while the node does not have the driver.",
  }),
});
export interface CSIDriverSpec extends Infer<typeof CSIDriverSpec> {}

export const CSIDriver = kind("io.k8s.api.storage.v1.CSIDriver", "What Kubernetes should know of a CSI driver.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(CSIDriverSpec, 2, { always: true, required: true, doc: "What is wanted." }),
});
export interface CSIDriver extends Infer<typeof CSIDriver> {}

export const CSIDriverList = kind("io.k8s.api.storage.v1.CSIDriverList", "A list of CSIDriver objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(CSIDriver, 2, { always: true, required: true, doc: "The objects." }),
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
