/** Declarations of CustomResourceDefinitionNames, CustomResourceValidation, CustomResourceSubresourceStatus, CustomResourceSubresourceScale. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, int32, int64, kind, list, ref, string, struct, time } from "../schema.ts";
import { JSONSchemaProps } from "./json-schema.ts";

export const CustomResourceDefinitionNames = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionNames",
  "The names of a kind.",
  {
    plural: string(1, { always: true, required: true, doc: "The name in paths, in small letters; the object's name is PLURAL.GROUP." }),
    singular: string(2, { doc: "The name of one; the kind in small letters when left out." }),
    shortNames: list(string, 3, { listType: "atomic", doc: "Short names for kubectl." }),
    kind: string(4, { always: true, required: true, doc: "The kind, in CamelCase." }),
    listKind: string(5, { doc: "The kind of lists; KINDList when left out." }),
    categories: list(string, 6, { listType: "atomic", doc: "Groups of kinds that it belongs to, such as all." }),
  },
);
export interface CustomResourceDefinitionNames extends Infer<typeof CustomResourceDefinitionNames> {}

export const CustomResourceValidation = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceValidation",
  "What objects look like.",
  {
    openAPIV3Schema: ref(JSONSchemaProps, 1, { pointer: true, doc: "A structural OpenAPI schema." }),
  },
);
export interface CustomResourceValidation extends Infer<typeof CustomResourceValidation> {}

export const CustomResourceSubresourceStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus",
  "The subresource status; has no settings.",
  {},
);
export interface CustomResourceSubresourceStatus extends Infer<typeof CustomResourceSubresourceStatus> {}

export const CustomResourceSubresourceScale = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceScale",
  "Where the numbers for scaling stand.",
  {
    specReplicasPath: string(1, { always: true, required: true, doc: "The wanted number, below .spec." }),
    statusReplicasPath: string(2, { always: true, required: true, doc: "The number that there is, below .status." }),
    labelSelectorPath: string(3, { pointer: true, doc: "The selector of the pods as a text; needed by autoscalers." }),
  },
);
export interface CustomResourceSubresourceScale extends Infer<typeof CustomResourceSubresourceScale> {}

export const CustomResourceSubresources = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresources",
  "Subresources of a kind.",
  {
    status: ref(CustomResourceSubresourceStatus, 1, {
      pointer: true,
      doc: "Present: status is written only by /status, and everything else only without.",
    }),
    scale: ref(CustomResourceSubresourceScale, 2, { pointer: true, doc: "Present: /scale is served." }),
  },
);
export interface CustomResourceSubresources extends Infer<typeof CustomResourceSubresources> {}

export const CustomResourceColumnDefinition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceColumnDefinition",
  "A column of kubectl get.",
  {
    name: string(1, { always: true, required: true, doc: "Its heading." }),
    type: string(2, { always: true, required: true, doc: "integer, number, string, boolean or date." }),
    format: string(3, { doc: "A hint about the form." }),
    description: string(4, { doc: "What it shows." }),
    priority: int32(5, { doc: "0 is always shown, more only with -o wide." }),
    jsonPath: string(6, { always: true, required: true, doc: "Where in the object the value stands." }),
  },
);
export interface CustomResourceColumnDefinition extends Infer<typeof CustomResourceColumnDefinition> {}

export const SelectableField = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.SelectableField",
  "A field that field selectors may use.",
  {
    jsonPath: string(1, { always: true, required: true, doc: "Where it stands: a string, number or boolean." }),
  },
);
export interface SelectableField extends Infer<typeof SelectableField> {}

export const CustomResourceDefinitionVersion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion",
  "A version of a kind.",
  {
    name: string(1, { always: true, required: true, doc: "Its name, such as v1 or v1beta1." }),
    served: bool(2, { always: true, required: true, doc: "Whether it is served." }),
    storage: bool(3, { always: true, required: true, doc: "Whether objects are stored in it; exactly one version is." }),
    deprecated: bool(7, { doc: "Whether clients are warned." }),
    deprecationWarning: string(8, { pointer: true, doc: "The warning; a usual one when left out." }),
    schema: ref(CustomResourceValidation, 4, { pointer: true, doc: "What objects look like." }),
    subresources: ref(CustomResourceSubresources, 5, { pointer: true, doc: "The subresources status and scale." }),
    additionalPrinterColumns: list(CustomResourceColumnDefinition, 6, {
      listType: "atomic",
      doc: "Columns of kubectl get; the age when left out.",
    }),
    selectableFields: list(SelectableField, 9, { listType: "atomic", doc: "Fields that field selectors may use." }),
  },
);
export interface CustomResourceDefinitionVersion extends Infer<typeof CustomResourceDefinitionVersion> {}

export const ApiextensionsV1ServiceReference = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference",
  "A Service that answers for a webhook.",
  {
    namespace: string(1, { always: true, required: true, doc: "The Service's namespace." }),
    name: string(2, { always: true, required: true, doc: "The Service's name." }),
    path: string(3, { pointer: true, doc: "The path that is asked for." }),
    port: int32(4, { pointer: true, doc: "The Service's port; 443 by default." }),
  },
);
export interface ApiextensionsV1ServiceReference extends Infer<typeof ApiextensionsV1ServiceReference> {}

export const ApiextensionsV1WebhookClientConfig = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookClientConfig",
  "How to reach a webhook: by url or by service.",
  {
    url: string(3, { pointer: true, doc: "An https address outside of the cluster's Services." }),
    service: ref(ApiextensionsV1ServiceReference, 1, { pointer: true, doc: "A Service of the cluster." }),
    caBundle: bytes(2, { doc: "The authorities, in PEM, that its certificate is verified by; the system's when left out." }),
  },
);
export interface ApiextensionsV1WebhookClientConfig extends Infer<typeof ApiextensionsV1WebhookClientConfig> {}

export const WebhookConversion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.WebhookConversion",
  "A webhook that converts.",
  {
    clientConfig: ref(ApiextensionsV1WebhookClientConfig, 2, { pointer: true, doc: "How to reach it." }),
    conversionReviewVersions: list(string, 3, {
      always: true,
      required: true,
      listType: "atomic",
      doc: "Versions of ConversionReview that it speaks, the best first.",
    }),
  },
);
export interface WebhookConversion extends Infer<typeof WebhookConversion> {}

export const CustomResourceConversion = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion",
  "How objects are converted between versions.",
  {
    strategy: string(1, {
      goType: "v1.ConversionStrategyType",
      always: true,
      required: true,
      doc: "None (only apiVersion changes), or Webhook.",
    }),
    webhook: ref(WebhookConversion, 2, { pointer: true, doc: "Settings of Webhook." }),
  },
);
export interface CustomResourceConversion extends Infer<typeof CustomResourceConversion> {}

export const CustomResourceDefinitionSpec = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec",
  "What the kind is.",
  {
    group: string(1, { always: true, required: true, doc: "Its API group." }),
    names: ref(CustomResourceDefinitionNames, 3, { always: true, required: true, doc: "Its names." }),
    scope: string(4, { goType: "v1.ResourceScope", always: true, required: true, doc: "Namespaced or Cluster." }),
    versions: list(CustomResourceDefinitionVersion, 7, {
      always: true,
      keepsEmpty: true,
      required: true,
      listType: "atomic",
      doc: "Its versions.",
    }),
    conversion: ref(CustomResourceConversion, 9, { pointer: true, doc: "How objects are converted between them." }),
    preserveUnknownFields: bool(10, { doc: "Must be false; see x-kubernetes-preserve-unknown-fields in the schema." }),
  },
);
export interface CustomResourceDefinitionSpec extends Infer<typeof CustomResourceDefinitionSpec> {}

export const CustomResourceDefinitionCondition = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionCondition",
  "A statement about the state of an object.",
  {
    type: string(1, {
      goType: "v1.CustomResourceDefinitionConditionType",
      always: true,
      required: true,
      doc: "The aspect that is judged, in CamelCase.",
    }),
    status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(5, { doc: "The same for people, in a sentence." }),
    observedGeneration: int64(6, {
      doc: "The metadata.generation that this condition was judged for; a smaller number than the object's means that it is out of date.",
    }),
  },
);
export interface CustomResourceDefinitionCondition extends Infer<typeof CustomResourceDefinitionCondition> {}

export const CustomResourceDefinitionStatus = struct(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus",
  "How it stands.",
  {
    conditions: list(CustomResourceDefinitionCondition, 1, {
      always: true,
      listType: "map",
      listMapKeys: ["type"],
      doc: "NamesAccepted, Established, Terminating and others.",
    }),
    acceptedNames: ref(CustomResourceDefinitionNames, 2, { always: true, doc: "The names under which it is served." }),
    storedVersions: list(string, 3, {
      always: true,
      listType: "atomic",
      doc: "Versions in which objects may be stored still; one must not be removed from the spec before it is removed here.",
    }),
    observedGeneration: int64(4, { doc: "The generation that this is about." }),
  },
);
export interface CustomResourceDefinitionStatus extends Infer<typeof CustomResourceDefinitionStatus> {}

export const CustomResourceDefinition = kind(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
  "Adds a kind of objects to the API.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(CustomResourceDefinitionSpec, 2, { always: true, required: true, doc: "What is wanted." }),
    status: ref(CustomResourceDefinitionStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface CustomResourceDefinition extends Infer<typeof CustomResourceDefinition> {}

export const CustomResourceDefinitionList = kind(
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionList",
  "A list of CustomResourceDefinition objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(CustomResourceDefinition, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
