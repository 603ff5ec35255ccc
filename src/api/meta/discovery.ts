/** Declarations of GroupVersionForDiscovery, ServerAddressByClientCIDR, APIGroup, APIResource, APIVersions. */
import { bool, type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const GroupVersionForDiscovery = struct("io.k8s.apimachinery.pkg.apis.meta.v1.GroupVersionForDiscovery", "A version of a group.", {
  groupVersion: string(1, { always: true, required: true, doc: "GROUP/VERSION." }),
  version: string(2, { always: true, required: true, doc: "The version alone." }),
});
export interface GroupVersionForDiscovery extends Infer<typeof GroupVersionForDiscovery> {}

export const ServerAddressByClientCIDR = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ServerAddressByClientCIDR",
  "An address of the server for some clients.",
  {
    clientCIDR: string(1, { always: true, required: true, doc: "Where the clients are." }),
    serverAddress: string(2, { always: true, required: true, doc: "The address." }),
  },
);
export interface ServerAddressByClientCIDR extends Infer<typeof ServerAddressByClientCIDR> {}

export const APIGroup = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroup", "An API group that the server has.", {
  name: string(1, { always: true, required: true, doc: "Its name." }),
  versions: list(GroupVersionForDiscovery, 2, { always: true, required: true, listType: "atomic", doc: "Its versions." }),
  preferredVersion: ref(GroupVersionForDiscovery, 3, { doc: "The version that clients should take." }),
  serverAddressByClientCIDRs: list(ServerAddressByClientCIDR, 4, {
    listType: "atomic",
    doc: "Addresses of the server by where the client is.",
  }),
});
export interface APIGroup extends Infer<typeof APIGroup> {}

export const APIGroupList = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIGroupList", "A list of APIGroup objects.", {
  groups: list(APIGroup, 1, { always: true, required: true, listType: "atomic", doc: "The groups, without the core group." }),
});
export interface APIGroupList extends Infer<typeof APIGroupList> {}

export const APIResource = struct("io.k8s.apimachinery.pkg.apis.meta.v1.APIResource", "A resource that the server has.", {
  name: string(1, { always: true, required: true, doc: "Its name in paths." }),
  singularName: string(6, { always: true, required: true, doc: "Its name for one." }),
  namespaced: bool(2, { always: true, required: true, doc: "Whether its objects are in namespaces." }),
  group: string(8, { doc: "Its group, when it is not the list's." }),
  version: string(9, { doc: "Its version, when it is not the list's." }),
  kind: string(3, { always: true, required: true, doc: "The kind of its objects." }),
  verbs: list(string, 4, { goType: "v1.Verbs", always: true, required: true, doc: "What can be done with it." }),
  shortNames: list(string, 5, { listType: "atomic", doc: "Short names for kubectl." }),
  categories: list(string, 7, { listType: "atomic", doc: "Groups of kinds that it belongs to, such as all." }),
  storageVersionHash: string(10, { doc: "Changes when objects are stored in another version." }),
});
export interface APIResource extends Infer<typeof APIResource> {}

export const APIResourceList = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList", "A list of APIResource objects.", {
  groupVersion: string(1, { always: true, required: true, doc: "The group and version that they belong to." }),
  resources: list(APIResource, 2, { always: true, required: true, listType: "atomic", doc: "The resources." }),
});
export interface APIResourceList extends Infer<typeof APIResourceList> {}

export const APIVersions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.APIVersions", "The versions of the core group.", {
  versions: list(string, 1, { always: true, required: true, listType: "atomic", doc: "The versions." }),
  serverAddressByClientCIDRs: list(ServerAddressByClientCIDR, 2, {
    always: true,
    required: true,
    listType: "atomic",
    doc: "Addresses of the server by where the client is.",
  }),
});
export interface APIVersions extends Infer<typeof APIVersions> {}
