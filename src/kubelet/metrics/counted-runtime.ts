/** A runtime whose every operation is counted and timed under upstream's names of operations. */
import type { Clock } from "#base/mod.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { NodeMetrics } from "./node-metrics.ts";

const operations = {
  version: "version",
  status: "status",
  runSandbox: "run_podsandbox",
  stopSandbox: "stop_podsandbox",
  removeSandbox: "remove_podsandbox",
  sandboxStatus: "podsandbox_status",
  listSandboxes: "list_podsandbox",
  createContainer: "create_container",
  startContainer: "start_container",
  stopContainer: "stop_container",
  removeContainer: "remove_container",
  updateContainer: "update_container",
  listContainers: "list_containers",
  containerStatus: "container_status",
  exec: "exec_sync",
  execUrl: "exec",
  attachUrl: "attach",
  portForwardUrl: "port_forward",
  reopenLog: "reopen_container_log",
  checkpointContainer: "checkpoint_container",
  listImages: "list_images",
  imageStatus: "image_status",
  pullImage: "pull_image",
  removeImage: "remove_image",
  imageFs: "image_fs_info",
  containerStats: "list_container_stats",
} as const satisfies Partial<Record<keyof Runtime, string>>;

export function countedRuntime<R extends Runtime>(runtime: R, clock: Clock, metrics: NodeMetrics): R {
  const counted = Object.create(runtime) as Record<string, unknown>;
  for (const [method, operation] of Object.entries(operations)) {
    const labels = { operation_type: operation };
    counted[method] = async (...args: unknown[]) => {
      const began = clock.monotonic();
      metrics.operations.add(labels);
      try {
        return await (runtime[method as keyof typeof operations] as (...args: unknown[]) => Promise<unknown>)(...args);
      } catch (error) {
        metrics.operationErrors.add(labels);
        throw error;
      } finally {
        metrics.operationDurations.add(labels, clock.monotonic() - began);
      }
    };
  }
  return counted as unknown as R;
}
