/**
 * Upstream checks metadata twice at an update: by the common rules, and by the kind's own. Where in a kind's check they stand, and
 * whether it is also checked as a new object would be, differs: kinds with `ownMeta` say it themselves, by these.
 */
import type { AnyObject } from "../rules.ts";
import { type NameRule, subdomainName, validateFinalizerNames, validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";
import type { Problems } from "./problems.ts";

/** As of a new object. */
export function metaAsNew(
  { metadata }: AnyObject,
  problems: Problems,
  { namespaced = false, name = subdomainName as NameRule } = {},
): void {
  validateObjectMeta(metadata, { namespaced, name, ofKind: true }, problems);
}

export function metaOfUpdate({ metadata }: AnyObject, old: AnyObject, problems: Problems): void {
  validateObjectMetaUpdate(metadata, old.metadata, problems);
  validateFinalizerNames(metadata.finalizers, "metadata.finalizers", problems);
}
