/** Who owns which fields: recorded on every write that a client makes, by the rules of the API room. */
import { type Served, trackUpdate } from "#api/mod.ts";
import type { Stored } from "../read/record.ts";

export interface Tracking {
  manager: string;
  subresource: string;
  /** "Update" where it is not said. */
  operation?: "Apply";
  /** RFC 3339, whole seconds. */
  time: string;
}

/** Sets the managedFields of an object that is about to be stored. `live`: what is stored now. */
export function tracked(
  definition: Served,
  next: Stored,
  live: Stored | undefined,
  { manager, subresource, operation, time }: Tracking,
): Stored {
  const managedFields = trackUpdate({
    schema: definition.schema,
    apiVersion: definition.apiVersion,
    live,
    next,
    manager,
    operation,
    subresource: subresource || undefined,
    time,
    resetFields: definition.writes.resetFields[subresource],
  });
  if (managedFields) next.metadata.managedFields = managedFields;
  else delete next.metadata.managedFields;
  return next;
}
