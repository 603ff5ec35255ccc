/** How objects name other objects. */
import { type Infer, list, string, struct } from "../schema.ts";

export const LocalObjectReference = struct("io.k8s.api.core.v1.LocalObjectReference", "An object of a known kind in the same namespace.", {
  name: string(1, { doc: "Its name." }),
});
export interface LocalObjectReference extends Infer<typeof LocalObjectReference> {}

export const ObjectReference = struct("io.k8s.api.core.v1.ObjectReference", "A pointer to an object.", {
  kind: string(1, { doc: "The kind of the object." }),
  namespace: string(2, { doc: "Its namespace." }),
  name: string(3, { doc: "Its name." }),
  uid: string(4, { goType: "types.UID", doc: "Its uid." }),
  apiVersion: string(5, { doc: "Its group and version." }),
  resourceVersion: string(6, { doc: "The version of it that is meant." }),
  fieldPath: string(7, { doc: "The part that is meant, such as spec.containers{web}." }),
});
export interface ObjectReference extends Infer<typeof ObjectReference> {}

export const SecretReference = struct("io.k8s.api.core.v1.SecretReference", "A Secret of any namespace.", {
  name: string(1, { doc: "Its name." }),
  namespace: string(2, { doc: "Its namespace." }),
});
export interface SecretReference extends Infer<typeof SecretReference> {}

export const TypedLocalObjectReference = struct("io.k8s.api.core.v1.TypedLocalObjectReference", "An object of the same namespace.", {
  apiGroup: string(1, { pointer: true, always: true, doc: "Its API group; empty for the core group." }),
  kind: string(2, { always: true, required: true, doc: "Its kind." }),
  name: string(3, { always: true, required: true, doc: "Its name." }),
});
export interface TypedLocalObjectReference extends Infer<typeof TypedLocalObjectReference> {}

export const TypedObjectReference = struct("io.k8s.api.core.v1.TypedObjectReference", "An object, where allowed of another namespace.", {
  apiGroup: string(1, { pointer: true, always: true, doc: "Its API group; empty for the core group." }),
  kind: string(2, { always: true, required: true, doc: "Its kind." }),
  name: string(3, { always: true, required: true, doc: "Its name." }),
  namespace: string(4, { pointer: true, doc: "Its namespace; needs a ReferenceGrant when it is another." }),
});
export interface TypedObjectReference extends Infer<typeof TypedObjectReference> {}

export const NodeSelectorRequirement = struct("io.k8s.api.core.v1.NodeSelectorRequirement", "A question to a node's labels or fields.", {
  key: string(1, { always: true, required: true, doc: "The label or field." }),
  operator: string(2, {
    goType: "v1.NodeSelectorOperator",
    always: true,
    required: true,
    enum: ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"],
    doc: "In, NotIn, Exists, DoesNotExist, Gt or Lt.",
  }),
  values: list(string, 3, {
    listType: "atomic",
    doc: "What it is compared with: some for In and NotIn, none for Exists and DoesNotExist, one integer for Gt and Lt.",
  }),
});
export interface NodeSelectorRequirement extends Infer<typeof NodeSelectorRequirement> {}

export const NodeSelectorTerm = struct(
  "io.k8s.api.core.v1.NodeSelectorTerm",
  "Requirements that must all hold; an empty term chooses nothing.",
  {
    matchExpressions: list(NodeSelectorRequirement, 1, { listType: "atomic", doc: "About labels." }),
    matchFields: list(NodeSelectorRequirement, 2, { listType: "atomic", doc: "About fields: metadata.name only." }),
  },
);
export interface NodeSelectorTerm extends Infer<typeof NodeSelectorTerm> {}

export const NodeSelector = struct("io.k8s.api.core.v1.NodeSelector", "A choice of nodes.", {
  nodeSelectorTerms: list(NodeSelectorTerm, 1, {
    keepsEmpty: true,
    always: true,
    required: true,
    listType: "atomic",
    doc: "A node is chosen when one of these matches.",
  }),
});
export interface NodeSelector extends Infer<typeof NodeSelector> {}

export const TopologySelectorLabelRequirement = struct(
  "io.k8s.api.core.v1.TopologySelectorLabelRequirement",
  "A label and its allowed values.",
  {
    key: string(1, { always: true, required: true, doc: "The label." }),
    values: list(string, 2, { always: true, required: true, listType: "atomic", doc: "One of these." }),
  },
);
export interface TopologySelectorLabelRequirement extends Infer<typeof TopologySelectorLabelRequirement> {}

export const TopologySelectorTerm = struct("io.k8s.api.core.v1.TopologySelectorTerm", "Places, by labels of nodes.", {
  matchLabelExpressions: list(TopologySelectorLabelRequirement, 1, { listType: "atomic", doc: "Requirements that must all hold." }),
});
export interface TopologySelectorTerm extends Infer<typeof TopologySelectorTerm> {}
