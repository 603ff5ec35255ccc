/** Declarations of NodeProxyOptions, PodAttachOptions, PodExecOptions, PodLogOptions, PodPortForwardOptions, PodProxyOptions, PodStatusResu. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { bool, bytes, type Infer, int32, int64, kind, list, raw, ref, string, time } from "../schema.ts";
import { PodStatus } from "./pod.ts";
import { ObjectReference } from "./references.ts";

export const List = kind("io.k8s.api.core.v1.List", {
  metadata: ref(ListMeta, 1),
  items: list(raw, 2, { always: true, required: true }),
});
export interface List extends Infer<typeof List> {}

export const NodeProxyOptions = kind("io.k8s.api.core.v1.NodeProxyOptions", {
  path: string(1),
});
export interface NodeProxyOptions extends Infer<typeof NodeProxyOptions> {}

export const PodAttachOptions = kind("io.k8s.api.core.v1.PodAttachOptions", {
  stdin: bool(1),
  stdout: bool(2),
  stderr: bool(3),
  tty: bool(4),
  container: string(5),
});
export interface PodAttachOptions extends Infer<typeof PodAttachOptions> {}

export const PodExecOptions = kind("io.k8s.api.core.v1.PodExecOptions", {
  stdin: bool(1),
  stdout: bool(2),
  stderr: bool(3),
  tty: bool(4),
  container: string(5),
  command: list(string, 6, { always: true, required: true, listType: "atomic" }),
});
export interface PodExecOptions extends Infer<typeof PodExecOptions> {}

export const PodLogOptions = kind("io.k8s.api.core.v1.PodLogOptions", {
  container: string(1),
  follow: bool(2),
  previous: bool(3),
  sinceSeconds: int64(4, { pointer: true }),
  sinceTime: time(5, { pointer: true }),
  timestamps: bool(6),
  tailLines: int64(7, { pointer: true }),
  limitBytes: int64(8, { pointer: true }),
  insecureSkipTLSVerifyBackend: bool(9),
  stream: string(10, { pointer: true }),
});
export interface PodLogOptions extends Infer<typeof PodLogOptions> {}

export const PodPortForwardOptions = kind("io.k8s.api.core.v1.PodPortForwardOptions", {
  ports: list(int32, 1, { listType: "atomic" }),
});
export interface PodPortForwardOptions extends Infer<typeof PodPortForwardOptions> {}

export const PodProxyOptions = kind("io.k8s.api.core.v1.PodProxyOptions", {
  path: string(1),
});
export interface PodProxyOptions extends Infer<typeof PodProxyOptions> {}

export const PodStatusResult = kind("io.k8s.api.core.v1.PodStatusResult", {
  metadata: ref(ObjectMeta, 1),
  status: ref(PodStatus, 2),
});
export interface PodStatusResult extends Infer<typeof PodStatusResult> {}

export const RangeAllocation = kind("io.k8s.api.core.v1.RangeAllocation", {
  metadata: ref(ObjectMeta, 1),
  range: string(2, { always: true, required: true }),
  data: bytes(3, { always: true, required: true }),
});
export interface RangeAllocation extends Infer<typeof RangeAllocation> {}

export const SerializedReference = kind("io.k8s.api.core.v1.SerializedReference", {
  reference: ref(ObjectReference, 1),
});
export interface SerializedReference extends Infer<typeof SerializedReference> {}

export const ServiceProxyOptions = kind("io.k8s.api.core.v1.ServiceProxyOptions", {
  path: string(1),
});
export interface ServiceProxyOptions extends Infer<typeof ServiceProxyOptions> {}
