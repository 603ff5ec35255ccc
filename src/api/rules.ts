/**
 * The behaviour of a kind: what the server must know beyond the fields. A kind's rules stand in `<kind>-rules.ts` beside its
 * fields; every member is optional, and a kind without rules is stored as it is sent, its status apart from its spec.
 */

import type { NameRule } from "./checks/object-meta.ts";
import type { Problems } from "./checks/problems.ts";
import { copyJson } from "./copy-json.ts";
import type { PodTemplateSpec } from "./core/pod-spec.ts";
import type { KubeObject, Resource } from "./resource.ts";

/** An object of any kind, or a part of one. */
// biome-ignore lint/suspicious/noExplicitAny: rules read members of every kind; the schema has checked their types.
export type AnyObject = Record<string, any>;

/** When a write happens, and who writes: all that rules may know of the world. */
export interface WriteMoment {
  /** RFC 3339 in whole seconds. */
  now: string;
  /** CertificateSigningRequests keep it. */
  user?: { name: string; uid?: string; groups?: readonly string[]; extra?: Readonly<Record<string, readonly string[]>> };
}

/** Field paths, as lists of names: `[["spec"], ["metadata", "labels"]]`. */
export type Paths = readonly (readonly string[])[];

/**
 * What a write may set. The objects are the request's own and are changed in place; `old` is never changed. The general rule
 * (status apart from spec, generation) has been applied before `create` and `update` run, the count of generation comes after.
 */
export interface Prepare<T> {
  create?(next: T, moment: WriteMoment): void;
  update?(next: T, old: T, moment: WriteMoment): void;
  /** By subresource that takes the object itself. `status` runs after the general rule; any other stands alone. */
  sub?: Readonly<Record<string, (next: T, old: T, moment: WriteMoment) => void>>;
}

/**
 * What is refused, in upstream's order and words. What one field alone decides (required, enum, bounds) is the declaration's:
 * here stands what two fields, or two versions of an object, decide together.
 */
export interface Check<T> {
  create?(next: T, problems: Problems): void;
  update?(next: T, old: T, problems: Problems): void;
  /** By subresource: `status`, `approval`, `resize`. */
  sub?: Readonly<Record<string, (next: T, old: T, problems: Problems) => void>>;
}

/** Of kinds that hold an update to what they hold a creation to. */
export function always<T>(check: (next: T, problems: Problems) => void): Check<T> {
  return { create: check, update: (next, _old, problems) => check(next, problems) };
}

export interface Deletion<T> {
  /** Seconds until a deleted object goes: more than 0 marks it and waits. Absent: at once. */
  graceSeconds?(object: T, asked: number | undefined): number;
  /** The answer to a delete that is done: the object, or (default) a Status. */
  answers?: "object" | "status";
  /** Dependents are orphaned unless the delete says otherwise; a text warns those who did not say. */
  orphans?: boolean | { warning: string };
  /** The garbage collector never holds objects of the kind back. */
  uncollected?: boolean;
  /** Objects go by themselves this long after their last write. */
  ttlSeconds?: number;
  /** Beside `metadata.finalizers`, what still holds the object: it is marked, and goes when nothing holds it. */
  heldBy?(object: T): boolean;
  /** What else the mark changes. */
  marks?(object: T): void;
}

/** What is stored is not always what is served: another version of the kind, or a custom object of before its schema changed. */
export interface StoredAs {
  /** The resource whose form is stored. */
  resource: Resource;
  toStored(object: AnyObject): AnyObject;
  toServed(object: AnyObject): AnyObject;
  /** True for a stored object that is served as it is. */
  isServed?(object: AnyObject): boolean;
  /** Has objects of other versions converted by somebody else: before `toServed` and `toStored`, which then find them in their version. */
  convert?(objects: AnyObject[], apiVersion: string): Promise<AnyObject[]>;
}

/** Where the numbers of a scale stand, when it is not `spec.replicas` and `status.replicas`. */
export interface ScaleRules {
  /** `missing`: why there is no wanted number. */
  read(object: AnyObject): { replicas?: number; missing?: string; current: number; selector?: string };
  write(object: AnyObject, replicas: number): void;
}

// biome-ignore lint/suspicious/noExplicitAny: the default stands for the rules of any kind.
export interface Rules<T extends KubeObject = any> {
  /** What a name may be; the default is a DNS subdomain. */
  names?: NameRule;
  /** Upstream checks metadata of this kind by the common rules only. */
  commonMeta?: boolean;
  /**
   * The check of updates says itself where metadata is checked by the rules of the kind (`checks/meta-of-kind.ts`); "asNew": it is checked
   * as of a new object, and what may not change is not looked at twice.
   */
  ownMeta?: true | "asNew";
  /** A finalizer may be any qualified name, also one without a domain. */
  anyFinalizer?: boolean;
  /** PUT to a name that does not exist creates it. */
  createOnUpdate?: boolean;
  /** PUT needs a resourceVersion. */
  conditional?: boolean;
  /**
   * metadata.generation starts at 1 and grows with a change of these members (default: spec; "all": everything but the metadata);
   * false: the kind has none.
   */
  counts?: readonly string[] | "all" | false;
  /** What is dropped because its feature is off counts too: upstream looks before it drops. */
  countsDisabled?: true;
  /** The status of a new object; absent: it has none, whatever was sent. "sent": what was sent. */
  status?: ((object: T) => unknown) | "sent";
  /** What of metadata a write of the status leaves alone; "all": everything that a client may set. */
  statusKeeps?: readonly string[] | "all";
  /** Fields that a write by this subresource ("" for none) does not own, where it is not the general rule. */
  resets?: Readonly<Record<string, Paths>>;
  /** Fills in what a client may leave out and the declaration's `default` cannot say. Only absent fields. */
  defaults?(object: T): void;
  prepare?: Prepare<T>;
  check?: Check<T>;
  /** What every request for the kind is answered with, one `Warning` header. */
  notice?: string;
  /** What the client is told though the write succeeds, one `Warning` header a text. */
  warn?(next: T, old: T | undefined): string[];
  /** The words for a field that no selector may name; where there are none, the common ones. */
  unselectable?(key: string): string;
  /** A table row, in the order of the declared columns. */
  cells?(object: T, nowMs: number): unknown[];
  /** Fields that a field selector may name beside metadata.name and metadata.namespace. */
  selectable?: Readonly<Record<string, (object: T) => string>>;
  /** The pods that the kind makes: for the checks that hold for every pod. */
  template?(object: T): PodTemplateSpec | undefined;
  scale?: ScaleRules;
  deletion?: Deletion<T>;
  storedAs?: StoredAs;
  /** The object in this version, from another one that upstream's server stores; absent: it reads the same. */
  fromOlder?(stored: AnyObject): AnyObject;
}

/** Names the kind that rules are for: `export const leaseRules = rules<Lease>({ … })`. */
export function rules<T extends KubeObject>(of: Rules<T>): Rules<T> {
  return of;
}

/** Puts a member back as it was: a copy, since what comes later may write into it. */
export function restore(object: Record<string, unknown>, old: Record<string, unknown>, key: string): void {
  if (old[key] === undefined) delete object[key];
  else object[key] = copyJson(old[key]);
}

/** Labels, annotations, finalizers, owners stay as they were: only the status was meant. */
export function restoreMeta({ metadata: meta }: AnyObject, { metadata: before }: AnyObject): void {
  for (const key of ["deletionTimestamp", "generation", "uid", "labels", "annotations", "finalizers", "ownerReferences"])
    restore(meta, before, key);
}
