/** Declarations of ServiceCIDRSpec, ServiceCIDRStatus, ServiceCIDR. */

import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ServiceCIDRSpec = struct("io.k8s.api.networking.v1.ServiceCIDRSpec", {
  cidrs: list(string, 1, { listType: "atomic" }),
});
export interface ServiceCIDRSpec extends Infer<typeof ServiceCIDRSpec> {}

export const ServiceCIDRStatus = struct("io.k8s.api.networking.v1.ServiceCIDRStatus", {
  conditions: list(Condition, 1, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface ServiceCIDRStatus extends Infer<typeof ServiceCIDRStatus> {}

export const ServiceCIDR = kind("io.k8s.api.networking.v1.ServiceCIDR", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ServiceCIDRSpec, 2),
  status: ref(ServiceCIDRStatus, 3),
});
export interface ServiceCIDR extends Infer<typeof ServiceCIDR> {}

export const ServiceCIDRList = kind("io.k8s.api.networking.v1.ServiceCIDRList", {
  metadata: ref(ListMeta, 1),
  items: list(ServiceCIDR, 2, { always: true, required: true }),
});
export interface ServiceCIDRList extends Infer<typeof ServiceCIDRList> {}

export const servicecidrs = resource<ServiceCIDR>(ServiceCIDR, {
  group: "networking.k8s.io",
  version: "v1",
  resource: "servicecidrs",
  singular: "servicecidr",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  subresources: [{ name: "status", kind: "ServiceCIDR", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/servicecidrs/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "CIDRs", type: "string" },
    { name: "Age", type: "string" },
  ],
});
