/** `get -w`: what there is, then every change as it happens. */

import { pathOf } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { watchEvents } from "../../connect/watch.ts";
import { CliError, isNotFound, type StatusBody, StatusError } from "../../failure.ts";
import { isNamed, type Target } from "../../input/builder.ts";
import type { Table } from "../../print/table.ts";
import type { KObject } from "../../print/values.ts";
import { asTable, type ListPrinter, tableAccept, tablePrinterFor } from "./get-tables.ts";

export async function watch(session: Session, targets: Target[], print: ListPrinter | undefined): Promise<void> {
  const { flags } = session;
  if (targets.length !== 1) {
    if (targets.some((target) => target.resource !== targets[0]?.resource))
      throw new CliError("you may only specify a single resource type");
    throw new CliError("watch is only supported on individual resources and resource collections - more than 1 resource was found");
  }
  if (flags.text("sort-by")) {
    session.err(
      flags.bool("watch")
        ? "warning: --watch requested, --sort-by will be ignored for watch events received\n"
        : "warning: --watch-only requested, --sort-by will be ignored\n",
    );
  }
  const [target] = targets;
  const accept = print ? "application/json" : tableAccept;
  const rest = await session.rest();
  const only = flags.bool("watch-only");
  const events = flags.bool("output-watch-events");
  const table = print
    ? undefined
    : tablePrinterFor(session, target.resource, { withKind: false, withNamespace: flags.bool("all-namespaces") });
  const withEvent = (type: string, shown: Table): Table => {
    if (!events) return shown;
    return {
      ...shown,
      columnDefinitions: shown.columnDefinitions?.length
        ? [{ name: "Event", type: "string", priority: 0 }, ...shown.columnDefinitions]
        : shown.columnDefinitions,
      rows: (shown.rows ?? []).map((row) => ({ ...row, cells: [type, ...row.cells] })),
    };
  };
  const show = (type: string, object: Table | KObject) => {
    if (!table) {
      const item = object as KObject;
      session.out(print?.(events ? ({ type, object: item } as unknown as KObject) : item) ?? "");
      return;
    }
    table.add(withEvent(type, asTable(object, session.now())));
    session.out(table.flush());
  };

  const query = isNamed(target) ? {} : { labelSelector: target.labelSelector, fieldSelector: target.fieldSelector };
  let answer: (Table | KObject) & { metadata?: { resourceVersion?: string } };
  try {
    answer = await rest.json({ path: pathOf(target.resource, target), query, accept, signal: session.io.signal });
  } catch (error) {
    if (isNotFound(error) && flags.bool("ignore-not-found")) return;
    throw error;
  }
  const named = isNamed(target);
  if (!only) {
    if (table) {
      const first = asTable(answer as Table, session.now());
      if ((first.rows ?? []).length > 0) show("ADDED", first);
    } else if (named) show("ADDED", answer);
    else
      for (const item of (answer as KObject).items as KObject[])
        show("ADDED", {
          ...item,
          apiVersion: item.apiVersion ?? (answer as KObject).apiVersion,
          kind: item.kind ?? (answer as KObject).kind.replace(/List$/, ""),
        });
  }
  const resourceVersion = answer.metadata?.resourceVersion ?? ((answer as Table).rows?.[0]?.object?.metadata.resourceVersion || "0");
  const watchQuery = {
    ...query,
    fieldSelector: named ? `metadata.name=${target.name}` : query.fieldSelector,
    resourceVersion,
    allowWatchBookmarks: "false",
  };
  for await (const event of watchEvents<Table | KObject>(session, {
    path: pathOf(target.resource, { namespace: target.namespace }),
    query: watchQuery,
    accept,
  })) {
    if (event.type === "ERROR") throw new StatusError(event.object as StatusBody);
    if (event.type !== "BOOKMARK") show(event.type, event.object);
  }
}
