/** Declarations of CustomResourceDefinitionNames, CustomResourceValidation, CustomResourceSubresourceStatus, CustomResourceSubresourceScale. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, int32, int64, json, kind, list, ref, string, struct, time } from "../schema.ts";

export const CustomResourceDefinitionNames = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames",
  {
    plural: string(1, { always: true, required: true }),
    singular: string(2),
    shortNames: list(string, 3, { listType: "atomic" }),
    kind: string(4, { always: true, required: true }),
    listKind: string(5),
    categories: list(string, 6, { listType: "atomic" }),
  },
);
export interface CustomResourceDefinitionNames extends Infer<typeof CustomResourceDefinitionNames> {}

export const CustomResourceValidation = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation", {
  openAPIV3Schema: json(1, { pointer: true }),
});
export interface CustomResourceValidation extends Infer<typeof CustomResourceValidation> {}

export const CustomResourceSubresourceStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus",
  {},
);
export interface CustomResourceSubresourceStatus extends Infer<typeof CustomResourceSubresourceStatus> {}

export const CustomResourceSubresourceScale = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale",
  {
    specReplicasPath: string(1, { always: true, required: true }),
    statusReplicasPath: string(2, { always: true, required: true }),
    labelSelectorPath: string(3, { pointer: true }),
  },
);
export interface CustomResourceSubresourceScale extends Infer<typeof CustomResourceSubresourceScale> {}

export const CustomResourceSubresources = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources", {
  status: ref(CustomResourceSubresourceStatus, 1, { pointer: true }),
  scale: ref(CustomResourceSubresourceScale, 2, { pointer: true }),
});
export interface CustomResourceSubresources extends Infer<typeof CustomResourceSubresources> {}

export const CustomResourceColumnDefinition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition",
  {
    name: string(1, { always: true, required: true }),
    type: string(2, { always: true, required: true }),
    format: string(3),
    description: string(4),
    priority: int32(5),
    jsonPath: string(6, { always: true, required: true }),
  },
);
export interface CustomResourceColumnDefinition extends Infer<typeof CustomResourceColumnDefinition> {}

export const SelectableField = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField", {
  jsonPath: string(1, { always: true, required: true }),
});
export interface SelectableField extends Infer<typeof SelectableField> {}

export const CustomResourceDefinitionVersion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion",
  {
    name: string(1, { always: true, required: true }),
    served: bool(2, { always: true, required: true }),
    storage: bool(3, { always: true, required: true }),
    deprecated: bool(7),
    deprecationWarning: string(8, { pointer: true }),
    schema: ref(CustomResourceValidation, 4, { pointer: true }),
    subresources: ref(CustomResourceSubresources, 5, { pointer: true }),
    additionalPrinterColumns: list(CustomResourceColumnDefinition, 6, { listType: "atomic" }),
    selectableFields: list(SelectableField, 9, { listType: "atomic" }),
  },
);
export interface CustomResourceDefinitionVersion extends Infer<typeof CustomResourceDefinitionVersion> {}

export const ApiextensionsV1ServiceReference = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference", {
  namespace: string(1, { always: true, required: true }),
  name: string(2, { always: true, required: true }),
  path: string(3, { pointer: true }),
  port: int32(4, { pointer: true }),
});
export interface ApiextensionsV1ServiceReference extends Infer<typeof ApiextensionsV1ServiceReference> {}

export const ApiextensionsV1WebhookClientConfig = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig", {
  url: string(3, { pointer: true }),
  service: ref(ApiextensionsV1ServiceReference, 1, { pointer: true }),
  caBundle: bytes(2),
});
export interface ApiextensionsV1WebhookClientConfig extends Infer<typeof ApiextensionsV1WebhookClientConfig> {}

export const WebhookConversion = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion", {
  clientConfig: ref(ApiextensionsV1WebhookClientConfig, 2, { pointer: true }),
  conversionReviewVersions: list(string, 3, { always: true, required: true, listType: "atomic" }),
});
export interface WebhookConversion extends Infer<typeof WebhookConversion> {}

export const CustomResourceConversion = struct("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion", {
  strategy: string(1, { always: true, required: true }),
  webhook: ref(WebhookConversion, 2, { pointer: true }),
});
export interface CustomResourceConversion extends Infer<typeof CustomResourceConversion> {}

export const CustomResourceDefinitionSpec = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec",
  {
    group: string(1, { always: true, required: true }),
    names: ref(CustomResourceDefinitionNames, 3, { always: true, required: true }),
    scope: string(4, { always: true, required: true }),
    versions: list(CustomResourceDefinitionVersion, 7, { always: true, required: true, listType: "atomic" }),
    conversion: ref(CustomResourceConversion, 9, { pointer: true }),
    preserveUnknownFields: bool(10),
  },
);
export interface CustomResourceDefinitionSpec extends Infer<typeof CustomResourceDefinitionSpec> {}

export const CustomResourceDefinitionCondition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition",
  {
    type: string(1, { always: true, required: true }),
    status: string(2, { always: true, required: true }),
    lastTransitionTime: time(3),
    reason: string(4),
    message: string(5),
    observedGeneration: int64(6),
  },
);
export interface CustomResourceDefinitionCondition extends Infer<typeof CustomResourceDefinitionCondition> {}

export const CustomResourceDefinitionStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus",
  {
    conditions: list(CustomResourceDefinitionCondition, 1, { always: true, listType: "map", listMapKeys: ["type"] }),
    acceptedNames: ref(CustomResourceDefinitionNames, 2, { always: true }),
    storedVersions: list(string, 3, { always: true, listType: "atomic" }),
    observedGeneration: int64(4),
  },
);
export interface CustomResourceDefinitionStatus extends Infer<typeof CustomResourceDefinitionStatus> {}

export const CustomResourceDefinition = kind("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(CustomResourceDefinitionSpec, 2, { always: true, required: true }),
  status: ref(CustomResourceDefinitionStatus, 3),
});
export interface CustomResourceDefinition extends Infer<typeof CustomResourceDefinition> {}

export const CustomResourceDefinitionList = kind("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionList", {
  metadata: ref(ListMeta, 1),
  items: list(CustomResourceDefinition, 2, { always: true, required: true }),
});
export interface CustomResourceDefinitionList extends Infer<typeof CustomResourceDefinitionList> {}

export const customresourcedefinitions = resource<CustomResourceDefinition>(CustomResourceDefinition, {
  group: "apiextensions.k8s.io",
  version: "v1",
  resource: "customresourcedefinitions",
  singular: "customresourcedefinition",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  subresources: [{ name: "status", kind: "CustomResourceDefinition", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/apiextensions.k8s.io/customresourcedefinitions/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Created At", type: "date" },
  ],
});
