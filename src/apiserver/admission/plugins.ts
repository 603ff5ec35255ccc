/** All admission plugins of this server in upstream's order, and the choice of those that run. */
import type { Catalog } from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import type { Rbac } from "../authz/rbac.ts";
import type { AdmissionPlugin, Authorizer, Storage } from "../contract.ts";
import { alwaysAdmit, alwaysDeny, alwaysPullImages } from "./always.ts";
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from "./certificate-requests.ts";
import { defaultIngressClass, defaultStorageClass, storageObjectInUseProtection } from "./defaults-by-class.ts";
import { deviceClaims } from "./device-claims.ts";
import { rbacEscalation } from "./escalation.ts";
import { type EventRateLimitConfig, eventRateLimit } from "./event-rate-limit.ts";
import { denyServiceExternalIPs } from "./external-ips.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { type NodeSelectorConfig, podNodeSelector, podTolerationRestriction, type TolerationConfig } from "./namespace-pods.ts";
import { namespaceAutoProvision, namespaceExists } from "./namespace-presence.ts";
import { nodeRestriction } from "./node-restriction.ts";
import { ownerReferencesPermissionEnforcement } from "./owner-references.ts";
import { defaultTolerationSeconds, priority, taintNodesByCondition } from "./pod-defaults.ts";
import {
  extendedResourceToleration,
  limitPodHardAntiAffinityTopology,
  nodeDeclaredFeatureValidator,
  podResizeValidator,
  podTopologyLabels,
} from "./pod-placement.ts";
import { type PodSecurityConfig, podSecurity } from "./pod-security.ts";
import { mutatingPolicies } from "./policy/mutating.ts";
import { policyParams } from "./policy/policy-params.ts";
import { validatingPolicies } from "./policy/validating.ts";
import type { LimitedResource } from "./quota/limited.ts";
import { resourceQuota } from "./quota/resource-quota.ts";
import { serviceAccountAdmission } from "./service-account.ts";
import { onePriorityDefault, runtimeClass, volumeClaimResize } from "./small-rules.ts";

export interface AdmissionParts {
  storage: Storage;
  clock: Clock;
  random: Random;
  log: Log;
  authorizers: readonly Authorizer[];
  rbac: Rbac;
  catalog: Catalog;
  webhooks: { mutating: AdmissionPlugin; validating: AdmissionPlugin };
}

/** `--enable-admission-plugins` and `--disable-admission-plugins`. */
export interface AdmissionChoice {
  enable?: readonly string[];
  disable?: readonly string[];
  /** Of the plugins that have settings. */
  config?: {
    eventRateLimit?: EventRateLimitConfig;
    podSecurity?: PodSecurityConfig;
    resourceQuota?: readonly LimitedResource[];
    podNodeSelector?: NodeSelectorConfig;
    podTolerationRestriction?: TolerationConfig;
  };
}

type Make = (parts: AdmissionParts, choice: AdmissionChoice) => AdmissionPlugin | AdmissionPlugin[];

