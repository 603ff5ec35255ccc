/** Resources that nobody consumes without a quota: what of a write no quota covers. */
import type { KubeObject, ResourceQuota } from "#api/mod.ts";
import { type Amounts, isWithin, type Measure } from "#client/mod.ts";

type Scope = NonNullable<NonNullable<NonNullable<ResourceQuota["spec"]>["scopeSelector"]>["matchExpressions"]>[number];

export interface LimitedResource {
  /** `pods`, `widgets.example.com`: what is written. */
  id: string;
  /** Parts of the names of what is consumed. */
  matchContains: readonly string[];
  /** Which objects. */
  matchScopes: readonly Scope[];
}

/** What is consumed and must be in the bounds of a quota. */
export function limitedNames(limited: readonly LimitedResource[], id: string, usage: Amounts): string[] {
  const parts = limited.flatMap((one) => (one.id === id ? one.matchContains : []));
  return [...usage].flatMap(([name, { nanos }]) => (nanos > 0n && parts.some((part) => name.includes(part)) ? [name] : []));
}

/** Scopes that the object is in and that no quota names, as Go prints them. */
export function uncoveredScopes(
  limited: readonly LimitedResource[],
  quotas: readonly ResourceQuota[],
  measure: Measure,
  object: KubeObject,
): string | undefined {
  const isIn = (scope: Scope) => isWithin({ spec: { scopeSelector: { matchExpressions: [scope] } } } as ResourceQuota, measure, object);
  const scopesOf = ({ spec }: ResourceQuota): Scope[] => [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" as const })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  const wanted = limited.flatMap(({ matchScopes }) => matchScopes).filter(isIn);
  const covered = new Set(
    quotas
      .flatMap(scopesOf)
      .filter(isIn)
      .map(({ scopeName }) => scopeName),
  );
  const open = wanted.filter(({ scopeName }) => !covered.has(scopeName));
  if (open.length === 0) return undefined;
  return `[${open.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(" ")}]}`).join(" ")}]`;
}
