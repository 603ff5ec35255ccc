/** The whole that a quota bounds, counted: what is used of each name by the objects of its namespace within its scopes. */
import type { KubeObject, ResourceQuota, ScopedResourceSelectorRequirement } from "#api/mod.ts";
import { compareQuantity, formatQuantity, parseQuantity } from "#codec/mod.ts";
import { type Measure, measuresFor } from "./measures.ts";
import { type Amounts, addAmounts } from "./pod-totals.ts";

/** All scopes of a quota, which must all hold, in one form. */
export function scopesOf({ spec }: ResourceQuota): ScopedResourceSelectorRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }) as ScopedResourceSelectorRequirement);
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

export function isWithin(quota: ResourceQuota, measure: Measure, object: KubeObject): boolean {
  return scopesOf(quota).every((scope) => measure.fits(scope, object));
}

/** `objectsOf`: the objects of a kind in the quota's namespace; undefined when there is no such kind, or nothing is known of it. */
export function countUsage(
  quota: ResourceQuota,
  bounds: readonly string[],
  objectsOf: (id: string) => Iterable<KubeObject> | undefined,
  nowMs: number,
): Amounts {
  const used: Amounts = new Map();
  for (const measure of measuresFor(bounds)) {
    const objects = objectsOf(measure.id);
    if (!objects) continue;
    const total: Amounts = new Map();
    for (const object of objects) if (isWithin(quota, measure, object)) addAmounts(total, measure.usage(object, nowMs));
    for (const name of bounds.filter((each) => measure.measures(each))) addAmounts(used, new Map([[name, total.get(name) ?? zero]]));
  }
  return used;
}

const zero = parseQuantity("0");

export function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a.size !== b.size) return false;
  for (const [name, quantity] of a) {
    const other = b.get(name);
    if (!other || compareQuantity(quantity, other) !== 0) return false;
  }
  return true;
}

export const masked = (all: Amounts, names: { has(name: string): boolean }): Amounts =>
  new Map([...all].filter(([name]) => names.has(name)));

export const written = (all: Amounts): Record<string, string> =>
  Object.fromEntries([...all].map(([name, quantity]) => [name, formatQuantity(quantity)]));