/** `false`: upstream knows it too and leaves it off unless it is asked for. */
const plugins: readonly (readonly [name: string, byDefault: boolean, make: Make])[] = [
  ["AlwaysAdmit", false, () => alwaysAdmit],
  ["NamespaceAutoProvision", false, ({ storage }) => namespaceAutoProvision(storage)],
  ["NamespaceLifecycle", true, ({ storage }) => namespaceLifecycle(storage)],
  ["NamespaceExists", false, ({ storage }) => namespaceExists(storage)],
  ["LimitPodHardAntiAffinityTopology", false, () => limitPodHardAntiAffinityTopology],
  ["LimitRanger", true, ({ storage }) => limitRanger(storage)],
  ["ServiceAccount", true, ({ storage, random, clock }) => serviceAccountAdmission(storage, random, clock)],
  ["NodeRestriction", true, ({ storage, authorizers }) => nodeRestriction(storage, authorizers)],
  ["TaintNodesByCondition", true, () => taintNodesByCondition],
  ["AlwaysPullImages", false, () => alwaysPullImages],
  ["PodSecurity", true, ({ storage }, { config }) => podSecurity(storage, config?.podSecurity)],
  ["PodNodeSelector", false, ({ storage }, { config }) => podNodeSelector(storage, config?.podNodeSelector)],
  ["Priority", true, ({ storage }) => [priority(storage), onePriorityDefault(storage)]],
  ["DefaultTolerationSeconds", true, () => defaultTolerationSeconds],
  ["PodTolerationRestriction", false, ({ storage }, { config }) => podTolerationRestriction(storage, config?.podTolerationRestriction)],
  ["EventRateLimit", false, ({ clock }, { config }) => eventRateLimit(config?.eventRateLimit, clock)],
  ["ExtendedResourceToleration", false, () => extendedResourceToleration],
  ["DefaultStorageClass", true, ({ storage }) => defaultStorageClass(storage)],
  ["StorageObjectInUseProtection", true, () => storageObjectInUseProtection],
  ["OwnerReferencesPermissionEnforcement", false, ({ authorizers, catalog }) => ownerReferencesPermissionEnforcement(authorizers, catalog)],
  ["PersistentVolumeClaimResize", true, ({ storage }) => volumeClaimResize(storage)],
  ["RuntimeClass", true, ({ storage }) => runtimeClass(storage)],
  ["CertificateApproval", true, ({ authorizers }) => certificateApproval(authorizers)],
  ["CertificateSigning", true, ({ authorizers }) => certificateSigning(authorizers)],
  ["CertificateSubjectRestriction", true, () => certificateSubjectRestriction],
  ["DefaultIngressClass", true, ({ storage }) => defaultIngressClass(storage)],
  // On here and off upstream: asked for by name, it lets nobody through, as there.
  [
    "DenyServiceExternalIPs",
    true,
    ({ authorizers }, { enable }) => denyServiceExternalIPs(enable?.includes("DenyServiceExternalIPs") ? undefined : authorizers),
  ],
  ["PodTopologyLabels", true, ({ storage }) => podTopologyLabels(storage)],
  ["NodeDeclaredFeatureValidator", true, ({ storage }) => nodeDeclaredFeatureValidator(storage)],
  ["PodResizeValidator", true, ({ storage }) => podResizeValidator(storage)],
  ["MutatingAdmissionPolicy", true, ({ storage, catalog, authorizers }) => mutatingPolicies({ storage, catalog }, authorizers)],
  ["MutatingAdmissionWebhook", true, ({ webhooks }) => webhooks.mutating],
  ["ValidatingAdmissionPolicy", true, ({ storage, catalog, authorizers }) => validatingPolicies({ storage, catalog }, authorizers)],
  ["ValidatingAdmissionWebhook", true, ({ webhooks }) => webhooks.validating],
  [
    "ResourceQuota",
    true,
    ({ storage, catalog, clock, log }, { config }) => resourceQuota({ storage, catalog, clock, log, limited: config?.resourceQuota ?? [] }),
  ],
  ["AlwaysDeny", false, () => alwaysDeny],
];

export const admissionPluginNames: readonly string[] = plugins.map(([name]) => name);

/** Throws on names that this server does not know, and on a plugin that is both wanted and not. */
export function chosenPlugins(parts: AdmissionParts, choice: AdmissionChoice = {}): AdmissionPlugin[] {
  const { enable = [], disable = [] } = choice;
  for (const [option, names] of [
    ["enable-admission-plugins", enable],
    ["disable-admission-plugins", disable],
  ] as const) {
    const unknown = names.find((name) => !admissionPluginNames.includes(name));
    if (unknown !== undefined) throw new Error(`${option} plugin ${JSON.stringify(unknown)} is unknown`);
  }
  const both = enable.filter((name) => disable.includes(name));
  if (both.length > 0) throw new Error(`[${both.join(" ")}] in enable-admission-plugins and disable-admission-plugins overlapped`);
  const runs = (name: string, byDefault: boolean) => enable.includes(name) || (byDefault && !disable.includes(name));
  return [
    ...plugins.filter(([name, byDefault]) => runs(name, byDefault)).flatMap(([, , make]) => make(parts, choice)),
    // No plugins of upstream's but parts of its registries: they cannot be switched off, and see what the others made.
    deviceClaims(parts.storage, parts.authorizers),
    policyParams(parts.storage, parts.authorizers, parts.catalog),
    rbacEscalation(parts.rbac, parts.authorizers),
  ];
}
