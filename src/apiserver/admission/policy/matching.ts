/** Which requests a policy or a binding is about. */
import { type Catalog, type MatchResources, type Namespace, namespaces } from "#api/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import type { Attributes, Match, Storage } from "../../contract.ts";
import { internal, notFound } from "../../request/errors.ts";
import { matches } from "../match.ts";
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
  const concerns = (rule: Rule, asked: Attributes) =>
    matches(rule as unknown as Match, asked) && (!rule.resourceNames?.length || rule.resourceNames.includes(name));
  if (rules.some((rule) => concerns(rule, attributes))) return asAsked(attributes);
  const own = catalog.of(attributes.definition);
  if (!isEquivalent || own.storagePrefix === "") return undefined;
  const others = catalog.all().filter((each) => each.storagePrefix === own.storagePrefix && each !== own);
  for (const rule of rules)
    for (const served of others) {
      const { group, version, resource } = served;
      if (!concerns(rule, { ...attributes, group, version, resource })) continue;
      if (subresource && !served.subresources.some((each) => each.name === subresource))
        throw internal(`unable to convert to ${group}/${version}, Resource=${resource}: unknown kind`);
      return {
        resource: { group, version, resource },
        kind: subresource ? kind : { group, version, kind: served.kind },
        form: subresource ? undefined : { own, served },
      };
    }
  return undefined;
}

const asAsked = ({ group, version, resource, kind }: Attributes): Known => ({
  resource: { group, version, resource },
  kind,
  form: undefined,
});

type LabelSelector = ReturnType<typeof labelSelectorFrom>;

/** An error: the namespace is not there. */
function namespaceMatches(selector: LabelSelector, attributes: Attributes, storage: Storage): boolean | Error {
  const { group, resource, subresource, namespace, operation, object, name } = attributes;
  const isNamespace = group === "" && resource === "namespaces";
  if (selector.requirements.length === 0 || (namespace === "" && !isNamespace)) return true;
  if (isNamespace && subresource === "" && (operation === "CREATE" || operation === "UPDATE"))
    return matchesLabels(selector, object?.metadata.labels);
  const wanted = isNamespace ? name || namespace : namespace;
  const found = storage.get(namespaces, { name: wanted }) as Namespace | undefined;
  return found ? matchesLabels(selector, found.metadata.labels) : notFound({ group: "", resource: "namespaces" }, wanted);
}

/** Either version of the object will do. */
function objectMatches(selector: LabelSelector, { object, oldObject }: Attributes): boolean {
  if (selector.requirements.length === 0) return true;
  return [object, oldObject].some((each) => each?.metadata !== undefined && matchesLabels(selector, each.metadata.labels));
}
