/** Deployments, replica sets, daemon sets, stateful sets and their older relatives. */
import { matchesLabels, selectorFromMap } from "#codec/mod.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { immutable, subdomainName, validateObjectMeta } from "./object-meta.ts";
import { validatePodTemplate } from "./pod-spec.ts";
import {
  dnsLabel,
  internalOf,
  intOrPercent,
  intOrPercentValue,
  isEmptySelector,
  nonNegative,
  notMoreThanAll,
  selects,
  validateLabelSelector,
} from "./primitives.ts";
import type { Problems } from "./problems.ts";
import type { KindRules } from "./rules.ts";

function validateSelector(spec: AnyObject, kind: string, problems: Problems): void {
  if (!spec.selector) return problems.required("spec.selector");
  validateLabelSelector(spec.selector, "spec.selector", problems);
  if (isEmptySelector(spec.selector)) problems.invalid("spec.selector", spec.selector, `empty selector is invalid for ${kind}`);
}

function validateTemplate(spec: AnyObject, kind: string, problems: Problems): void {
  const { template = {}, selector } = spec;
  const labels = template.metadata?.labels;
  if (!selector || !isEmptySelector(selector)) {
    const fits = selector ? selects(selector, labels) : false;
    if (fits === undefined) return problems.invalid("spec.selector", selector, kind === "StatefulSet" ? "" : "invalid label selector");
    if (!fits) problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
  }
  validatePodTemplate(template, "spec.template", problems);
  validateLongRunning(template, kind, problems);
}

function validateLongRunning(template: AnyObject, kind: string, problems: Problems): void {
  const policy = template.spec?.restartPolicy;
  if (policy !== "Always") problems.notSupported("spec.template.spec.restartPolicy", policy ?? "", ["Always"]);
  if (template.spec?.activeDeadlineSeconds !== undefined)
    problems.forbidden("spec.template.spec.activeDeadlineSeconds", `activeDeadlineSeconds in ${kind} is not Supported`);
}

function validateCounts(status: AnyObject, keys: readonly string[], problems: Problems): void {
  for (const key of keys) nonNegative(status[key], `status.${key}`, problems);
  const total = status.replicas ?? 0;
  for (const key of ["fullyLabeledReplicas", "updatedReplicas", "readyReplicas", "availableReplicas"])
    if (keys.includes(key) && (status[key] ?? 0) > total)
      problems.invalid(`status.${key}`, status[key] ?? 0, "cannot be greater than status.replicas");
  if (keys.includes("availableReplicas") && (status.availableReplicas ?? 0) > (status.readyReplicas ?? 0))
    problems.invalid("status.availableReplicas", status.availableReplicas, "cannot be greater than readyReplicas");
}

/** Absent counts as less than any. */
function validateCollisions(status: AnyObject, old: AnyObject, problems: Problems): void {
  const before = old.status?.collisionCount;
  if (before !== undefined && (status.collisionCount ?? -1) < before)
    problems.invalid("status.collisionCount", status.collisionCount ?? 0, "cannot be decremented");
}

function validateDeployment({ spec = {} }: AnyObject, problems: Problems): void {
  nonNegative(spec.replicas, "spec.replicas", problems);
  validateSelector(spec, "deployment", problems);
  validateTemplate(spec, "ReplicaSet", problems);
  const strategy = spec.strategy ?? {};
  const at = "spec.strategy";
  if (strategy.type === "Recreate") {
    if (strategy.rollingUpdate) problems.forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'");
  } else if (strategy.type === "RollingUpdate") {
    const rolling = strategy.rollingUpdate;
    if (!rolling) problems.required(`${at}.rollingUpdate`, "this should be defaulted and never be nil");
    else {
      intOrPercent(rolling.maxUnavailable, `${at}.rollingUpdate.maxUnavailable`, problems);
      intOrPercent(rolling.maxSurge, `${at}.rollingUpdate.maxSurge`, problems);
      if (intOrPercentValue(rolling.maxUnavailable) === 0 && intOrPercentValue(rolling.maxSurge) === 0)
        problems.invalid(`${at}.rollingUpdate.maxUnavailable`, rolling.maxUnavailable ?? 0, "may not be 0 when `maxSurge` is 0");
      notMoreThanAll(rolling.maxUnavailable, `${at}.rollingUpdate.maxUnavailable`, problems);
    }
  } else problems.notSupported(at, internalOf(strategy, ["Type", "RollingUpdate"]), ["Recreate", "RollingUpdate"]);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  nonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit", problems);
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined) {
    nonNegative(deadline, "spec.progressDeadlineSeconds", problems);
    if (deadline <= (spec.minReadySeconds ?? 0))
      problems.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
  }
}

