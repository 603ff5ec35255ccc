/** Declarations of ServiceCIDRSpec, ServiceCIDRStatus, ServiceCIDR. */

import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ServiceCIDRSpec = struct("io.k8s.api.networking.v1.ServiceCIDRSpec", "The range.", {
  cidrs: list(string, 1, { listType: "atomic", doc: "One range, or one for each family; cannot be changed." }),
});
export interface ServiceCIDRSpec extends Infer<typeof ServiceCIDRSpec> {}

export const ServiceCIDRStatus = struct("io.k8s.api.networking.v1.ServiceCIDRStatus", "How it stands.", {
  conditions: list(Condition, 1, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Ready, or why it cannot be deleted.",
  }),
});
export interface ServiceCIDRStatus extends Infer<typeof ServiceCIDRStatus> {}

export const ServiceCIDR = kind("io.k8s.api.networking.v1.ServiceCIDR", "A range from which Services get their addresses.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(ServiceCIDRSpec, 2, { doc: "What is wanted." }),
  status: ref(ServiceCIDRStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface ServiceCIDR extends Infer<typeof ServiceCIDR> {}

export const ServiceCIDRList = kind("io.k8s.api.networking.v1.ServiceCIDRList", "A list of ServiceCIDR objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ServiceCIDR, 2, { always: true, required: true, doc: "The objects." }),
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
