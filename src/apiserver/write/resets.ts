/** What a client may not set, and what may not be stored: the kinds' own rules, called at the right moments of a write. */
import {
  type AnyObject,
  validateCreate as checkCreate,
  validateUpdate as checkUpdate,
  type FieldError,
  type Resource,
  statusOfInvalid,
  strategyOf,
  validateStatusUpdate,
} from "#api/mod.ts";
import type { Stored } from "../read/record.ts";
import type { Call } from "../request/call.ts";
import { ApiError } from "../request/errors.ts";

/** Writes of the server itself change any part of an object. */
export const wholeObject = "*";

export function prepareForCreate(definition: Resource, object: Stored, call: Call, now: string): void {
  delete object.metadata.generation;
  strategyOf(definition).prepareForCreate(object as AnyObject, { now, user: call.user });
}

export function prepareForUpdate(definition: Resource, subresource: string, object: Stored, before: Stored, call: Call, now: string): void {
  const strategy = strategyOf(definition);
  const context = { now, user: call.user };
  if (subresource === wholeObject || subresource === "binding") return;
  // A scale changes the object itself; only parts that the kind names have rules of their own.
  const own = strategy.prepareForSubresource[subresource];
  if (own) own(object as AnyObject, before as AnyObject, context);
  else strategy.prepareForUpdate(object as AnyObject, before as AnyObject, context);
}

export function validateCreate(definition: Resource, object: Stored, now: string): void {
  refuse(definition, object, checkCreate(definition, object, { now }));
}

export function validateUpdate(definition: Resource, subresource: string, object: Stored, before: Stored, now: string): void {
  if (subresource === wholeObject || subresource === "binding") return;
  const own = subresource !== "" && subresource in strategyOf(definition).prepareForSubresource;
  refuse(
    definition,
    object,
    own ? validateStatusUpdate(definition, object, before, { now }, subresource) : checkUpdate(definition, object, before, { now }),
  );
}

function refuse(definition: Resource, object: Stored, problems: FieldError[]): void {
  if (problems.length) throw new ApiError(statusOfInvalid(definition.kind, definition.group, object.metadata.name ?? "", problems));
}
