/** Judges objects before they are stored, kind by kind, in upstream's order and words. */
import type { Served } from "../catalog.ts";
import type { KubeObject } from "../resource.ts";
import { checkDeclared } from "./declared.ts";
import { pathSegmentName, subdomainName, validateFinalizerNames, validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";
import { type FieldError, Problems } from "./problems.ts";

/** After `prepareForCreate`, with name and namespace set. Empty: the object is good. */
export function validateCreate({ rules, namespaced, schema }: Served, object: KubeObject): FieldError[] {
  const problems = new Problems();
  if (!rules.commonMeta)
    validateObjectMeta(object.metadata, { namespaced, name: rules.names ?? subdomainName, ofKind: !rules.anyFinalizer }, problems);
  if (rules.check) rules.check.create?.(object, problems);
  else checkDeclared(schema, object, "", problems);
  // The common rules come last, so that a kind's own words are heard first.
  if (problems.none) validateObjectMeta(object.metadata, { namespaced, name: pathSegmentName }, problems);
  return problems.list;
}

/** After `prepareForUpdate`, or `prepareForSubresource` of the subresource named. */
export function validateUpdate({ rules, namespaced, schema }: Served, object: KubeObject, old: KubeObject, subresource = ""): FieldError[] {
  const problems = new Problems();
  validateObjectMeta(object.metadata, { namespaced, name: pathSegmentName }, problems);
  validateObjectMetaUpdate(object.metadata, old.metadata, problems);
  if (rules.ownMeta === "asNew" && subresource === "")
    validateObjectMeta(object.metadata, { namespaced, name: rules.names ?? subdomainName, ofKind: true }, problems);
  else if (!rules.commonMeta && !(rules.ownMeta && subresource === "")) {
    validateObjectMetaUpdate(object.metadata, old.metadata, problems);
    if (!rules.anyFinalizer) validateFinalizerNames(object.metadata.finalizers, "metadata.finalizers", problems);
  }
  const check = subresource === "" ? rules.check?.update : rules.check?.sub?.[subresource];
  check?.(object, old, problems);
  if (!rules.check && subresource === "") checkDeclared(schema, object, "", problems);
  return problems.list;
}
