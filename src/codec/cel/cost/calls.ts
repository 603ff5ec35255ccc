/** What one call may cost, by the sizes of what it is given: of the standard functions, cel-go's extensions and Kubernetes' libraries. */
import { operators } from "../ast.ts";
import { sameType, type Type } from "../types.ts";
import { listCost, regexFactor, structCost, traversal } from "./actual.ts";
import { add, fixed, type KnownSize, multiply, type Range, scale, unbounded, union, unknownSize, zero } from "./size.ts";

export interface CallEstimate {
  cost: Range;
  /** Size of what is returned. */
  result?: Range;
  /** True: the cost of the arguments is in it. */
  isWhole?: boolean;
}

/** An operand, as far as costs go. */
export interface Node {
  path: readonly string[] | undefined;
  type: Type;
  size: Range | undefined;
  literal: unknown;
  knownSize: KnownSize;
}

type Target = Node | undefined;
type Estimate = (target: Target, args: readonly Node[], overload: string) => CallEstimate | undefined;

const size = (node: Target): Range => node?.size ?? (node ? node.knownSize(node.path, node.type) : undefined) ?? unknownSize;
const free: CallEstimate = { cost: fixed(1) };
const walk = (range: Range, factor = traversal): CallEstimate => ({ cost: scale(range, factor) });

/** The cost without the arguments' own. */
export function callCost(name: string, overload: string, target: Target, args: readonly Node[]): CallEstimate {
  const extension = Object.hasOwn(extensions, overload) ? extensions[overload] : undefined;
  const library = Object.hasOwn(libraries, name) ? libraries[name] : undefined;
  const standard = Object.hasOwn(standards, overload) ? standards[overload] : undefined;
  return extension?.(target, args, overload) ?? library?.(target, args, overload) ?? standard?.(target, args, overload) ?? free;
}

/** Text against a pattern; one more than the text has, so that an empty text is not free. */
const matching = (text: Target, pattern: Target): CallEstimate => ({
  cost: multiply(scale(add(size(text), fixed(1)), traversal), scale(size(pattern), regexFactor)),
});

const comparison: Estimate = (_, [a, b]) => {
  const max = Math.min(size(a).max, size(b).max);
  return walk({ min: max > 0 ? 1 : 0, max });
};
const joined: Estimate = (_, [a, b]) => ({ ...walk(add(size(a), size(b))), result: add(size(a), size(b)) });

const standards: Record<string, Estimate> = {
  string_format: (target) => target && walk(size(target)),
  string_to_bytes: (_, [text]) => ({ ...walk(size(text)), result: { min: size(text).min, max: size(text).max * 4 } }),
  bytes_to_string: (_, [bytes]) => ({ ...walk(size(bytes)), result: { min: Math.floor(size(bytes).min / 4), max: size(bytes).max } }),
  strings_quote: (_, [text]) => ({ ...walk(size(text)), result: { min: size(text).min + 2, max: size(text).max * 2 + 2 } }),
  starts_with_string: (_, [part]) => walk(size(part)),
  ends_with_string: (_, [part]) => walk(size(part)),
  in_list: (_, [, list]) => ({ cost: size(list) }),
  matches_string: (target, [pattern]) => target && matching(target, pattern),
  contains_string: (target, [part]) => target && { cost: multiply(scale(size(target), traversal), scale(size(part), traversal)) },
  add_string: joined,
  add_bytes: joined,
  add_list: (_, [a, b]) => ({ cost: fixed(1), result: add(size(a), size(b)) }),
  equals: comparison,
  not_equals: comparison,
};
for (const relation of ["less", "less_equals", "greater", "greater_equals"])
  for (const kind of ["string", "bytes"]) standards[`${relation}_${kind}`] = comparison;

const allocated = (factor: number, elements: Range): CallEstimate => ({
  cost: add(add(scale(elements, factor), fixed(1)), fixed(listCost)),
  result: elements,
});
const squared = (range: Range) => multiply(range, range);
const intLiteral = (node: Node | undefined, otherwise: number) =>
  typeof node?.literal === "number" || typeof node?.literal === "bigint" ? Math.max(0, Number(node.literal)) : otherwise;
const setsCost =
  (factor: number): Estimate =>
  (_, [a, b]) => ({ cost: add(scale(multiply(size(a), size(b)), factor), fixed(1)) });
/** A slice that ends before it starts wraps around upstream. */
const sliced = (from: number, to: number) => (to < from ? unbounded : to - from);
const flatten: Estimate = (target, [depth]) => target && allocated(depth ? intLiteral(depth, unbounded) : 1, size(target));

const extensions: Record<string, Estimate> = {
  list_sets_contains_list: setsCost(1),
  list_sets_intersects_list: setsCost(1),
  list_sets_equivalent_list: setsCost(2),
  list_slice: (target, [from, to]) => target && allocated(1, fixed(sliced(intLiteral(from, 0), intLiteral(to, size(target).max)))),
  list_flatten: flatten,
  list_flatten_int: flatten,
  lists_range: (_, [count]) => allocated(1, fixed(intLiteral(count, unbounded))),
  list_reverse: (target) => target && allocated(1, size(target)),
  list_distinct: (target) => target && allocated(2, squared(size(target))),
};
for (const kind of ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]) {
  const factor = kind === "string" || kind === "bytes" ? 2 + traversal : 2;
  extensions[`list_${kind}_sort`] = (target) => target && allocated(factor, squared(size(target)));
  extensions[`list_${kind}_sortByAssociatedKeys`] = (target, [keys]) => target && allocated(factor, squared(size(keys)));
}

