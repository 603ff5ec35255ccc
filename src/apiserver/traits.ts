/** What sets single resources apart from the general rule, as upstream's strategies do. Everything else is uniform. */
import type { Resource } from "#api/mod.ts";

const key = ({ group, resource }: Pick<Resource, "group" | "resource">) => (group ? `${resource}.${group}` : resource);
const named = (...names: string[]) => {
  const set = new Set(names);
  return (of: Pick<Resource, "group" | "resource">) => set.has(key(of));
};

/** A PUT to a name that does not exist creates it. */
export const createsOnUpdate = named(
  "leases.coordination.k8s.io",
  "endpoints",
  "events",
  "events.events.k8s.io",
  "limitranges",
  "services",
  "runtimeclasses.node.k8s.io",
  "clusterroles.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
  "roles.rbac.authorization.k8s.io",
  "rolebindings.rbac.authorization.k8s.io",
);

/** A PUT must say which version it replaces. */
export const needsVersion = named(
  "mutatingadmissionpolicies.admissionregistration.k8s.io",
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "validatingadmissionpolicies.admissionregistration.k8s.io",
  "validatingadmissionpolicybindings.admissionregistration.k8s.io",
  "validatingwebhookconfigurations.admissionregistration.k8s.io",
  "leases.coordination.k8s.io",
  "runtimeclasses.node.k8s.io",
  "poddisruptionbudgets.policy",
  "csidrivers.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "csistoragecapacities.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
  "customresourcedefinitions.apiextensions.k8s.io",
  "apiservices.apiregistration.k8s.io",
);

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

/** metadata.generation counts changes of the spec. */
export const countsGenerations = named(
  "pods",
  "podtemplates",
  "replicationcontrollers",
  "daemonsets.apps",
  "deployments.apps",
  "replicasets.apps",
  "statefulsets.apps",
  "jobs.batch",
  "cronjobs.batch",
  "ingresses.networking.k8s.io",
  "ingressclasses.networking.k8s.io",
  "networkpolicies.networking.k8s.io",
  "endpointslices.discovery.k8s.io",
  "poddisruptionbudgets.policy",
  "priorityclasses.scheduling.k8s.io",
  "flowschemas.flowcontrol.apiserver.k8s.io",
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
  "resourceslices.resource.k8s.io",
  "deviceclasses.resource.k8s.io",
  "devicetaintrules.resource.k8s.io",
  "mutatingadmissionpolicies.admissionregistration.k8s.io",
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "validatingadmissionpolicies.admissionregistration.k8s.io",
  "validatingadmissionpolicybindings.admissionregistration.k8s.io",
  "validatingwebhookconfigurations.admissionregistration.k8s.io",
  "customresourcedefinitions.apiextensions.k8s.io",
);

/** Seconds that an Event lives. */
export const eventTtlSeconds = 3600;
export const expires = named("events", "events.events.k8s.io");
