/** Declarations of QueuingConfiguration, LimitResponse, LimitedPriorityLevelConfiguration, ExemptPriorityLevelConfiguration, PriorityLevelC. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";

export const QueuingConfiguration = struct("io.k8s.api.flowcontrol.v1.QueuingConfiguration", {
  queues: int32(1, { always: true }),
  handSize: int32(2, { always: true }),
  queueLengthLimit: int32(3, { always: true }),
});
export interface QueuingConfiguration extends Infer<typeof QueuingConfiguration> {}

export const LimitResponse = struct("io.k8s.api.flowcontrol.v1.LimitResponse", {
  type: string(1, { always: true, required: true }),
  queuing: ref(QueuingConfiguration, 2, { pointer: true }),
});
export interface LimitResponse extends Infer<typeof LimitResponse> {}

export const LimitedPriorityLevelConfiguration = struct("io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration", {
  nominalConcurrencyShares: int32(1, { pointer: true, always: true }),
  limitResponse: ref(LimitResponse, 2),
  lendablePercent: int32(3, { pointer: true }),
  borrowingLimitPercent: int32(4, { pointer: true }),
});
export interface LimitedPriorityLevelConfiguration extends Infer<typeof LimitedPriorityLevelConfiguration> {}

export const ExemptPriorityLevelConfiguration = struct("io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration", {
  nominalConcurrencyShares: int32(1, { pointer: true }),
  lendablePercent: int32(2, { pointer: true }),
});
export interface ExemptPriorityLevelConfiguration extends Infer<typeof ExemptPriorityLevelConfiguration> {}

export const PriorityLevelConfigurationSpec = struct("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", {
  type: string(1, { always: true, required: true }),
  limited: ref(LimitedPriorityLevelConfiguration, 2, { pointer: true }),
  exempt: ref(ExemptPriorityLevelConfiguration, 3, { pointer: true }),
});
export interface PriorityLevelConfigurationSpec extends Infer<typeof PriorityLevelConfigurationSpec> {}

export const PriorityLevelConfigurationCondition = struct("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition", {
  type: string(1),
  status: string(2),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface PriorityLevelConfigurationCondition extends Infer<typeof PriorityLevelConfigurationCondition> {}

export const PriorityLevelConfigurationStatus = struct("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus", {
  conditions: list(PriorityLevelConfigurationCondition, 1, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
  }),
});
export interface PriorityLevelConfigurationStatus extends Infer<typeof PriorityLevelConfigurationStatus> {}

export const PriorityLevelConfiguration = kind("io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(PriorityLevelConfigurationSpec, 2),
  status: ref(PriorityLevelConfigurationStatus, 3),
});
export interface PriorityLevelConfiguration extends Infer<typeof PriorityLevelConfiguration> {}

export const PriorityLevelConfigurationList = kind("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationList", {
  metadata: ref(ListMeta, 1),
  items: list(PriorityLevelConfiguration, 2, { always: true, required: true }),
});
export interface PriorityLevelConfigurationList extends Infer<typeof PriorityLevelConfigurationList> {}

export const prioritylevelconfigurations = resource<PriorityLevelConfiguration>(PriorityLevelConfiguration, {
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  resource: "prioritylevelconfigurations",
  singular: "prioritylevelconfiguration",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  subresources: [{ name: "status", kind: "PriorityLevelConfiguration", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/prioritylevelconfigurations/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Type", type: "string" },
    { name: "NominalConcurrencyShares", type: "string" },
    { name: "Queues", type: "string" },
    { name: "HandSize", type: "string" },
    { name: "QueueLengthLimit", type: "string" },
    { name: "Age", type: "string" },
  ],
});
