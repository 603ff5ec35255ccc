/** Which fields of a resource a field selector may name: its kind says, beside name and namespace. */
import type { Served } from "#api/mod.ts";
import type { FieldRequirement } from "#codec/mod.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import { badRequest } from "../request/errors.ts";
import { viewOf } from "./conversions.ts";

/** One test of all requirements; undefined when there are none. `name` is set when the selector pins metadata.name. */
export interface FieldTest {
  matches(record: ObjectRecord): boolean;
  name?: string;
}

export function fieldTest(definition: Served, requirements: readonly FieldRequirement[]): FieldTest | undefined {
  if (requirements.length === 0) return undefined;
  const own = definition.rules.selectable ?? (definition.schema.structural ? {} : undefined);
  let name: string | undefined;
  const tests = requirements.map(({ field: key, equal, value }) => {
    const read: ((object: Stored) => string) | undefined =
      key === "metadata.name"
        ? (object) => object.metadata.name ?? ""
        : // What is in no namespace and says nothing of its fields is in the namespace "".
          key === "metadata.namespace" && (definition.namespaced || !own)
          ? (object) => object.metadata.namespace ?? ""
          : own && Object.hasOwn(own, key)
            ? own[key]
            : undefined;
    if (!read)
      throw badRequest(
        definition.rules.unselectable?.(key) ??
          (own
            ? `field label not supported: ${key}`
            : `${JSON.stringify(key)} is not a known field selector: only "metadata.name", "metadata.namespace"`),
      );
    if (key === "metadata.name" && equal) name = value;
    return (object: Stored) => (read(object) === value) === equal;
  });
  return {
    name,
    matches(record) {
      const { object } = viewOf(definition, record);
      return tests.every((test) => test(object));
    },
  };
}