/** The elements of a list: of a declared one, what its schema says. */
function elements(list: Node): Node | undefined {
  const type = list.type.params[0];
  return type && { path: list.path && [...list.path, "@items"], type, size: undefined, literal: undefined, knownSize: list.knownSize };
}

const overList: Estimate = (target) => {
  if (!target) return undefined;
  const element = elements(target);
  if (!element) return walk(size(target));
  const isText = element.type.kind === "string" || element.type.kind === "bytes";
  return { cost: multiply(size(target), isText ? add(fixed(1), scale(size(element), traversal)) : fixed(1)) };
};

const ofArgument =
  (factor = traversal): Estimate =>
  (_, [text]) =>
    text && walk(size(text), factor);
const kept: Estimate = (target) => target && { ...walk(size(target)), result: size(target) };

/** Replaced as often as the shortest match allows, by the longest replacement; and the other way about. */
const replace: Estimate = (target, [from, to]) => {
  if (!target || !from || !to) return undefined;
  const [text, old, next] = [size(target), size(from), size(to)];
  const most = old.min === 0 ? text.max + 1 : next.max <= old.min ? 0 : Math.ceil(text.max / old.min);
  const keptMost = old.min === 0 || next.max <= old.min ? text.max : 0;
  const least = old.max === 0 ? text.min + 1 : old.max <= next.min ? 0 : Math.ceil(text.min / old.max);
  const keptLeast = old.max === 0 || old.max <= next.min ? text.min : 0;
  const result = add(multiply({ min: least, max: Math.min(most, unbounded) }, next), { min: keptLeast, max: keptMost });
  return { ...walk(text, 2 * traversal), result };
};

const split: Estimate = (target, [, limit]) =>
  target && {
    ...walk(size(target), 2 * traversal),
    result: { min: 0, max: limit ? intLiteral(limit, size(target).max) : size(target).max },
  };

const join: Estimate = (target, [separator]) => {
  if (!target) return undefined;
  const count = size(target);
  const element = elements(target);
  let length = element ? multiply(count, size(element)) : zero;
  const between = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) };
  if (separator) length = add(length, multiply(size(separator), between));
  return { ...walk(length), result: length };
};

const find: Estimate = (target, [pattern]) =>
  target && pattern && { ...matching(target, pattern), result: { min: 0, max: size(target).max } };

/** Addresses have 4 to 16 bytes; a text must be read first. */
const address: Range = { min: 4, max: 16 };
const contains =
  (own: Range, ofString: string): Estimate =>
  (_, [other], overload) => {
    const cost = add(scale(add(address, address), traversal), own);
    return { cost: overload === ofString ? add(cost, scale(size(other), traversal)) : cost };
  };

/** The longest pattern of a format's. */
const longestFormatPattern = 128;
const longestFormat = 64;

const opaqueEquality: Record<string, CallEstimate> = { "net.IP": free, "net.CIDR": free };
for (const name of ["Quantity", "Semver", "authorization.Authorizer", "authorization.PathCheck", "authorization.GroupCheck"])
  opaqueEquality[`kubernetes.${name}`] = free;
for (const name of ["authorization.ResourceCheck", "authorization.Decision"]) opaqueEquality[`kubernetes.${name}`] = free;
opaqueEquality["kubernetes.NamedFormat"] = walk({ min: 1, max: longestFormat });

const equality: Estimate = (_, [a, b]) => {
  if (!a || !b || !sameType(a.type, b.type)) return undefined;
  if (a.type.name === "kubernetes.URL") {
    const both = b.size ? union(b.size, b.size) : fixed(1);
    return walk({ min: 1, max: both.max });
  }
  return Object.hasOwn(opaqueEquality, a.type.name) ? opaqueEquality[a.type.name] : undefined;
};

const selector: Estimate = (_, [text]) => {
  if (!text) return undefined;
  const requirements = scale(scale(size(text), 0.5), listCost + structCost);
  return { cost: add(add(fixed(listCost), scale(size(text), traversal)), requirements) };
};

const libraries: Record<string, Estimate> = {
  check: () => ({ cost: fixed(350_000) }),
  fieldSelector: selector,
  labelSelector: selector,
  url: (_, [text]) => text && { ...walk(size(text)), result: size(text) },
  "jsonpatch.escapeKey": (_, [text]) => text && { ...walk(size(text)), result: size(text) },
  lowerAscii: kept,
  upperAscii: kept,
  substring: kept,
  trim: kept,
  replace,
  split,
  join,
  find,
  findAll: find,
  ip: (_, [text], overload) => (overload === "cidr_ip" || !text ? free : walk(size(text))),
  "ip.isCanonical": ofArgument(2 * traversal),
  containsIP: contains(zero, "cidr_contains_ip_string"),
  containsCIDR: contains(add(scale(address, traversal), fixed(1)), "cidr_contains_cidr_string"),
  validate: (_, [text]) => text && { cost: scale(scale(size(text), traversal), longestFormatPattern * regexFactor) },
  [operators.equals]: equality,
};
for (const name of ["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"]) libraries[name] = overList;
for (const name of ["cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"]) libraries[name] = ofArgument();
