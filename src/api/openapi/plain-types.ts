/** What the documents name besides the served kinds: discovery, events of watches, patches, the server's version. */
import { bool, kind, list, raw, ref, type Struct, string, struct } from "../schema.ts";

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const must = { always: true, required: true } as const;

const groupVersion = struct(`${meta}.GroupVersionForDiscovery`, "A version of a group.", {
  groupVersion: string(1, { ...must, doc: "Group and version, as in apiVersion." }),
  version: string(2, { ...must, doc: "The version alone." }),
});
const serverAddress = struct(`${meta}.ServerAddressByClientCIDR`, "Where clients of an address range reach the server.", {
  clientCIDR: string(1, { ...must, doc: "The range." }),
  serverAddress: string(2, { ...must, doc: "Host and port." }),
});
const apiGroup = kind(`${meta}.APIGroup`, "A group and its versions.", {
  name: string(1, { ...must, doc: "Its name." }),
  preferredVersion: ref(groupVersion, 3, { doc: "The version that the server would take." }),
  serverAddressByClientCIDRs: list(serverAddress, 4, { listType: "atomic", doc: "Where it is served." }),
  versions: list(groupVersion, 2, { ...must, listType: "atomic", doc: "Its versions, best first." }),
});
const apiGroupList = kind(`${meta}.APIGroupList`, "All groups.", {
  groups: list(apiGroup, 1, { ...must, listType: "atomic", doc: "The groups." }),
});
const apiResource = struct(`${meta}.APIResource`, "A resource of a version, and what may be done with it.", {
  name: string(1, { ...must, doc: "Its plural name, as in paths." }),
  singularName: string(6, { ...must, doc: "Its name for one." }),
  namespaced: bool(2, { ...must, doc: "Whether its objects are in namespaces." }),
  kind: string(3, { ...must, doc: "Its kind." }),
  verbs: list(string, 4, { ...must, doc: "What may be done." }),
  categories: list(string, 7, { listType: "atomic", doc: "Names for several resources, such as all." }),
  group: string(8, { doc: "The group of its kind, where that is another one." }),
  shortNames: list(string, 5, { listType: "atomic", doc: "Names for people in a hurry." }),
  storageVersionHash: string(10, { doc: "Changes when it is stored in another version." }),
  version: string(9, { doc: "The version of its kind, where that is another one." }),
});
const apiResourceList = kind(`${meta}.APIResourceList`, "The resources of one version of a group.", {
  groupVersion: string(1, { ...must, doc: "The version." }),
  resources: list(apiResource, 2, { ...must, listType: "atomic", doc: "Its resources." }),
});
const apiVersions = kind(`${meta}.APIVersions`, "The versions of the core group.", {
  versions: list(string, 1, { ...must, listType: "atomic", doc: "The versions." }),
  serverAddressByClientCIDRs: list(serverAddress, 2, { ...must, listType: "atomic", doc: "Where they are served." }),
});
const watchEvent = struct(`${meta}.WatchEvent`, "One change that a watch tells.", {
  type: string(1, { ...must, doc: "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR." }),
  object: raw(2, { ...must, doc: "The object after the change, before its deletion, a bookmark's version, or a Status." }),
});
const patch = struct(`${meta}.Patch`, "A change of an object, in the form that the content type names.", {});
const versionInfo = struct(
  "io.k8s.apimachinery.pkg.version.Info",
  "What the server is.",
  Object.fromEntries(
    [
      ...["major", "minor", "emulationMajor", "emulationMinor", "minCompatibilityMajor", "minCompatibilityMinor", "gitVersion"],
      ...["gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"],
    ].map((name) => [name, string(0, { required: !/^(emulation|minCompat)/.test(name), doc: "A part of what /version answers." })]),
  ),
);

export const plainTypes: ReadonlyMap<string, Struct> = new Map(
  ([apiGroup, apiGroupList, apiResourceList, apiVersions, watchEvent, patch, versionInfo] as Struct[]).map((one) => [one.name, one]),
);
