/** Answers a question for a container's log: which of its runs, and which part of it. */
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { HttpError } from "#serve/mod.ts";
import { streamLog } from "../logs/log-stream.ts";
import type { SeenContainer } from "../runtime/seen.ts";
import type { KubeletServerOptions } from "./source.ts";

type LogSource = Pick<KubeletServerOptions, "seen" | "podLogs" | "clock">;

export async function containerLog(
  query: URLSearchParams,
  pod: Pod,
  name: string,
  response: ServerResponse,
  source: LogSource,
): Promise<void> {
  const isTrue = (key: string) => query.get(key) === "true" || query.get(key) === "1";
  const number = (key: string) => (query.has(key) ? Number(query.get(key)) : undefined);
  const containers = () => (source.seen(pod.metadata.uid ?? "")?.containers ?? []).filter((container) => container.name === name);
  const chosen = chosenRun(pod, name, containers(), isTrue("previous"));
  const { namespace, name: podName, uid } = pod.metadata;
  const sinceSeconds = number("sinceSeconds");
  const sinceTime = query.get("sinceTime");
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  await streamLog({
    path: join(source.podLogs, `${namespace}_${podName}_${uid}`, name, `${chosen.restartCount}.log`),
    out: response,
    follow: isTrue("follow"),
    timestamps: isTrue("timestamps"),
    tailLines: number("tailLines"),
    limitBytes: number("limitBytes"),
    sinceMs: sinceSeconds !== undefined ? source.clock.now() - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    stream: query.get("stream") ?? undefined,
    isRunning: () => containers().find((container) => container.id === chosen.id)?.state === "running",
    clock: source.clock,
  });
  response.end();
}

/** Of a container that waits to be started again the previous run is the newest one. */
export function chosenRun(pod: Pod, name: string, runs: readonly SeenContainer[], previous: boolean): SeenContainer {
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    (each) => each.name === name,
  );
  const lastId = status?.lastState?.terminated?.containerID?.replace("containerd://", "");
  const chosen = previous ? (runs.find(({ id }) => id === lastId) ?? runs[1]) : runs[0];
  if (chosen) return chosen;
  const which = `${JSON.stringify(name)} in pod ${JSON.stringify(pod.metadata.name)}`;
  if (previous) throw new HttpError(400, `previous terminated container ${which} not found`);
  throw new HttpError(400, `container ${which} is waiting to start: ${status?.state?.waiting?.reason ?? "ContainerCreating"}`);
}
