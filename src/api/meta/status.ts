/** How the API server says no. */
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { ListMeta } from "./object-meta.ts";

export const StatusCause = struct("io.k8s.apimachinery.pkg.apis.meta.v1.StatusCause", "One thing that is wrong.", {
  reason: string(1, { goType: "v1.CauseType", doc: "Why, in one word, such as FieldValueInvalid." }),
  message: string(2, { doc: "Why, in a sentence." }),
  field: string(3, { doc: "The field, such as spec.containers[0].image." }),
});
export interface StatusCause extends Infer<typeof StatusCause> {}

export const StatusDetails = struct("io.k8s.apimachinery.pkg.apis.meta.v1.StatusDetails", "What an answer is about.", {
  name: string(1, { doc: "The object." }),
  group: string(2, { doc: "Its group." }),
  kind: string(3, { doc: "Its kind or resource." }),
  uid: string(6, { goType: "types.UID", doc: "Its uid." }),
  causes: list(StatusCause, 4, { listType: "atomic", doc: "Each thing that is wrong." }),
  retryAfterSeconds: int32(5, { doc: "After how many seconds to try again." }),
});
export interface StatusDetails extends Infer<typeof StatusDetails> {}

export const Status = kind(
  "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  "The answer to a request that has no other, above all an error.",
  {
    metadata: ref(ListMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    status: string(2, { doc: "Success or Failure." }),
    message: string(3, { doc: "What happened, in a sentence." }),
    reason: string(4, { goType: "v1.StatusReason", doc: "Why, in one word, such as NotFound." }),
    details: ref(StatusDetails, 5, { pointer: true, doc: "About what, and what exactly." }),
    code: int32(6, { doc: "The HTTP status." }),
  },
);
export interface Status extends Infer<typeof Status> {}
