/** Declarations of FieldSelectorRequirement, GroupResource, PartialObjectMetadata, TableColumnDefinition, TableRowCondition, TableRow, Tabl. */
import { type Infer, int32, json, kind, list, raw, ref, string, struct } from "../schema.ts";
import { ListMeta, ObjectMeta } from "./object-meta.ts";

export const FieldSelectorRequirement = struct("io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement", {
  key: string(1, { always: true, required: true }),
  operator: string(2, { always: true, required: true }),
  values: list(string, 3, { listType: "atomic" }),
});
export interface FieldSelectorRequirement extends Infer<typeof FieldSelectorRequirement> {}

export const GroupResource = struct("io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource", {
  group: string(1, { always: true, required: true }),
  resource: string(2, { always: true, required: true }),
});
export interface GroupResource extends Infer<typeof GroupResource> {}

export const PartialObjectMetadata = kind("io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata", {
  metadata: ref(ObjectMeta, 1),
});
export interface PartialObjectMetadata extends Infer<typeof PartialObjectMetadata> {}

export const PartialObjectMetadataList = kind("io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList", {
  metadata: ref(ListMeta, 1),
  items: list(PartialObjectMetadata, 2, { always: true, required: true }),
});
export interface PartialObjectMetadataList extends Infer<typeof PartialObjectMetadataList> {}

export const TableColumnDefinition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition", {
  name: string(0, { always: true, required: true }),
  type: string(0, { always: true, required: true }),
  format: string(0, { always: true, required: true }),
  description: string(0, { always: true, required: true }),
  priority: int32(0, { always: true, required: true }),
});
export interface TableColumnDefinition extends Infer<typeof TableColumnDefinition> {}

export const TableRowCondition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition", {
  type: string(0, { always: true, required: true }),
  status: string(0, { always: true, required: true }),
  reason: string(0),
  message: string(0),
});
export interface TableRowCondition extends Infer<typeof TableRowCondition> {}

export const TableRow = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableRow", {
  cells: list(json, 0, { always: true, required: true, listType: "atomic" }),
  conditions: list(TableRowCondition, 0, { listType: "atomic" }),
  object: raw(0),
});
export interface TableRow extends Infer<typeof TableRow> {}

export const Table = kind("io.k8s.apimachinery.pkg.apis.meta.v1.Table", {
  metadata: ref(ListMeta, 0),
  columnDefinitions: list(TableColumnDefinition, 0, { always: true, required: true, listType: "atomic" }),
  rows: list(TableRow, 0, { always: true, required: true, listType: "atomic" }),
});
export interface Table extends Infer<typeof Table> {}

export const TableOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.TableOptions", {
  includeObject: string(1),
});
export interface TableOptions extends Infer<typeof TableOptions> {}

export const WatchEvent = struct("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent", {
  type: string(1, { always: true, required: true }),
  object: raw(2, { always: true, required: true }),
});
export interface WatchEvent extends Infer<typeof WatchEvent> {}
