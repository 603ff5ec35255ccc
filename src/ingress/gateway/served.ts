/** Which kinds of the Gateway API there are: users install their definitions, and older releases have fewer. */
import type { Resource } from "#api/mod.ts";
import type { Client } from "#client/mod.ts";
import {
  type BackendTlsPolicy,
  backendTlsPolicies,
  gatewayClasses,
  gateways,
  group,
  httpRoutes,
  type ListenerSet,
  listenerSets,
  otherRoutes,
  type ReferenceGrant,
  type Route,
  referenceGrants,
  referenceGrantsBeta,
} from "./kinds.ts";

export interface Kinds {
  grants: Resource<ReferenceGrant>;
  routes: readonly Resource<Route>[];
  sets: Resource<ListenerSet> | undefined;
  policies: Resource<BackendTlsPolicy> | undefined;
}

/** All that is followed as far as it is served. */
export const optional = ({ sets, policies }: Kinds): Resource[] =>
  [sets, policies].filter((each) => each !== undefined) as unknown as Resource[];

/** The same text, the same kinds. */
export const nameOf = (kinds: Kinds): string =>
  [kinds.grants, ...kinds.routes, ...optional(kinds)].map((each) => `${each.resource}.${each.version}`).join();

/** Null: not all that is needed is served. Undefined: not known now. */
export async function servedKinds({ transport }: Client): Promise<Kinds | null | undefined> {
  const names = async (version: string) => {
    const { status, object } = await transport.request({ method: "GET", path: `/apis/${group}/${version}` });
    if (status === 404) return [];
    return status === 200 ? ((object as { resources?: { name: string }[] }).resources ?? []).map(({ name }) => name) : undefined;
  };
  const stable = await names("v1");
  if (!stable) return undefined;
  const has = ({ resource }: { resource: string }) => stable.includes(resource);
  if (![gatewayClasses, gateways, httpRoutes].every(has)) return null;
  const routes = [httpRoutes, ...otherRoutes].filter(has) as Resource<Route>[];
  const others = {
    routes,
    sets: has(listenerSets) ? listenerSets : undefined,
    policies: has(backendTlsPolicies) ? backendTlsPolicies : undefined,
  };
  if (has(referenceGrants)) return { grants: referenceGrants, ...others };
  const beta = await names("v1beta1");
  if (!beta) return undefined;
  return beta.includes(referenceGrantsBeta.resource) ? { grants: referenceGrantsBeta, ...others } : null;
}
