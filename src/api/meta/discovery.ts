/** Declarations of GroupVersionForDiscovery, ServerAddressByClientCIDR, APIGroup, APIResource, APIVersions. */
import { bool, type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const GroupVersionForDiscovery = struct("io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery", {
  groupVersion: string(1, { always: true, required: true }),
  version: string(2, { always: true, required: true }),
});
export interface GroupVersionForDiscovery extends Infer<typeof GroupVersionForDiscovery> {}

export const ServerAddressByClientCIDR = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR", {
  clientCIDR: string(1, { always: true, required: true }),
  serverAddress: string(2, { always: true, required: true }),
});
export interface ServerAddressByClientCIDR extends Infer<typeof ServerAddressByClientCIDR> {}

export const APIGroup = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup", {
  name: string(1, { always: true, required: true }),
  versions: list(GroupVersionForDiscovery, 2, { always: true, required: true, listType: "atomic" }),
  preferredVersion: ref(GroupVersionForDiscovery, 3),
  serverAddressByClientCIDRs: list(ServerAddressByClientCIDR, 4, { listType: "atomic" }),
});
export interface APIGroup extends Infer<typeof APIGroup> {}

export const APIGroupList = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList", {
  groups: list(APIGroup, 1, { always: true, required: true, listType: "atomic" }),
});
export interface APIGroupList extends Infer<typeof APIGroupList> {}

export const APIResource = struct("io.k8s.apimachinery.pkg.apis.meta.v1.APIResource", {
  name: string(1, { always: true, required: true }),
  singularName: string(6, { always: true, required: true }),
  namespaced: bool(2, { always: true, required: true }),
  group: string(8),
  version: string(9),
  kind: string(3, { always: true, required: true }),
  verbs: list(string, 4, { always: true, required: true }),
  shortNames: list(string, 5, { listType: "atomic" }),
  categories: list(string, 7, { listType: "atomic" }),
  storageVersionHash: string(10),
});
export interface APIResource extends Infer<typeof APIResource> {}

export const APIResourceList = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList", {
  groupVersion: string(1, { always: true, required: true }),
  resources: list(APIResource, 2, { always: true, required: true, listType: "atomic" }),
});
export interface APIResourceList extends Infer<typeof APIResourceList> {}

export const APIVersions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions", {
  versions: list(string, 1, { always: true, required: true, listType: "atomic" }),
  serverAddressByClientCIDRs: list(ServerAddressByClientCIDR, 2, { always: true, required: true, listType: "atomic" }),
});
export interface APIVersions extends Infer<typeof APIVersions> {}
