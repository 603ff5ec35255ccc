/** A driver can have so many volumes on a node, by its CSINode; those of the pods there count, and those that are still attached. */
import type { CSINode, VolumeAttachment } from "#api/mod.ts";
import { classOfClaim, handleOf } from "#client/mod.ts";
import type { Plugin, Refusal } from "../plugin.ts";
import type { PodInfo } from "../pod-info.ts";
import { claimsNamedBy, type Volumes } from "./volume-binding.ts";

const tooMany: Refusal = { reasons: ["node(s) exceed max volume count"], final: false };

/** Volumes by a name of their own, with their driver: one that several pods use counts once. */
type Counted = Map<string, string>;

export function nodeVolumeLimits(volumes: Volumes): Plugin {
  return {
    name: "NodeVolumeLimits",
    weight: 0,
    changes: ["pod-deleted", "volume-changed", "volume-limit-raised", "volume-detached"],
    prepare(info) {
      if (claimsNamedBy(info.pod).length === 0) return undefined;
      const own: Counted = new Map();
      const missing = count(info, volumes, own);
      const refusal = missing && {
        reasons: [`looking up PVC ${info.namespace}/${missing}: persistentvolumeclaim "${missing}" not found`],
        final: true,
      };
      if (!refusal && own.size === 0) return undefined;
      return {
        filter(row) {
          if (refusal) return refusal;
          const limits = limitsOf(volumes.csiNode(row.name));
          if (![...own.values()].some((driver) => limits.has(driver))) return undefined;
          const there: Counted = new Map();
          for (const other of row.pods.values()) count(other, volumes, there);
          const added = driversOf([...own].filter(([name]) => !there.has(name)));
          for (const attachment of volumes.attachmentsOn(row.name)) countAttachment(attachment, volumes, there);
          const present = driversOf(there);
          const exceeds = [...added].some(([driver, more]) => (present.get(driver) ?? 0) + more > (limits.get(driver) ?? Infinity));
          return exceeds ? tooMany : undefined;
        },
      };
    },
  };
}

export function limitsOf(node: CSINode | undefined): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name = "", allocatable } of node?.spec?.drivers ?? [])
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  return limits;
}

/** Answers the first claim that is not there; those that are count. */
function count({ namespace, pod }: PodInfo, volumes: Volumes, into: Counted): string | undefined {
  let missing: string | undefined;
  for (const { name } of claimsNamedBy(pod)) {
    const claim = volumes.claim(namespace, name);
    if (!claim) {
      missing ??= name;
      continue;
    }
    const volume = volumes.volume(claim.spec?.volumeName ?? "");
    const handle = volume && handleOf(volume);
    if (handle?.driver && handle.handle) into.set(nameOf(handle.driver, handle.handle), handle.driver);
    if (volume) continue;
    // Its volume will be made by the class's driver; handles have no name of a claim in them.
    const driver = volumes.storageClass(classOfClaim(claim))?.provisioner;
    if (driver) into.set(`claim ${namespace}/${name}`, driver);
  }
  return missing;
}

function countAttachment({ spec }: VolumeAttachment, volumes: Volumes, into: Counted): void {
  const volume = volumes.volume(spec?.source?.persistentVolumeName ?? "");
  const handle = volume && handleOf(volume);
  if (handle && spec?.attacher) into.set(nameOf(spec.attacher, handle.handle), spec.attacher);
}

const nameOf = (driver: string, handle: string) => `volume ${driver}/${handle}`;

function driversOf(counted: Iterable<[name: string, driver: string]>): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [, driver] of counted) numbers.set(driver, (numbers.get(driver) ?? 0) + 1);
  return numbers;
}
