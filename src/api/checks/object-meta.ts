/** The rules that metadata of every object follows. */
import {
  checkDns1035Label,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelKey,
  checkLabelValue,
  checkPathSegment,
} from "#codec/mod.ts";
import type { ObjectMeta, OwnerReference } from "../meta/object-meta.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { Problems } from "./problems.ts";

/** What a name may look like; of a prefix (generateName) the last dash counts as a letter. */
export type NameRule = (name: string, prefix: boolean) => string[];

const masked = (name: string, prefix: boolean) => (prefix && name.length > 1 && name.endsWith("-") ? `${name.slice(0, -2)}a` : name);

export const subdomainName: NameRule = (name, prefix) => checkDns1123Subdomain(masked(name, prefix));
/** Of kinds whose names upstream checks by declaration. */
export const declaredName: NameRule = (name, prefix) => checkDns1123Subdomain(masked(name, prefix), "bytes");
export const labelName: NameRule = (name, prefix) => checkDns1123Label(masked(name, prefix));
export const dns1035Name: NameRule = (name, prefix) => checkDns1035Label(masked(name, prefix));
export const pathSegmentName: NameRule = (name, prefix) =>
  prefix ? checkPathSegment(name).filter((text) => text.startsWith("may not contain")) : checkPathSegment(name);

const annotationsLimit = 256 * 1024;

interface MetaScope {
  namespaced: boolean;
  name: NameRule;
  path?: string;
  /** The rules of a kind, which know the standard finalizers; the common rules do not. */
  ofKind?: boolean;
}

export function validateObjectMeta(
  meta: ObjectMeta,
  { namespaced, name: rule, path = "metadata", ofKind }: MetaScope,
  problems: Problems,
): void {
  if (meta.generateName) problems.invalids(`${path}.generateName`, meta.generateName, rule(meta.generateName, true));
  if (!meta.name) problems.required(`${path}.name`, "name or generateName is required");
  else problems.invalids(`${path}.name`, meta.name, rule(meta.name, false));
  if (namespaced) {
    if (!meta.namespace) problems.required(`${path}.namespace`);
    else problems.invalids(`${path}.namespace`, meta.namespace, checkDns1123Label(meta.namespace));
  } else if (meta.namespace) problems.forbidden(`${path}.namespace`, "not allowed on this type");
  if ((meta.generation ?? 0) < 0) problems.invalid(`${path}.generation`, meta.generation, "must be greater than or equal to 0");
  validateLabels(meta.labels, `${path}.labels`, problems);
  validateAnnotations(meta.annotations, `${path}.annotations`, problems);
  validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`, problems);
  validateFinalizers(meta.finalizers, `${path}.finalizers`, problems);
  validateManagedFields(meta, `${path}.managedFields`, problems);
  if (ofKind) validateFinalizerNames(meta.finalizers, `${path}.finalizers`, problems);
}

export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, problems: Problems, path = "metadata"): void {
  // A deletion that has begun is not taken back; a writer who has not seen it yet is no liar for that.
  if (old.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  if (old.deletionTimestamp) {
    meta.deletionTimestamp = old.deletionTimestamp;
    const extra = (meta.finalizers ?? []).filter((finalizer) => !old.finalizers?.includes(finalizer));
    if (extra.length > 0) {
      const list = [...new Set(extra)].sort().map((finalizer) => JSON.stringify(finalizer));
      problems.forbidden(
        `${path}.finalizers`,
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list.join(", ")}}`,
      );
    }
  }
  if (!meta.resourceVersion) problems.invalid(`${path}.resourceVersion`, meta.resourceVersion ?? "", "must be specified for an update");
  if ((meta.generation ?? 0) < (old.generation ?? 0))
    problems.invalid(`${path}.generation`, meta.generation ?? 0, "must not be decremented");
  for (const key of ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"] as const)
    immutable(meta[key], old[key], `${path}.${key}`, problems, key === "name" || key === "namespace" || key === "uid" ? "" : null);
  validateLabels(meta.labels, `${path}.labels`, problems);
  validateAnnotations(meta.annotations, `${path}.annotations`, problems);
  validateOwnerReferences(meta.ownerReferences, `${path}.ownerReferences`, problems);
  validateManagedFields(meta, `${path}.managedFields`, problems);
}

