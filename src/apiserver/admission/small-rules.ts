/** Rules of single kinds: runtime classes, growing claims and the one default priority. */
import {
  type PersistentVolumeClaim,
  type Pod,
  type PriorityClass,
  priorityclasses,
  type RuntimeClass,
  runtimeclasses,
  type StorageClass,
  storageclasses,
} from "#api/mod.ts";
import { compareQuantity, parseQuantity } from "#codec/mod.ts";
import type { AdmissionPlugin, Storage } from "../contract.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

/** Pods get the overhead and the scheduling of their runtime class. */
export function runtimeClass(storage: Storage): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    matches: [on("", "pods", "CREATE")],
    admit(attributes) {
      const spec = ((attributes.object as Pod).spec ??= {});
      if (!spec.runtimeClassName) return;
      const found = storage.get(runtimeclasses, { name: spec.runtimeClassName }) as RuntimeClass | undefined;
      if (!found) throw refused(attributes, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`);
      const overhead = found.overhead?.podFixed;
      if (overhead && Object.keys(overhead).length) {
        if (spec.overhead && JSON.stringify(spec.overhead) !== JSON.stringify(overhead))
          throw refused(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        spec.overhead = { ...overhead };
      }
      for (const [key, value] of Object.entries(found.scheduling?.nodeSelector ?? {})) {
        const own = spec.nodeSelector?.[key];
        if (own !== undefined && own !== value)
          throw refused(
            attributes,
            `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
          );
        spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
      }
      const known = new Set((spec.tolerations ?? []).map((toleration) => JSON.stringify(toleration)));
      const added = (found.scheduling?.tolerations ?? []).filter((toleration) => !known.has(JSON.stringify(toleration)));
      if (added.length) spec.tolerations = [...(spec.tolerations ?? []), ...structuredClone(added)];
    },
    validate(attributes) {
      const { overhead, runtimeClassName: name } = (attributes.object as Pod).spec ?? {};
      if (!overhead || (name && (storage.get(runtimeclasses, { name }) as RuntimeClass | undefined)?.overhead)) return;
      throw refused(attributes, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    },
  };
}

export function volumeClaimResize(storage: Storage): AdmissionPlugin {
  const classOf = ({ metadata, spec }: PersistentVolumeClaim) =>
    metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";
  return {
    name: "PersistentVolumeClaimResize",
    matches: [on("", "persistentvolumeclaims", "UPDATE")],
    validate(attributes) {
      const [claim, before] = [attributes.object, attributes.oldObject] as [PersistentVolumeClaim, PersistentVolumeClaim];
      const sizeOf = ({ spec }: PersistentVolumeClaim) => parseQuantity(spec?.resources?.requests?.storage ?? "0");
      if (compareQuantity(sizeOf(claim), sizeOf(before)) <= 0) return;
      if (before.status?.phase !== "Bound") throw refused(attributes, "Only bound persistent volume claims can be expanded");
      const name = classOf(claim);
      const found = name && name === classOf(before) ? (storage.get(storageclasses, { name }) as StorageClass | undefined) : undefined;
      if (!found?.allowVolumeExpansion)
        throw refused(
          attributes,
          "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        );
    },
  };
}

/** There is one default priority. */
export function onePriorityDefault(storage: Storage): AdmissionPlugin {
  return {
    name: "Priority",
    matches: [on("scheduling.k8s.io", "priorityclasses", "CREATE", "UPDATE")],
    validate(attributes) {
      const wanted = attributes.object as PriorityClass;
      if (!wanted.globalDefault) return;
      const other = (storage.list(priorityclasses) as PriorityClass[]).find(
        ({ globalDefault, metadata }) => globalDefault && (attributes.operation === "CREATE" || metadata.name !== wanted.metadata.name),
      );
      if (other) throw refused(attributes, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
    },
  };
}
