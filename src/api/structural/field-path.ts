/** Simple paths into an object, `.spec.colour` and `.metadata.labels['a.b']`, held to a schema. */

import type { SchemaJson } from "./structural.ts";
import { schemaOr } from "./structural-checks.ts";

export interface FieldPath {
  /** The path in one spelling. */
  path: string;
  /** The first step. */
  root: string;
  schema: SchemaJson;
}

/** A text: why the path leads nowhere. */
export function fieldPathOf(text: string, schema: SchemaJson, { brackets = true } = {}): FieldPath | string {
  const tokens = tokensOf(text);
  let at: SchemaJson | undefined = schema;
  let path = "";
  let root = "";
  const step = (name: string): string | undefined => {
    const named: boolean = Object.keys(at?.properties ?? {}).length > 0;
    const next = named ? schemaOr(at!.properties[name]) : schemaOr(at?.additionalProperties);
    if (!next) return "does not refer to a valid field";
    path += named ? `${path && "."}${name}` : `[${name}]`;
    root ||= name;
    at = next;
    return undefined;
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    let problem: string | undefined;
    if (token === ".") {
      const name = tokens[++i];
      problem = name === undefined ? "unexpected end of JSON path" : step(name);
    } else if (token === "[") {
      if (!brackets) return "array notation is not allowed";
      const quoted = tokens[++i];
      if (quoted === undefined) return "unexpected end of JSON path";
      if (!/^'.*'$/s.test(quoted) || quoted.length < 2) return `expected single quoted string but got ${quoted}`;
      problem = step(quoted.slice(1, -1).replace(/\\(.)/gs, "$1"));
      if (!problem) {
        const close = tokens[++i];
        if (close === undefined) return "unexpected end of JSON path";
        if (close !== "]") return `expected ] but got ${close}`;
      }
    } else return `expected [ or . but got: ${token}`;
    if (problem) return problem;
  }
  return { path, root, schema: at };
}

function tokensOf(text: string): string[] {
  return text.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+|'/gs) ?? [];
}
