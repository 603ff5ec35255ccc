/** Declarations of QueuingConfiguration, LimitResponse, LimitedPriorityLevelConfiguration, ExemptPriorityLevelConfiguration, PriorityLevelC. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";

export const QueuingConfiguration = struct("io.k8s.api.flowcontrol.v1.QueuingConfiguration", "Queues.", {
  queues: int32(1, { always: true, doc: "How many there are; 64 by default." }),
  handSize: int32(2, { always: true, doc: "How many a flow is dealt, of which it takes the shortest; 8 by default." }),
  queueLengthLimit: int32(3, { always: true, doc: "How many requests may wait in one; 50 by default." }),
});
export interface QueuingConfiguration extends Infer<typeof QueuingConfiguration> {}

export const LimitResponse = struct("io.k8s.api.flowcontrol.v1.LimitResponse", "What happens to requests that cannot run at once.", {
  type: string(1, { goType: "v1.LimitResponseType", always: true, required: true, doc: "Queue or Reject." }),
  queuing: ref(QueuingConfiguration, 2, { pointer: true, doc: "The queues, for Queue." }),
});
export interface LimitResponse extends Infer<typeof LimitResponse> {}

export const LimitedPriorityLevelConfiguration = struct(
  "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration",
  "A level with a bound.",
  {
    nominalConcurrencyShares: int32(1, {
      minimum: 0,
      must: "must be a non-negative integer",
      pointer: true,
      always: true,
      doc: "Its share of the server's concurrency, beside the shares of the others; 30 by default, 0 for exempt ones.",
    }),
    limitResponse: ref(LimitResponse, 2, { doc: "What happens to requests beyond the bound." }),
    lendablePercent: int32(3, {
      minimum: 0,
      maximum: 100,
      must: "must be between 0 and 100, inclusive",
      pointer: true,
      doc: "How much of it others may borrow, in percent.",
    }),
    borrowingLimitPercent: int32(4, {
      minimum: 0,
      must: "if specified, must be a non-negative integer",
      pointer: true,
      doc: "How much it may borrow from other levels, in percent of its own; no bound when left out.",
    }),
  },
);
export interface LimitedPriorityLevelConfiguration extends Infer<typeof LimitedPriorityLevelConfiguration> {}

export const ExemptPriorityLevelConfiguration = struct(
  "io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration",
  "A level whose requests never wait.",
  {
    nominalConcurrencyShares: int32(1, {
      minimum: 0,
      must: "must be a non-negative integer",
      pointer: true,
      doc: "Its share of the server's concurrency, beside the shares of the others; 30 by default, 0 for exempt ones.",
    }),
    lendablePercent: int32(2, {
      minimum: 0,
      maximum: 100,
      must: "must be between 0 and 100, inclusive",
      pointer: true,
      doc: "How much of it others may borrow, in percent.",
    }),
  },
);
export interface ExemptPriorityLevelConfiguration extends Infer<typeof ExemptPriorityLevelConfiguration> {}

export const PriorityLevelConfigurationSpec = struct("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec", "How a level works.", {
  type: string(1, { goType: "v1.PriorityLevelEnablement", always: true, required: true, doc: "Exempt or Limited." }),
  limited: ref(LimitedPriorityLevelConfiguration, 2, { pointer: true, doc: "Settings of Limited." }),
  exempt: ref(ExemptPriorityLevelConfiguration, 3, { pointer: true, doc: "Settings of Exempt." }),
});
export interface PriorityLevelConfigurationSpec extends Infer<typeof PriorityLevelConfigurationSpec> {}

export const PriorityLevelConfigurationCondition = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition",
  "A statement about the state of an object.",
  {
    type: string(1, { goType: "v1.PriorityLevelConfigurationConditionType", doc: "The aspect that is judged, in CamelCase." }),
    status: string(2, { goType: "v1.ConditionStatus", doc: "True, False or Unknown." }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(5, { doc: "The same for people, in a sentence." }),
  },
);
export interface PriorityLevelConfigurationCondition extends Infer<typeof PriorityLevelConfigurationCondition> {}

export const PriorityLevelConfigurationStatus = struct("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus", "How it stands.", {
  conditions: list(PriorityLevelConfigurationCondition, 1, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Statements about it.",
  }),
});
export interface PriorityLevelConfigurationStatus extends Infer<typeof PriorityLevelConfigurationStatus> {}

export const PriorityLevelConfiguration = kind(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  "A priority level: how many requests run at once, and how the others wait.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(PriorityLevelConfigurationSpec, 2, { doc: "What is wanted." }),
    status: ref(PriorityLevelConfigurationStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface PriorityLevelConfiguration extends Infer<typeof PriorityLevelConfiguration> {}

export const PriorityLevelConfigurationList = kind(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationList",
  "A list of PriorityLevelConfiguration objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(PriorityLevelConfiguration, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
