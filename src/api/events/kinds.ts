/** What is served of events.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { eventsV1 } from "./event.ts";
import { eventV1Rules } from "./event-rules.ts";

export const eventsKinds: readonly Served[] = [served(eventsV1, eventV1Rules)];
