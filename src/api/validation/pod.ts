/** Pods: what may be created, and the little that may change later. */
import { createTwoFilesPatch } from "diff";
import { inclusiveRangeText } from "#codec/mod.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { AnyObject } from "../strategy/strategy.ts";
import { validateImageSpaces } from "./containers.ts";
import { immutable, subdomainName, validateObjectMeta } from "./object-meta.ts";
import { validatePodAnnotations, validatePodSpec } from "./pod-spec.ts";
import { dnsSubdomain } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import type { KindRules } from "./rules.ts";
import { validateTolerations } from "./scheduling.ts";

export const podRules: KindRules = {
  name: subdomainName,
  create(pod, problems) {
    validateSpec(pod, problems);
    const spec = pod.spec ?? {};
    if (spec.ephemeralContainers?.length > 0) problems.forbidden("spec.ephemeralContainers", "cannot be set on create");
    if (spec.nodeName && spec.schedulingGates?.length > 0)
      problems.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
  },
  update: updatePod,
  status(pod, old, problems) {
    const status = pod.status ?? {};
    const before = old.status ?? {};
    for (const [i, condition] of (status.conditions ?? []).entries()) {
      if ((condition.observedGeneration ?? 0) < 0)
        problems.invalid(`status.conditions[${i}].observedGeneration`, condition.observedGeneration, "must be a non-negative integer");
    }
    if (pod.spec?.nodeName !== old.spec?.nodeName) problems.forbidden("status.nodeName", "may not be changed directly");
    const nominated = status.nominatedNodeName;
    if (nominated && nominated !== before.nominatedNodeName) dnsSubdomain(nominated, "status.nominatedNodeName", problems);
    if ((status.observedGeneration ?? 0) < 0)
      problems.invalid("status.observedGeneration", status.observedGeneration, "must be a non-negative integer");
    immutable(status.qosClass, before.qosClass, "status.qosClass", problems, "");
    validateTransitions(status.containerStatuses ?? [], before.containerStatuses ?? [], old.spec ?? {}, problems);
  },
  subresources: {
    ephemeralcontainers(pod, old, problems) {
      validateObjectMeta(pod.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
      validateSpec(pod, problems);
      const now = new Map<string, AnyObject>(
        (pod.spec?.ephemeralContainers ?? []).map((container: AnyObject) => [container.name, container]),
      );
      for (const container of old.spec?.ephemeralContainers ?? []) {
        const same = now.get(container.name);
        const name = JSON.stringify(container.name);
        if (!same) problems.forbidden("spec.ephemeralContainers", `existing ephemeral containers ${name} may not be removed\n`);
        else if (!semanticEqual(same, container))
          problems.forbidden(
            "spec.ephemeralContainers",
            `existing ephemeral containers ${name} may not be changed\n${difference(container, same)}`,
          );
      }
    },
    resize: validateResize,
  },
};

function validateSpec(pod: AnyObject, problems: Problems): void {
  const spec = pod.spec ?? {};
  validatePodAnnotations(pod.metadata.annotations, spec, "metadata.annotations", problems);
  validatePodSpec(spec, { field: "spec", podName: pod.metadata.name ?? "" }, problems);
  if (!spec.serviceAccountName)
    for (const [v, volume] of (spec.volumes ?? []).entries())
      for (const [s, source] of (volume.projected?.sources ?? []).entries())
        if (source.serviceAccountToken)
          problems.forbidden(
            `spec.volumes[${v}].projected.sources[${s}].serviceAccountToken`,
            "must not be specified when serviceAccountName is not set",
          );
  for (const list of ["containers", "initContainers"])
    for (const [i, container] of (spec[list] ?? []).entries()) validateImageSpaces(container, `spec.${list}[${i}]`, problems);
}

const updatable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
].join(",");

