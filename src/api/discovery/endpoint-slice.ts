/** Declarations of EndpointConditions, ForZone, ForNode, EndpointHints, Endpoint, DiscoveryV1EndpointPort, EndpointSlice. */

import { ObjectReference } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, map, ref, string, struct } from "../schema.ts";

export const EndpointConditions = struct("io.k8s.api.discovery.v1.EndpointConditions", {
  ready: bool(1, { pointer: true }),
  serving: bool(2, { pointer: true }),
  terminating: bool(3, { pointer: true }),
});
export interface EndpointConditions extends Infer<typeof EndpointConditions> {}

export const ForZone = struct("io.k8s.api.discovery.v1.ForZone", {
  name: string(1, { always: true, required: true }),
});
export interface ForZone extends Infer<typeof ForZone> {}

export const ForNode = struct("io.k8s.api.discovery.v1.ForNode", {
  name: string(1, { always: true, required: true }),
});
export interface ForNode extends Infer<typeof ForNode> {}

export const EndpointHints = struct("io.k8s.api.discovery.v1.EndpointHints", {
  forZones: list(ForZone, 1, { listType: "atomic" }),
  forNodes: list(ForNode, 2, { listType: "atomic" }),
});
export interface EndpointHints extends Infer<typeof EndpointHints> {}

export const Endpoint = struct("io.k8s.api.discovery.v1.Endpoint", {
  addresses: list(string, 1, { always: true, required: true, listType: "set" }),
  conditions: ref(EndpointConditions, 2),
  hostname: string(3, { pointer: true }),
  targetRef: ref(ObjectReference, 4, { pointer: true }),
  deprecatedTopology: map(string, 5),
  nodeName: string(6, { pointer: true }),
  zone: string(7, { pointer: true }),
  hints: ref(EndpointHints, 8, { pointer: true }),
});
export interface Endpoint extends Infer<typeof Endpoint> {}

export const DiscoveryV1EndpointPort = struct("io.k8s.api.discovery.v1.EndpointPort", {
  name: string(1, { pointer: true }),
  protocol: string(2, { pointer: true, enum: ["SCTP", "TCP", "UDP"] }),
  port: int32(3, { pointer: true }),
  appProtocol: string(4, { pointer: true }),
});
export interface DiscoveryV1EndpointPort extends Infer<typeof DiscoveryV1EndpointPort> {}

export const EndpointSlice = kind("io.k8s.api.discovery.v1.EndpointSlice", {
  metadata: ref(ObjectMeta, 1),
  addressType: string(4, { always: true, required: true, enum: ["FQDN", "IPv4", "IPv6"] }),
  endpoints: list(Endpoint, 2, { always: true, listType: "atomic" }),
  ports: list(DiscoveryV1EndpointPort, 3, { always: true, listType: "atomic" }),
});
export interface EndpointSlice extends Infer<typeof EndpointSlice> {}

export const EndpointSliceList = kind("io.k8s.api.discovery.v1.EndpointSliceList", {
  metadata: ref(ListMeta, 1),
  items: list(EndpointSlice, 2, { always: true, required: true }),
});
export interface EndpointSliceList extends Infer<typeof EndpointSliceList> {}

export const endpointslices = resource<EndpointSlice>(EndpointSlice, {
  group: "discovery.k8s.io",
  version: "v1",
  resource: "endpointslices",
  singular: "endpointslice",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/endpointslices/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "AddressType", type: "string" },
    { name: "Ports", type: "string" },
    { name: "Endpoints", type: "string" },
    { name: "Age", type: "string" },
  ],
});
