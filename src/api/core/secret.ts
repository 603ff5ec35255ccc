/** Declarations of Secret. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, kind, list, map, ref, string } from "../schema.ts";

export const Secret = kind("io.k8s.api.core.v1.Secret", "Confidential settings as keys and values, such as passwords and keys.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  immutable: bool(5, { pointer: true, doc: "When true, data can never be changed again (only the whole object deleted)." }),
  data: map(bytes, 2, { doc: "Bytes by key, in base64." }),
  stringData: map(string, 4, { doc: "Texts by key for writing only: they are moved into data." }),
  type: string(3, {
    goType: "v1.SecretType",
    doc: "What it is for: Opaque, kubernetes.io/tls, kubernetes.io/dockerconfigjson and others, each with keys of its own.",
  }),
});
export interface Secret extends Infer<typeof Secret> {}

export const SecretList = kind("io.k8s.api.core.v1.SecretList", "A list of Secret objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Secret, 2, { always: true, required: true, doc: "The objects." }),
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
