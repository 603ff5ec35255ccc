/** Declarations of FieldSelectorRequirement, GroupResource, PartialObjectMetadata, TableColumnDefinition, TableRowCondition, TableRow, Tabl. */
import { type Infer, int32, json, kind, list, raw, ref, string, struct } from "../schema.ts";
import { ListMeta, ObjectMeta } from "./object-meta.ts";

export const FieldSelectorRequirement = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement",
  "A requirement of a selector.",
  {
    key: string(1, { always: true, required: true, doc: "The field or label." }),
    operator: string(2, { goType: "v1.FieldSelectorOperator", always: true, required: true, doc: "In, NotIn, Exists or DoesNotExist." }),
    values: list(string, 3, { listType: "atomic", doc: "What In and NotIn compare with; nothing for the others." }),
  },
);
export interface FieldSelectorRequirement extends Infer<typeof FieldSelectorRequirement> {}

export const GroupResource = struct("io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource", "A resource of a group.", {
  group: string(1, { always: true, required: true, doc: "The group." }),
  resource: string(2, { always: true, required: true, doc: "The resource." }),
});
export interface GroupResource extends Infer<typeof GroupResource> {}

export const PartialObjectMetadata = kind(
  "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadata",
  "An object's kind and metadata alone.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  },
);
export interface PartialObjectMetadata extends Infer<typeof PartialObjectMetadata> {}

export const PartialObjectMetadataList = kind(
  "io.k8s.apimachinery.pkg.apis.meta.v1.PartialObjectMetadataList",
  "A list of PartialObjectMetadata objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(PartialObjectMetadata, 2, { always: true, required: true, doc: "The objects." }),
  },
);
export interface PartialObjectMetadataList extends Infer<typeof PartialObjectMetadataList> {}

export const TableColumnDefinition = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableColumnDefinition", "A column.", {
  name: string(0, { always: true, required: true, doc: "Its heading." }),
  type: string(0, { always: true, required: true, doc: "integer, number, string, boolean or date." }),
  format: string(0, { always: true, required: true, doc: "A hint about the form; name for the object's name." }),
  description: string(0, { always: true, required: true, doc: "What it shows." }),
  priority: int32(0, { always: true, required: true, doc: "0 is always shown, more only with -o wide." }),
});
export interface TableColumnDefinition extends Infer<typeof TableColumnDefinition> {}

export const TableRowCondition = struct(
  "io.k8s.apimachinery.pkg.apis.meta.v1.TableRowCondition",
  "A statement about the state of an object.",
  {
    type: string(0, { goType: "v1.RowConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
    status: string(0, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    reason: string(0, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(0, { doc: "The same for people, in a sentence." }),
  },
);
export interface TableRowCondition extends Infer<typeof TableRowCondition> {}

export const TableRow = struct("io.k8s.apimachinery.pkg.apis.meta.v1.TableRow", "A row.", {
  cells: list(json, 0, { always: true, required: true, listType: "atomic", doc: "The values, in the order of the columns." }),
  conditions: list(TableRowCondition, 0, { listType: "atomic", doc: "Statements about it, such as Completed." }),
  object: raw(0, { doc: "The object." }),
});
export interface TableRow extends Infer<typeof TableRow> {}

export const Table = kind("io.k8s.apimachinery.pkg.apis.meta.v1.Table", "A list as a table, for people.", {
  metadata: ref(ListMeta, 0, { doc: "Name, namespace, labels and everything else that every object has." }),
  columnDefinitions: list(TableColumnDefinition, 0, { always: true, required: true, listType: "atomic", doc: "The columns." }),
  rows: list(TableRow, 0, { always: true, required: true, listType: "atomic", doc: "The rows." }),
});
export interface Table extends Infer<typeof Table> {}

export const TableOptions = kind("io.k8s.apimachinery.pkg.apis.meta.v1.TableOptions", "The query of a table.", {
  includeObject: string(1, { goType: "v1.IncludeObjectPolicy", doc: "None, Metadata (the default) or Object: what each row carries." }),
});
export interface TableOptions extends Infer<typeof TableOptions> {}

export const WatchEvent = struct("io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent", "A change.", {
  type: string(1, { always: true, required: true, doc: "ADDED, MODIFIED, DELETED, BOOKMARK or ERROR." }),
  object: raw(2, { always: true, required: true, doc: "The object after it; before it for DELETED, a Status for ERROR." }),
});
export interface WatchEvent extends Infer<typeof WatchEvent> {}
