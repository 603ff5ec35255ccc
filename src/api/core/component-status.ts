/** Declarations of ComponentCondition, ComponentStatus. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ComponentCondition = struct("io.k8s.api.core.v1.ComponentCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  message: string(3),
  error: string(4),
});
export interface ComponentCondition extends Infer<typeof ComponentCondition> {}

export const ComponentStatus = kind("io.k8s.api.core.v1.ComponentStatus", {
  metadata: ref(ObjectMeta, 1),
  conditions: list(ComponentCondition, 2, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface ComponentStatus extends Infer<typeof ComponentStatus> {}

export const ComponentStatusList = kind("io.k8s.api.core.v1.ComponentStatusList", {
  metadata: ref(ListMeta, 1),
  items: list(ComponentStatus, 2, { always: true, required: true }),
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
