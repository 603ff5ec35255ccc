/** Declarations of ApiregistrationV1ServiceReference, APIServiceSpec, APIServiceCondition, APIServiceStatus, APIService. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, bytes, type Infer, int32, kind, list, ref, string, struct, time } from "../schema.ts";

export const ApiregistrationV1ServiceReference = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference", {
  namespace: string(1),
  name: string(2),
  port: int32(3, { pointer: true }),
});
export interface ApiregistrationV1ServiceReference extends Infer<typeof ApiregistrationV1ServiceReference> {}

export const APIServiceSpec = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec", {
  service: ref(ApiregistrationV1ServiceReference, 1, { pointer: true }),
  group: string(2),
  version: string(3),
  insecureSkipTLSVerify: bool(4),
  caBundle: bytes(5, { listType: "atomic" }),
  groupPriorityMinimum: int32(7, { always: true, required: true }),
  versionPriority: int32(8, { always: true, required: true }),
});
export interface APIServiceSpec extends Infer<typeof APIServiceSpec> {}

export const APIServiceCondition = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastTransitionTime: time(3),
  reason: string(4),
  message: string(5),
});
export interface APIServiceCondition extends Infer<typeof APIServiceCondition> {}

export const APIServiceStatus = struct("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceStatus", {
  conditions: list(APIServiceCondition, 1, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface APIServiceStatus extends Infer<typeof APIServiceStatus> {}

export const APIService = kind("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(APIServiceSpec, 2),
  status: ref(APIServiceStatus, 3),
});
export interface APIService extends Infer<typeof APIService> {}

export const APIServiceList = kind("io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceList", {
  metadata: ref(ListMeta, 1),
  items: list(APIService, 2, { always: true, required: true }),
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
