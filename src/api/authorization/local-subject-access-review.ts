/** Declarations of FieldSelectorAttributes, LabelSelectorAttributes, ResourceAttributes, NonResourceAttributes, SubjectAccessReviewSpec, Su. */

import { LabelSelectorRequirement, ObjectMeta } from "../meta/object-meta.ts";
import { FieldSelectorRequirement } from "../meta/types.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, kind, list, map, ref, string, stringList, struct } from "../schema.ts";

export const FieldSelectorAttributes = struct(
  "io.k8s.api.authorization.v1.FieldSelectorAttributes",
  "A restriction of a list by its selector.",
  {
    rawSelector: string(1, { doc: "The selector as in a request's query; not together with requirements." }),
    requirements: list(FieldSelectorRequirement, 2, { listType: "atomic", doc: "The selector, parsed." }),
  },
);
export interface FieldSelectorAttributes extends Infer<typeof FieldSelectorAttributes> {}

export const LabelSelectorAttributes = struct(
  "io.k8s.api.authorization.v1.LabelSelectorAttributes",
  "A restriction of a list by its selector.",
  {
    rawSelector: string(1, { doc: "The selector as in a request's query; not together with requirements." }),
    requirements: list(LabelSelectorRequirement, 2, { listType: "atomic", doc: "The selector, parsed." }),
  },
);
export interface LabelSelectorAttributes extends Infer<typeof LabelSelectorAttributes> {}

export const ResourceAttributes = struct("io.k8s.api.authorization.v1.ResourceAttributes", "A request for a resource.", {
  namespace: string(1, { doc: "The namespace; empty means all, or none for resources without." }),
  verb: string(2, { doc: "get, list, watch, create, update, patch, delete, deletecollection and so on; * all." }),
  group: string(3, { doc: "The API group; * all." }),
  version: string(4, { doc: "The version; * all." }),
  resource: string(5, { doc: "The resource; * all." }),
  subresource: string(6, { doc: "The subresource, such as status." }),
  name: string(7, { doc: "The object; empty means all." }),
  fieldSelector: ref(FieldSelectorAttributes, 8, { pointer: true, doc: "Restricts a list by fields." }),
  labelSelector: ref(LabelSelectorAttributes, 9, { pointer: true, doc: "Restricts a list by labels." }),
});
export interface ResourceAttributes extends Infer<typeof ResourceAttributes> {}

export const NonResourceAttributes = struct(
  "io.k8s.api.authorization.v1.NonResourceAttributes",
  "A request for a path that is not a resource.",
  {
    path: string(1, { doc: "The path, such as /healthz." }),
    verb: string(2, { doc: "The HTTP method in small letters." }),
  },
);
export interface NonResourceAttributes extends Infer<typeof NonResourceAttributes> {}

export const SubjectAccessReviewSpec = struct(
  "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
  "What is asked: one of resourceAttributes and nonResourceAttributes.",
  {
    resourceAttributes: ref(ResourceAttributes, 1, { pointer: true, doc: "About a resource." }),
    nonResourceAttributes: ref(NonResourceAttributes, 2, { pointer: true, doc: "About another path." }),
    user: string(3, { doc: "Whom it is about." }),
    groups: list(string, 4, { listType: "atomic", doc: "The groups of whom it is about." }),
    extra: map(stringList, 5, { goType: "map[string]v1.ExtraValue", doc: "Further facts about whom it is about." }),
    uid: string(6, { doc: "The uid of whom it is about." }),
  },
);
export interface SubjectAccessReviewSpec extends Infer<typeof SubjectAccessReviewSpec> {}

export const SubjectAccessReviewStatus = struct("io.k8s.api.authorization.v1.SubjectAccessReviewStatus", "The answer.", {
  allowed: bool(1, { always: true, required: true, doc: "Whether it is allowed." }),
  denied: bool(4, { doc: "Whether an authorizer forbids it outright; not allowed is enough to be refused." }),
  reason: string(2, { doc: "Why." }),
  evaluationError: string(3, { doc: "What went wrong while it was decided; the answer may still be right." }),
});
export interface SubjectAccessReviewStatus extends Infer<typeof SubjectAccessReviewStatus> {}

export const LocalSubjectAccessReview = kind(
  "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
  "Asks whether somebody may do something in one namespace; the answer is in the status.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(SubjectAccessReviewSpec, 2, { always: true, required: true, doc: "What is wanted." }),
    status: ref(SubjectAccessReviewStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface LocalSubjectAccessReview extends Infer<typeof LocalSubjectAccessReview> {}

export const localsubjectaccessreviews = resource<LocalSubjectAccessReview>(LocalSubjectAccessReview, {
  group: "authorization.k8s.io",
  version: "v1",
  resource: "localsubjectaccessreviews",
  singular: "localsubjectaccessreview",
  namespaced: true,
  verbs: ["create"],
  storagePrefix: "/registry/localsubjectaccessreviews/",
  columns: [],
});
