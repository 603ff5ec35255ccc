/** `POST /checkpoint/NAMESPACE/POD/CONTAINER`: the runtime writes a running container down into a file of the node, where it can. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { timestamp } from "#client/mod.ts";
import { HttpError } from "#serve/mod.ts";
import { runtimeMessage } from "../images/images.ts";
import { newestOf } from "../pod/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeenPod } from "../runtime/seen.ts";

export interface CheckpointSource {
  runtime: Pick<Runtime, "checkpointContainer">;
  seen(uid: string): SeenPod | undefined;
  /** The kubelet's folder for them. */
  folder: string;
  clock: Clock;
}

/** Upstream's, of every call that says nothing else. */
const usualSeconds = 120;

/** Resolves with where it lies. */
export async function checkpoint(query: URLSearchParams, pod: Pod, name: string, source: CheckpointSource): Promise<string> {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  if (![...containers, ...initContainers, ...ephemeralContainers].some((container) => container.name === name))
    throw new HttpError(404, `container ${name} does not exist`);
  const asked = query.getAll("timeout").at(-1);
  if (asked !== undefined && !/^[+-]?\d+$/.test(asked)) throw new HttpError(404, "cannot parse value of timeout parameter");
  const { namespace, name: podName, uid = "" } = pod.metadata;
  try {
    const seconds = Number(asked ?? 0);
    const running = newestOf(source.seen(uid)?.containers ?? [], name);
    if (!running) throw new Error(`container ${name} not found`);
    if (seconds < 0) throw new Error("CheckpointContainer requires the timeout value to be > 0");
    const file = join(source.folder, `checkpoint-${podName}_${namespace}-${name}-${timestamp(source.clock.now())}.tar`);
    await mkdir(source.folder, { recursive: true, mode: 0o700 });
    await source.runtime.checkpointContainer(running.id, file, Math.max(seconds, usualSeconds));
    return file;
  } catch (error) {
    throw new HttpError(500, `checkpointing of ${namespace}/${podName}/${name} failed (${runtimeMessage(error)})`);
  }
}
