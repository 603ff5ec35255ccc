/** Declarations of EventsV1EventSeries, EventsV1Event. */

import { EventSource } from "../core/event.ts";
import { ObjectReference } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, microTime, ref, string, struct, time } from "../schema.ts";

export const EventsV1EventSeries = struct("io.k8s.api.events.v1.EventSeries", "How an event repeats.", {
  count: int32(1, { always: true, required: true, doc: "How often until the last heartbeat." }),
  lastObservedTime: microTime(2, { always: true, required: true, doc: "When it was seen last." }),
});
export interface EventsV1EventSeries extends Infer<typeof EventsV1EventSeries> {}

export const EventsV1Event = kind(
  "io.k8s.api.events.v1.Event",
  "Something that happened to an object. Kept for an hour; never rely on one being there.",
  {
    metadata: ref(ObjectMeta, 1, { always: true, doc: "Name, namespace, labels and everything else that every object has." }),
    eventTime: microTime(2, { always: true, required: true, doc: "When it was first noticed." }),
    series: ref(EventsV1EventSeries, 3, { pointer: true, doc: "That it repeats." }),
    reportingController: string(4, { doc: "The controller that reported it, such as kubernetes.io/kubelet." }),
    reportingInstance: string(5, { doc: "Which instance of it." }),
    action: string(6, { doc: "What was done or failed, in one word." }),
    reason: string(7, { doc: "Why, in one word in CamelCase." }),
    regarding: ref(ObjectReference, 8, { doc: "What it happened to." }),
    related: ref(ObjectReference, 9, { pointer: true, doc: "A second object that has to do with it." }),
    note: string(10, { doc: "The same in a sentence, at most 1 kB." }),
    type: string(11, { doc: "Normal or Warning." }),
    deprecatedSource: ref(EventSource, 12, { doc: "Who noticed it, in the older form." }),
    deprecatedFirstTimestamp: time(13, { doc: "When it happened first, in the older form." }),
    deprecatedLastTimestamp: time(14, { doc: "When it happened last, in the older form." }),
    deprecatedCount: int32(15, { doc: "How often it happened, in the older form." }),
  },
);
export interface EventsV1Event extends Infer<typeof EventsV1Event> {}

export const EventsV1EventList = kind("io.k8s.api.events.v1.EventList", "A list of Event objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(EventsV1Event, 2, { always: true, required: true, doc: "The objects." }),
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
