/** Declarations of LimitRangeItem, LimitRangeSpec, LimitRange. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct } from "../schema.ts";

export const LimitRangeItem = struct("io.k8s.api.core.v1.LimitRangeItem", "Bounds for one kind of thing in a namespace.", {
  type: string(1, { goType: "v1.LimitType", always: true, required: true, doc: "Container, Pod or PersistentVolumeClaim." }),
  max: map(quantity, 2, { goType: "v1.ResourceList", doc: "The most that one may ask for." }),
  min: map(quantity, 3, { goType: "v1.ResourceList", doc: "The least that one must ask for." }),
  default: map(quantity, 4, { goType: "v1.ResourceList", doc: "The limit of a container that names none." }),
  defaultRequest: map(quantity, 5, { goType: "v1.ResourceList", doc: "The request of a container that names none." }),
  maxLimitRequestRatio: map(quantity, 6, { goType: "v1.ResourceList", doc: "How many times its request a limit may be." }),
});
export interface LimitRangeItem extends Infer<typeof LimitRangeItem> {}

export const LimitRangeSpec = struct("io.k8s.api.core.v1.LimitRangeSpec", "The rules of a LimitRange.", {
  limits: list(LimitRangeItem, 1, {
    always: true,
    keepsEmpty: true,
    required: true,
    listType: "atomic",
    doc: "One item for each kind of thing.",
  }),
});
export interface LimitRangeSpec extends Infer<typeof LimitRangeSpec> {}

export const LimitRange = kind(
  "io.k8s.api.core.v1.LimitRange",
  "Defaults and bounds for what pods, containers and claims of a namespace ask for.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(LimitRangeSpec, 2, { doc: "What is wanted." }),
  },
);
export interface LimitRange extends Infer<typeof LimitRange> {}

export const LimitRangeList = kind("io.k8s.api.core.v1.LimitRangeList", "A list of LimitRange objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(LimitRange, 2, { always: true, required: true, doc: "The objects." }),
});
export interface LimitRangeList extends Infer<typeof LimitRangeList> {}

export const limitranges = resource<LimitRange>(LimitRange, {
  group: "",
  version: "v1",
  resource: "limitranges",
  singular: "limitrange",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["limits"],
  storagePrefix: "/registry/limitranges/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Created At", type: "date" },
  ],
});
