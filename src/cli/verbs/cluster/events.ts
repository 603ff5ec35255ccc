/** `events`: what happened, oldest first, and with --watch what happens. */
import type { Command } from "../../command.ts";
import { apiVersionOf, pathOf, type ResourceInfo, unmatched } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { watchEvents } from "../../connect/watch.ts";
import { Outline } from "../../describe/outline.ts";
import { CliError } from "../../failure.ts";
import { bool, int, list, text } from "../../input/flags.ts";
import { listObjects } from "../../objects.ts";
import { type ObjectPrinter, objectPrinter, templateFlags } from "../../print/printers.ts";
import { TabWriter } from "../../print/tab-writer.ts";
import type { KObject } from "../../print/values.ts";

export const command: Command = {
  use: "events [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
  long: "Display events: of the namespace, of all namespaces, or of one object.",
  flags: [
    bool("all-namespaces|A", "If present, show the events of all namespaces."),
    int("chunk-size", "Fetch long lists in chunks of this size.", 500),
    text("for", "Filter events to only those pertaining to the specified resource."),
    bool("no-headers", "When using the default output format, don't print headers."),
    text("output|o", "Output format."),
    list("types", "Output only events of given types."),
    bool("watch|w", "After listing the requested events, watch for more events."),
    ...templateFlags,
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  const everywhere = flags.bool("all-namespaces");
  const own = await session.namespace();
  const fieldSelector = flags.text("for") ? await objectSelector(session, flags.text("for")) : undefined;
  await session.clientTarget();
  const printer = flags.text("output") ? await objectPrinter(session, [], { typed: true }) : undefined;
  const types = flags.list("types").map((type) => type.toLowerCase());
  if (types.some((type) => type !== "normal" && type !== "warning")) throw new CliError("valid --types are Normal or Warning");
  const at = { path: pathOf(coreEvents, { namespace: everywhere ? "" : own }), query: { fieldSelector } };
  const wanted = (event: KObject) => types.length === 0 || types.includes(String(event.type).toLowerCase());
  const print = printer ? printedWith(session, printer) : tableOf(session, everywhere);
  if (flags.bool("watch")) {
    // From the beginning: the server sends what is there first.
    for await (const { type, object } of watchEvents<KObject>(session, at))
      if ((type === "ADDED" || type === "MODIFIED") && wanted(object)) print([object], object);
    return;
  }
  const { items } = await listObjects(session, { resource: coreEvents, namespace: everywhere ? "" : own, fieldSelector });
  const events = items.filter(wanted).sort((a, b) => lastTime(a) - lastTime(b));
  if (events.length === 0) return session.err(everywhere ? "No events found.\n" : `No events found in ${own} namespace.\n`);
  print(events, { apiVersion: "v1", items: events, kind: "EventList", metadata: {} } as unknown as KObject);
}

const coreEvents: ResourceInfo = {
  group: "",
  version: "v1",
  name: "events",
  singular: "event",
  kind: "Event",
  namespaced: true,
  verbs: [],
  shortNames: [],
  categories: [],
  subresources: [],
};

type Print = (events: KObject[], whole: KObject) => void;

/** Upstream says nothing of what a printer cannot print. */
function printedWith(session: Session, printer: ObjectPrinter): Print {
  return (_events, whole) => {
    try {
      session.out(printer(whole));
    } catch {
      // Nothing is printed then.
    }
  };
}

function tableOf(session: Session, everywhere: boolean): Print {
  const writer = new TabWriter();
  const out = new Outline(session.now());
  const namespace = (text: string | undefined) => (everywhere ? [text ?? ""] : []);
  let headed = session.flags.bool("no-headers");
  return (events) => {
    const rows = headed ? [] : [[...namespace("NAMESPACE"), "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]];
    headed = true;
    for (const event of events) {
      const object = `${event.involvedObject?.kind ?? ""}/${event.involvedObject?.name ?? ""}`;
      const message = String(event.message ?? "").trim();
      rows.push([...namespace(event.metadata.namespace), interval(out, event), event.type ?? "", event.reason ?? "", object, message]);
    }
    for (const row of rows) writer.write(`${row.join("\t")}\n`);
    session.out(writer.flush());
  };
}

async function objectSelector(session: Session, target: string): Promise<string> {
  const [type = "", name, ...more] = target.split("/");
  if (name === undefined) throw new CliError("--for must be in resource/name form");
  if (more.length > 0) throw new CliError("arguments in resource/name form may not have more than one slash");
  const lower = type.toLowerCase();
  const resource = (await session.mapper()).find(lower) ?? (await session.freshMapper()).find(lower);
  if (!resource) throw unmatched(lower);
  const of = [`involvedObject.kind=${resource.kind}`, `involvedObject.apiVersion=${apiVersionOf(resource)}`];
  return [...of, ...(name === "" ? [] : [`involvedObject.name=${name}`])].join(",");
}

function lastTime(event: KObject): number {
  const time: string | undefined = event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime;
  return time ? Date.parse(time) : 0;
}

function interval(out: Outline, event: KObject): string {
  const first = out.ageOf(event.eventTime ?? event.firstTimestamp);
  if (event.series) return `${out.ageOf(event.series.lastObservedTime)} (x${event.series.count} over ${first})`;
  if ((event.count ?? 0) > 1) return `${out.ageOf(event.lastTimestamp)} (x${event.count} over ${first})`;
  return first;
}
