/** What the rules about a pod and its containers are given besides the pod. */
import type { Event, Node } from "#api/mod.ts";
import type { Unseen } from "./finding.ts";

/** What stands around the pod. */
export interface AroundPod {
  nowMs: number;
  events: readonly Event[];
  /** The node that it is bound to; undefined when it is bound to none. */
  node?: Node | Unseen;
  /** What its spec names and is not there: `configmap/settings`. */
  missing: readonly string[];
}
