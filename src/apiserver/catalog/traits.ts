/** What sets single resources apart from the general rule, as upstream's strategies do. Everything else is uniform. */
import type { Resource } from "#api/mod.ts";

const key = ({ group, resource }: Pick<Resource, "group" | "resource">) => (group ? `${resource}.${group}` : resource);
const named = (...names: string[]) => {
  const set = new Set(names);
  return (of: Pick<Resource, "group" | "resource">) => set.has(key(of));
};

/** A delete answers with the object instead of a Status. */
export const returnsDeleted = named(
  "namespaces",
  "persistentvolumes",
  "persistentvolumeclaims",
  "pods",
  "podtemplates",
  "resourcequotas",
  "services",
  "serviceaccounts",
  "deviceclasses.resource.k8s.io",
  "devicetaintrules.resource.k8s.io",
  "resourceclaims.resource.k8s.io",
  "resourceclaimtemplates.resource.k8s.io",
  "resourceslices.resource.k8s.io",
  "csidrivers.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "storageclasses.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
  "volumeattributesclasses.storage.k8s.io",
);

/** Dependents are orphaned unless the delete says otherwise. */
export const orphansByDefault = named("jobs.batch", "replicationcontrollers");

/** The garbage collector never holds these back. */
export const ungarbaged = named("events", "events.events.k8s.io");

/** Seconds that an Event lives. */
export const eventTtlSeconds = 3600;
export const expires = named("events", "events.events.k8s.io");
