/** Declarations of ScaleSpec, ScaleStatus, Scale. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { type Infer, int32, kind, ref, string, struct } from "../schema.ts";

export const ScaleSpec = struct("io.k8s.api.autoscaling.v1.ScaleSpec", {
  replicas: int32(1),
});
export interface ScaleSpec extends Infer<typeof ScaleSpec> {}

export const ScaleStatus = struct("io.k8s.api.autoscaling.v1.ScaleStatus", {
  replicas: int32(1, { always: true, required: true }),
  selector: string(2),
});
export interface ScaleStatus extends Infer<typeof ScaleStatus> {}

export const Scale = kind("io.k8s.api.autoscaling.v1.Scale", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ScaleSpec, 2),
  status: ref(ScaleStatus, 3),
});
export interface Scale extends Infer<typeof Scale> {}
