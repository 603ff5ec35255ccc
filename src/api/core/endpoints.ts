/** Declarations of EndpointAddress, EndpointPort, EndpointSubset, Endpoints. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { ObjectReference } from "./references.ts";

export const EndpointAddress = struct("io.k8s.api.core.v1.EndpointAddress", {
  ip: string(1, { always: true, required: true }),
  hostname: string(3),
  nodeName: string(4, { pointer: true }),
  targetRef: ref(ObjectReference, 2, { pointer: true }),
});
export interface EndpointAddress extends Infer<typeof EndpointAddress> {}

export const EndpointPort = struct("io.k8s.api.core.v1.EndpointPort", {
  name: string(1),
  port: int32(2, { always: true, required: true }),
  protocol: string(3, { enum: ["SCTP", "TCP", "UDP"] }),
  appProtocol: string(4, { pointer: true }),
});
export interface EndpointPort extends Infer<typeof EndpointPort> {}

export const EndpointSubset = struct("io.k8s.api.core.v1.EndpointSubset", {
  addresses: list(EndpointAddress, 1, { listType: "atomic" }),
  notReadyAddresses: list(EndpointAddress, 2, { listType: "atomic" }),
  ports: list(EndpointPort, 3, { listType: "atomic" }),
});
export interface EndpointSubset extends Infer<typeof EndpointSubset> {}

export const Endpoints = kind("io.k8s.api.core.v1.Endpoints", {
  metadata: ref(ObjectMeta, 1),
  subsets: list(EndpointSubset, 2, { listType: "atomic" }),
});
export interface Endpoints extends Infer<typeof Endpoints> {}

export const EndpointsList = kind("io.k8s.api.core.v1.EndpointsList", {
  metadata: ref(ListMeta, 1),
  items: list(Endpoints, 2, { always: true, required: true }),
});
export interface EndpointsList extends Infer<typeof EndpointsList> {}

export const endpoints = resource<Endpoints>(Endpoints, {
  group: "",
  version: "v1",
  resource: "endpoints",
  singular: "endpoints",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["ep"],
  storagePrefix: "/registry/services/endpoints/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Endpoints", type: "string" },
    { name: "Age", type: "string" },
  ],
});
