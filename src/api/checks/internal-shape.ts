/** Values as messages of upstream print them: its internal types as JSON, every field under its Go name, absent ones as null or zero. */
import type { Field, Schema, Struct } from "../schema.ts";

/** Where a Go name is more than the JSON name with a capital letter. */
const goNames: Readonly<Record<string, string>> = {
  seLinuxOptions: "SELinuxOptions",
  gmsaCredentialSpecName: "GMSACredentialSpecName",
  gmsaCredentialSpec: "GMSACredentialSpec",
};

/** Of a struct whose internal twin has the same fields in the same order. */
export function internalShape(schema: Struct, value: object | undefined): Record<string, unknown> {
  const members = (value ?? {}) as Record<string, unknown>;
  return Object.fromEntries([...schema.fields.values()].map((field) => [goNameOf(field.name), shapeOf(field, members[field.name])]));
}

/** Inside, how many of a rollout are no pointers: absent ones are 0. */
export function shownStrategy(schema: Struct, strategy: Record<string, unknown>): Record<string, unknown> {
  const { rollingUpdate } = strategy;
  return internalShape(
    schema,
    rollingUpdate ? { ...strategy, rollingUpdate: { maxUnavailable: 0, maxSurge: 0, ...rollingUpdate } } : strategy,
  );
}

const goNameOf = (name: string): string => goNames[name] ?? name[0]!.toUpperCase() + name.slice(1);

function shapeOf({ schema, pointer }: Field, value: unknown): unknown {
  if (value === undefined || value === null) return pointer ? null : zeroOf(schema);
  if (schema.type === "struct") return internalShape(schema, value as object);
  if (schema.type === "list" && schema.of.type === "struct")
    return (value as object[]).map((item) => internalShape(schema.of as Struct, item));
  return value;
}

function zeroOf(schema: Schema): unknown {
  if (schema.type === "struct") return internalShape(schema, undefined);
  if (schema.type !== "scalar") return null;
  switch (schema.kind) {
    case "bool":
      return false;
    case "int32":
    case "int64":
    case "double":
      return 0;
    case "string":
      return "";
    case "quantity":
      return "0";
    default:
      return null;
  }
}
