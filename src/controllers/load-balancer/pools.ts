/** Where external addresses come from: the cluster's own range, and the pools of a ConfigMap that the user keeps. */
import type { ConfigMap } from "#api/mod.ts";
import { type Address, type Family, formatAddress, messageOf, parseAddress, parseRange, rangeOf } from "#base/mod.ts";
import { readYaml } from "#codec/mod.ts";

/** `kube-system/load-balancer-pools`; each key of its data is a pool, and the value is YAML. */
export const poolsKey = "kube-system/load-balancer-pools";
/** The pool of the cluster's own ranges, unless the ConfigMap has one of this name. */
const ownPool = "default";

/** From the first address to the last, both among them. */
export interface Span {
  family: Family;
  first: bigint;
  last: bigint;
}

export interface Pool {
  name: string;
  spans: readonly Span[];
  /** Also for Services that do not name the pool, or an address of it. */
  autoAssign: boolean;
  /** Addresses of IPv4 that end with 0 or 255 are left out. */
  avoidBuggyIPs: boolean;
  /** The lower, the earlier; 0: after all others. */
  priority: number;
  /** Absent: of every namespace. */
  namespaces?: readonly string[];
}

export interface Pools {
  /** In the order that they are tried in. */
  all: readonly Pool[];
  /** What the ConfigMap says that cannot be; a pool with a problem is not there. */
  problems: readonly string[];
}

/** Throws for ranges that are none: they are the cluster's own. */
export function poolsOf(ranges: readonly string[], map: Pick<ConfigMap, "data"> | undefined): Pools {
  const data = map?.data ?? {};
  const all: Pool[] = [];
  const problems: string[] = [];
  if (ranges.length > 0 && !(ownPool in data)) all.push({ ...plain, name: ownPool, spans: ranges.map(withoutEdges) });
  for (const name of Object.keys(data).toSorted()) {
    try {
      const pool = { ...readPool(data[name]!), name };
      const other = all.find((each) => each.spans.some((span) => pool.spans.some((own) => overlap(span, own))));
      if (other) throw new Error(`shares addresses with pool ${other.name}`);
      all.push(pool);
    } catch (error) {
      problems.push(`pool ${name}: ${messageOf(error)}`);
    }
  }
  const last = Number.MAX_SAFE_INTEGER;
  return { all: all.toSorted((a, b) => (a.priority || last) - (b.priority || last)), problems };
}

const plain = { autoAssign: true, avoidBuggyIPs: false, priority: 0 } as const;

/** Network and broadcast addresses are nobody's. */
function withoutEdges(text: string): Span {
  const { family, first, size } = rangeOf(text);
  return { family, first: first + 1n, last: first + size - 2n };
}

function readPool(text: string): Omit<Pool, "name"> {
  const { value, duplicates } = readYaml(text);
  if (duplicates[0]) throw new Error(duplicates[0]);
  const { addresses, autoAssign = true, avoidBuggyIPs = false, serviceAllocation = {}, ...rest } = mapping(value, "a pool");
  const { priority = 0, namespaces, ...others } = mapping(serviceAllocation, "serviceAllocation");
  const unknown = [...Object.keys(rest), ...Object.keys(others).map((key) => `serviceAllocation.${key}`)];
  if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: there is no such field`);
  const spans = words(addresses, "addresses").map(spanOf);
  if (spans.length === 0) throw new Error("addresses: at least one range is needed");
  if (typeof autoAssign !== "boolean") throw new Error("autoAssign is true or false");
  if (typeof avoidBuggyIPs !== "boolean") throw new Error("avoidBuggyIPs is true or false");
  if (typeof priority !== "number" || !Number.isInteger(priority) || priority < 0)
    throw new Error("serviceAllocation.priority is a whole number");
  const named = namespaces === undefined ? [] : words(namespaces, "serviceAllocation.namespaces");
  return { spans, autoAssign, avoidBuggyIPs, priority, ...(named.length > 0 ? { namespaces: named } : {}) };
}

function mapping(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${what} is a mapping, such as addresses: [10.1.0.0/24]`);
  return value as Record<string, unknown>;
}

function words(value: unknown, what: string): string[] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string")) throw new Error(`${what} is a list of texts`);
  return value;
}

/** `10.1.0.0/24`, or `10.1.0.5-10.1.0.9`. */
function spanOf(text: string): Span {
  const range = parseRange(text.trim());
  if (range) return { family: range.family, first: range.first, last: range.first + range.size - 1n };
  const [from, to, ...more] = text.split("-").map((part) => parseAddress(part.trim()));
  if (!from || !to || more.length > 0 || from.family !== to.family || from.value > to.value)
    throw new Error(`${JSON.stringify(text)} is no range of addresses, such as 10.1.0.0/24 or 10.1.0.5-10.1.0.9`);
  return { family: from.family, first: from.value, last: to.value };
}

const overlap = (a: Span, b: Span): boolean => a.family === b.family && a.first <= b.last && b.first <= a.last;

export const hasAddress = (pool: Pool, { family, value }: Address): boolean =>
  pool.spans.some((span) => span.family === family && span.first <= value && value <= span.last) && !isBuggy(pool, family, value);

const isBuggy = ({ avoidBuggyIPs }: Pool, family: Family, value: bigint): boolean =>
  avoidBuggyIPs && family === "IPv4" && (value % 256n === 0n || value % 256n === 255n);

/** Of a range of IPv6 the beginning is enough. */
const mostAddresses = 2n ** 16n;

/** The addresses of one family, from the lowest of each range. */
export function* addressesIn(pool: Pool, family: Family): Generator<string> {
  for (const span of pool.spans) {
    if (span.family !== family) continue;
    const last = span.last - span.first < mostAddresses ? span.last : span.first + mostAddresses;
    for (let value = span.first; value <= last; value++) if (!isBuggy(pool, family, value)) yield formatAddress({ family, value });
  }
}

/** `default (10.88.0.1-10.88.0.254)`. */
export const textOfPool = ({ name, spans }: Pool): string =>
  `${name} (${spans.map(({ family, first, last }) => `${formatAddress({ family, value: first })}-${formatAddress({ family, value: last })}`).join(", ")})`;
