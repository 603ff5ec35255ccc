/** Query parameters and bodies of the verbs. */
import { bool, type Infer, int64, kind, list, ref, string, struct } from "../schema.ts";

export const GetOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.GetOptions", {
  resourceVersion: string(1),
});
export interface GetOptions extends Infer<typeof GetOptions> {}

export const ListOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.ListOptions", {
  labelSelector: string(1),
  fieldSelector: string(2),
  watch: bool(3),
  allowWatchBookmarks: bool(9),
  resourceVersion: string(4),
  resourceVersionMatch: string(10),
  timeoutSeconds: int64(5, { pointer: true }),
  limit: int64(7),
  continue: string(8),
  sendInitialEvents: bool(11, { pointer: true }),
  shardSelector: string(15),
});
export interface ListOptions extends Infer<typeof ListOptions> {}

export const CreateOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.CreateOptions", {
  dryRun: list(string, 1, { listType: "atomic" }),
  fieldManager: string(3),
  fieldValidation: string(4),
});
export interface CreateOptions extends Infer<typeof CreateOptions> {}

export const UpdateOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.UpdateOptions", {
  dryRun: list(string, 1, { listType: "atomic" }),
  fieldManager: string(2),
  fieldValidation: string(3),
});
export interface UpdateOptions extends Infer<typeof UpdateOptions> {}

export const PatchOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.PatchOptions", {
  dryRun: list(string, 1, { listType: "atomic" }),
  force: bool(2, { pointer: true }),
  fieldManager: string(3),
  fieldValidation: string(4),
});
export interface PatchOptions extends Infer<typeof PatchOptions> {}

export const Preconditions = struct("io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions", {
  uid: string(1, { pointer: true }),
  resourceVersion: string(2, { pointer: true }),
});
export interface Preconditions extends Infer<typeof Preconditions> {}

export const DeleteOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions", {
  gracePeriodSeconds: int64(1, { pointer: true }),
  preconditions: ref(Preconditions, 2, { pointer: true }),
  orphanDependents: bool(3, { pointer: true }),
  propagationPolicy: string(4, { pointer: true }),
  dryRun: list(string, 5, { listType: "atomic" }),
  ignoreStoreReadErrorWithClusterBreakingPotential: bool(6, { pointer: true }),
});
export interface DeleteOptions extends Infer<typeof DeleteOptions> {}
