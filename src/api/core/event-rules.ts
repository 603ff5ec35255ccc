/** What the server knows of Event: defaults, what a write may set, what is refused, what tables show. */
import { subdomainName } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { field, fields, involvedFields } from "../select.ts";
import { eventCells } from "../tables/cells.ts";
import type { Event } from "./event.ts";

export const eventRules = rules<Event>({
  names: subdomainName,
  createOnUpdate: true,
  counts: false,
  check: {
    create: validateEvent,
    update: (event, _old, problems) => validateEvent(event, problems),
  },
  cells: eventCells,
  selectable: {
    ...fields(...involvedFields.map((name) => `involvedObject.${name}`), "reason", "type"),
    reportingComponent: field("reportingComponent"),
    source: (event) => field("source.component")(event) || field("reportingComponent")(event),
  },
  deletion: { uncollected: true, ttlSeconds: 3600 },
});

function validateEvent(event: AnyObject, problems: Problems): void {
  const involved = event.involvedObject ?? event.regarding ?? {};
  const namespace = event.metadata.namespace ?? "";
  const isOld = event.involvedObject !== undefined;
  const at = `${isOld ? "involvedObject" : "involvedObject"}.namespace`;
  if (!involved.namespace && namespace !== "default") {
    if (isOld && involved.kind === undefined) return;
    if (namespace !== "default") problems.invalid(at, involved.namespace ?? "", "does not match event.namespace");
  } else if (involved.namespace && involved.namespace !== namespace)
    problems.invalid(at, involved.namespace, "does not match event.namespace");
}