export const deploymentRules: KindRules = {
  name: subdomainName,
  create: validateDeployment,
  update(deployment, old, problems) {
    validateDeployment(deployment, problems);
    immutable(deployment.spec?.selector, old.spec?.selector, "spec.selector", problems);
  },
  status({ status = {} }, old, problems) {
    const counts = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", "terminatingReplicas"];
    validateCounts(status, ["observedGeneration", ...counts, "collisionCount"], problems);
    validateCollisions(status, old, problems);
  },
};

function validateReplicaSet({ spec = {} }: AnyObject, problems: Problems): void {
  nonNegative(spec.replicas, "spec.replicas", problems);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  validateSelector(spec, "deployment", problems);
  validateTemplate(spec, "ReplicaSet", problems);
}

const replicaCounts = ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"];

export const replicaSetRules: KindRules = {
  name: subdomainName,
  create: validateReplicaSet,
  update(set, old, problems) {
    validateReplicaSet(set, problems);
    immutable(set.spec?.selector, old.spec?.selector, "spec.selector", problems);
  },
  status({ status = {} }, _old, problems) {
    validateCounts(status, replicaCounts, problems);
  },
};

function validateReplicationController({ spec = {} }: AnyObject, problems: Problems): void {
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  if (Object.keys(spec.selector ?? {}).length === 0) problems.required("spec.selector");
  nonNegative(spec.replicas, "spec.replicas", problems);
  if (!spec.template) return problems.required("spec.template");
  const labels = spec.template.metadata?.labels;
  if (Object.keys(spec.selector ?? {}).length > 0 && !matchesLabels(selectorFromMap(spec.selector), labels))
    problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
  validatePodTemplate(spec.template, "spec.template", problems);
  validateLongRunning(spec.template, "ReplicationController", problems);
}

export const replicationControllerRules: KindRules = {
  name: subdomainName,
  create: validateReplicationController,
  update: (controller, _old, problems) => validateReplicationController(controller, problems),
  status({ status = {} }, _old, problems) {
    validateCounts(status, replicaCounts, problems);
  },
};

function validateDaemonSet({ spec = {} }: AnyObject, problems: Problems): void {
  if (!spec.selector) problems.required("spec.selector");
  else {
    validateLabelSelector(spec.selector, "spec.selector", problems);
    const labels = spec.template?.metadata?.labels;
    if (selects(spec.selector, labels) === false)
      problems.invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`");
    if (isEmptySelector(spec.selector)) problems.invalid("spec.selector", spec.selector, "empty selector is invalid for daemonset");
  }
  validatePodTemplate(spec.template, "spec.template", problems);
  validateLongRunning(spec.template ?? {}, "DaemonSet", problems);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  validateDaemonStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy", problems);
  nonNegative(spec.revisionHistoryLimit, "spec.revisionHistoryLimit", problems);
}

function validateDaemonStrategy(strategy: AnyObject, at: string, problems: Problems): void {
  if (strategy.type === "OnDelete") return;
  if (strategy.type !== "RollingUpdate")
    return problems.notSupported(at, internalOf(strategy, ["Type", "RollingUpdate"]), ["RollingUpdate", "OnDelete"]);
  const rolling = strategy.rollingUpdate;
  if (!rolling) return problems.required(`${at}.rollingUpdate`);
  const { maxUnavailable, maxSurge } = rolling;
  const where = `${at}.rollingUpdate`;
  intOrPercent(maxUnavailable, `${where}.maxUnavailable`, problems);
  intOrPercent(maxSurge, `${where}.maxSurge`, problems);
  notMoreThanAll(maxUnavailable, `${where}.maxUnavailable`, problems);
  notMoreThanAll(maxSurge, `${where}.maxSurge`, problems);
  const unavailable = intOrPercentValue(maxUnavailable) !== 0;
  const surge = intOrPercentValue(maxSurge) !== 0;
  if (unavailable && surge) problems.invalid(`${where}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero");
  else if (!unavailable && !surge) problems.required(`${where}.maxUnavailable`, "cannot be 0 when maxSurge is 0");
}

export const daemonSetRules: KindRules = {
  name: subdomainName,
  create: validateDaemonSet,
  update(set, old, problems) {
    immutable(set.spec?.selector, old.spec?.selector, "spec.selector", problems);
    validateDaemonSet(set, problems);
  },
  status({ status = {} }, old, problems) {
    for (const key of [
      "currentNumberScheduled",
      "numberMisscheduled",
      "desiredNumberScheduled",
      "numberReady",
      "observedGeneration",
      "updatedNumberScheduled",
      "numberAvailable",
      "numberUnavailable",
      "collisionCount",
    ])
      nonNegative(status[key], `status.${key}`, problems);
    validateCollisions(status, old, problems);
  },
};

function validateStatefulSet({ spec = {} }: AnyObject, problems: Problems, creating: boolean): void {
  const policy = spec.podManagementPolicy;
  if (!policy) problems.required("spec.podManagementPolicy");
  else if (policy !== "OrderedReady" && policy !== "Parallel")
    problems.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
  const strategy = spec.updateStrategy ?? {};
  const at = "spec.updateStrategy";
  if (!strategy.type) problems.required(at);
  else if (strategy.type === "OnDelete") {
    if (strategy.rollingUpdate)
      problems.invalid(
        `${at}.rollingUpdate`,
        internalOf(strategy.rollingUpdate, ["Partition", "MaxUnavailable"]),
        "only allowed for updateStrategy 'RollingUpdate'",
      );
  } else if (strategy.type === "RollingUpdate") {
    const rolling = strategy.rollingUpdate;
    if (rolling) {
      if ((rolling.partition ?? 0) < 0)
        problems.invalid(`${at}.rollingUpdate.partition`, rolling.partition, "must be greater than or equal to 0");
      if (rolling.maxUnavailable !== undefined) {
        const where = `${at}.rollingUpdate.maxUnavailable`;
        intOrPercent(rolling.maxUnavailable, where, problems);
        if (intOrPercentValue(rolling.maxUnavailable) === 0) problems.invalid(where, rolling.maxUnavailable, "cannot be 0");
        notMoreThanAll(rolling.maxUnavailable, where, problems);
      }
    }
  } else problems.invalid(at, internalOf(strategy, ["Type", "RollingUpdate"]), "must be 'RollingUpdate' or 'OnDelete'");
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const key of ["whenDeleted", "whenScaled"])
    if (retention && !["Retain", "Delete"].includes(retention[key]))
      problems.notSupported(`spec.persistentVolumeClaimRetentionPolicy.${key}`, retention[key] ?? "", ["Retain", "Delete"]);
  nonNegative(spec.replicas, "spec.replicas", problems);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  if (spec.ordinals) nonNegative(spec.ordinals.start, "spec.ordinals.start", problems);
  if (creating && spec.serviceName) dnsLabel(spec.serviceName, "spec.serviceName", problems);
  validateSelector(spec, "statefulset", problems);
  const claims: AnyObject[] = spec.volumeClaimTemplates ?? [];
  const names = new Set(claims.map((claim) => claim.metadata?.name));
  const { subdomain: _, hostname: __, ...podSpec } = spec.template?.spec ?? {};
  const volumes = [
    ...claims.map((claim) => ({ name: claim.metadata?.name, persistentVolumeClaim: { claimName: claim.metadata?.name } })),
    ...(podSpec.volumes ?? []).filter((volume: AnyObject) => !names.has(volume.name)),
  ];
  validateTemplate({ ...spec, template: { ...spec.template, spec: { ...podSpec, volumes } } }, "StatefulSet", problems);
}

