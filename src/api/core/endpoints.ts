/** Declarations of EndpointAddress, EndpointPort, EndpointSubset, Endpoints. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { ObjectReference } from "./references.ts";

export const EndpointAddress = struct("io.k8s.api.core.v1.EndpointAddress", "An address behind a Service.", {
  ip: string(1, { always: true, required: true, doc: "The address; loopback and link-local ones are refused." }),
  hostname: string(3, { doc: "The name that DNS gives it below a headless Service." }),
  nodeName: string(4, { pointer: true, doc: "The node that it is on." }),
  targetRef: ref(ObjectReference, 2, { pointer: true, doc: "The pod behind it." }),
});
export interface EndpointAddress extends Infer<typeof EndpointAddress> {}

export const EndpointPort = struct("io.k8s.api.core.v1.EndpointPort", "A port of endpoints.", {
  name: string(1, { doc: "The name of the Service's port; needed when there are several." }),
  port: int32(2, { always: true, required: true, doc: "The port number." }),
  protocol: string(3, { goType: "v1.Protocol", enum: ["SCTP", "TCP", "UDP"], doc: "TCP (the default), UDP or SCTP." }),
  appProtocol: string(4, {
    pointer: true,
    doc: "The protocol above it: an IANA name, kubernetes.io/h2c, /ws or /wss, or one with a domain of one's own.",
  }),
});
export interface EndpointPort extends Infer<typeof EndpointPort> {}

export const EndpointSubset = struct("io.k8s.api.core.v1.EndpointSubset", "Addresses that share the same ports.", {
  addresses: list(EndpointAddress, 1, { listType: "atomic", doc: "Those that are ready." }),
  notReadyAddresses: list(EndpointAddress, 2, { listType: "atomic", doc: "Those that are not, yet or any more." }),
  ports: list(EndpointPort, 3, { listType: "atomic", doc: "The ports at every address." }),
});
export interface EndpointSubset extends Infer<typeof EndpointSubset> {}

export const Endpoints = kind("io.k8s.api.core.v1.Endpoints", "The addresses behind a Service; deprecated, use EndpointSlices.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  subsets: list(EndpointSubset, 2, { listType: "atomic", doc: "Addresses and ports, grouped by equal ports." }),
});
export interface Endpoints extends Infer<typeof Endpoints> {}

export const EndpointsList = kind("io.k8s.api.core.v1.EndpointsList", "A list of Endpoints objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Endpoints, 2, { always: true, required: true, doc: "The objects." }),
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
