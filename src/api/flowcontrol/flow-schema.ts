/** Declarations of PriorityLevelConfigurationReference, FlowDistinguisherMethod, UserSubject, GroupSubject, ServiceAccountSubject, Flowcont. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";

export const PriorityLevelConfigurationReference = struct("io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference", {
  name: string(1, { always: true, required: true }),
});
export interface PriorityLevelConfigurationReference extends Infer<typeof PriorityLevelConfigurationReference> {}

export const FlowDistinguisherMethod = struct("io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod", {
  type: string(1, { always: true, required: true }),
});
export interface FlowDistinguisherMethod extends Infer<typeof FlowDistinguisherMethod> {}

export const UserSubject = struct("io.k8s.api.flowcontrol.v1.UserSubject", {
  name: string(1, { always: true, required: true }),
});
export interface UserSubject extends Infer<typeof UserSubject> {}

export const GroupSubject = struct("io.k8s.api.flowcontrol.v1.GroupSubject", {
  name: string(1, { always: true, required: true }),
});
export interface GroupSubject extends Infer<typeof GroupSubject> {}

export const ServiceAccountSubject = struct("io.k8s.api.flowcontrol.v1.ServiceAccountSubject", {
  namespace: string(1, { always: true, required: true }),
  name: string(2, { always: true, required: true }),
});
export interface ServiceAccountSubject extends Infer<typeof ServiceAccountSubject> {}

export const FlowcontrolV1Subject = struct("io.k8s.api.flowcontrol.v1.Subject", {
  kind: string(1, { always: true, required: true }),
  user: ref(UserSubject, 2, { pointer: true }),
  group: ref(GroupSubject, 3, { pointer: true }),
  serviceAccount: ref(ServiceAccountSubject, 4, { pointer: true }),
});
export interface FlowcontrolV1Subject extends Infer<typeof FlowcontrolV1Subject> {}

export const ResourcePolicyRule = struct("io.k8s.api.flowcontrol.v1.ResourcePolicyRule", {
  verbs: list(string, 1, { always: true, required: true, listType: "set" }),
  apiGroups: list(string, 2, { always: true, required: true, listType: "set" }),
  resources: list(string, 3, { always: true, required: true, listType: "set" }),
  clusterScope: bool(4),
  namespaces: list(string, 5, { always: true, listType: "set" }),
});
export interface ResourcePolicyRule extends Infer<typeof ResourcePolicyRule> {}

export const NonResourcePolicyRule = struct("io.k8s.api.flowcontrol.v1.NonResourcePolicyRule", {
  verbs: list(string, 1, { always: true, required: true, listType: "set" }),
  nonResourceURLs: list(string, 6, { always: true, required: true, listType: "set" }),
});
export interface NonResourcePolicyRule extends Infer<typeof NonResourcePolicyRule> {}

export const PolicyRulesWithSubjects = struct("io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects", {
  subjects: list(FlowcontrolV1Subject, 1, { always: true, required: true, listType: "atomic" }),
  resourceRules: list(ResourcePolicyRule, 2, { listType: "atomic" }),
  nonResourceRules: list(NonResourcePolicyRule, 3, { listType: "atomic" }),
});
export interface PolicyRulesWithSubjects extends Infer<typeof PolicyRulesWithSubjects> {}

export const FlowSchemaSpec = struct("io.k8s.api.flowcontrol.v1.FlowSchemaSpec", {
  priorityLevelConfiguration: ref(PriorityLevelConfigurationReference, 1, { always: true, required: true }),
  matchingPrecedence: int32(2, { always: true }),
  distinguisherMethod: ref(FlowDistinguisherMethod, 3, { pointer: true }),
  rules: list(PolicyRulesWithSubjects, 4, { listType: "atomic" }),
});
export interface FlowSchemaSpec extends Infer<typeof FlowSchemaSpec> {}

export const FlowSchemaCondition = struct("io.k8s.api.flowcontrol.v1.FlowSchemaCondition", {
  type: string(1),
  status: string(2),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface FlowSchemaCondition extends Infer<typeof FlowSchemaCondition> {}

export const FlowSchemaStatus = struct("io.k8s.api.flowcontrol.v1.FlowSchemaStatus", {
  conditions: list(FlowSchemaCondition, 1, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface FlowSchemaStatus extends Infer<typeof FlowSchemaStatus> {}

export const FlowSchema = kind("io.k8s.api.flowcontrol.v1.FlowSchema", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(FlowSchemaSpec, 2),
  status: ref(FlowSchemaStatus, 3),
});
export interface FlowSchema extends Infer<typeof FlowSchema> {}

export const FlowSchemaList = kind("io.k8s.api.flowcontrol.v1.FlowSchemaList", {
  metadata: ref(ListMeta, 1),
  items: list(FlowSchema, 2, { always: true, required: true }),
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
