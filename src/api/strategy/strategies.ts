/** The write rules of every kind: most follow one pattern (status apart from spec, generation counts changes of spec). */
import type { Resource } from "../resource.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { certificateSigningRequestStrategy } from "./certificate-signing-request.ts";
import { jobStrategy } from "./job.ts";
import { podStrategy } from "./pod.ts";
import { serviceStrategy } from "./service.ts";
import { type AnyObject, resetMetaForStatus, restore, type Strategy } from "./strategy.ts";

/** The rules of a resource; custom resources and kinds without rules of their own follow the pattern of their declaration. */
export function strategyOf(resource: Resource): Strategy {
  let found = cache.get(resource);
  if (!found) {
    found = special[`${resource.group}/${resource.resource}`]?.(resource) ?? pattern(resource, {});
    cache.set(resource, found);
  }
  return found;
}

const cache = new WeakMap<Resource, Strategy>();

interface Pattern {
  createOnUpdate?: boolean;
  /** PUT needs a resourceVersion. */
  conditional?: boolean;
  /** Starts at 1; grows with a change of these top-level members (or of annotations). Default: spec, if the kind counts at all. */
  counts?: readonly string[] | false;
  /** Status updates leave these of metadata alone; "all" stands for everything that a client may set. */
  statusKeeps?: readonly string[] | "all";
  /** The status of a new object. */
  status?: (object: AnyObject) => unknown;
  create?: Strategy["prepareForCreate"];
  update?: Strategy["prepareForUpdate"];
  afterStatus?: Strategy["prepareForUpdate"];
  subresources?: Strategy["prepareForSubresource"];
}

