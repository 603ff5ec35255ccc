/** Metrics of attached volumes, under upstream's names. */
import { nodes, type Pod, persistentvolumeclaims, persistentvolumes, pods } from "#api/mod.ts";
import { type Caches, type Count, handleOf } from "#client/mod.ts";
import { claimKeysOf } from "../pods.ts";
import { volumesOn } from "./drafts.ts";

const pluginOf = (driver: string) => `kubernetes.io/csi:${driver}`;

export function countVolumes(caches: Caches, forced: ReadonlyMap<string, number>): Count[] {
  const inUse = new Tally("node", "volume_plugin");
  for (const pod of caches.list(pods))
    if (pod.spec?.nodeName) for (const driver of driversOf(pod, caches)) inUse.add(pod.spec.nodeName, pluginOf(driver));
  const total = new Tally("plugin_name", "state");
  for (const node of caches.list(nodes))
    for (const { handle, pods: users, attachment } of volumesOn(node.metadata.name!, node, caches)) {
      if (users.length > 0) total.add(pluginOf(handle.driver), "desired_state_of_world");
      if (attachment) total.add(pluginOf(handle.driver), "actual_state_of_world");
    }
  const forcedSamples = [...forced].map(([reason, value]) => ({ labels: { reason }, value }));
  const counts: Count[] = [
    { name: "storage_count_attachable_volumes_in_use", help: "Measure number of volumes in use", type: "gauge", samples: inUse.samples() },
    { name: "attachdetach_controller_total_volumes", help: "Number of volumes in A/D Controller", type: "gauge", samples: total.samples() },
    {
      name: "attach_detach_controller_attachdetach_controller_forced_detaches",
      help: "Number of times the A/D Controller performed a forced detach",
      type: "counter",
      samples: forcedSamples,
    },
  ];
  return counts.filter(({ samples }) => samples.length > 0);
}

/** Of the volumes of a pod that are CSI's: bound claims, and those that its own spec describes. */
function driversOf(pod: Pod, caches: Caches): string[] {
  const own = (pod.spec?.volumes ?? []).flatMap(({ csi }) => (csi?.driver ? [csi.driver] : []));
  const claimed = claimKeysOf(pod).flatMap((key) => {
    const claim = caches.get(persistentvolumeclaims, key);
    const volume = claim?.status?.phase === "Bound" ? caches.get(persistentvolumes, claim.spec?.volumeName ?? "") : undefined;
    const handle = volume && handleOf(volume);
    return handle ? [handle.driver] : [];
  });
  return [...own, ...claimed];
}

/** Numbers by two labels. */
class Tally {
  readonly #labels: readonly [string, string];
  readonly #numbers = new Map<string, Map<string, number>>();
  constructor(first: string, second: string) {
    this.#labels = [first, second];
  }
  add(first: string, second: string): void {
    const numbers = this.#numbers.get(first) ?? new Map<string, number>();
    this.#numbers.set(first, numbers.set(second, (numbers.get(second) ?? 0) + 1));
  }
  samples(): Count["samples"] {
    const [a, b] = this.#labels;
    return [...this.#numbers].flatMap(([first, each]) =>
      [...each].map(([second, value]) => ({ labels: { [a]: first, [b]: second }, value })),
    );
  }
}
