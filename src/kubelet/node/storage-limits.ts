/**
 * What pods may use of the node's disk: the size limits of their emptyDirs, and limits of ephemeral storage for containers and for
 * the pod as a whole. Which limit is broken is decided purely; the shell measures only pods that have one.
 */
import type { Pod } from "#api/mod.ts";
import { amountsOf, podTotals } from "../resources/totals.ts";
import { onDisk, sumOf } from "./pod-storage.ts";

export interface Usage {
  /** Volume name → bytes. */
  volumes: ReadonlyMap<string, number>;
  /** Container name → bytes of its writable layer and logs. */
  containers: ReadonlyMap<string, number>;
}

const storage = "ephemeral-storage";

/** Some limit of the pod can be broken at all. */
export function isStorageLimited(pod: Pod): boolean {
  return (pod.spec?.volumes ?? []).some((volume) => hasSize(volume.emptyDir?.sizeLimit)) || podTotals(pod, "limits")[storage] !== undefined;
}

const bytesOf = (text: string) => amountsOf({ [storage]: text })[storage]!;
const hasSize = (limit: string | undefined): limit is string => limit !== undefined && bytesOf(limit) > 0;

/** Upstream's sentence about the first limit that is broken; it ends with a blank. */
export function brokenLimit(pod: Pod, { volumes, containers }: Usage): string | undefined {
  for (const { name = "", emptyDir } of pod.spec?.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (hasSize(limit) && (volumes.get(name) ?? 0) > bytesOf(limit))
      return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(limit)}. `;
  }
  const whole = podTotals(pod, "limits")[storage];
  const used = sumOf(containers.values()) + onDisk(pod, volumes);
  if (whole !== undefined && used > whole)
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${limitText(pod, whole)}. `;
  for (const { name = "", resources } of pod.spec?.containers ?? []) {
    const limit = resources?.limits?.[storage];
    if (limit !== undefined && bytesOf(limit) > 0 && (containers.get(name) ?? 0) > bytesOf(limit))
      return `Container ${name} exceeded its local ephemeral storage limit ${JSON.stringify(limit)}. `;
  }
  return undefined;
}

/** In the words of whoever set it, if one did alone. */
function limitText(pod: Pod, bytes: number): string {
  const texts = (pod.spec?.containers ?? []).flatMap((container) => container.resources?.limits?.[storage] ?? []);
  return texts.find((text) => bytesOf(text) === bytes) ?? binary(bytes);
}

function binary(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
  let at = 0;
  let value = bytes;
  for (; value !== 0 && value % 1024 === 0 && at < units.length - 1; at++) value /= 1024;
  return `${value}${units[at]}`;
}
