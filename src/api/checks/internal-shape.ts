/** Values as messages of upstream print them: its internal types as JSON, every field under its Go name, absent ones as null or zero. */
import { lineDifference } from "#codec/mod.ts";
import { wasGivenEmpty } from "../empties.ts";
import type { Field, Schema, Struct } from "../schema.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { goNames, hostMembers, twins } from "./internal-names.ts";
import type { Problems } from "./problems.ts";

type Members = Record<string, unknown>;

/** `only`: these members. */
export function internalShape(schema: Struct, value: object | undefined, only?: readonly string[]): Record<string, unknown> {
  const members = (value ?? {}) as Members;
  // Types of metadata have no internal twin.
  if (schema.name.includes(".apimachinery.")) return members;
  const short = schema.name.slice(schema.name.lastIndexOf(".") + 1);
  const { order = [...schema.fields.keys()], names = {} } = twins[short] ?? {};
  const listed = only ? order.filter((name) => only.includes(name)) : order;
  const shown = listed.flatMap((name): [string, unknown][] => {
    const field = schema.fields.get(name)!;
    // The metadata of a template stands in the template itself.
    if (name === "metadata") return Object.entries(members[name] ?? {}).filter(([, value]) => !isEmptyMap(value));
    return [[names[name] ?? goNameOf(name), shapeOf(field, members)]];
  });
  if (short === "PodSpec") for (const entry of shown) if (entry[0] === "SecurityContext") entry[1] = securityContext(schema, members);
  return Object.fromEntries(shown);
}

function securityContext(podSpec: Struct, spec: Members): Members {
  const host = hostMembers.map((name): [string, unknown] => [goNameOf(name), shapeOf(podSpec.fields.get(name)!, spec)]);
  const context = podSpec.fields.get("securityContext")!.schema as Struct;
  return { ...Object.fromEntries(host), ...internalShape(context, (spec.securityContext ?? {}) as object) };
}

/** What has changed, as a unified difference of both shapes. */
export function internalDifference(schema: Struct, before: object, after: object, only?: readonly string[]): string {
  const text = (value: object) => JSON.stringify(internalShape(schema, value, only), null, 1);
  return lineDifference(text(before), text(after));
}

/** A member that does not change, shown as it is inside. */
export function immutableShape(schema: Schema, value: unknown, old: unknown, field: string, problems: Problems): void {
  if (!semanticEqual(value, old)) problems.invalid(field, value === undefined ? null : shownAs(schema, value), "field is immutable");
}

/** Inside, how many of a rollout are no pointers: absent ones are 0. */
export function shownStrategy(schema: Struct, strategy: Record<string, unknown>): Record<string, unknown> {
  const { rollingUpdate } = strategy;
  return internalShape(
    schema,
    rollingUpdate ? { ...strategy, rollingUpdate: { maxUnavailable: 0, maxSurge: 0, ...rollingUpdate } } : strategy,
  );
}

/** Types of metadata write no empty ones. */
const isEmptyMap = (value: unknown): boolean => typeof value === "object" && value !== null && Object.keys(value).length === 0;

const goNameOf = (name: string): string => goNames[name] ?? name[0]!.toUpperCase() + name.slice(1);

function shapeOf({ name, schema, pointer }: Field, holder: Members): unknown {
  const value = holder[name];
  if (value !== undefined && value !== null) return shownAs(schema, value);
  if (wasGivenEmpty(holder, name)) return schema.type === "list" ? [] : {};
  return pointer ? null : zeroOf(schema);
}

export function shownAs(schema: Schema, value: unknown): unknown {
  switch (schema.type) {
    case "struct":
      return internalShape(schema, value as object);
    case "list":
      return (value as unknown[]).map((item) => shownAs(schema.of, item));
    case "map": {
      const entries = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1));
      return Object.fromEntries(entries.map(([key, item]) => [key, shownAs(schema.of, item)]));
    }
    default:
      return value;
  }
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
    case "intOrString":
      return 0;
    case "string":
      return "";
    case "quantity":
      return "0";
    default:
      return null;
  }
}
