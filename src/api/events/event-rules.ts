/** What the server knows of Event: defaults, what a write may set, what is refused, what tables show. */
import { validateNewEvent, validateNewEventUpdate } from "../checks/kinds/events.ts";
import { events } from "../core/event.ts";
import { rules } from "../rules.ts";
import { field, fields, involvedFields } from "../select.ts";
import { eventCells } from "../tables/cells.ts";
import type { EventsV1Event } from "./event.ts";
import { withNewNames, withOldNames } from "./event-names.ts";

export const eventV1Rules = rules<EventsV1Event>({
  createOnUpdate: true,
  counts: false,
  commonMeta: true,
  check: {
    create: (event, problems) => validateNewEvent(withOldNames(event), problems),
    update: (event, old, problems) => validateNewEventUpdate(withOldNames(event), withOldNames(old), problems),
  },
  cells: eventCells,
  selectable: {
    ...Object.fromEntries(involvedFields.map((name) => [`regarding.${name}`, field(`regarding.${name}`)])),
    ...fields("reason", "reportingController", "type"),
  },
  deletion: { uncollected: true, ttlSeconds: 3600 },
  storedAs: { resource: events, toStored: withOldNames, toServed: withNewNames },
});
