/** Declarations of PriorityLevelConfigurationReference, FlowDistinguisherMethod, UserSubject, GroupSubject, ServiceAccountSubject, Flowcont. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";

export const PriorityLevelConfigurationReference = struct(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference",
  "A priority level.",
  {
    name: string(1, {
      always: true,
      required: "must reference a priority level",
      format: "dns-subdomain",
      emptyIsMissing: true,
      doc: "Its name.",
    }),
  },
);
export interface PriorityLevelConfigurationReference extends Infer<typeof PriorityLevelConfigurationReference> {}

export const FlowDistinguisherMethod = struct("io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod", "What tells one flow from another.", {
  type: string(1, { goType: "v1.FlowDistinguisherMethodType", always: true, required: true, doc: "ByUser or ByNamespace." }),
});
export interface FlowDistinguisherMethod extends Infer<typeof FlowDistinguisherMethod> {}

export const UserSubject = struct("io.k8s.api.flowcontrol.v1.UserSubject", "A user.", {
  name: string(1, { always: true, required: true, doc: "The name; * all." }),
});
export interface UserSubject extends Infer<typeof UserSubject> {}

export const GroupSubject = struct("io.k8s.api.flowcontrol.v1.GroupSubject", "A group.", {
  name: string(1, { always: true, required: true, doc: "Its name; * all." }),
});
export interface GroupSubject extends Infer<typeof GroupSubject> {}

export const ServiceAccountSubject = struct("io.k8s.api.flowcontrol.v1.ServiceAccountSubject", "A service account.", {
  namespace: string(1, { always: true, required: true, doc: "Its namespace." }),
  name: string(2, { always: true, required: true, doc: "Its name; * all." }),
});
export interface ServiceAccountSubject extends Infer<typeof ServiceAccountSubject> {}

export const FlowcontrolV1Subject = struct("io.k8s.api.flowcontrol.v1.Subject", "Somebody.", {
  kind: string(1, {
    goType: "v1.SubjectKind",
    always: true,
    required: true,
    doc: "User, Group or ServiceAccount; the field of that name is set.",
  }),
  user: ref(UserSubject, 2, { pointer: true, doc: "A user." }),
  group: ref(GroupSubject, 3, { pointer: true, doc: "A group." }),
  serviceAccount: ref(ServiceAccountSubject, 4, { pointer: true, doc: "A service account." }),
});
export interface FlowcontrolV1Subject extends Infer<typeof FlowcontrolV1Subject> {}

export const ResourcePolicyRule = struct("io.k8s.api.flowcontrol.v1.ResourcePolicyRule", "Requests for resources.", {
  verbs: list(string, 1, { always: true, required: "verbs must contain at least one value", listType: "set", doc: "Verbs; * all." }),
  apiGroups: list(string, 2, {
    always: true,
    required: "resource rules must supply at least one api group",
    listType: "set",
    doc: "API groups; * all.",
  }),
  resources: list(string, 3, {
    always: true,
    required: "resource rules must supply at least one resource",
    listType: "set",
    doc: "Resources; * all.",
  }),
  clusterScope: bool(4, { doc: "Whether requests without a namespace match." }),
  namespaces: list(string, 5, { always: true, listType: "set", doc: "Namespaces that match; * all." }),
});
export interface ResourcePolicyRule extends Infer<typeof ResourcePolicyRule> {}

export const NonResourcePolicyRule = struct("io.k8s.api.flowcontrol.v1.NonResourcePolicyRule", "Requests for paths.", {
  verbs: list(string, 1, {
    always: true,
    required: "verbs must contain at least one value",
    listType: "set",
    doc: "HTTP methods in small letters; * all.",
  }),
  nonResourceURLs: list(string, 6, {
    always: true,
    required: "nonResourceURLs must contain at least one value",
    listType: "set",
    doc: "Paths; /healthz, /hea* not, /healthz/* yes, * all.",
  }),
});
export interface NonResourcePolicyRule extends Infer<typeof NonResourcePolicyRule> {}

export const PolicyRulesWithSubjects = struct("io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects", "Requests: somebody's, for something.", {
  subjects: list(FlowcontrolV1Subject, 1, {
    always: true,
    required: "subjects must contain at least one value",
    listType: "atomic",
    doc: "Whose; one is enough.",
  }),
  resourceRules: list(ResourcePolicyRule, 2, { listType: "atomic", doc: "For resources." }),
  nonResourceRules: list(NonResourcePolicyRule, 3, { listType: "atomic", doc: "For paths." }),
});
export interface PolicyRulesWithSubjects extends Infer<typeof PolicyRulesWithSubjects> {}

export const FlowSchemaSpec = struct("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", "Which requests, and where they belong.", {
  priorityLevelConfiguration: ref(PriorityLevelConfigurationReference, 1, {
    always: true,
    required: true,
    doc: "The level at which they run.",
  }),
  matchingPrecedence: int32(2, {
    always: true,
    minimum: 1,
    maximum: 10000,
    must: ["must be a positive value", "must not be greater than 10000"],
    doc: "The smaller comes first, 1 to 10000; 1000 by default.",
  }),
  distinguisherMethod: ref(FlowDistinguisherMethod, 3, {
    pointer: true,
    doc: "What tells its flows apart; all are one flow when left out.",
  }),
  rules: list(PolicyRulesWithSubjects, 4, { listType: "atomic", doc: "The requests: one rule that matches is enough." }),
});
export interface FlowSchemaSpec extends Infer<typeof FlowSchemaSpec> {}

export const FlowSchemaCondition = struct("io.k8s.api.flowcontrol.v1.FlowSchemaCondition", "A statement about the state of an object.", {
  type: string(1, { goType: "v1.FlowSchemaConditionType", doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", doc: "True, False or Unknown." }),
  lastTransitionTime: time(3, { doc: "When the status last changed." }),
  reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
  message: string(5, { doc: "The same for people, in a sentence." }),
});
export interface FlowSchemaCondition extends Infer<typeof FlowSchemaCondition> {}

export const FlowSchemaStatus = struct("io.k8s.api.flowcontrol.v1.FlowSchemaStatus", "How it stands.", {
  conditions: list(FlowSchemaCondition, 1, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Statements about it.",
  }),
});
export interface FlowSchemaStatus extends Infer<typeof FlowSchemaStatus> {}

export const FlowSchema = kind(
  "io.k8s.api.flowcontrol.v1.FlowSchema",
  "Says which requests belong together and at which priority level they run.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(FlowSchemaSpec, 2, { doc: "What is wanted." }),
    status: ref(FlowSchemaStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface FlowSchema extends Infer<typeof FlowSchema> {}

export const FlowSchemaList = kind("io.k8s.api.flowcontrol.v1.FlowSchemaList", "A list of FlowSchema objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(FlowSchema, 2, { always: true, required: true, doc: "The objects." }),
});
export interface FlowSchemaList extends Infer<typeof FlowSchemaList> {}

export const flowschemas = resource<FlowSchema>(FlowSchema, {
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  resource: "flowschemas",
  singular: "flowschema",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  subresources: [{ name: "status", kind: "FlowSchema", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/flowschemas/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "PriorityLevel", type: "string" },
    { name: "MatchingPrecedence", type: "string" },
    { name: "DistinguisherMethod", type: "string" },
    { name: "Age", type: "string" },
    { name: "MissingPL", type: "string" },
  ],
});
