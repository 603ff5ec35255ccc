/** Declarations of ParentReference, IPAddressSpec, IPAddress. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ParentReference = struct("io.k8s.api.networking.v1.ParentReference", {
  group: string(1),
  resource: string(2, { required: true }),
  namespace: string(3),
  name: string(4, { required: true }),
});
export interface ParentReference extends Infer<typeof ParentReference> {}

export const IPAddressSpec = struct("io.k8s.api.networking.v1.IPAddressSpec", {
  parentRef: ref(ParentReference, 1, { pointer: true, required: true }),
});
export interface IPAddressSpec extends Infer<typeof IPAddressSpec> {}

export const IPAddress = kind("io.k8s.api.networking.v1.IPAddress", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(IPAddressSpec, 2, { required: true }),
});
export interface IPAddress extends Infer<typeof IPAddress> {}

export const IPAddressList = kind("io.k8s.api.networking.v1.IPAddressList", {
  metadata: ref(ListMeta, 1),
  items: list(IPAddress, 2, { always: true, required: true }),
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
