/** Declarations of LimitRangeItem, LimitRangeSpec, LimitRange. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct } from "../schema.ts";

export const LimitRangeItem = struct("io.k8s.api.core.v1.LimitRangeItem", {
  type: string(1, { always: true, required: true }),
  max: map(quantity, 2),
  min: map(quantity, 3),
  default: map(quantity, 4),
  defaultRequest: map(quantity, 5),
  maxLimitRequestRatio: map(quantity, 6),
});
export interface LimitRangeItem extends Infer<typeof LimitRangeItem> {}

export const LimitRangeSpec = struct("io.k8s.api.core.v1.LimitRangeSpec", {
  limits: list(LimitRangeItem, 1, { always: true, required: true, listType: "atomic" }),
});
export interface LimitRangeSpec extends Infer<typeof LimitRangeSpec> {}

export const LimitRange = kind("io.k8s.api.core.v1.LimitRange", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(LimitRangeSpec, 2),
});
export interface LimitRange extends Infer<typeof LimitRange> {}

export const LimitRangeList = kind("io.k8s.api.core.v1.LimitRangeList", {
  metadata: ref(ListMeta, 1),
  items: list(LimitRange, 2, { always: true, required: true }),
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
