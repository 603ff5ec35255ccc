/** Declarations of EventsV1EventSeries, EventsV1Event. */

import { EventSource } from "../core/event.ts";
import { ObjectReference } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, microTime, ref, string, struct, time } from "../schema.ts";

export const EventsV1EventSeries = struct("io.k8s.api.events.v1.EventSeries", {
  count: int32(1, { always: true, required: true }),
  lastObservedTime: microTime(2, { always: true, required: true }),
});
export interface EventsV1EventSeries extends Infer<typeof EventsV1EventSeries> {}

export const EventsV1Event = kind("io.k8s.api.events.v1.Event", {
  metadata: ref(ObjectMeta, 1, { always: true }),
  eventTime: microTime(2, { always: true, required: true }),
  series: ref(EventsV1EventSeries, 3, { pointer: true }),
  reportingController: string(4),
  reportingInstance: string(5),
  action: string(6),
  reason: string(7),
  regarding: ref(ObjectReference, 8),
  related: ref(ObjectReference, 9, { pointer: true }),
  note: string(10),
  type: string(11),
  deprecatedSource: ref(EventSource, 12),
  deprecatedFirstTimestamp: time(13),
  deprecatedLastTimestamp: time(14),
  deprecatedCount: int32(15),
});
export interface EventsV1Event extends Infer<typeof EventsV1Event> {}

export const EventsV1EventList = kind("io.k8s.api.events.v1.EventList", {
  metadata: ref(ListMeta, 1),
  items: list(EventsV1Event, 2, { always: true, required: true }),
});
export interface EventsV1EventList extends Infer<typeof EventsV1EventList> {}

export const eventsV1 = resource<EventsV1Event>(EventsV1Event, {
  group: "events.k8s.io",
  version: "v1",
  resource: "events",
  singular: "event",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["ev"],
  storagePrefix: "/registry/events/",
  columns: [
    { name: "Last Seen", type: "string" },
    { name: "Type", type: "string" },
    { name: "Reason", type: "string" },
    { name: "Object", type: "string" },
    { name: "Subobject", type: "string", priority: 1 },
    { name: "Source", type: "string", priority: 1 },
    { name: "Message", type: "string" },
    { name: "First Seen", type: "string", priority: 1 },
    { name: "Count", type: "string", priority: 1 },
    { name: "Name", type: "string", format: "name", priority: 1 },
  ],
});
