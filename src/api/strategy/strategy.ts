/** What a write may set: each kind's rules that run before validation. */
import type { KubeObject } from "../resource.ts";

/** What the rules need to know of a write. */
export interface WriteContext {
  /** RFC 3339 in whole seconds. */
  now: string;
  /** Who writes; CertificateSigningRequests keep it. */
  user?: { name: string; uid?: string; groups?: readonly string[]; extra?: Readonly<Record<string, readonly string[]>> };
}

// biome-ignore lint/suspicious/noExplicitAny: the rules read members of every kind; the schema has checked their types.
export type AnyObject = KubeObject & Record<string, any>;

/** Objects are changed in place: they are the request's own copy. `old` is never changed. */
export interface Strategy {
  /** PUT to a name that does not exist creates it. */
  allowCreateOnUpdate: boolean;
  /** PUT without resourceVersion overwrites whatever is there. */
  allowUnconditionalUpdate: boolean;
  prepareForCreate(object: AnyObject, context: WriteContext): void;
  prepareForUpdate(object: AnyObject, old: AnyObject, context: WriteContext): void;
  /** By subresource that takes the object itself: status, and where the kind has them approval, finalize, ephemeralcontainers, resize. */
  prepareForSubresource: Readonly<Record<string, (object: AnyObject, old: AnyObject, context: WriteContext) => void>>;
  /** Fields that a write by this subresource ("" for none) does not own, as paths. */
  resetFields: Readonly<Record<string, readonly (readonly string[])[]>>;
}

/** Labels, annotations, finalizers, owners stay as they were: only the status was meant. */
export function resetMetaForStatus(object: AnyObject, old: AnyObject): void {
  const meta = object.metadata as Record<string, unknown>;
  const before = old.metadata as Record<string, unknown>;
  for (const key of ["deletionTimestamp", "generation", "uid", "labels", "annotations", "finalizers", "ownerReferences"])
    restore(meta, before, key);
}

export function restore(object: Record<string, unknown>, old: Record<string, unknown>, key: string): void {
  if (old[key] === undefined) delete object[key];
  else object[key] = old[key];
}
