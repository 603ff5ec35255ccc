/** What an admission policy wants of an object, put over it: as server-side apply merges, but nobody owns it, and nothing is replaced as a whole. */
import { decode } from "../decode.ts";
import type { Struct } from "../schema.ts";
import { mergeApplied, TypedError } from "./merge.ts";
import type { Shape } from "./shape.ts";
import { shapeOf } from "./shape-of.ts";

type JsonObject = Record<string, unknown>;

/** Throws TypedError for what the schema has not, and for lists and structs that would be replaced. */
export function mergeMutation(schema: Struct, live: JsonObject, wanted: JsonObject): JsonObject {
  const { unknown } = decode(schema, wanted);
  if (unknown.length > 0)
    throw new TypedError(`failed to convert patch object to typed object: .${fieldOf(unknown[0]!)}: field not declared in schema`);
  const shape = shapeOf(schema);
  const whole = atomics(shape, wanted, "");
  if (whole.length > 0)
    throw new TypedError(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${whole.join(", ")}`);
  return mergeApplied(shape, live, wanted);
}

const fieldOf = (complaint: string) => /"(.*)"/.exec(complaint)?.[1] ?? complaint;
const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

/** Paths of what has parts and is replaced at once. */
function atomics(shape: Shape, value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null) return [];
  switch (shape.kind) {
    case "leaf":
      return [path];
    case "keyed":
      return Array.isArray(value) ? value.flatMap((each, i) => atomics(shape.of, each, `${path}[${i}]`)) : [];
    case "map":
      return isObject(value) ? Object.entries(value).flatMap(([key, each]) => atomics(shape.of, each, `${path}.${key}`)) : [];
    case "struct":
      return isObject(value)
        ? Object.entries(value).flatMap(([key, each]) => atomics(shape.fields.get(key)?.shape ?? { kind: "leaf" }, each, `${path}.${key}`))
        : [];
    default:
      return [];
  }
}
