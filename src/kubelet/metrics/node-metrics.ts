/** What a kubelet counts of its own work, under upstream's names. */
import type { Metric } from "#serve/mod.ts";
import { Counting, Durations, growing } from "./counting.ts";

const usualBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class NodeMetrics {
  readonly operations = new Counting("kubelet_runtime_operations_total", "Cumulative number of runtime operations by operation type.");
  readonly operationErrors = new Counting(
    "kubelet_runtime_operations_errors_total",
    "Cumulative number of runtime operation errors by operation type.",
  );
  readonly operationDurations = new Durations(
    "kubelet_runtime_operations_duration_seconds",
    "Duration in seconds of runtime operations. Broken down by operation type.",
    growing(0.005, 2.5, 14),
  );
  readonly startedPods = new Counting("kubelet_started_pods_total", "Cumulative number of pods started");
  readonly startedPodErrors = new Counting("kubelet_started_pods_errors_total", "Cumulative number of errors when starting pods");
  readonly startedContainers = new Counting("kubelet_started_containers_total", "Cumulative number of containers started");
  readonly startedContainerErrors = new Counting(
    "kubelet_started_containers_errors_total",
    "Cumulative number of errors when starting containers",
  );
  readonly rejections = new Counting("kubelet_admission_rejections_total", "Cumulative number pod admission rejections by the Kubelet.");
  readonly evictions = new Counting("kubelet_evictions", "Cumulative number of pod evictions by eviction signal");
  readonly collectedImages = new Counting(
    "kubelet_image_garbage_collected_total",
    "Total number of images garbage collected by the kubelet, whether through disk usage or image age.",
  );
  readonly imageVolumes = new Counting("kubelet_image_volume_requested_total", "Number of requested image volumes.");
  readonly imageVolumeMounts = new Counting("kubelet_image_volume_mounted_succeed_total", "Number of successful image volume mounts.");
  readonly imageVolumeErrors = new Counting("kubelet_image_volume_mounted_errors_total", "Number of failed image volume mounts.");
  readonly deviceRegistrations = new Counting(
    "kubelet_device_plugin_registration_total",
    "Cumulative number of device plugin registrations. Broken down by resource name.",
  );
  readonly deviceAllocations = new Durations(
    "kubelet_device_plugin_alloc_duration_seconds",
    "Duration in seconds to serve a device plugin Allocation request. Broken down by resource name.",
    usualBounds,
  );
  readonly pullChecks = new Counting(
    "kubelet_imagemanager_image_mustpull_checks_total",
    "Counter for how many times kubelet checked whether credentials need to be re-verified to access an image",
  );
  readonly credentialErrors = new Counting(
    "kubelet_credential_provider_plugin_errors_total",
    "Number of errors from credential provider plugin",
  );
  readonly credentialDurations = new Durations(
    "kubelet_credential_provider_plugin_duration",
    "Duration of execution in seconds for credential provider plugin",
    usualBounds,
  );
  /** The last shutdown of the machine that waited for pods; milliseconds since 1970, an end of 0: it has not ended. */
  shutdown: { startMs: number; endMs: number } = { startMs: 0, endMs: 0 };
  /** Absent: nobody is asked for credentials. */
  credentialConfigHash: string | undefined;
  readonly probes = new Counting(
    "prober_probe_total",
    "Cumulative number of a liveness, readiness or startup probe for a container by result.",
  );
  readonly probeDurations = new Durations("prober_probe_duration_seconds", "Duration in seconds for a probe response.", usualBounds);

  /** The pod is gone, and with it what was counted of its probes. */
  forgetPod(uid: string, namespace: string, name: string): void {
    this.probes.forget((labels) => labels.pod_uid === uid);
    this.probeDurations.forget((labels) => labels.pod === name && labels.namespace === namespace);
  }

  own(): Metric[] {
    const counted = [
      this.operations,
      this.operationErrors,
      this.operationDurations,
      this.startedPods,
      this.startedPodErrors,
      this.startedContainers,
      this.startedContainerErrors,
      this.rejections,
      this.evictions,
      this.collectedImages,
      this.imageVolumes,
      this.imageVolumeMounts,
      this.imageVolumeErrors,
      this.deviceRegistrations,
      this.deviceAllocations,
      this.pullChecks,
      this.credentialErrors,
      this.credentialDurations,
    ].map((each) => each.metric());
    const hash = this.credentialConfigHash;
    return [...counted, ...shutdownTimes(this.shutdown), ...(hash === undefined ? [] : [credentialConfigInfo(hash)])];
  }

  ofProbes(): Metric[] {
    return [this.probes.metric(), this.probeDurations.metric()];
  }
}

const shutdownTimes = ({ startMs, endMs }: NodeMetrics["shutdown"]): Metric[] =>
  [
    { word: "start", ms: startMs },
    { word: "end", ms: endMs },
  ].map(({ word, ms }) => ({
    name: `kubelet_graceful_shutdown_${word}_time_seconds`,
    help: `Last graceful shutdown ${word} time since unix epoch in seconds`,
    type: "gauge",
    samples: [{ value: ms / 1000 }],
  }));

const credentialConfigInfo = (hash: string): Metric => ({
  name: "kubelet_credential_provider_config_info",
  help: "Information about the last applied credential provider configuration with hash as label",
  type: "gauge",
  samples: [{ labels: { hash }, value: 1 }],
});
