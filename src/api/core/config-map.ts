/** Declarations of ConfigMap. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, kind, list, map, ref, string } from "../schema.ts";

export const ConfigMap = kind("io.k8s.api.core.v1.ConfigMap", {
  metadata: ref(ObjectMeta, 1),
  immutable: bool(4, { pointer: true }),
  data: map(string, 2),
  binaryData: map(bytes, 3),
});
export interface ConfigMap extends Infer<typeof ConfigMap> {}

export const ConfigMapList = kind("io.k8s.api.core.v1.ConfigMapList", {
  metadata: ref(ListMeta, 1),
  items: list(ConfigMap, 2, { always: true, required: true }),
});
export interface ConfigMapList extends Infer<typeof ConfigMapList> {}

export const configmaps = resource<ConfigMap>(ConfigMap, {
  group: "",
  version: "v1",
  resource: "configmaps",
  singular: "configmap",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["cm"],
  storagePrefix: "/registry/configmaps/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Data", type: "string" },
    { name: "Age", type: "string" },
  ],
});
