/** Declarations of Secret. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, kind, list, map, ref, string } from "../schema.ts";

export const Secret = kind("io.k8s.api.core.v1.Secret", {
  metadata: ref(ObjectMeta, 1),
  immutable: bool(5, { pointer: true }),
  data: map(bytes, 2),
  stringData: map(string, 4),
  type: string(3),
});
export interface Secret extends Infer<typeof Secret> {}

export const SecretList = kind("io.k8s.api.core.v1.SecretList", {
  metadata: ref(ListMeta, 1),
  items: list(Secret, 2, { always: true, required: true }),
});
export interface SecretList extends Infer<typeof SecretList> {}

export const secrets = resource<Secret>(Secret, {
  group: "",
  version: "v1",
  resource: "secrets",
  singular: "secret",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/secrets/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Type", type: "string" },
    { name: "Data", type: "string" },
    { name: "Age", type: "string" },
  ],
});
