/**
 * Fills in the defaults that declarations themselves name. Each struct is compiled once into a walk over those members alone below
 * which a default stands, so that a kind without any costs nothing.
 */
import { copyJson } from "./copy-json.ts";
import type { Field, Schema, Struct } from "./schema.ts";

type Fill = (object: Record<string, unknown>) => void;

/** Absent members get their declared defaults, at any depth below what is there. */
export function fillDeclared(schema: Struct, object: object): void {
  fillOf(schema)?.(object as Record<string, unknown>);
}

const fills = new WeakMap<Struct, Fill | undefined>();

function fillOf(schema: Struct): Fill | undefined {
  if (fills.has(schema)) return fills.get(schema);
  // A struct that holds itself (schemas of custom kinds) has no defaults of its own: its circle ends here.
  fills.set(schema, undefined);
  const steps = [...schema.fields.values()].flatMap((field) => stepOf(field) ?? []);
  const fill: Fill | undefined = steps.length === 0 ? undefined : (object) => steps.forEach((step) => step(object));
  fills.set(schema, fill);
  return fill;
}

function stepOf({ name, schema, default: value }: Field): Fill | undefined {
  if (value !== undefined)
    return (object) => {
      object[name] ??= copyJson(value);
    };
  const inner = innerOf(schema);
  if (!inner) return undefined;
  return (object) => {
    const member = object[name];
    if (typeof member === "object" && member !== null) inner(member as Record<string, unknown>);
  };
}

function innerOf(schema: Schema): Fill | undefined {
  if (schema.type === "struct") return fillOf(schema);
  if (schema.type === "scalar") return undefined;
  const one = innerOf(schema.of);
  if (!one) return undefined;
  return (members) => {
    for (const member of Object.values(members)) if (typeof member === "object" && member !== null) one(member as Record<string, unknown>);
  };
}
