/** The objects that a binding gives to its policy as parameters. */
import type { Catalog, KubeObject, MutatingAdmissionPolicyBinding, ParamKind, Served, ValidatingAdmissionPolicyBinding } from "#api/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import type { Storage } from "../../contract.ts";

type ParamRef = NonNullable<NonNullable<(ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding)["spec"]>["paramRef"]>;

/** Nothing can be evaluated: the message says why. */
export class Misconfigured extends Error {}

/** Throws Misconfigured for a kind that nobody serves. */
export function paramResource({ apiVersion = "", kind = "" }: ParamKind, catalog: Catalog): Served {
  const found = catalog.kind(apiVersion, kind);
  if (!found) throw new Misconfigured(`failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`);
  return found;
}

/** `[null]` when there is nothing to look for. Throws Misconfigured. */
export function collectParams(
  resource: Served | undefined,
  ref: ParamRef | undefined,
  namespace: string,
  storage: Storage,
): (KubeObject | null)[] {
  if (!resource || !ref) return [null];
  if (ref.namespace && !resource.namespaced)
    throw new Misconfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
  const within = resource.namespaced ? ref.namespace || namespace : undefined;
  if (within === "") throw new Misconfigured("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources");
  const found = ref.name ? named(resource, ref.name, within, storage) : selected(resource, ref, within, storage);
  if (found.length === 0 && ref.parameterNotFoundAction === "Deny")
    throw new Misconfigured("no params found for policy binding with `Deny` parameterNotFoundAction");
  return found;
}

function named(resource: Served, name: string, namespace: string | undefined, storage: Storage): KubeObject[] {
  const found = storage.get(resource, { ...(namespace !== undefined && { namespace }), name });
  return found ? [found] : [];
}

function selected(resource: Served, { selector = {} }: ParamRef, namespace: string | undefined, storage: Storage): KubeObject[] {
  const wanted = labelSelectorFrom(selector);
  return storage.list(resource, namespace).filter(({ metadata }) => matchesLabels(wanted, metadata.labels));
}
