/** Declarations of ScaleSpec, ScaleStatus, Scale. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { type Infer, int32, kind, ref, string, struct } from "../schema.ts";

export const ScaleSpec = struct("io.k8s.api.autoscaling.v1.ScaleSpec", "How many there shall be.", {
  replicas: int32(1, { doc: "How many." }),
});
export interface ScaleSpec extends Infer<typeof ScaleSpec> {}

export const ScaleStatus = struct("io.k8s.api.autoscaling.v1.ScaleStatus", "How many there are.", {
  replicas: int32(1, { always: true, required: true, doc: "How many." }),
  selector: string(2, { doc: "The labels of the pods, in the form of a query." }),
});
export interface ScaleStatus extends Infer<typeof ScaleStatus> {}

export const Scale = kind(
  "io.k8s.api.autoscaling.v1.Scale",
  "How many replicas of something there are and shall be: the subresource scale.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(ScaleSpec, 2, { doc: "What is wanted." }),
    status: ref(ScaleStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface Scale extends Infer<typeof Scale> {}
