/** Which requests a policy or a binding is about. */
import type { Catalog, MatchResources } from "#api/mod.ts";
import { labelSelectorFrom } from "#codec/mod.ts";
import type { Attributes, Match, Storage } from "../../contract.ts";
import { namespaceMatches, objectMatches, servedAs } from "../concern.ts";
import type { Known } from "./variables.ts";

export interface MatchParts {
  storage: Storage;
  catalog: Catalog;
}

type Rule = NonNullable<MatchResources["resourceRules"]>[number];

/** Undefined: it is not about this request. Throws when that cannot be told. */
export function knownAs(constraints: MatchResources | undefined, attributes: Attributes, parts: MatchParts): Known | undefined {
  const { namespaceSelector = {}, objectSelector = {}, excludeResourceRules = [], resourceRules = [], matchPolicy } = constraints ?? {};
  const inNamespace = namespaceMatches(labelSelectorFrom(namespaceSelector), attributes, parts.storage);
  if (inNamespace === false || !objectMatches(labelSelectorFrom(objectSelector), attributes)) return undefined;
  const isEquivalent = matchPolicy !== "Exact";
  if (ruled(excludeResourceRules, isEquivalent, attributes, parts.catalog)) return undefined;
  const known = resourceRules.length === 0 ? asAsked(attributes) : ruled(resourceRules, isEquivalent, attributes, parts.catalog);
  if (known && inNamespace !== true) throw inNamespace;
  return known;
}

function ruled(rules: readonly Rule[], isEquivalent: boolean, attributes: Attributes, catalog: Catalog): Known | undefined {
  const { name, subresource, kind } = attributes;
  const served = servedAs(
    {
      rules: rules as unknown as (Match & Rule)[],
      isEquivalent,
      also: ({ resourceNames }) => !resourceNames?.length || resourceNames.includes(name),
    },
    attributes,
    catalog,
  );
  if (!served) return undefined;
  const own = catalog.of(attributes.definition);
  if (served === own) return asAsked(attributes);
  const { group, version, resource } = served;
  return {
    resource: { group, version, resource },
    kind: subresource ? kind : { group, version, kind: served.kind },
    form: subresource ? undefined : { own, served },
  };
}

const asAsked = ({ group, version, resource, kind }: Attributes): Known => ({
  resource: { group, version, resource },
  kind,
  form: undefined,
});
