/** What a client may not set: status on creates, status on updates of the object, everything else on updates of the status. */
import type { Resource } from "#api/mod.ts";
import type { Call } from "./call.ts";
import type { FieldProblem } from "./errors.ts";
import type { Stored } from "./record.ts";
import { call as ask, fieldErrors, has } from "./strategy.ts";
import { countsGenerations } from "./traits.ts";

const hasStatus = (definition: Resource) => definition.subresources.some(({ name }) => name === "status");

export function prepareForCreate(definition: Resource, object: Stored, call: Call): void {
  if (countsGenerations(definition)) object.metadata.generation = 1;
  else delete object.metadata.generation;
  if (hasStatus(definition)) resetStatus(definition, object);
  if (has("prepareForCreate"))
    ask("prepareForCreate", definition, object, { user: call.user, warn: (text: string) => void call.warnings.push(text) });
}

function resetStatus(definition: Resource, object: Stored): void {
  if ("status" in object || definition.schema.fields.get("status")?.schema.type === "struct") object.status = {};
}

export function prepareForUpdate(definition: Resource, subresource: string, object: Stored, before: Stored, call: Call): void {
  if (subresource === "status") keepAllButStatus(object, before);
  else if (hasStatus(definition) && subresource === "") keep(object, before, "status");
  if (has("prepareForUpdate"))
    ask("prepareForUpdate", definition, subresource, object, before, {
      user: call.user,
      warn: (text: string) => void call.warnings.push(text),
    });
  if (subresource !== "status" && countsGenerations(definition) && specChanged(object, before))
    object.metadata.generation = (before.metadata.generation ?? 0) + 1;
}

function keepAllButStatus(object: Stored, before: Stored): void {
  for (const field of Object.keys(object)) if (field !== "status" && field !== "metadata" && !(field in before)) delete object[field];
  for (const field of Object.keys(before)) if (field !== "status" && field !== "metadata") object[field] = before[field];
  keep(object.metadata as unknown as Stored, before.metadata as unknown as Stored, "ownerReferences");
  keep(object.metadata as unknown as Stored, before.metadata as unknown as Stored, "finalizers");
}

function keep(object: Stored, before: Stored, field: string): void {
  if (before[field] === undefined) delete object[field];
  else object[field] = before[field];
}

/** Anything but metadata and status, as most of upstream's strategies compare. */
function specChanged(object: Stored, before: Stored): boolean {
  for (const field of new Set([...Object.keys(object), ...Object.keys(before)])) {
    if (field === "metadata" || field === "status" || field === "kind" || field === "apiVersion") continue;
    if (JSON.stringify(object[field]) !== JSON.stringify(before[field])) return true;
  }
  return false;
}

export function validateCreate(definition: Resource, object: Stored, call: Call, now: number): void {
  if (has("validateCreate"))
    fieldErrors(
      definition,
      object.metadata.name ?? "",
      ask<FieldProblem[]>("validateCreate", definition, object, {
        user: call.user,
        now,
        warn: (text: string) => void call.warnings.push(text),
      }),
    );
}

export function validateUpdate(definition: Resource, subresource: string, object: Stored, before: Stored, call: Call, now: number): void {
  if (has("validateUpdate"))
    fieldErrors(
      definition,
      object.metadata.name ?? "",
      ask<FieldProblem[]>("validateUpdate", definition, object, before, {
        user: call.user,
        now,
        subresource,
        warn: (text: string) => void call.warnings.push(text),
      }),
    );
}
