/** What a change of a pod's amounts in place may change: cpu and memory of its containers and of the pod as a whole, and nothing else. */
import type { Problems } from "../../checks/problems.ts";
import type { AnyObject } from "../../rules.ts";
import { semanticEqual } from "../../semantic-equal.ts";

const mirror = "kubernetes.io/config.mirror";
const lists = ["containers", "initContainers"] as const;
const kinds = ["requests", "limits"] as const;

/** `qosClass`: of the pod as it would be. In upstream's order. */
export function checkResize(pod: AnyObject, old: AnyObject, qosClass: string, problems: Problems): void {
  if (old.metadata?.annotations?.[mirror] !== undefined) return problems.forbidden("", "static pods cannot be resized");
  const [spec, before] = [pod.spec ?? {}, old.spec ?? {}];
  if (before.os?.name === "windows") return problems.forbidden("", "windows pods cannot be resized");
  const already = problems.list.length;
  if (old.status?.qosClass !== qosClass)
    problems.invalid("spec", pod.status?.qosClass ?? "", "Pod QOS Class may not change as a result of resizing");
  const running = (old.status?.containerStatuses ?? []).find((status: AnyObject) => status.state?.running);
  if (running && !running.resources) problems.forbidden("spec", "Pod running on node without support for resize");
  const munged: AnyObject = { ...spec };
  if (isSet(before.resources) || isSet(spec.resources)) checkWhole(munged, before, problems);
  if (old.status?.nodeAllocatableResourceClaimStatuses?.length > 0)
    problems.forbidden("spec", "pods with node allocatable resource claims cannot be resized");
  if (!areInOrder(spec, before, problems)) return;
  for (const list of ["initContainers", "containers"] as const)
    for (const [i, container] of (before[list] ?? []).entries())
      checkKept(spec[list][i].resources, container.resources, `spec.${list}[${i}].resources`, "resource", problems);
  for (const list of lists) {
    if (!spec[list]) continue;
    munged[list] = spec[list].map((container: AnyObject, i: number) => checkContainer(container, before[list][i], list, i, problems));
  }
  if (problems.list.length === already && !semanticEqual(munged, before))
    problems.forbidden("spec", "only cpu and memory resources are mutable");
}

const isSet = (resources: AnyObject | undefined): boolean =>
  Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;

function checkWhole(munged: AnyObject, before: AnyObject, problems: Problems): void {
  if (before.resources && !munged.resources) return problems.forbidden("spec.resources", "pod-level resources cannot be removed");
  if (before.resources) checkKept(munged.resources, before.resources, "spec.resources", "pod-level resource", problems);
  munged.resources = masked(munged.resources, before.resources);
  if (!semanticEqual(munged.resources, before.resources))
    problems.forbidden("spec", "only cpu and memory resources are mutable at pod-level");
}

function checkKept(now: AnyObject | undefined, before: AnyObject | undefined, at: string, what: string, problems: Problems): void {
  for (const kind of kinds)
    if (Object.keys(before?.[kind] ?? {}).some((name) => now?.[kind]?.[name] === undefined))
      problems.forbidden(`${at}.${kind}`, `${what} ${kind} cannot be removed`);
}

/** The container as it was, but for what is not cpu or memory. */
function checkContainer(container: AnyObject, before: AnyObject, list: (typeof lists)[number], i: number, problems: Problems): AnyObject {
  const same = { ...container, resources: masked(container.resources, before.resources) };
  const isInit = list === "initContainers";
  if (!semanticEqual(same, before)) {
    if (isInit) problems.forbidden(`spec.initContainers[${i}]`, "only cpu and memory resources for init or sidecar containers are mutable");
    else problems.forbidden("spec", "only cpu and memory resources are mutable");
  }
  if (isInit && container.restartPolicy !== "Always" && !semanticEqual(container, before))
    for (const { restartPolicy } of container.resizePolicy ?? [])
      if (restartPolicy === "RestartContainer")
        problems.forbidden(
          `spec.initContainers[${i}]`,
          "non-sidecar init containers with a resize policy of RestartContainer cannot be resized",
        );
  return same;
}

/** With cpu and memory as they were; claims, of which such pods may have none, are left out. */
function masked(now: AnyObject | undefined, before: AnyObject | undefined): AnyObject | undefined {
  const out: AnyObject = {};
  for (const kind of kinds) {
    const { cpu: _, memory: __, ...others } = now?.[kind] ?? {};
    const { cpu, memory } = before?.[kind] ?? {};
    const amounts = { ...others, ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
    if (Object.keys(amounts).length > 0) out[kind] = amounts;
  }
  return Object.keys(out).length > 0 || before ? out : undefined;
}

/** Containers are neither added nor removed, and have their names and places. */
function areInOrder(spec: AnyObject, before: AnyObject, problems: Problems): boolean {
  const already = problems.list.length;
  for (const list of lists) {
    const [now, then] = [spec[list] ?? [], before[list] ?? []];
    if (now.length !== then.length) problems.forbidden(`spec.${list}`, `${list} may not be added or removed on resize`);
    else
      for (const [i, { name }] of then.entries())
        if (now[i].name !== name) problems.forbidden(`spec.${list}[${i}].name`, `${list} may not be renamed or reordered on resize`);
  }
  return problems.list.length === already;
}
