/** Declarations of NodeProxyOptions, PodAttachOptions, PodExecOptions, PodLogOptions, PodPortForwardOptions, PodProxyOptions, PodStatusResu. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { bool, bytes, type Infer, int32, int64, kind, list, raw, ref, string, time } from "../schema.ts";
import { PodStatus } from "./pod.ts";
import { ObjectReference } from "./references.ts";

export const List = kind("io.k8s.api.core.v1.List", "A list of  objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(raw, 2, { always: true, required: true, doc: "The objects." }),
});
export interface List extends Infer<typeof List> {}

export const NodeProxyOptions = kind("io.k8s.api.core.v1.NodeProxyOptions", "The query of nodes/NAME/proxy.", {
  path: string(1, { doc: "The path that is asked for at the kubelet." }),
});
export interface NodeProxyOptions extends Infer<typeof NodeProxyOptions> {}

export const PodAttachOptions = kind("io.k8s.api.core.v1.PodAttachOptions", "The query of pods/NAME/attach.", {
  stdin: bool(1, { doc: "Whether the client sends the standard input." }),
  stdout: bool(2, { doc: "Whether it wants the standard output." }),
  stderr: bool(3, { doc: "Whether it wants the standard error output." }),
  tty: bool(4, { doc: "Whether the streams are a terminal's." }),
  container: string(5, { doc: "The container; may be left out when the pod has one." }),
});
export interface PodAttachOptions extends Infer<typeof PodAttachOptions> {}

export const PodExecOptions = kind("io.k8s.api.core.v1.PodExecOptions", "The query of pods/NAME/exec.", {
  stdin: bool(1, { doc: "Whether the client sends the standard input." }),
  stdout: bool(2, { doc: "Whether it wants the standard output." }),
  stderr: bool(3, { doc: "Whether it wants the standard error output." }),
  tty: bool(4, { doc: "Whether the streams are a terminal's." }),
  container: string(5, { doc: "The container; may be left out when the pod has one." }),
  command: list(string, 6, { always: true, required: true, listType: "atomic", doc: "The command and its arguments, without a shell." }),
});
export interface PodExecOptions extends Infer<typeof PodExecOptions> {}

export const PodLogOptions = kind("io.k8s.api.core.v1.PodLogOptions", "The query of pods/NAME/log.", {
  container: string(1, { doc: "The container; may be left out when the pod has one." }),
  follow: bool(2, { doc: "Goes on with new lines until the container ends." }),
  previous: bool(3, { doc: "The run before the current one." }),
  sinceSeconds: int64(4, { pointer: true, doc: "Only lines of the last seconds." }),
  sinceTime: time(5, { pointer: true, doc: "Only lines since this time." }),
  timestamps: bool(6, { doc: "Puts the time before every line." }),
  tailLines: int64(7, { pointer: true, doc: "Only the last lines." }),
  limitBytes: int64(8, { pointer: true, doc: "Ends after so many bytes." }),
  insecureSkipTLSVerifyBackend: bool(9, { doc: "Does not verify the kubelet's certificate: for rescue only." }),
  stream: string(10, { pointer: true, doc: "All, Stdout or Stderr." }),
});
export interface PodLogOptions extends Infer<typeof PodLogOptions> {}

export const PodPortForwardOptions = kind("io.k8s.api.core.v1.PodPortForwardOptions", "The query of pods/NAME/portforward.", {
  ports: list(int32, 1, { listType: "atomic", doc: "The ports that will be forwarded, over WebSocket." }),
});
export interface PodPortForwardOptions extends Infer<typeof PodPortForwardOptions> {}

export const PodProxyOptions = kind("io.k8s.api.core.v1.PodProxyOptions", "The query of pods/NAME/proxy.", {
  path: string(1, { doc: "The path that is asked for." }),
});
export interface PodProxyOptions extends Infer<typeof PodProxyOptions> {}

export const PodStatusResult = kind("io.k8s.api.core.v1.PodStatusResult", "A pod's status alone; no longer used.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  status: ref(PodStatus, 2, { doc: "What was last seen; written by the system." }),
});
export interface PodStatusResult extends Infer<typeof PodStatusResult> {}

export const RangeAllocation = kind("io.k8s.api.core.v1.RangeAllocation", "Which numbers of a range are taken; internal.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  range: string(2, { always: true, required: true, doc: "The range." }),
  data: bytes(3, { always: true, required: true, doc: "A bit for each number." }),
});
export interface RangeAllocation extends Infer<typeof RangeAllocation> {}

export const SerializedReference = kind("io.k8s.api.core.v1.SerializedReference", "A reference, written into an annotation.", {
  reference: ref(ObjectReference, 1, { doc: "The reference." }),
});
export interface SerializedReference extends Infer<typeof SerializedReference> {}

export const ServiceProxyOptions = kind("io.k8s.api.core.v1.ServiceProxyOptions", "The query of services/NAME/proxy.", {
  path: string(1, { doc: "The path that is asked for." }),
});
export interface ServiceProxyOptions extends Infer<typeof ServiceProxyOptions> {}