const mutableInSet = [
  "replicas",
  "template",
  "updateStrategy",
  "minReadySeconds",
  "ordinals",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
];

export const statefulSetRules: KindRules = {
  name: subdomainName,
  create: (set, problems) => validateStatefulSet(set, problems, true),
  update(set, old, problems) {
    validateStatefulSet(set, problems, false);
    const rest = ({ spec = {} }: AnyObject) => Object.fromEntries(Object.entries(spec).filter(([key]) => !mutableInSet.includes(key)));
    if (!semanticEqual(rest(set), rest(old)))
      problems.forbidden(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      );
  },
  status({ status = {} }, old, problems) {
    for (const key of [
      "replicas",
      "readyReplicas",
      "currentReplicas",
      "updatedReplicas",
      "availableReplicas",
      "observedGeneration",
      "collisionCount",
    ])
      nonNegative(status[key], `status.${key}`, problems);
    const total = status.replicas ?? 0;
    for (const key of ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"])
      if ((status[key] ?? 0) > total) problems.invalid(`status.${key}`, status[key] ?? 0, "cannot be greater than status.replicas");
    if ((status.availableReplicas ?? 0) > (status.readyReplicas ?? 0))
      problems.invalid("status.availableReplicas", status.availableReplicas, "cannot be greater than status.readyReplicas");
    validateCollisions(status, old, problems);
  },
};

export const podTemplateRules: KindRules = {
  name: subdomainName,
  create: ({ template }, problems) => validatePodTemplate(template, "template", problems),
  update: ({ template }, _old, problems) => validatePodTemplate(template, "template", problems),
};

export const controllerRevisionRules: KindRules = {
  name: subdomainName,
  create({ data, revision }, problems) {
    if (data === undefined) problems.required("data", "data is mandatory");
    nonNegative(revision, "revision", problems);
  },
  update(next, old, problems) {
    validateObjectMeta(next.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
    nonNegative(next.revision, "revision", problems);
    immutable(next.data, old.data, "data", problems);
  },
};
