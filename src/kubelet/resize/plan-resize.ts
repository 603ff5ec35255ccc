/** What a change of amounts means for a running container: nothing, other limits where it runs, or a new start. Pure. */
import type { Pod } from "#api/mod.ts";
import type { AnyContainer } from "../pod/containers.ts";
import { amountOf } from "../resources/totals.ts";
import type { SeenContainer } from "../runtime/seen.ts";
import { isActual, type Resources } from "./allocation.ts";

export type ResizeOf = "keep" | "update" | "restart";

export function resizeOf(container: AnyContainer, actual: Resources | undefined): ResizeOf {
  // From before it was written down: it was made with what it was given.
  if (actual === undefined || isActual(container.resources, actual)) return "keep";
  const policies = "resizePolicy" in container ? (container.resizePolicy ?? []) : [];
  const restarts = policies.some(({ resourceName = "", restartPolicy }) => {
    if (restartPolicy !== "RestartContainer") return false;
    const of = (resources: Resources | undefined, which: "limits" | "requests") => {
      const text = resources?.[which]?.[resourceName];
      return text === undefined ? 0 : amountOf(resourceName, text);
    };
    return (["limits", "requests"] as const).some((which) => of(container.resources, which) !== of(actual, which));
  });
  return restarts ? "restart" : "update";
}

/** Some container runs with other amounts than it was given, or the pod's own group does. */
export function isUnderWay(pod: Pod, running: readonly SeenContainer[], sizes: Sizes): boolean {
  if (pod.spec?.resources && sizes.pod && !isActual(pod.spec.resources, sizes.pod)) return true;
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].some((container) => {
    const newest = running.find((each) => each.name === container.name);
    return newest?.state === "running" && resizeOf(container, sizes.containers[newest.id]) !== "keep";
  });
}

/** What runs with which amounts. */
export interface Sizes {
  /** By the container's id. */
  containers: Readonly<Record<string, Resources>>;
  pod?: Resources;
}

/** What an event says of the amounts, as upstream writes it. */
export function resizeMessage(pod: Pod, generation: number, what: string, error?: string): string {
  const of = ({ name = "", resources = {} }: { name?: string; resources?: Resources }) => {
    const { limits, requests, claims } = resources;
    return { name, resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}), ...(claims ? { claims } : {}) } };
  };
  const { initContainers = [], containers = [] } = pod.spec ?? {};
  const summary = {
    ...(initContainers.length > 0 ? { initContainers: initContainers.map(of) } : {}),
    ...(containers.length > 0 ? { containers: containers.map(of) } : {}),
    generation,
    ...(error ? { error } : {}),
  };
  return `Pod resize ${what}: ${JSON.stringify(summary)}`;
}
