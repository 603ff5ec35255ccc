/** What the server knows of Event: defaults, what a write may set, what is refused, what tables show. */
import { validateOldEvent } from "../checks/kinds/events.ts";
import { subdomainName } from "../checks/object-meta.ts";
import { always, rules } from "../rules.ts";
import { field, fields, involvedFields } from "../select.ts";
import { eventCells } from "../tables/cells.ts";
import type { Event } from "./event.ts";

export const eventRules = rules<Event>({
  names: subdomainName,
  createOnUpdate: true,
  counts: false,
  commonMeta: true,
  check: always((event, problems) => validateOldEvent(event, "reportingComponent", problems)),
  cells: eventCells,
  selectable: {
    ...fields(...involvedFields.map((name) => `involvedObject.${name}`), "reason", "type"),
    reportingComponent: field("reportingComponent"),
    source: (event) => field("source.component")(event) || field("reportingComponent")(event),
  },
  deletion: { uncollected: true, ttlSeconds: 3600 },
});
