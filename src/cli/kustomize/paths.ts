/** Paths of fields with dots: `spec.containers.[name=app].image`, `a.[b.c/d].e`, `list.0`, `list.*`. */
import { readYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import { splitPath } from "./field-specs.ts";
import { compile } from "./selectors.ts";

/** Parts; brackets with `=` choose elements, others hold a key that has dots. */
export function splitFieldPath(path: string): string[] {
  const parts = splitPath(path, ".");
  const result: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    let part = parts[index]!;
    if (part.startsWith("[") && !part.endsWith("]")) {
      while (index < parts.length - 1) {
        part += `.${parts[++index]}`;
        if (part.endsWith("]")) break;
      }
      if (!part.includes("=")) part = part.replace(/^[[\]]+|[[\]]+$/g, "");
    }
    result.push(part);
  }
  return result;
}

const isChoice = (part: string) => part.startsWith("[") && part.endsWith("]");
const isIndex = (part: string) => /^\d+$/.test(part);

function choiceOf(part: string): { key: string; value: string } {
  const inner = part.slice(1, -1);
  const at = inner.indexOf("=");
  if (at < 0) throw new CliError(`list path element must contain fieldName=fieldValue for element to match; got: ${part}`);
  return { key: inner.slice(0, at), value: inner.slice(at + 1) };
}

/** The value at a path, exactly as its parts say; undefined where there is none. */
export function lookup(node: unknown, path: readonly string[]): unknown {
  let at = node;
  for (const part of path) {
    if (at === null || at === undefined) return undefined;
    if (Array.isArray(at)) {
      if (part === "-") at = at.at(-1);
      else if (isIndex(part)) at = at[Number(part)];
      else if (isChoice(part)) {
        const { key, value } = choiceOf(part);
        at = at.find((item: unknown) => String(key === "" ? item : (item as Record<string, unknown> | null)?.[key]) === value);
      } else throw new CliError(`wrong node kind: expected MappingNode but got SequenceNode: node contents:\n${JSON.stringify(at)}`);
    } else if (typeof at === "object") at = (at as Record<string, unknown>)[part];
    else return undefined;
  }
  return at;
}

/** A field that can be set. */
export interface Place {
  /** It was not there before. */
  made: boolean;
  get(): unknown;
  set(value: unknown): void;
}

interface At {
  get(): unknown;
  set(value: unknown): void;
}

/** Every place that fits; with `create` missing ones are made, for a value like it. */
export function find(root: Record<string, unknown>, path: readonly string[], create: unknown): Place[] {
  return search({ get: () => root, set: () => {} }, path, { create, made: false });
}

function search(at: At, path: readonly string[], how: { create: unknown; made: boolean }): Place[] {
  const node = at.get();
  const [part, ...rest] = path;
  if (part === undefined) return [{ made: how.made, ...at }];
  if (isIndex(part)) return inIndex(at, Number(part), rest, how);
  if (isChoice(part)) return inChosen(at, part, rest, how);
  if (part === "*") return elementsOf(node).flatMap((_, index) => search(element(node as unknown[], index), rest, how));
  if (typeof node === "string") return inStructure(at, node, path, how.create);
  if (typeof node !== "object" || node === null || Array.isArray(node)) {
    if (node === null || node === undefined) return [];
    throw new CliError(`wrong node kind: expected MappingNode but got ${Array.isArray(node) ? "SequenceNode" : "ScalarNode"}`);
  }
  const map = node as Record<string, unknown>;
  const missing = !Object.hasOwn(map, part);
  if (missing && how.create === undefined) return [];
  if (missing) map[part] = emptyFor(rest[0], how.create);
  const place: At = {
    get: () => map[part],
    set: (value) => {
      map[part] = value;
    },
  };
  return search(place, rest, { ...how, made: how.made || missing });
}

/** What a missing field is made of, by the part that follows. */
function emptyFor(next: string | undefined, value: unknown): unknown {
  if (next === undefined) return Array.isArray(value) ? [] : typeof value === "object" ? {} : "";
  return isIndex(next) || isChoice(next) || next === "*" || next === "-" ? [] : {};
}

function elementsOf(node: unknown): unknown[] {
  if (Array.isArray(node)) return node;
  throw new CliError(`wrong node kind: expected SequenceNode but got ${typeof node === "object" ? "MappingNode" : "ScalarNode"}`);
}

const element = (list: unknown[], index: number): At => ({
  get: () => list[index],
  set: (value) => {
    list[index] = value;
  },
});

function inIndex(at: At, index: number, rest: readonly string[], how: { create: unknown; made: boolean }): Place[] {
  const list = elementsOf(at.get());
  const made = list.length === index && how.create !== undefined;
  if (made) list.push(emptyFor(rest[0], how.create));
  if (index >= list.length) throw new CliError(`index ${index} specified but only ${list.length} elements found`);
  return search(element(list, index), rest, { ...how, made: how.made || made });
}

function inChosen(at: At, part: string, rest: readonly string[], how: { create: unknown; made: boolean }): Place[] {
  const list = elementsOf(at.get());
  const { key, value } = choiceOf(part);
  const pattern = compile(value);
  const fits = (item: unknown) => {
    const seen = key === "" ? item : (item as Record<string, unknown> | null)?.[key];
    return seen !== undefined && pattern.matcher(String(seen)).find();
  };
  const chosen = () => list.flatMap((item, index) => (fits(item) ? (key === "" ? [element(list, index)] : [element(list, index)]) : []));
  const places = chosen().flatMap((each) => (key === "" ? [{ made: how.made, ...each }] : search(each, rest, how)));
  if (places.length > 0 || how.create === undefined) return places;
  list.push(key === "" ? value : { [key]: value });
  return search(element(list, list.length - 1), key === "" ? [] : rest, { ...how, made: true });
}

/** A text that is JSON itself: what is changed in it is written back as it was laid out. */
function inStructure(at: At, text: string, path: readonly string[], create: unknown): Place[] {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) throw new CliError("a field within a text is only found when the text is JSON");
  const { value: root } = readYaml(text);
  const indented = text.includes("\n") && text.includes("  ");
  const holder = { root };
  return search({ get: () => holder.root, set: (value) => Object.assign(holder, { root: value }) }, path, { create, made: false }).map(
    (place) => ({
      ...place,
      set: (value: unknown) => {
        place.set(value);
        at.set(JSON.stringify(sortedKeys(holder.root), undefined, indented ? 2 : undefined));
      },
    }),
  );
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sortedKeys(item)]),
  );
}
