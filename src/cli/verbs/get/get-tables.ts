/** What `get` and its watch share about tables. */
import { displayKind, type ResourceInfo } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { type Table, TablePrinter } from "../../print/table.ts";
import { age, type KObject } from "../../print/values.ts";

export type ListPrinter = (object: KObject) => string;

export const tableAccept =
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

/** Servers that know no tables answer with objects, and so do subresources. */
export function asTable(answer: Table | KObject, nowMs: number): Table {
  if (answer.kind === "Table") return answer as Table;
  const object = answer as KObject;
  const items = Array.isArray(object.items) ? (object.items as KObject[]) : [object];
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: object.metadata as Table["metadata"],
    columnDefinitions: [
      { name: "Name", type: "string", priority: 0 },
      { name: "Age", type: "string", priority: 0 },
    ],
    rows: items.map((item) => ({ cells: [item.metadata.name, age(item.metadata.creationTimestamp, nowMs)], object: item })),
  };
}

export function tablePrinterFor(
  session: Session,
  resource: ResourceInfo,
  how: { withKind: boolean; withNamespace: boolean },
): TablePrinter {
  const { flags } = session;
  return new TablePrinter({
    wide: flags.text("output") === "wide",
    noHeaders: flags.bool("no-headers"),
    showLabels: flags.bool("show-labels"),
    labelColumns: flags.list("label-columns"),
    withNamespace: how.withNamespace,
    kindPrefix: how.withKind || flags.bool("show-kind") ? `${displayKind(resource)}/` : "",
  });
}
