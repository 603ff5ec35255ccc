/** The containers of a pod as the plan speaks of them. */
import { createHash } from "node:crypto";
import type { Container, EphemeralContainer, Pod } from "#api/mod.ts";
import type { SeenContainer } from "../runtime/seen.ts";

export type AnyContainer = Container | EphemeralContainer;

/** Newest of a name: `containers` are newest first. */
export function newestOf(containers: readonly SeenContainer[], name: string | undefined): SeenContainer | undefined {
  return containers.find((container) => container.name === (name ?? ""));
}

export const isSidecar = (container: { restartPolicy?: string }): boolean => container.restartPolicy === "Always";

export function containersOf(pod: Pod): AnyContainer[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...containers, ...initContainers, ...ephemeralContainers];
}

/** How long the containers of a pod may take to end. */
export function graceOf(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}

/** Changes when a running container no longer matches its declaration: upstream looks at name and image only. */
export function containerHash(container: AnyContainer): string {
  return createHash("sha256")
    .update(JSON.stringify([container.name, container.image]))
    .digest("hex")
    .slice(0, 8);
}

/** Nothing of the pod runs, and its network is gone. */
export function nothingRuns(seen: { containers: readonly SeenContainer[]; sandboxes: readonly { ready: boolean }[] } | undefined): boolean {
  return (
    !seen ||
    (seen.containers.every((container) => container.state === "exited" || container.state === "created") &&
      seen.sandboxes.every((sandbox) => !sandbox.ready))
  );
}
