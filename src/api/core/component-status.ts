/** Declarations of ComponentCondition, ComponentStatus. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ComponentCondition = struct("io.k8s.api.core.v1.ComponentCondition", "A statement about the health of a component.", {
  type: string(1, { goType: "v1.ComponentConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  message: string(3, { doc: "The same for people, in a sentence." }),
  error: string(4, { doc: "What went wrong while asking, if anything." }),
});
export interface ComponentCondition extends Infer<typeof ComponentCondition> {}

export const ComponentStatus = kind(
  "io.k8s.api.core.v1.ComponentStatus",
  "The health of the scheduler, the controllers or the store; deprecated, use each component's health port.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    conditions: list(ComponentCondition, 2, {
      patchStrategy: "merge",
      patchMergeKey: "type",
      listType: "map",
      listMapKeys: ["type"],
      doc: "What was found.",
    }),
  },
);
export interface ComponentStatus extends Infer<typeof ComponentStatus> {}

export const ComponentStatusList = kind("io.k8s.api.core.v1.ComponentStatusList", "A list of ComponentStatus objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ComponentStatus, 2, { always: true, required: true, doc: "The objects." }),
});
export interface ComponentStatusList extends Infer<typeof ComponentStatusList> {}

export const componentstatuses = resource<ComponentStatus>(ComponentStatus, {
  group: "",
  version: "v1",
  resource: "componentstatuses",
  singular: "componentstatus",
  namespaced: false,
  verbs: ["get", "list"],
  shortNames: ["cs"],
  storagePrefix: "/registry/componentstatuses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Status", type: "string" },
    { name: "Message", type: "string" },
    { name: "Error", type: "string" },
  ],
});
