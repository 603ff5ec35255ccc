/** Places in resources, as kustomize writes them: `spec/template/metadata/labels` of a kind, made when asked to. */
import { CliError } from "../failure.ts";
import { type Gvk, idText, selectedBy } from "./ids.ts";
import type { Resource } from "./resources.ts";

export interface FieldSpec extends Gvk {
  path: string;
  create?: boolean;
}

/** Splits at `/`, or at another mark, unless a backslash stands before it. */
export function splitPath(path: string, mark = "/"): string[] {
  const parts = path.split(mark);
  if (parts.length > 1 && parts[0] === "") parts.shift();
  const result = [parts[0]!];
  for (const part of parts.slice(1)) {
    const last = result.at(-1)!;
    if (last.endsWith("\\")) result[result.length - 1] = last.slice(0, -1) + mark + part;
    else result.push(part);
  }
  return result;
}

/** Sees a value in its place; what it returns takes the place, undefined leaves it. */
export type Change = (value: unknown) => unknown;

export interface VisitOptions {
  /** What a missing place is made of; without it nothing is made. */
  leaf?: () => unknown;
}

/** Visits the places of `spec` in a resource of its kind; lists on the way are gone through. */
export function visit(resource: Resource, spec: FieldSpec, change: Change, options: VisitOptions = {}): void {
  if (!selectedBy(resource.gvk, spec)) return;
  try {
    walk(resource.object, splitPath(spec.path), { change, leaf: spec.create ? options.leaf : undefined }, () => {});
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(`considering field '${spec.path}' of object ${idText(resource.id)}: ${error.message}`);
  }
}

interface How {
  change: Change;
  leaf: (() => unknown) | undefined;
}

function walk(node: unknown, path: string[], how: How, put: (value: unknown) => void): void {
  if (path.length === 0) {
    const changed = how.change(node);
    if (changed !== undefined) put(changed);
    return;
  }
  if (node === null || node === undefined) return;
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries())
      walk(item, path, how, (value) => {
        node[index] = value;
      });
    return;
  }
  if (typeof node !== "object") throw new CliError("expected sequence or mapping node");
  const map = node as Record<string, unknown>;
  const sequence = path[0]!.endsWith("[]");
  const name = sequence ? path[0]!.slice(0, -2) : path[0]!;
  if (name === "") throw new CliError("cannot set or create an empty field name");
  const made = () => (path.length === 1 ? how.leaf!() : {});
  if (!Object.hasOwn(map, name)) {
    if (!how.leaf || sequence) return;
    map[name] = made();
  } else if (map[name] === null) {
    if (sequence) map[name] = [];
    else if (how.leaf) map[name] = made();
  }
  walk(map[name], path.slice(1), how, (value) => {
    map[name] = value;
  });
}

/** Adds specs whose place is not there yet; two that make and do not make the same place are an error. */
export function mergeSpecs(into: readonly FieldSpec[], more: readonly FieldSpec[]): FieldSpec[] {
  const result = [...into];
  for (const spec of more) {
    const found = result.find((each) => selectedBy(each, spec) && each.path === spec.path);
    if (!found) result.push(spec);
    else if (Boolean(found.create) !== Boolean(spec.create)) throw new CliError("conflicting fieldspecs");
  }
  return result;
}