function pattern(resource: Resource, rules: Pattern): Strategy {
  const hasStatus = resource.subresources.some((one) => one.name === "status");
  const counts = rules.counts === undefined ? ["spec"] : rules.counts;
  return {
    allowCreateOnUpdate: rules.createOnUpdate ?? false,
    allowUnconditionalUpdate: !rules.conditional,
    prepareForCreate(object, context) {
      if (hasStatus) {
        const status = rules.status?.(object);
        if (status !== undefined) object.status = status;
        else delete object.status;
      }
      if (counts) object.metadata.generation = 1;
      rules.create?.(object, context);
    },
    prepareForUpdate(object, old, context) {
      if (hasStatus) restore(object, old, "status");
      rules.update?.(object, old, context);
      if (counts && !counts.every((key) => semanticEqual(memberOf(object, key), memberOf(old, key))))
        object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
    prepareForSubresource: {
      ...(hasStatus && {
        status(object: AnyObject, old: AnyObject, context) {
          for (const key of Object.keys(old)) if (!statusParts.has(key)) restore(object, old, key);
          for (const key of Object.keys(object)) if (!statusParts.has(key) && !(key in old)) delete object[key];
          if (rules.statusKeeps === "all") resetMetaForStatus(object, old);
          else
            for (const key of rules.statusKeeps ?? [])
              restore(object.metadata as Record<string, unknown>, old.metadata as Record<string, unknown>, key);
          rules.afterStatus?.(object, old, context);
        },
      }),
      ...rules.subresources,
    },
    resetFields: hasStatus
      ? {
          "": [["status"]],
          status: [["spec"], ...(rules.statusKeeps === "all" ? [["metadata"]] : (rules.statusKeeps ?? []).map((key) => ["metadata", key]))],
        }
      : {},
  };
}

const statusParts = new Set(["apiVersion", "kind", "metadata", "status"]);

function memberOf(object: AnyObject, path: string): unknown {
  return path.startsWith("metadata.") ? (object.metadata as Record<string, unknown>)[path.slice(9)] : object[path];
}

const plain = (rules: Pattern) => (resource: Resource) => pattern(resource, rules);
const emptyStatus = () => ({});
/** No generation, no status. */
const data = plain({ counts: false });
const counted = { status: emptyStatus } satisfies Pattern;
const rbac = plain({ counts: false, createOnUpdate: true });
const webhooks = plain({ counts: ["webhooks"], conditional: true });

const special: Record<string, (resource: Resource) => Strategy> = {
  "/pods": () => podStrategy,
  "/services": () => serviceStrategy,
  "batch/jobs": () => jobStrategy,
  "certificates.k8s.io/certificatesigningrequests": () => certificateSigningRequestStrategy,
  "/configmaps": data,
  "/secrets": plain({
    counts: false,
    update: (secret, old) => {
      secret.type ||= old.type;
    },
  }),
  "/serviceaccounts": plain({ counts: false, create: keepOnlyNames, update: keepOnlyNames }),
  "/events": plain({ counts: false, createOnUpdate: true }),
  "events.k8s.io/events": plain({ counts: false, createOnUpdate: true }),
  "/endpoints": plain({ counts: false, createOnUpdate: true }),
  "/limitranges": plain({ counts: false, createOnUpdate: true }),
  "/resourcequotas": plain({ counts: false, status: emptyStatus }),
  "/podtemplates": plain({ counts: ["template"] }),
  "/replicationcontrollers": plain({ status: () => ({ replicas: 0 }) }),
  "/namespaces": plain({
    counts: false,
    status: () => ({ phase: "Active" }),
    create: (namespace) => {
      const spec = (namespace.spec ??= {});
      if (!spec.finalizers?.includes("kubernetes")) spec.finalizers = [...(spec.finalizers ?? []), "kubernetes"];
    },
    update: (namespace, old) => {
      namespace.spec ??= {};
      restore(namespace.spec, old.spec ?? {}, "finalizers");
    },
    subresources: { finalize: (namespace, old) => restore(namespace, old, "status") },
  }),
  "/nodes": nodeStrategy,
  "/persistentvolumes": plain({
    counts: false,
    status: () => ({ phase: "Pending" }),
    create: (volume, { now }) => {
      volume.status.lastPhaseTransitionTime = now;
    },
    afterStatus: (volume, old, { now }) => {
      const status = (volume.status ??= {});
      const before = old.status ?? {};
      const time = status.lastPhaseTransitionTime;
      if (status.phase === before.phase) {
        if (!time && before.lastPhaseTransitionTime) status.lastPhaseTransitionTime = before.lastPhaseTransitionTime;
      } else if (!time || time === before.lastPhaseTransitionTime) status.lastPhaseTransitionTime = now;
    },
  }),
  "/persistentvolumeclaims": plain({
    counts: false,
    status: () => ({ phase: "Pending" }),
    create: (claim) => normalizeDataSources(claim.spec),
    update: (claim) => normalizeDataSources(claim.spec),
  }),
  "apps/deployments": plain({ ...counted, counts: ["spec", "metadata.annotations"], statusKeeps: ["labels"] }),
  "apps/replicasets": plain({ status: () => ({ replicas: 0 }) }),
  "apps/statefulsets": plain({ status: () => ({ replicas: 0, availableReplicas: 0 }) }),
  "apps/daemonsets": plain({
    status: () => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }),
    create: (set) => annotateTemplateGeneration(set, 1),
    update: (set, old) => {
      const before = Number(old.metadata.annotations?.[templateGeneration] ?? 0);
      const changed = !semanticEqual(set.spec?.template, old.spec?.template);
      annotateTemplateGeneration(set, changed ? before + 1 : before);
    },
  }),
  "apps/controllerrevisions": data,
  "batch/cronjobs": plain(counted),
  "autoscaling/horizontalpodautoscalers": plain({ counts: false, status: () => ({ desiredReplicas: 0, currentMetrics: null }) }),
  "policy/poddisruptionbudgets": plain({
    conditional: true,
    status: () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  }),
  "discovery.k8s.io/endpointslices": plain({ counts: ["endpoints", "ports", "addressType", "metadata.labels"] }),
  "networking.k8s.io/ingresses": plain({ status: () => ({ loadBalancer: {} }) }),
  "networking.k8s.io/servicecidrs": plain({ counts: false, status: emptyStatus }),
  "networking.k8s.io/ipaddresses": data,
  "scheduling.k8s.io/priorityclasses": plain({ counts: [], create: startsAtOne }),
  "storage.k8s.io/storageclasses": data,
  "storage.k8s.io/csidrivers": plain({ conditional: true, create: (driver) => delete driver.metadata.generation }),
  "storage.k8s.io/csinodes": plain({ counts: false, conditional: true }),
  "storage.k8s.io/csistoragecapacities": plain({ counts: false, conditional: true }),
  "storage.k8s.io/volumeattachments": plain({ counts: false, conditional: true, statusKeeps: "all", status: () => ({ attached: false }) }),
  "storage.k8s.io/volumeattributesclasses": data,
  "coordination.k8s.io/leases": plain({ counts: false, createOnUpdate: true, conditional: true }),
  "node.k8s.io/runtimeclasses": plain({ counts: false, createOnUpdate: true, conditional: true }),
  "rbac.authorization.k8s.io/roles": rbac,
  "rbac.authorization.k8s.io/clusterroles": rbac,
  "rbac.authorization.k8s.io/rolebindings": rbac,
  "rbac.authorization.k8s.io/clusterrolebindings": rbac,
  "flowcontrol.apiserver.k8s.io/flowschemas": plain({ ...counted, statusKeeps: "all" }),
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": plain({ ...counted, statusKeeps: "all" }),
  "admissionregistration.k8s.io/validatingwebhookconfigurations": webhooks,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": webhooks,
  "admissionregistration.k8s.io/validatingadmissionpolicies": plain({ ...counted, conditional: true, statusKeeps: "all" }),
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": plain({ conditional: true }),
  "admissionregistration.k8s.io/mutatingadmissionpolicies": plain({ conditional: true }),
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": plain({ conditional: true }),
  "apiregistration.k8s.io/apiservices": plain({
    counts: false,
    conditional: true,
    statusKeeps: ["labels", "annotations", "finalizers", "ownerReferences"],
    status: emptyStatus,
    create: (service, { now }) => {
      if (!service.spec?.service)
        service.status.conditions = [
          {
            type: "Available",
            status: "True",
            lastTransitionTime: now,
            reason: "Local",
            message: "Local APIServices are always available",
          },
        ];
    },
  }),
  "apiextensions.k8s.io/customresourcedefinitions": plain({
    conditional: true,
    status: () => ({ conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: null }),
    create: recordStoredVersion,
    update: recordStoredVersion,
  }),
  "resource.k8s.io/resourceclaims": plain({ counts: false, status: emptyStatus }),
  "resource.k8s.io/resourceclaimtemplates": data,
};

