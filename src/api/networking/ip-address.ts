/** Declarations of ParentReference, IPAddressSpec, IPAddress. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ParentReference = struct("io.k8s.api.networking.v1.ParentReference", "An object.", {
  group: string(1, { doc: "Its API group." }),
  resource: string(2, { required: true, doc: "Its resource." }),
  namespace: string(3, { doc: "Its namespace." }),
  name: string(4, { required: true, doc: "Its name." }),
});
export interface ParentReference extends Infer<typeof ParentReference> {}

export const IPAddressSpec = struct("io.k8s.api.networking.v1.IPAddressSpec", "Who has it.", {
  parentRef: ref(ParentReference, 1, { pointer: true, required: true, doc: "The object, usually a Service." }),
});
export interface IPAddressSpec extends Infer<typeof IPAddressSpec> {}

export const IPAddress = kind(
  "io.k8s.api.networking.v1.IPAddress",
  "Says who has an address, so that nobody else gets it. The name is the address.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(IPAddressSpec, 2, { required: true, doc: "What is wanted." }),
  },
);
export interface IPAddress extends Infer<typeof IPAddress> {}

export const IPAddressList = kind("io.k8s.api.networking.v1.IPAddressList", "A list of IPAddress objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(IPAddress, 2, { always: true, required: true, doc: "The objects." }),
});
export interface IPAddressList extends Infer<typeof IPAddressList> {}

export const ipaddresses = resource<IPAddress>(IPAddress, {
  group: "networking.k8s.io",
  version: "v1",
  resource: "ipaddresses",
  singular: "ipaddress",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["ip"],
  storagePrefix: "/registry/ipaddresses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "ParentRef", type: "string" },
  ],
});
