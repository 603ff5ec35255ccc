/** What the server knows of StatefulSet: defaults, what a write may set, what is refused, what tables show. */
import { defaultTemplate } from "../checks/defaults.ts";
import { internalShape } from "../checks/internal-shape.ts";
import { labelName } from "../checks/object-meta.ts";
import { claimSpecWarnings } from "../checks/pod-warnings.ts";
import { dnsLabel, intOrPercent, intOrPercentValue, nonNegative, notMoreThanAll } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { defaultPersistentVolumeClaim, validateClaimSpec } from "../checks/storage-claim.ts";
import { validateCollisions, validateSelector, validateTemplate } from "../checks/workloads.ts";
import { type AnyObject, rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { ageOf, nameOf, templateCells } from "../tables/cells.ts";
import { RollingUpdateStatefulSetStrategy, type StatefulSet, StatefulSetUpdateStrategy } from "./stateful-set.ts";

const mutableInSet = [
  "replicas",
  "template",
  "updateStrategy",
  "minReadySeconds",
  "ordinals",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
];

export const statefulSetRules = rules<StatefulSet>({
  names: labelName,
  warn: warningsOfSet,
  status: () => ({ replicas: 0, availableReplicas: 0 }),
  defaults: defaultStatefulSet,
  check: {
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
    sub: {
      status({ status = {} }: AnyObject, old, problems) {
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
    },
  },
  cells: (o, now) => [nameOf(o), `${o.status?.readyReplicas ?? 0}/${o.spec?.replicas ?? 0}`, ageOf(o, now), ...templateCells(o.spec)],
  template: ({ spec }) => spec?.template,
});

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
        internalShape(RollingUpdateStatefulSetStrategy, strategy.rollingUpdate),
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
  } else problems.invalid(at, internalShape(StatefulSetUpdateStrategy, strategy), "must be 'RollingUpdate' or 'OnDelete'");
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const key of ["whenDeleted", "whenScaled"])
    if (retention && !["Retain", "Delete"].includes(retention[key]))
      problems.notSupported(`spec.persistentVolumeClaimRetentionPolicy.${key}`, retention[key] ?? "", ["Retain", "Delete"]);
  const claims: AnyObject[] = spec.volumeClaimTemplates ?? [];
  if (creating)
    for (const [i, claim] of claims.entries()) validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`, problems);
  nonNegative(spec.replicas, "spec.replicas", problems);
  nonNegative(spec.minReadySeconds, "spec.minReadySeconds", problems);
  if (spec.ordinals) nonNegative(spec.ordinals.start, "spec.ordinals.start", problems);
  if (creating && spec.serviceName) dnsLabel(spec.serviceName, "spec.serviceName", problems);
  validateSelector(spec, "statefulset", problems);
  const names = new Set(claims.map((claim) => claim.metadata?.name));
  const { subdomain: _, hostname: __, ...podSpec } = spec.template?.spec ?? {};
  const volumes = [
    ...[...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
    ...(podSpec.volumes ?? []).filter((volume: AnyObject) => !names.has(volume.name)),
  ];
  validateTemplate({ ...spec, template: { ...spec.template, spec: { ...podSpec, volumes } } }, "StatefulSet", problems);
}

function defaultStatefulSet({ spec }: StatefulSet): void {
  if (!spec) return;
  defaultTemplate(spec.template);
  spec.podManagementPolicy ||= "OrderedReady";
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = "RollingUpdate";
    spec.updateStrategy.rollingUpdate ??= {};
  }
  if (spec.updateStrategy.type === "RollingUpdate" && spec.updateStrategy.rollingUpdate) spec.updateStrategy.rollingUpdate.partition ??= 0;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.kind = "PersistentVolumeClaim";
    claim.apiVersion = "v1";
    defaultPersistentVolumeClaim(claim);
  }
}

function warningsOfSet({ spec = {} }: StatefulSet, old: StatefulSet | undefined): string[] {
  const at = (i: number) => `spec.volumeClaimTemplates[${i}]${old ? ".Spec" : ""}`;
  return [
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, i) => claimSpecWarnings(claim.spec, at(i))),
    ...((spec.revisionHistoryLimit ?? 0) < 0
      ? ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]
      : []),
  ];
}
