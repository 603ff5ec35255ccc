/** Query parameters and bodies of the verbs. */
import { bool, type Infer, int64, kind, list, ref, string, struct } from "../schema.ts";

export const GetOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions", "The query of a get.", {
  resourceVersion: string(1, { doc: "How fresh the answer must be: 0 any, a number at least that." }),
});
export interface GetOptions extends Infer<typeof GetOptions> {}

export const ListOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions", "The query of a list or watch.", {
  labelSelector: string(1, { doc: "Only objects with these labels." }),
  fieldSelector: string(2, { doc: "Only objects with these fields." }),
  watch: bool(3, { doc: "Tells changes from now on instead of a list." }),
  allowWatchBookmarks: bool(9, { doc: "Whether bookmarks may be sent, which tell how far a watch is." }),
  resourceVersion: string(4, { doc: "How fresh the list must be, or from where a watch begins." }),
  resourceVersionMatch: string(10, {
    goType: "v1.ResourceVersionMatch",
    doc: "Exact or NotOlderThan: what resourceVersion means for a list.",
  }),
  timeoutSeconds: int64(5, { pointer: true, doc: "After how many seconds a watch ends." }),
  limit: int64(7, { doc: "How many objects a page has at the most." }),
  continue: string(8, { doc: "Where the page begins, as the page before said." }),
  sendInitialEvents: bool(11, { pointer: true, doc: "Whether a watch begins with all that there is, and then a bookmark." }),
  shardSelector: string(15, { doc: "Only a part of the objects, by a hash." }),
});
export interface ListOptions extends Infer<typeof ListOptions> {}

export const CreateOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions", "The query of a creation.", {
  dryRun: list(string, 1, { listType: "atomic", doc: "All: everything is done but storing." }),
  fieldManager: string(3, { doc: "The name by which fields are owned; needed for apply." }),
  fieldValidation: string(4, { doc: "What unknown and doubled fields mean: Ignore, Warn (the default) or Strict." }),
});
export interface CreateOptions extends Infer<typeof CreateOptions> {}

export const UpdateOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions", "The query of an update.", {
  dryRun: list(string, 1, { listType: "atomic", doc: "All: everything is done but storing." }),
  fieldManager: string(2, { doc: "The name by which fields are owned; needed for apply." }),
  fieldValidation: string(3, { doc: "What unknown and doubled fields mean: Ignore, Warn (the default) or Strict." }),
});
export interface UpdateOptions extends Infer<typeof UpdateOptions> {}

export const PatchOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions", "The query of a patch.", {
  dryRun: list(string, 1, { listType: "atomic", doc: "All: everything is done but storing." }),
  force: bool(2, { pointer: true, doc: "For apply: takes fields over from other managers." }),
  fieldManager: string(3, { doc: "The name by which fields are owned; needed for apply." }),
  fieldValidation: string(4, { doc: "What unknown and doubled fields mean: Ignore, Warn (the default) or Strict." }),
});
export interface PatchOptions extends Infer<typeof PatchOptions> {}

export const Preconditions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", "What must hold for an object to be deleted.", {
  uid: string(1, { goType: "types.UID", pointer: true, doc: "Its uid." }),
  resourceVersion: string(2, { pointer: true, doc: "Its version." }),
});
export interface Preconditions extends Infer<typeof Preconditions> {}

export const DeleteOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", "How something is deleted.", {
  gracePeriodSeconds: int64(1, { pointer: true, doc: "How long it may take to end; 0 means at once. The kind's own time when left out." }),
  preconditions: ref(Preconditions, 2, { pointer: true, doc: "What must hold for it to be deleted." }),
  orphanDependents: bool(3, { pointer: true, doc: "Deprecated; use propagationPolicy." }),
  propagationPolicy: string(4, {
    goType: "v1.DeletionPropagation",
    pointer: true,
    doc: "Orphan keeps what it owns, Background deletes that afterwards, Foreground before.",
  }),
  dryRun: list(string, 5, { listType: "atomic", doc: "All: everything is done but storing." }),
  ignoreStoreReadErrorWithClusterBreakingPotential: bool(6, { pointer: true, doc: "Deletes even what can no longer be read; unsafe." }),
});
export interface DeleteOptions extends Infer<typeof DeleteOptions> {}
