/** Who owns which fields: recorded on every write that a client makes, by the rules of the API room. */
import type { Resource } from "#api/mod.ts";
import type { Stored } from "./record.ts";
import { call, has } from "./strategy.ts";

export interface Tracking {
  manager: string;
  subresource: string;
  now: number;
}

export function trackedCreate(definition: Resource, object: Stored, tracking: Tracking): Stored {
  return has("trackManagedFields") ? call("trackManagedFields", definition, object, undefined, tracking) : object;
}

export function trackedUpdate(definition: Resource, object: Stored, old: Stored, tracking: Tracking): Stored {
  return has("trackManagedFields") ? call("trackManagedFields", definition, object, old, tracking) : object;
}
