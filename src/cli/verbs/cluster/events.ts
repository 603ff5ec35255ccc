/** `events`: what happened, oldest first, and with --watch what happens. */
import type { Command } from "../../command.ts";
import { pathOf } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { watchEvents } from "../../connect/watch.ts";
import { Outline } from "../../describe/outline.ts";
import { CliError } from "../../failure.ts";
import { bool, int, list, text } from "../../input/flags.ts";
import { listObjects } from "../../objects.ts";
import { objectPrinter, templateFlags } from "../../print/printers.ts";
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
  const types = flags.list("types");
  for (const type of types) if (!/^(normal|warning)$/i.test(type)) throw new CliError(`valid --types are Normal or Warning`);
  const everywhere = flags.bool("all-namespaces");
  const namespace = everywhere ? "" : await session.namespace();
  const fieldSelector = flags.text("for") ? await objectSelector(session, flags.text("for")) : undefined;
  const resource = { ...(await session.resource("events")), group: "", version: "v1" };
  const answer = await listObjects(session, { resource, namespace, fieldSelector }, flags.int("chunk-size"));
  const wanted = (event: KObject) => types.length === 0 || types.some((type) => type.toLowerCase() === String(event.type).toLowerCase());
  const items = answer.items.filter(wanted).sort((a, b) => lastTime(a) - lastTime(b));
  const printer = await objectPrinter(session);
  if (printer) session.out(printer({ apiVersion: "v1", items, kind: "List", metadata: {} } as unknown as KObject));
  else if (items.length === 0 && !flags.bool("watch")) {
    session.err(everywhere ? "No events found.\n" : `No events found in ${namespace} namespace.\n`);
    return;
  }
  const writer = new TabWriter();
  const out = new Outline(session.now());
  const row = (event: KObject) =>
    writer.write(
      `${[...(everywhere ? [event.metadata.namespace ?? ""] : []), interval(out, event), event.type, event.reason, `${event.involvedObject?.kind}/${event.involvedObject?.name}`, String(event.message ?? "").trim()].join("\t")}\n`,
    );
  if (!printer) {
    if (!flags.bool("no-headers"))
      writer.write(`${[...(everywhere ? ["NAMESPACE"] : []), "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"].join("\t")}\n`);
    for (const event of items) row(event);
    session.out(writer.flush());
  }
  if (!flags.bool("watch")) return;
  for await (const event of watchEvents<KObject>(session, {
    path: pathOf(resource, { namespace }),
    query: { fieldSelector, resourceVersion: answer.metadata.resourceVersion },
  })) {
    if (event.type !== "ADDED" && event.type !== "MODIFIED") continue;
    if (!wanted(event.object)) continue;
    if (printer) session.out(printer(event.object));
    else {
      row(event.object);
      session.out(writer.flush());
    }
  }
}

async function objectSelector(session: Session, target: string): Promise<string> {
  const [type, name] = target.split("/");
  if (!name) throw new CliError("--for must be in resource/name form");
  const resource = await session.resource(type);
  return `involvedObject.kind=${resource.kind},involvedObject.name=${name}`;
}

function lastTime(event: KObject): number {
  return Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "");
}

function interval(out: Outline, event: KObject): string {
  const first = out.ageOf(event.firstTimestamp ?? event.eventTime);
  if (event.series) return `${out.ageOf(event.series.lastObservedTime)} (x${event.series.count} over ${first})`;
  if ((event.count ?? 0) > 1) return `${out.ageOf(event.lastTimestamp)} (x${event.count} over ${first})`;
  return first;
}
