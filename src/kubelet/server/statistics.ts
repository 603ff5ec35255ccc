/** Gathers what pages of statistics tell, from the runtime, control groups, file systems and network namespaces. */
import { totalmem } from "node:os";
import type { Metric } from "#serve/mod.ts";
import { cadvisorMetrics, meter, Sandboxes } from "../metrics/cadvisor.ts";
import { type InterfaceCounts, interfacesOf } from "../metrics/interfaces.ts";
import { groupUsage } from "../resources/group-usage.ts";
import type { VolumeFill } from "../volumes/fill.ts";
import type { KubeletServerOptions } from "./source.ts";
import { type SummaryParts, summaryOf } from "./summary.ts";
import { UsageReader } from "./usage.ts";

export class Statistics {
  readonly usage: UsageReader;
  readonly #options: KubeletServerOptions;
  readonly #sandboxes: Sandboxes;

  constructor(options: KubeletServerOptions) {
    this.#options = options;
    this.usage = new UsageReader(options);
    this.#sandboxes = new Sandboxes(options.runtime);
  }

  async summary(): Promise<object> {
    const reading = await this.usage.read();
    const more = await this.#parts();
    return summaryOf(reading, { nodeName: this.#options.nodeName, memoryBytes: totalmem(), ...(more ? { more } : {}) });
  }

  async cadvisor(): Promise<Metric[]> {
    const { cgroups, machine, clock, pods, seen, runtime } = this.#options;
    if (!cgroups || !machine) return [];
    const all = await meter({ ...cgroups, pods, seen, runtime }, this.#sandboxes);
    return cadvisorMetrics(all, clock.now(), machine.facts);
  }

  /** How full volumes are: one that hangs must not hold up who collects metrics. */
  volumes(): VolumeFill[] {
    const { machine, pods } = this.#options;
    if (!machine) return [];
    return [...machine.storage.volumes.latest(pods()).values()].flatMap(({ value }) => value);
  }

  async #parts(): Promise<SummaryParts | undefined> {
    const { machine, pods, seen, clock, cgroups } = this.#options;
    if (!machine) return undefined;
    const all = pods();
    const ofPods = new Map<string, InterfaceCounts[]>();
    for (const pod of all) {
      const uid = pod.metadata.uid ?? "";
      const found = await this.#sandboxes.interfacesOf(pod, seen(uid));
      if (found) ofPods.set(uid, found);
    }
    const root = cgroups?.root === "/" ? "" : (cgroups?.root ?? "");
    const group = await groupUsage(cgroups?.trees, `${root}/kubepods`);
    const { pids, ...disks } = await machine.disks();
    const atMs = clock.now();
    return {
      atMs,
      disks,
      pids,
      ofNode: await interfacesOf(undefined),
      ofPods,
      storage: await machine.storage.own.of(all),
      volumes: await machine.storage.volumes.of(all),
      podsGroup: group && { ...group, atMs, startMs: undefined },
    };
  }
}
