/** Flags and small steps that every command that writes shares. */

import { goJson } from "#codec/go-json.ts";
import type { Session } from "../connect/session.ts";
import { CliError, StatusError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { bool, type Flag, type Flags, text } from "./flags.ts";

export const dryRunFlag: Flag = text(
  "dry-run",
  'Must be "none", "server", or "client". With client, only print what would be sent; with server, send it without persisting it.',
  "none",
  { bare: "unchanged" },
);

export function fieldManagerFlag(name: string): Flag {
  return text("field-manager", "Name of the manager used to track field ownership.", name);
}

export const validateFlag: Flag = text(
  "validate",
  "Must be one of: strict (or true), warn, ignore (or false). What happens with unknown or duplicate fields.",
  "strict",
  { bare: "strict" },
);

export const saveConfigFlag = bool("save-config", "If true, keep the configuration in the object's annotation, for a later apply.");

export const selectorFlag = text("selector|l", "Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.");

/** Empty for commands that have none. */
export const selectorOf = (flags: Flags): string => (flags.has("selector") ? flags.text("selector") : "");

export function fieldValidation(session: Session): string {
  const value = session.flags.text("validate");
  if (value === "strict" || value === "true") return "Strict";
  if (value === "warn") return "Warn";
  if (value === "ignore" || value === "false") return "Ignore";
  throw new CliError(`invalid - validate option ${JSON.stringify(value)}; must be one of: strict (or true), warn, ignore (or false)`);
}

export const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** The object as it is kept in the annotation: without the annotation itself. */
export function lastAppliedText(object: KObject): string {
  const annotations = { ...object.metadata.annotations };
  delete annotations[lastApplied];
  return `${goJson({ ...object, metadata: { ...object.metadata, annotations } })}\n`;
}

export function withLastApplied(object: KObject): KObject {
  const annotations = { ...object.metadata.annotations, [lastApplied]: lastAppliedText(object) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** The same for an object that was made here: by its type, and without annotations that it has not. */
export async function withGeneratedLastApplied(object: KObject): Promise<KObject> {
  const { inDeclaredOrder } = await import("../print/declared-order.ts");
  const text = `${goJson(inDeclaredOrder(object), "", { keepOrder: true })}\n`;
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [lastApplied]: text } } };
}

/** Says in which step and file an error arose. */
export function withSource(error: unknown, verb: string, source: string): unknown {
  if (error instanceof StatusError)
    return new StatusError({ ...error.status, message: `error when ${verb} ${JSON.stringify(source)}: ${error.message}` });
  if (error instanceof CliError) return new CliError(`error when ${verb} ${JSON.stringify(source)}: ${error.message}`);
  return error;
}

export function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]]))) as T;
}
