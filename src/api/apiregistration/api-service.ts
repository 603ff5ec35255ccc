/** Declarations of ApiregistrationV1ServiceReference, APIServiceSpec, APIServiceCondition, APIServiceStatus, APIService. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";

export const ApiregistrationV1ServiceReference = struct(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference",
  "A Service.",
  {
    namespace: string(1, { doc: "The Service's namespace." }),
    name: string(2, { doc: "The Service's name." }),
    port: int32(3, { pointer: true, doc: "The Service's port; 443 by default." }),
  },
);
export interface ApiregistrationV1ServiceReference extends Infer<typeof ApiregistrationV1ServiceReference> {}

export const APIServiceSpec = struct(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec",
  "Which version, and who serves it.",
  {
    service: ref(ApiregistrationV1ServiceReference, 1, { pointer: true, doc: "The Service that does; this server itself when left out." }),
    group: string(2, { doc: "The group." }),
    version: string(3, { doc: "The version." }),
    insecureSkipTLSVerify: bool(4, { doc: "Does not verify the Service's certificate: not for production." }),
    caBundle: bytes(5, {
      listType: "atomic",
      doc: "The authorities, in PEM, that its certificate is verified by; the system's when left out.",
    }),
    groupPriorityMinimum: int32(7, {
      always: true,
      required: true,
      doc: "How important the group is, 1 to 20000: clients prefer the higher.",
    }),
    versionPriority: int32(8, { always: true, required: true, doc: "How important the version is in the group; the higher comes first." }),
  },
);
export interface APIServiceSpec extends Infer<typeof APIServiceSpec> {}

export const APIServiceCondition = struct(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition",
  "A statement about the state of an object.",
  {
    type: string(1, {
      goType: "v1.APIServiceConditionType",
      always: true,
      required: true,
      doc: "The aspect that is judged, in CamelCase.",
    }),
    status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    lastTransitionTime: time(3, { doc: "When the status last changed." }),
    reason: string(4, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(5, { doc: "The same for people, in a sentence." }),
  },
);
export interface APIServiceCondition extends Infer<typeof APIServiceCondition> {}

export const APIServiceStatus = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus", "How it stands.", {
  conditions: list(APIServiceCondition, 1, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Available.",
  }),
});
export interface APIServiceStatus extends Infer<typeof APIServiceStatus> {}

export const APIService = kind(
  "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  "Says who serves a version of an API group.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(APIServiceSpec, 2, { doc: "What is wanted." }),
    status: ref(APIServiceStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface APIService extends Infer<typeof APIService> {}

export const APIServiceList = kind("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceList", "A list of APIService objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(APIService, 2, { always: true, required: true, doc: "The objects." }),
});
export interface APIServiceList extends Infer<typeof APIServiceList> {}

export const apiservices = resource<APIService>(APIService, {
  group: "apiregistration.k8s.io",
  version: "v1",
  resource: "apiservices",
  singular: "apiservice",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["api-extensions"],
  subresources: [{ name: "status", kind: "APIService", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/apiregistration.k8s.io/apiservices/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Service", type: "string" },
    { name: "Available", type: "string" },
    { name: "Age", type: "string" },
  ],
});