function sameMembers(a: AnyObject, b: AnyObject): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function updatePod(pod: AnyObject, old: AnyObject, problems: Problems): void {
  validateObjectMeta(pod.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
  const spec = pod.spec ?? {};
  const before = old.spec ?? {};
  // A patch elsewhere shares every part of the spec with what was valid before.
  if (sameMembers(spec, before)) return;
  validateSpec(pod, problems);
  for (const list of ["containers", "initContainers"]) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length)
      return problems.forbidden(`spec.${list}`, "pod updates may not add or remove containers");
    for (const [i, container] of (spec[list] ?? []).entries()) {
      if (!container.image) problems.required(`spec.${list}[${i}].image`);
      validateImageSpaces(container, `spec.${list}[${i}]`, problems);
    }
  }
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined) {
    if (deadline < 0 || deadline > 2147483647)
      return problems.invalid("spec.activeDeadlineSeconds", deadline, inclusiveRangeText(0, 2147483647));
    if (before.activeDeadlineSeconds !== undefined && before.activeDeadlineSeconds < deadline)
      return problems.invalid("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value");
  } else if (before.activeDeadlineSeconds !== undefined)
    problems.invalid("spec.activeDeadlineSeconds", null, "must not update from a positive integer to nil value");
  for (const toleration of before.tolerations ?? []) {
    const { tolerationSeconds: _, ...rest } = toleration;
    const kept = (spec.tolerations ?? []).some(({ tolerationSeconds: __, ...other }: AnyObject) => semanticEqual(rest, other));
    if (!kept) problems.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
  }
  validateTolerations(spec.tolerations, "spec.tolerations", problems);
  const oldGates = new Set((before.schedulingGates ?? []).map(({ name }: AnyObject) => name));
  for (const [i, gate] of (spec.schedulingGates ?? []).entries())
    if (!oldGates.has(gate.name))
      problems.forbidden(`spec.schedulingGates[${i}].name`, `only deletion is allowed, but found new scheduling gate '${gate.name}'`);
  if (semanticEqual(spec, before)) return;
  const munged: AnyObject = { ...spec };
  for (const list of ["containers", "initContainers"])
    if (spec[list]) munged[list] = spec[list].map((container: AnyObject, i: number) => ({ ...container, image: before[list][i].image }));
  for (const key of ["activeDeadlineSeconds", "schedulingGates", "tolerations"]) munged[key] = before[key];
  if (before.terminationGracePeriodSeconds < 0 && spec.terminationGracePeriodSeconds === 1)
    munged.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds;
  if (before.schedulingGates?.length > 0) allowNarrowing(munged, before, problems);
  if (!semanticEqual(munged, before))
    problems.forbidden("spec", `pod updates may not change fields other than ${updatable}\n${difference(before, munged)}`);
}

/** A gated pod's node selection may become narrower. */
function allowNarrowing(munged: AnyObject, before: AnyObject, problems: Problems): void {
  if (!semanticEqual(munged.nodeSelector, before.nodeSelector)) {
    const gone = Object.entries<string>(before.nodeSelector ?? {}).some(([key, value]) => munged.nodeSelector?.[key] !== value);
    if (gone)
      problems.invalid(
        "spec.nodeSelector",
        munged.nodeSelector ?? null,
        "only additions to spec.nodeSelector are allowed (no mutations or deletions)",
      );
    munged.nodeSelector = before.nodeSelector;
  }
  if (!semanticEqual(munged.affinity?.nodeAffinity, before.affinity?.nodeAffinity)) {
    if (
      before.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution &&
      !munged.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    )
      problems.invalid(
        "spec.affinity.nodeAffinity",
        munged.affinity?.nodeAffinity ?? null,
        "requiredDuringSchedulingIgnoredDuringExecution can not be removed",
      );
    munged.affinity = before.affinity;
  }
}

function validateResize(pod: AnyObject, old: AnyObject, problems: Problems): void {
  validateObjectMeta(pod.metadata, { namespaced: true, name: subdomainName, ofKind: true }, problems);
  validateSpec(pod, problems);
  const spec = pod.spec ?? {};
  const before = old.spec ?? {};
  if (pod.status?.qosClass === undefined && old.status?.qosClass !== undefined) return;
  const munged: AnyObject = { ...spec };
  for (const list of ["containers", "initContainers"]) {
    if ((spec[list] ?? []).length !== (before[list] ?? []).length)
      return problems.forbidden(`spec.${list}`, `containers may not be added or removed on resize`);
    if (spec[list])
      munged[list] = spec[list].map((container: AnyObject, i: number) => ({
        ...container,
        resources: before[list][i].resources,
        resizePolicy: before[list][i].resizePolicy,
      }));
  }
  if (!semanticEqual(munged, before)) problems.forbidden("spec", "only cpu and memory resources are mutable");
}

/** A container that ended for good stays ended. */
function validateTransitions(now: AnyObject[], before: AnyObject[], spec: AnyObject, problems: Problems): void {
  for (const [i, status] of before.entries()) {
    const ended = status.state?.terminated;
    if (!ended) continue;
    const policy = spec.containers?.find((container: AnyObject) => container.name === status.name)?.restartPolicy ?? spec.restartPolicy;
    if (policy === "Always" || (policy === "OnFailure" && ended.exitCode !== 0)) continue;
    const next = now.find((other) => other.name === status.name);
    if (next && !next.state?.terminated)
      problems.forbidden(`status.containerStatuses[${i}].state`, "may not be transitioned to non-terminated state");
  }
}

function difference(before: unknown, after: unknown): string {
  const text = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`;
  return createTwoFilesPatch("before", "after", text(before), text(after)).split("\n").slice(3).join("\n");
}
