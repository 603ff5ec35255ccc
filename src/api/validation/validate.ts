/** Judges objects before they are stored, kind by kind, in upstream's order and words. */
import type { KubeObject, Resource } from "../resource.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { pathSegmentName, validateFinalizerNames, validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";
import { type FieldError, Problems } from "./problems.ts";
import { type KindRules, rulesOf } from "./rules.ts";

export interface ValidationContext {
  /** RFC 3339; some rules compare with the present. */
  now?: string;
}

/** After `prepareForCreate`, with name and namespace set. Empty: the object is good. */
export function validateCreate(resource: Resource, object: KubeObject, _context: ValidationContext = {}): FieldError[] {
  const rules = rulesOf(resource);
  const problems = new Problems();
  if (!rules.ownMeta) validateObjectMeta(object.metadata, { namespaced: resource.namespaced, name: rules.name, ofKind: true }, problems);
  rules.create?.(object as AnyObject, problems);
  // The common rules come last, so that a kind's own words are heard first.
  if (problems.none) validateObjectMeta(object.metadata, { namespaced: resource.namespaced, name: pathSegmentName }, problems);
  return problems.list;
}

/** After `prepareForUpdate`. */
export function validateUpdate(resource: Resource, object: KubeObject, old: KubeObject, _context: ValidationContext = {}): FieldError[] {
  return update(resource, object, old, (rules) => rules.update);
}

/** After `prepareForSubresource`. */
export function validateStatusUpdate(
  resource: Resource,
  object: KubeObject,
  old: KubeObject,
  _context: ValidationContext = {},
  subresource = "status",
): FieldError[] {
  return update(
    resource,
    object,
    old,
    (rules) => (subresource === "status" ? rules.status : rules.subresources?.[subresource]) ?? undefined,
  );
}

function update(resource: Resource, object: KubeObject, old: KubeObject, pick: (rules: KindRules) => KindRules["update"]): FieldError[] {
  const rules = rulesOf(resource);
  const problems = new Problems();
  validateObjectMeta(object.metadata, { namespaced: resource.namespaced, name: pathSegmentName }, problems);
  validateObjectMetaUpdate(object.metadata, old.metadata, problems);
  if (!rules.ownMeta) {
    validateObjectMetaUpdate(object.metadata, old.metadata, problems);
    validateFinalizerNames(object.metadata.finalizers, "metadata.finalizers", problems);
  }
  pick(rules)?.(object as AnyObject, old as AnyObject, problems);
  return problems.list;
}