export function immutable(value: unknown, old: unknown, field: string, problems: Problems, empty: unknown = null): void {
  if (!semanticEqual(value, old)) problems.invalid(field, value ?? empty, "field is immutable");
}

export function validateLabels(labels: Record<string, string> | undefined, field: string, problems: Problems): void {
  for (const key in labels) {
    problems.invalids(field, key, checkLabelKey(key));
    problems.invalids(field, labels[key], checkLabelValue(labels[key]!));
  }
}

export function validateAnnotations(annotations: Record<string, string> | undefined, field: string, problems: Problems): void {
  let size = 0;
  for (const key in annotations) {
    problems.invalids(field, key, checkLabelKey(key.toLowerCase()));
    size += Buffer.byteLength(key) + Buffer.byteLength(annotations[key]!);
  }
  if (size > annotationsLimit) problems.tooLong(field, annotationsLimit);
}

function validateOwnerReferences(owners: OwnerReference[] | undefined, field: string, problems: Problems): void {
  let controller = "";
  for (const owner of owners ?? []) {
    const version = (owner.apiVersion ?? "").split("/").at(-1);
    if (!version) problems.invalid(`${field}.apiVersion`, owner.apiVersion ?? "", "version must not be empty");
    if (!owner.kind) problems.invalid(`${field}.kind`, owner.kind ?? "", "must not be empty");
    if (!owner.name) problems.invalid(`${field}.name`, owner.name ?? "", "must not be empty");
    if (!owner.uid) problems.invalid(`${field}.uid`, owner.uid ?? "", "must not be empty");
    if (owner.apiVersion === "v1" && owner.kind === "Event")
      problems.invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner");
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller)
      problems.invalid(
        field,
        owners,
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
      );
    else controller = name;
  }
}

function validateFinalizers(finalizers: string[] | undefined, field: string, problems: Problems): void {
  for (const finalizer of finalizers ?? []) problems.invalids(field, finalizer, checkLabelKey(finalizer));
  if (finalizers?.includes("orphan") && finalizers.includes("foregroundDeletion"))
    problems.invalid(field, finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
}

export function validateFinalizerNames(finalizers: string[] | undefined, field: string, problems: Problems): void {
  for (const [i, finalizer] of (finalizers ?? []).entries())
    if (!finalizer.includes("/") && !["kubernetes", "foregroundDeletion", "orphan"].includes(finalizer))
      problems.invalid(`${field}[${i}]`, finalizer, "name is neither a standard finalizer name nor is it fully qualified");
}

function validateManagedFields(meta: ObjectMeta, field: string, problems: Problems): void {
  for (const [i, entry] of (meta.managedFields ?? []).entries()) {
    const at = `${field}[${i}]`;
    if (entry.operation !== "Apply" && entry.operation !== "Update")
      problems.invalid(`${at}.operation`, entry.operation ?? "", "must be `Apply` or `Update`");
    if (entry.fieldsType && entry.fieldsType !== "FieldsV1") problems.invalid(`${at}.fieldsType`, entry.fieldsType, "must be `FieldsV1`");
    validateFieldManager(entry.manager ?? "", `${at}.manager`, problems);
    if ((entry.subresource?.length ?? 0) > 256) problems.tooLong(`${at}.subresource`, 256);
  }
}

/** Also for `?fieldManager=`. */
export function validateFieldManager(manager: string, field: string, problems: Problems): void {
  if (manager.length > 128) problems.tooLong(field, 128);
  let at = 0;
  for (const char of manager) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) {
      const code = `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
      problems.invalid(field, manager, `invalid character ${code} (at position ${at})`);
    }
    at += Buffer.byteLength(char);
  }
}
