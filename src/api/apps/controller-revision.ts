/** Declarations of ControllerRevision. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int64, kind, list, raw, ref } from "../schema.ts";

export const ControllerRevision = kind(
  "io.k8s.api.apps.v1.ControllerRevision",
  "A former state of a StatefulSet or DaemonSet, kept for rolling back. It never changes.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    data: raw(2, { doc: "The state, as its owner wrote it." }),
    revision: int64(3, { always: true, required: true, doc: "Its number; higher is newer." }),
  },
);
export interface ControllerRevision extends Infer<typeof ControllerRevision> {}

export const ControllerRevisionList = kind("io.k8s.api.apps.v1.ControllerRevisionList", "A list of ControllerRevision objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ControllerRevision, 2, { always: true, required: true, doc: "The objects." }),
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
