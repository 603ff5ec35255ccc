/** How objects name other objects. */
import { type Infer, list, string, struct } from "../schema.ts";

export const LocalObjectReference = struct("io.k8s.api.core.v1.LocalObjectReference", {
  name: string(1),
});
export interface LocalObjectReference extends Infer<typeof LocalObjectReference> {}

export const ObjectReference = struct("io.k8s.api.core.v1.ObjectReference", {
  kind: string(1),
  namespace: string(2),
  name: string(3),
  uid: string(4),
  apiVersion: string(5),
  resourceVersion: string(6),
  fieldPath: string(7),
});
export interface ObjectReference extends Infer<typeof ObjectReference> {}

export const SecretReference = struct("io.k8s.api.core.v1.SecretReference", {
  name: string(1),
  namespace: string(2),
});
export interface SecretReference extends Infer<typeof SecretReference> {}

export const TypedLocalObjectReference = struct("io.k8s.api.core.v1.TypedLocalObjectReference", {
  apiGroup: string(1, { pointer: true, always: true }),
  kind: string(2, { always: true, required: true }),
  name: string(3, { always: true, required: true }),
});
export interface TypedLocalObjectReference extends Infer<typeof TypedLocalObjectReference> {}

export const TypedObjectReference = struct("io.k8s.api.core.v1.TypedObjectReference", {
  apiGroup: string(1, { pointer: true, always: true }),
  kind: string(2, { always: true, required: true }),
  name: string(3, { always: true, required: true }),
  namespace: string(4, { pointer: true }),
});
export interface TypedObjectReference extends Infer<typeof TypedObjectReference> {}

export const NodeSelectorRequirement = struct("io.k8s.api.core.v1.NodeSelectorRequirement", {
  key: string(1, { always: true, required: true }),
  operator: string(2, { always: true, required: true, enum: ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"] }),
  values: list(string, 3, { listType: "atomic" }),
});
export interface NodeSelectorRequirement extends Infer<typeof NodeSelectorRequirement> {}

export const NodeSelectorTerm = struct("io.k8s.api.core.v1.NodeSelectorTerm", {
  matchExpressions: list(NodeSelectorRequirement, 1, { listType: "atomic" }),
  matchFields: list(NodeSelectorRequirement, 2, { listType: "atomic" }),
});
export interface NodeSelectorTerm extends Infer<typeof NodeSelectorTerm> {}

export const NodeSelector = struct("io.k8s.api.core.v1.NodeSelector", {
  nodeSelectorTerms: list(NodeSelectorTerm, 1, { always: true, required: true, listType: "atomic" }),
});
export interface NodeSelector extends Infer<typeof NodeSelector> {}

export const TopologySelectorLabelRequirement = struct("io.k8s.api.core.v1.TopologySelectorLabelRequirement", {
  key: string(1, { always: true, required: true }),
  values: list(string, 2, { always: true, required: true, listType: "atomic" }),
});
export interface TopologySelectorLabelRequirement extends Infer<typeof TopologySelectorLabelRequirement> {}

export const TopologySelectorTerm = struct("io.k8s.api.core.v1.TopologySelectorTerm", {
  matchLabelExpressions: list(TopologySelectorLabelRequirement, 1, { listType: "atomic" }),
});
export interface TopologySelectorTerm extends Infer<typeof TopologySelectorTerm> {}
