/**
 * Sets of field paths, as managedFields writes them: `f:` names a member, `k:` a list element by its keys, `v:` a set element
 * by its value. Sets are never changed once they left the function that made them.
 */
import { setKey } from "#codec/mod.ts";

export interface FieldSet {
  /** Elements that are in the set themselves. */
  members?: Set<string>;
  /** Elements with paths below them. */
  children?: Map<string, FieldSet>;
}

export const emptySet: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet | undefined): boolean {
  return !set || (!set.members?.size && !set.children?.size);
}

export function addMember(set: FieldSet, element: string): void {
  (set.members ??= new Set()).add(element);
}

/** Empty sets are not kept. */
export function addChild(set: FieldSet, element: string, child: FieldSet): void {
  if (!isEmptySet(child)) (set.children ??= new Map()).set(element, child);
}

export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  const set: FieldSet = {};
  for (const path of paths) {
    let at = set;
    for (const [i, name] of path.entries()) {
      const element = `f:${name}`;
      if (i === path.length - 1) addMember(at, element);
      else {
        const next: FieldSet = at.children?.get(element) ?? {};
        (at.children ??= new Map()).set(element, next);
        at = next;
      }
    }
  }
  return set;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b;
  if (isEmptySet(b)) return a;
  const out: FieldSet = {};
  if (a.members || b.members) out.members = new Set([...(a.members ?? []), ...(b.members ?? [])]);
  if (a.children || b.children) {
    out.children = new Map(a.children);
    for (const [element, child] of b.children ?? []) {
      const other = out.children.get(element);
      out.children.set(element, other ? union(other, child) : child);
    }
  }
  return out;
}

/** What is in the first and not, path by path, in the second. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  const out: FieldSet = {};
  for (const element of a.members ?? []) if (!b.members?.has(element)) addMember(out, element);
  for (const [element, child] of a.children ?? []) {
    const other = b.children?.get(element);
    addChild(out, element, other ? difference(child, other) : child);
  }
  return out;
}

/** As `difference`, where a member of the second takes everything below it along. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  const out: FieldSet = {};
  for (const element of a.members ?? []) if (!b.members?.has(element)) addMember(out, element);
  for (const [element, child] of a.children ?? []) {
    if (b.members?.has(element)) continue;
    const other = b.children?.get(element);
    addChild(out, element, other ? recursiveDifference(child, other) : child);
  }
  return out;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: FieldSet = {};
  for (const element of a.members ?? []) if (b.members?.has(element)) addMember(out, element);
  for (const [element, child] of a.children ?? []) {
    const other = b.children?.get(element);
    if (other) addChild(out, element, intersection(child, other));
  }
  return out;
}

/** `.spec.containers[name="x"].image` of every path in the set, in order. */
export function pathsOf(set: FieldSet, prefix = ""): string[] {
  const out: string[] = [];
  for (const element of sortedElements(set)) {
    const path = prefix + printed(element);
    if (set.members?.has(element)) out.push(path);
    const child = set.children?.get(element);
    if (child) out.push(...pathsOf(child, path));
  }
  return out;
}

function printed(element: string): string {
  const text = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${text}`;
    case "k":
      return `[${Object.entries(JSON.parse(text) as Record<string, unknown>)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(",")}]`;
    case "v":
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}

type FieldsV1 = Record<string, unknown>;

const decoded = new WeakMap<object, FieldSet>();
/** Sets share what a write leaves alone, so most of a set was written out before: by whether its own element is a member. */
const encoded = [new WeakMap<FieldSet, FieldsV1>(), new WeakMap<FieldSet, FieldsV1>()] as const;

/** Of `fieldsV1`. Throws on elements that no server writes. */
export function decodeFieldSet(fields: FieldsV1): FieldSet {
  let set = decoded.get(fields);
  if (set) return set;
  set = {};
  // Clients may send any order and `{".": {}}` for `{}`: such a set is written out anew.
  let isOurs = true;
  let last = "";
  for (const element of Object.keys(fields)) {
    if (element === ".") continue;
    if (!/^[fkvi]:/.test(element)) throw new Error(`invalid path element ${JSON.stringify(element)}`);
    const child = fields[element];
    if (child === null || typeof child !== "object" || Array.isArray(child))
      throw new Error(`value of path element ${JSON.stringify(element)} must be an object`);
    const keys = Object.keys(child);
    const isMember = keys.length === 0 || Object.hasOwn(child, ".");
    if (isMember) addMember(set, element);
    if (keys.length > 0) {
      const below = decodeFieldSet(child as FieldsV1);
      addChild(set, element, below);
      isOurs &&= encoded[isMember ? 1 : 0].get(below) === child && !isEmptySet(below);
    }
    isOurs &&= last === "" || compareElements(last, element) < 0;
    last = element;
  }
  decoded.set(fields, set);
  if (isOurs) encoded[Object.hasOwn(fields, ".") ? 1 : 0].set(set, fields);
  return set;
}

export function encodeFieldSet(set: FieldSet): FieldsV1 {
  return encode(set, false);
}

function encode(set: FieldSet, isMember: boolean): FieldsV1 {
  const known = encoded[isMember ? 1 : 0].get(set);
  if (known) return known;
  const out = written(set, isMember);
  encoded[isMember ? 1 : 0].set(set, out);
  decoded.set(out, set);
  return out;
}

function written(set: FieldSet, isMember: boolean): FieldsV1 {
  const out: FieldsV1 = {};
  if (isMember) out["."] = {};
  for (const element of sortedElements(set)) {
    const child = set.children?.get(element);
    setKey(out, element, child ? encode(child, set.members?.has(element) ?? false) : {});
  }
  return out;
}

/** Fields, then elements by key, by value, by index; each in order. */
function sortedElements(set: FieldSet): string[] {
  const all = [...(set.members ?? [])];
  for (const element of set.children?.keys() ?? []) if (!set.members?.has(element)) all.push(element);
  return all.length < 2 ? all : all.sort(compareElements);
}

const kinds = "fkvi";

export function compareElements(a: string, b: string): number {
  if (a[0] !== b[0]) return kinds.indexOf(a[0]!) - kinds.indexOf(b[0]!);
  if (a[0] === "f") return a < b ? -1 : 1;
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object") {
    const left = Object.entries(a);
    const right = Object.entries(b);
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const [key, value] = left[i]!;
      const [otherKey, other] = right[i]!;
      if (key !== otherKey) return key < otherKey ? -1 : 1;
      const order = compareValues(value, other);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
