/** Declarations of ControllerRevision. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int64, kind, list, raw, ref } from "../schema.ts";

export const ControllerRevision = kind("io.k8s.api.apps.v1.ControllerRevision", {
  metadata: ref(ObjectMeta, 1),
  data: raw(2),
  revision: int64(3, { always: true, required: true }),
});
export interface ControllerRevision extends Infer<typeof ControllerRevision> {}

export const ControllerRevisionList = kind("io.k8s.api.apps.v1.ControllerRevisionList", {
  metadata: ref(ListMeta, 1),
  items: list(ControllerRevision, 2, { always: true, required: true }),
});
export interface ControllerRevisionList extends Infer<typeof ControllerRevisionList> {}

export const controllerrevisions = resource<ControllerRevision>(ControllerRevision, {
  group: "apps",
  version: "v1",
  resource: "controllerrevisions",
  singular: "controllerrevision",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/controllerrevisions/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Controller", type: "string" },
    { name: "Revision", type: "string" },
    { name: "Age", type: "string" },
  ],
});
