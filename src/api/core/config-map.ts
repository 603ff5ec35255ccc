/** Declarations of ConfigMap. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, kind, list, map, ref, string } from "../schema.ts";

export const ConfigMap = kind(
  "io.k8s.api.core.v1.ConfigMap",
  "Settings as keys and values, that pods read as environment variables or files. Not for secrets.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    immutable: bool(4, {
      pointer: true,
      doc: "When true, data can never be changed again (only the whole object deleted), and kubelets need not watch it.",
    }),
    data: map(string, 2, { doc: "Texts by key; keys are letters, digits, '-', '_' and '.'." }),
    binaryData: map(bytes, 3, { doc: "Bytes by key, in base64; no key may stand in data as well." }),
  },
);
export interface ConfigMap extends Infer<typeof ConfigMap> {}

export const ConfigMapList = kind("io.k8s.api.core.v1.ConfigMapList", "A list of ConfigMap objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ConfigMap, 2, { always: true, required: true, doc: "The objects." }),
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
