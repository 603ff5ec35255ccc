/** Declarations of LeaseSpec, Lease. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, microTime, ref, string, struct } from "../schema.ts";

export const LeaseSpec = struct("io.k8s.api.coordination.v1.LeaseSpec", "The lease.", {
  holderIdentity: string(1, { pointer: true, doc: "Who holds it." }),
  leaseDurationSeconds: int32(2, { pointer: true, doc: "After how many seconds without renewal others may take it." }),
  acquireTime: microTime(3, { pointer: true, doc: "When it was taken." }),
  renewTime: microTime(4, { pointer: true, doc: "When it was last renewed." }),
  leaseTransitions: int32(5, { pointer: true, doc: "How often it changed hands." }),
  strategy: string(6, {
    disabled: true,
    goType: "v1.CoordinatedLeaseStrategy",
    pointer: true,
    doc: "How its holder is chosen, in coordinated election.",
  }),
  preferredHolder: string(7, { disabled: true, pointer: true, doc: "Who should take it over." }),
});
export interface LeaseSpec extends Infer<typeof LeaseSpec> {}

export const Lease = kind("io.k8s.api.coordination.v1.Lease", "Who holds something for how long: node heartbeats and leader election.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(LeaseSpec, 2, { doc: "What is wanted." }),
});
export interface Lease extends Infer<typeof Lease> {}

export const LeaseList = kind("io.k8s.api.coordination.v1.LeaseList", "A list of Lease objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Lease, 2, { always: true, required: true, doc: "The objects." }),
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
