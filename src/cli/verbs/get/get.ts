/** `get`: shows objects as the server's tables, or whole in the format of -o; follows them with -w. */

import type { Command } from "../../command.ts";
import { pathOf, type ResourceInfo } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, isNotFound, throwAll, usageError } from "../../failure.ts";
import { buildTargets, isNamed, type Target } from "../../input/builder.ts";
import { bool, int, list, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { getObject, listFailure, listObjects } from "../../objects.ts";
import { objectPrinter, splitFormat, templateFlags, unknownFormat } from "../../print/printers.ts";
import type { Table } from "../../print/table.ts";
import type { KObject } from "../../print/values.ts";
import { asTable, type ListPrinter, tableAccept, tablePrinterFor } from "./get-tables.ts";

const formats =
  "json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, custom-columns-file, wide";
const more = ["custom-columns", "custom-columns-file", "wide"];

export const command: Command = {
  use: "get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]",
  long: 'Show one or many objects.\n\n A table shows what matters most about each object. A label selector (-l) or field selector narrows the list; without --all-namespaces only the current namespace is shown.\n\nUse "kubectl api-resources" for a complete list of supported resources.',
  examples:
    "# All pods of the namespace\nkubectl get pods\n\n# With more columns\nkubectl get pods -o wide\n\n# One deployment as YAML\nkubectl get deployment web -o yaml\n\n# Only the phase of a pod\nkubectl get pod web -o jsonpath={.status.phase}\n\n# Deployments and services together\nkubectl get deploy,svc",
  flags: [
    bool("all-namespaces|A", "If present, list the objects of all namespaces, whatever --namespace says."),
    int("chunk-size", "Fetch long lists in chunks of this size. Pass 0 to fetch them whole.", 500),
    text("field-selector", "Selector (field query) to filter on, supports '=', '==', and '!='."),
    ...filenameFlags("identifying the resource to get from a server."),
    bool("ignore-not-found", "If true, say nothing about named objects that do not exist."),
    list("label-columns|L", "Labels (comma separated) to show as columns. Names are case-sensitive."),
    bool("no-headers", "When using the default or custom-column output format, don't print headers."),
    text("output|o", `Output format. One of: (${formats}).`),
    bool("output-watch-events", "Show the kind of each watch event together with the object."),
    text("raw", "Path to request from the server as it is."),
    text("selector|l", "Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'."),
    bool("server-print", "If true, let the server choose the columns.", true),
    bool("show-kind", "If present, show the kind before each name."),
    bool("show-labels", "Show all labels as the last column."),
    text("sort-by", "Sort by this field, written as a JSONPath expression (e.g. '{.metadata.name}')."),
    text("subresource", "Operate on this subresource of the object."),
    bool("watch|w", "After listing or getting the requested objects, watch for changes."),
    bool("watch-only", "Watch for changes without listing first."),
    ...templateFlags,
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  if (flags.text("raw")) return raw(session);
  const { format } = splitFormat(session);
  const human = format === "" || format === "wide";
  const watching = flags.bool("watch") || flags.bool("watch-only");
  if (flags.bool("show-labels") && !human) throw new CliError(`--show-labels option cannot be used with ${flags.text("output")} printer`);
  if (flags.bool("output-watch-events") && !watching)
    throw new CliError("--output-watch-events option can only be used with --watch or --watch-only");
  if (session.args.length === 0 && !hasFiles(session)) {
    session.err(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
    );
    throw usageError(
      'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
      session.command,
    );
  }
  const print = human ? undefined : await genericPrinter(session);
  const allNamespaces = flags.bool("all-namespaces");
  const targets = await buildTargets(session, {
    allowTypeAlone: true,
    allNamespaces,
    labelSelector: flags.text("selector"),
    fieldSelector: flags.text("field-selector"),
  });
  if (watching) return (await import("./get-watch.ts")).watch(session, targets, print);
  if (print) await printObjects(session, targets, print);
  else await printTables(session, targets);
}

async function raw(session: Session): Promise<void> {
  const { flags } = session;
  if (session.args.length > 0) throw new CliError("arguments may not be passed when --raw is specified");
  if (flags.text("output")) throw new CliError("--raw and --output are mutually exclusive");
  if (flags.bool("watch") || flags.bool("watch-only") || flags.text("selector"))
    throw new CliError("--raw may not be specified with other flags that filter the server request or alter the output");
  const path = flags.text("raw");
  if (!path.startsWith("/")) throw new CliError(`--raw must be a valid URL path: parse ${JSON.stringify(path)}: invalid URI for request`);
  const stream = await (await session.rest()).stream({ path, accept: "application/json, */*", signal: session.io.signal });
  for await (const chunk of stream) session.io.stdout.write(chunk);
}

/** Any -o that is not a table; custom columns print a list as one table. */
export async function genericPrinter(session: Session): Promise<ListPrinter> {
  const { format, argument } = splitFormat(session);
  if (format !== "custom-columns" && format !== "custom-columns-file") {
    const printer = await objectPrinter(session, more);
    if (!printer) throw unknownFormat(format, more);
    return printer;
  }
  const { parseColumns, parseColumnsFile, printColumns } = await import("../../print/custom-columns.ts");
  const { readTemplate } = await import("../../print/printers.ts");
  const allowMissing = session.flags.bool("allow-missing-template-keys");
  if (format === "custom-columns-file" && argument === "")
    throw new CliError("custom-columns format specified but no custom columns given");
  const columns =
    format === "custom-columns"
      ? parseColumns(argument, allowMissing)
      : parseColumnsFile(await readTemplate(session, argument), allowMissing);
  let printed = 0;
  return (object) => {
    const items = Array.isArray(object.items) ? (object.items as KObject[]) : [object];
    return printColumns(columns, items, session.flags.bool("no-headers") || printed++ > 0);
  };
}

async function printObjects(session: Session, targets: Target[], print: ListPrinter): Promise<void> {
  const { flags } = session;
  const errors: unknown[] = [];
  const objects: KObject[] = [];
  const subresource = flags.text("subresource") || undefined;
  for (const target of targets) {
    try {
      if (isNamed(target)) objects.push(await getObject(session, target, subresource));
      else objects.push(...(await listObjects(session, target, flags.text("sort-by") ? 0 : flags.int("chunk-size"))).items);
    } catch (error) {
      if (!(flags.bool("ignore-not-found") && isNotFound(error))) errors.push(error);
    }
  }
  const single = targets.length === 1 && isNamed(targets[0]);
  if (single && errors.length > 0) throw errors[0];
  if (objects.length === 0 && flags.bool("ignore-not-found")) return throwAll(errors);
  if (flags.text("sort-by")) {
    const { sortOrder } = await import("../../print/sort.ts");
    const order = sortOrder(objects, flags.text("sort-by"));
    objects.splice(0, objects.length, ...order.map((index) => objects[index]));
  }
  const whole = single
    ? objects[0]
    : ({ apiVersion: "v1", items: objects, kind: "List", metadata: { resourceVersion: "" } } as unknown as KObject);
  session.out(print(whole));
  throwAll(errors);
}

async function fetchTable(session: Session, target: Target): Promise<Table> {
  const rest = await session.rest();
  const { flags } = session;
  const includeObject = flags.text("sort-by") ? "Object" : undefined;
  const read = (path: string, query: Record<string, string | number | undefined>) =>
    rest.json<Table | KObject>(
      flags.bool("server-print") ? { path, query: { ...query, includeObject }, accept: tableAccept } : { path, query },
    );
  if (isNamed(target)) {
    return asTable(
      await read(pathOf(target.resource, { ...target, subresource: flags.text("subresource") || undefined }), {}),
      session.now(),
    );
  }
  const limit = flags.text("sort-by") ? 0 : flags.int("chunk-size");
  const query = { labelSelector: target.labelSelector, fieldSelector: target.fieldSelector, limit: limit || undefined };
  const path = pathOf(target.resource, target);
  const whole = asTable(await read(path, query).catch((error: unknown) => Promise.reject(listFailure(error, target))), session.now());
  for (let token = whole.metadata?.continue; token; ) {
    const page = asTable(await read(path, { ...query, continue: token }), session.now());
    whole.rows = [...(whole.rows ?? []), ...(page.rows ?? [])];
    token = page.metadata?.continue;
  }
  return whole;
}

async function printTables(session: Session, targets: Target[]): Promise<void> {
  const { flags } = session;
  const errors: unknown[] = [];
  const results = await Promise.all(
    targets.map((target) =>
      fetchTable(session, target).then(
        (table) => ({ target, table }),
        (error: unknown) => ({ target, error }),
      ),
    ),
  );
  const groups: { resource: ResourceInfo; tables: Table[] }[] = [];
  const kinds = new Set<string>();
  for (const result of results) {
    if ("error" in result) {
      if (!(flags.bool("ignore-not-found") && isNotFound(result.error))) errors.push(result.error);
      continue;
    }
    kinds.add(`${result.target.resource.group}/${result.target.resource.name}`);
    if ((result.table.rows ?? []).length === 0) continue;
    const last = groups.at(-1);
    if (last && last.resource === result.target.resource) last.tables.push(result.table);
    else groups.push({ resource: result.target.resource, tables: [result.table] });
  }
  let written = 0;
  let withNamespace = false;
  for (const { resource, tables } of groups) {
    // Upstream keeps the NAMESPACE column for every group behind the first namespaced one.
    withNamespace ||= flags.bool("all-namespaces") && resource.namespaced;
    const printer = tablePrinterFor(session, resource, { withKind: kinds.size > 1, withNamespace });
    for (const table of await sorted(tables, flags.text("sort-by"))) printer.add(table);
    const output = printer.flush();
    session.out(written > 0 && !flags.bool("no-headers") ? `\n${output}` : output);
    written += output.length;
  }
  if (written === 0 && !flags.bool("ignore-not-found") && errors.length === 0) {
    const namespaced = !flags.bool("all-namespaces") && targets.every((target) => target.resource.namespaced);
    session.err(
      namespaced || (!flags.bool("all-namespaces") && groups.length === 0 && targets.length === 0)
        ? `No resources found in ${await session.namespace()} namespace.\n`
        : "No resources found\n",
    );
  }
  throwAll(errors);
}

async function sorted(tables: Table[], field: string): Promise<Table[]> {
  if (field === "") return tables;
  const { hasField, sortOrder } = await import("../../print/sort.ts");
  const rows = tables.flatMap((table) => table.rows ?? []);
  const objects = rows.map((row) => row.object);
  // Upstream shows nothing when no object has the field.
  if (!hasField(objects, field)) return [];
  const order = sortOrder(objects, field);
  return [{ ...tables[0], rows: order.map((index) => rows[index]) }];
}