/** Nodes may be created with a status, by the kubelet. */
function nodeStrategy(resource: Resource): Strategy {
  const base = pattern(resource, { counts: false });
  return { ...base, prepareForCreate: () => undefined };
}

const templateGeneration = "deprecated.daemonset.template.generation";

/** apps/v1 has no field for it: upstream shows it as an annotation. */
function annotateTemplateGeneration(set: AnyObject, generation: number): void {
  const given = Number(set.metadata.annotations?.[templateGeneration] ?? 0);
  const value = generation === 1 && given > 1 ? given : generation;
  set.metadata.annotations = { ...set.metadata.annotations, [templateGeneration]: String(value) };
}

function startsAtOne(object: AnyObject): void {
  object.metadata.generation = 1;
}

/** A service account's secrets are references by name only. */
function keepOnlyNames(account: AnyObject): void {
  for (const [i, secret] of (account.secrets ?? []).entries()) account.secrets[i] = secret.name ? { name: secret.name } : {};
}

/** dataSource and dataSourceRef say the same where both can. */
function normalizeDataSources(spec: AnyObject | undefined): void {
  if (!spec) return;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

function recordStoredVersion(definition: AnyObject): void {
  const stored = definition.spec?.versions?.find((version: AnyObject) => version.storage)?.name;
  const status = (definition.status ??= {});
  if (stored && !status.storedVersions?.includes(stored))
    definition.status = { ...status, storedVersions: [...(status.storedVersions ?? []), stored] };
}
