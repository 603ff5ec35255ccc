/** What a client may not set, and what may not be stored: the kinds' own rules, called at the right moments of a write. */
import {
  validateCreate as checkCreate,
  validateUpdate as checkUpdate,
  dropEmpties,
  type FieldError,
  type Served,
  statusOfInvalid,
} from "#api/mod.ts";
import type { Stored } from "../read/record.ts";
import type { Call } from "../request/call.ts";
import { ApiError } from "../request/errors.ts";

/** Writes of the server itself change any part of an object. */
export const wholeObject = "*";

export function prepareForCreate(definition: Served, object: Stored, call: Call, now: string): void {
  delete object.metadata.generation;
  definition.writes.prepareForCreate(object, { now, user: call.user });
}

export function prepareForUpdate(definition: Served, subresource: string, object: Stored, before: Stored, call: Call, now: string): void {
  const { writes } = definition;
  const context = { now, user: call.user };
  if (subresource === wholeObject || subresource === "binding") return;
  // A scale changes the object itself; only parts that the kind names have rules of their own.
  const own = writes.prepareForSubresource[subresource];
  if (own) own(object, before, context);
  else writes.prepareForUpdate(object, before, context);
}

/** `found`: what is known to be wrong before. */
export function validateCreate(definition: Served, object: Stored, found: readonly FieldError[] = []): void {
  refuse(definition, object, [...found, ...checkCreate(definition, object)]);
  dropEmpties(definition.schema, object);
}

export function validateUpdate(
  definition: Served,
  subresource: string,
  object: Stored,
  before: Stored,
  found: readonly FieldError[] = [],
): void {
  if (subresource === wholeObject || subresource === "binding") return;
  const own = subresource !== "" && subresource in definition.writes.prepareForSubresource;
  refuse(definition, object, [...found, ...checkUpdate(definition, object, before, own ? subresource : "")]);
  dropEmpties(definition.schema, object);
}

function refuse(definition: Served, object: Stored, problems: FieldError[]): void {
  if (problems.length)
    throw new ApiError(
      statusOfInvalid(definition.kind, (definition.rules.storedAs?.resource ?? definition).group, object.metadata.name ?? "", problems),
    );
}
