/** Declarations of EventSource, EventSeries, Event. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, microTime, ref, string, struct, time } from "../schema.ts";
import { ObjectReference } from "./references.ts";

export const EventSource = struct("io.k8s.api.core.v1.EventSource", {
  component: string(1),
  host: string(2),
});
export interface EventSource extends Infer<typeof EventSource> {}

export const EventSeries = struct("io.k8s.api.core.v1.EventSeries", {
  count: int32(1),
  lastObservedTime: microTime(2),
});
export interface EventSeries extends Infer<typeof EventSeries> {}

export const Event = kind("io.k8s.api.core.v1.Event", {
  metadata: ref(ObjectMeta, 1, { always: true, required: true }),
  involvedObject: ref(ObjectReference, 2, { always: true, required: true }),
  reason: string(3),
  message: string(4),
  source: ref(EventSource, 5),
  firstTimestamp: time(6),
  lastTimestamp: time(7),
  count: int32(8),
  type: string(9),
  eventTime: microTime(10),
  series: ref(EventSeries, 11, { pointer: true }),
  action: string(12),
  related: ref(ObjectReference, 13, { pointer: true }),
  reportingComponent: string(14, { always: true }),
  reportingInstance: string(15, { always: true }),
});
export interface Event extends Infer<typeof Event> {}

export const EventList = kind("io.k8s.api.core.v1.EventList", {
  metadata: ref(ListMeta, 1),
  items: list(Event, 2, { always: true, required: true }),
});
export interface EventList extends Infer<typeof EventList> {}

export const events = resource<Event>(Event, {
  group: "",
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
