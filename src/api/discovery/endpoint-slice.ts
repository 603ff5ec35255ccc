/** Declarations of EndpointConditions, ForZone, ForNode, EndpointHints, Endpoint, DiscoveryV1EndpointPort, EndpointSlice. */

import { ObjectReference } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, map, ref, string, struct } from "../schema.ts";

export const EndpointConditions = struct(
  "io.k8s.api.discovery.v1.EndpointConditions",
  "Whether an endpoint can take traffic; nothing means unknown and counts as true, for terminating as false.",
  {
    ready: bool(1, { pointer: true, doc: "It serves and is not ending." }),
    serving: bool(2, { pointer: true, doc: "It could serve, even if it is ending." }),
    terminating: bool(3, { pointer: true, doc: "It is ending." }),
  },
);
export interface EndpointConditions extends Infer<typeof EndpointConditions> {}

export const ForZone = struct("io.k8s.api.discovery.v1.ForZone", "A zone.", {
  name: string(1, { always: true, required: true, doc: "Its name." }),
});
export interface ForZone extends Infer<typeof ForZone> {}

export const ForNode = struct("io.k8s.api.discovery.v1.ForNode", "A node.", {
  name: string(1, { always: true, required: true, format: "dns-subdomain", doc: "Its name." }),
});
export interface ForNode extends Infer<typeof ForNode> {}

export const EndpointHints = struct("io.k8s.api.discovery.v1.EndpointHints", "Who should use an endpoint first.", {
  forZones: list(ForZone, 1, { listType: "atomic", doc: "Clients of these zones." }),
  forNodes: list(ForNode, 2, { listType: "atomic", doc: "Clients of these nodes." }),
});
export interface EndpointHints extends Infer<typeof EndpointHints> {}

export const Endpoint = struct("io.k8s.api.discovery.v1.Endpoint", "One endpoint behind a Service, usually a pod.", {
  addresses: list(string, 1, {
    always: true,
    required: true,
    listType: "set",
    doc: "Its addresses; all are the same endpoint, and only the first is used.",
  }),
  conditions: ref(EndpointConditions, 2, { doc: "Whether it can take traffic." }),
  hostname: string(3, { pointer: true, doc: "The name that DNS gives it below a headless Service." }),
  targetRef: ref(ObjectReference, 4, { pointer: true, doc: "The object behind it, usually a pod." }),
  deprecatedTopology: map(string, 5, { disabled: true, doc: "No longer written; see nodeName and zone." }),
  nodeName: string(6, { pointer: true, doc: "The node that it is on." }),
  zone: string(7, { pointer: true, doc: "The zone that it is in." }),
  hints: ref(EndpointHints, 8, { pointer: true, doc: "Who should use it first." }),
});
export interface Endpoint extends Infer<typeof Endpoint> {}

export const DiscoveryV1EndpointPort = struct("io.k8s.api.discovery.v1.EndpointPort", "A port of every endpoint of a slice.", {
  name: string(1, { pointer: true, doc: "The name of the Service's port." }),
  protocol: string(2, { goType: "v1.Protocol", pointer: true, enum: ["SCTP", "TCP", "UDP"], doc: "TCP (the default), UDP or SCTP." }),
  port: int32(3, { pointer: true, doc: "The port; all when left out." }),
  appProtocol: string(4, {
    pointer: true,
    doc: "The protocol above it: an IANA name, kubernetes.io/h2c, /ws or /wss, or one with a domain of one's own.",
  }),
});
export interface DiscoveryV1EndpointPort extends Infer<typeof DiscoveryV1EndpointPort> {}

export const EndpointSlice = kind(
  "io.k8s.api.discovery.v1.EndpointSlice",
  "Some of the endpoints of a Service, at most a hundred as a rule.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    addressType: string(4, {
      goType: "v1.AddressType",
      always: true,
      required: true,
      enum: ["FQDN", "IPv4", "IPv6"],
      doc: "IPv4, IPv6 or FQDN; cannot be changed.",
    }),
    endpoints: list(Endpoint, 2, { always: true, keepsEmpty: true, listType: "atomic", doc: "The endpoints." }),
    ports: list(DiscoveryV1EndpointPort, 3, { always: true, keepsEmpty: true, listType: "atomic", doc: "The ports at every endpoint." }),
  },
);
export interface EndpointSlice extends Infer<typeof EndpointSlice> {}

export const EndpointSliceList = kind("io.k8s.api.discovery.v1.EndpointSliceList", "A list of EndpointSlice objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(EndpointSlice, 2, { always: true, required: true, doc: "The objects." }),
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
