/** Whether a webhook or a policy is about a request: by its selectors, and by its rules under any name of the same objects. */
import { type Catalog, type Namespace, namespaces, type Served } from "#api/mod.ts";
import { matchesLabels, type Selector } from "#codec/mod.ts";
import type { Attributes, Match, Storage } from "../contract.ts";
import { internal, notFound } from "../request/errors.ts";
import { type Asked, matches } from "./match.ts";

/** An error: the namespace is not there. */
export function namespaceMatches(selector: Selector, attributes: Attributes, storage: Storage): boolean | Error {
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
export function objectMatches(selector: Selector, { object, oldObject }: Attributes): boolean {
  if (selector.requirements.length === 0) return true;
  return [object, oldObject].some((each) => each?.metadata !== undefined && matchesLabels(selector, each.metadata.labels));
}

export interface Rules<R extends Match> {
  rules: readonly R[];
  /** They are about the same objects under other names too. */
  isEquivalent: boolean;
  /** More than the match that a rule asks for. */
  also?(rule: R): boolean;
}

/** As it was asked for, or as another name of the same objects, when the rules are about that one. */
export function servedAs<R extends Match>(
  { rules, isEquivalent, also }: Rules<R>,
  attributes: Attributes,
  catalog: Catalog,
): Served | undefined {
  const { subresource, operation, namespace } = attributes;
  const asked = catalog.of(attributes.definition);
  const concerns = (rule: R, request: Asked) => matches(rule, request) && (!also || also(rule));
  if (rules.some((rule) => concerns(rule, attributes))) return asked;
  if (!isEquivalent || asked.storagePrefix === "") return undefined;
  const others = catalog.all().filter((each) => each.storagePrefix === asked.storagePrefix && each !== asked);
  for (const rule of rules)
    for (const other of others) {
      const { group, version, resource } = other;
      if (!concerns(rule, { subresource, operation, namespace, group, version, resource })) continue;
      if (subresource && !other.subresources.some(({ name }) => name === subresource))
        throw internal(`unable to convert to ${group}/${version}, Resource=${resource}: unknown kind`);
      return other;
    }
  return undefined;
}
