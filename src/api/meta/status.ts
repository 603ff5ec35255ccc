/** How the API server says no. */
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { ListMeta } from "./object-meta.ts";

export const StatusCause = struct("io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", {
  reason: string(1),
  message: string(2),
  field: string(3),
});
export interface StatusCause extends Infer<typeof StatusCause> {}

export const StatusDetails = struct("io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", {
  name: string(1),
  group: string(2),
  kind: string(3),
  uid: string(6),
  causes: list(StatusCause, 4, { listType: "atomic" }),
  retryAfterSeconds: int32(5),
});
export interface StatusDetails extends Infer<typeof StatusDetails> {}

export const Status = kind("io.k8s.apimachinery.pkg.apis.meta.v1.Status", {
  metadata: ref(ListMeta, 1),
  status: string(2),
  message: string(3),
  reason: string(4),
  details: ref(StatusDetails, 5, { pointer: true }),
  code: int32(6),
});
export interface Status extends Infer<typeof Status> {}
