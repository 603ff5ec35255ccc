/** What a plan may ask for: a write, an event, or another look. Steps are data: a test compares them, the runner carries them out. */
import type { KubeObject, ObjectReference, Resource } from "#api/mod.ts";
import type { ObjectRef, PatchType } from "../contract.ts";

export type Step = Create | Update | Patch | Delete | Clear | WriteStatus | Tell | Again | Lanes;

/** An event for a write: reason and message. `{name}` stands for the object's name, `{error}` for the refusal. */
export interface Told {
  about: KubeObject;
  done?: readonly [reason: string, message: string];
  failed?: readonly [reason: string, message: string];
}

export interface Create {
  do: "create";
  resource: Resource;
  object: KubeObject;
  /** One that is there already is as good. */
  ifAbsent?: boolean;
  told?: Told;
}

/** Replaces an object; its resourceVersion says which one was looked at. */
export interface Update {
  do: "update";
  resource: Resource;
  object: KubeObject;
  subresource?: string;
  told?: Told;
}

export interface Patch {
  do: "patch";
  resource: Resource;
  ref: ObjectRef;
  type: PatchType;
  patch: object;
  subresource?: string;
  /** Of `apply`: who owns what it says from then on, whoever did before. */
  manager?: string;
  /** Only while this owner, read anew, is there and is not being deleted; otherwise the rest of the plan is off. */
  whileAlive?: { resource: Resource; ref: ObjectRef; uid: string };
  told?: Told;
}

export interface Delete {
  do: "delete";
  resource: Resource;
  ref: ObjectRef;
  /** Another object of the name stays. */
  uid: string;
  /** Only if it is still as it was looked at: a resourceVersion. */
  version?: string;
  graceSeconds?: number;
  policy?: "Orphan" | "Background" | "Foreground";
  told?: Told;
}

/** Every object of a resource in a namespace. */
export interface Clear {
  do: "clear";
  resource: Resource;
  namespace: string;
  policy?: Delete["policy"];
}

export interface WriteStatus {
  do: "status";
  resource: Resource;
  object: KubeObject;
  told?: Told;
}

export interface Tell {
  do: "event";
  about: KubeObject | ObjectReference;
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** Look again after so many milliseconds; of several the earliest counts. */
export interface Again {
  do: "again";
  ms: number;
}

/** Sequences that do not depend on one another: what goes wrong in one does not stop the others. */
export interface Lanes {
  do: "lanes";
  lanes: readonly (readonly Step[])[];
}

export interface Failure {
  step: Step;
  error: unknown;
}

/** How the steps of a plan went. */
export interface Outcome {
  /** Objects as the server answered them, in the order of the steps that wrote them. */
  wrote: KubeObject[];
  failures: Failure[];
}

export const create = <T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  options: Pick<Create, "ifAbsent" | "told"> = {},
): Create => ({
  do: "create",
  resource,
  object,
  ...options,
});

export const update = <T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  options: Pick<Update, "subresource" | "told"> = {},
): Update => ({ do: "update", resource, object, ...options });

/** Writes the status of the object; what else differs is left alone by the server. */
export const status = <T extends KubeObject>(resource: Resource<T>, object: T, options: Pick<WriteStatus, "told"> = {}): WriteStatus => ({
  do: "status",
  resource,
  object,
  ...options,
});

/** A strategic merge patch unless told; with the uid of the object, so that another of its name is never changed. */
export const patch = <T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  change: { metadata?: object; spec?: object; status?: object },
  options: Pick<Patch, "subresource" | "whileAlive" | "told"> & { type?: PatchType } = {},
): Patch => {
  const { type = "strategic", ...rest } = options;
  const metadata = { uid: object.metadata.uid, ...change.metadata };
  return { do: "patch", resource, ref: refOf(object), type, patch: { ...change, metadata }, ...rest };
};

export const remove = <T extends KubeObject>(
  resource: Resource<T>,
  object: T,
  options: Pick<Delete, "version" | "graceSeconds" | "policy" | "told"> = {},
): Delete => ({ do: "delete", resource, ref: refOf(object), uid: object.metadata.uid ?? "", ...options });

export const clear = (resource: Resource, namespace: string, options: Pick<Clear, "policy"> = {}): Clear => ({
  do: "clear",
  resource,
  namespace,
  ...options,
});

export const tell = (about: KubeObject | ObjectReference, type: Tell["type"], reason: string, message: string): Tell => ({
  do: "event",
  about,
  type,
  reason,
  message,
});

export const again = (ms: number): Again => ({ do: "again", ms });

export const lanes = (each: readonly (readonly Step[])[]): Lanes => ({ do: "lanes", lanes: each });

export function refOf({ metadata }: Pick<KubeObject, "metadata">): ObjectRef {
  const name = metadata.name ?? "";
  return metadata.namespace ? { namespace: metadata.namespace, name } : { name };
}
