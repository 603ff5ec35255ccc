/** Declarations of EventSource, EventSeries, Event. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, microTime, ref, string, struct, time } from "../schema.ts";
import { ObjectReference } from "./references.ts";

export const EventSource = struct("io.k8s.api.core.v1.EventSource", "Who noticed an event.", {
  component: string(1, { doc: "The component." }),
  host: string(2, { doc: "The node that it runs on." }),
});
export interface EventSource extends Infer<typeof EventSource> {}

export const EventSeries = struct("io.k8s.api.core.v1.EventSeries", "How an event repeats.", {
  count: int32(1, { doc: "How often until the last heartbeat." }),
  lastObservedTime: microTime(2, { doc: "When it was seen last." }),
});
export interface EventSeries extends Infer<typeof EventSeries> {}

export const Event = kind(
  "io.k8s.api.core.v1.Event",
  "Something that happened to an object. Kept for an hour; never rely on one being there.",
  {
    metadata: ref(ObjectMeta, 1, {
      always: true,
      required: true,
      doc: "Name, namespace, labels and everything else that every object has.",
    }),
    involvedObject: ref(ObjectReference, 2, { always: true, required: true, doc: "What it happened to." }),
    reason: string(3, { doc: "What happened, in one word in CamelCase." }),
    message: string(4, { doc: "The same in a sentence." }),
    source: ref(EventSource, 5, { doc: "Which component noticed it." }),
    firstTimestamp: time(6, { doc: "When it happened first." }),
    lastTimestamp: time(7, { doc: "When it happened last." }),
    count: int32(8, { doc: "How often it has happened." }),
    type: string(9, { doc: "Normal or Warning." }),
    eventTime: microTime(10, { doc: "When it was noticed, to the microsecond; in events of the newer kind." }),
    series: ref(EventSeries, 11, { pointer: true, doc: "That it repeats, for events of the newer kind." }),
    action: string(12, { doc: "What was done or failed." }),
    related: ref(ObjectReference, 13, { pointer: true, doc: "A second object that has to do with it." }),
    reportingComponent: string(14, { always: true, doc: "The controller that reported it, such as kubernetes.io/kubelet." }),
    reportingInstance: string(15, { always: true, doc: "Which instance of it, such as a node's name." }),
  },
);
export interface Event extends Infer<typeof Event> {}

export const EventList = kind("io.k8s.api.core.v1.EventList", "A list of Event objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Event, 2, { always: true, required: true, doc: "The objects." }),
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
