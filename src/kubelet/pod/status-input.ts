/** What a status is made from. */
import type { ContainerStatus, Pod } from "#api/mod.ts";
import type { Sizes } from "../resize/plan-resize.ts";
import type { SeenPod } from "../runtime/seen.ts";
import type { History } from "./history.ts";
import type { Plan, Verdicts } from "./steps.ts";

export interface StatusInput {
  pod: Pod;
  seen: SeenPod | undefined;
  plan: Pick<Plan, "waiting" | "end" | "restartingAll">;
  history: History;
  sizes?: Sizes;
  /** Of a container: how the devices are that it was given. */
  devices?(container: string): NonNullable<ContainerStatus["allocatedResourcesStatus"]>;
  probes: Pick<Verdicts, "started" | "ready">;
  /** Termination messages, by container id. */
  messages: ReadonlyMap<string, string>;
  nowMs: number;
  hostIps: readonly string[];
}

/** As the API writes times: whole seconds. */
export const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
