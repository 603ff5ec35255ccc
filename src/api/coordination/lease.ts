/** Declarations of LeaseSpec, Lease. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, microTime, ref, string, struct } from "../schema.ts";

export const LeaseSpec = struct("io.k8s.api.coordination.v1.LeaseSpec", {
  holderIdentity: string(1, { pointer: true }),
  leaseDurationSeconds: int32(2, { pointer: true }),
  acquireTime: microTime(3, { pointer: true }),
  renewTime: microTime(4, { pointer: true }),
  leaseTransitions: int32(5, { pointer: true }),
  strategy: string(6, { pointer: true }),
  preferredHolder: string(7, { pointer: true }),
});
export interface LeaseSpec extends Infer<typeof LeaseSpec> {}

export const Lease = kind("io.k8s.api.coordination.v1.Lease", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(LeaseSpec, 2),
});
export interface Lease extends Infer<typeof Lease> {}

export const LeaseList = kind("io.k8s.api.coordination.v1.LeaseList", {
  metadata: ref(ListMeta, 1),
  items: list(Lease, 2, { always: true, required: true }),
});
export interface LeaseList extends Infer<typeof LeaseList> {}

export const leases = resource<Lease>(Lease, {
  group: "coordination.k8s.io",
  version: "v1",
  resource: "leases",
  singular: "lease",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/leases/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Holder", type: "string" },
    { name: "Age", type: "string" },
  ],
});
