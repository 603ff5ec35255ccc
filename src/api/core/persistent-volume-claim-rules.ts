/** What the server knows of PersistentVolumeClaim: defaults, what a write may set, what is refused, what tables show. */

import { compareQuantity } from "#codec/mod.ts";
import { internalDifference } from "../checks/internal-shape.ts";
import { metaAsNew, metaOfUpdate } from "../checks/meta-of-kind.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { claimSpecWarnings } from "../checks/pod-warnings.ts";
import { quantityOf } from "../checks/primitives.ts";
import { defaultPersistentVolumeClaim, validateClaimSpec } from "../checks/storage-claim.ts";
import { type AnyObject, rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { accessModesText, ageOf, nameOf, unset } from "../tables/cells.ts";
import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";
import { PersistentVolumeClaimSpec } from "./persistent-volume-claim.ts";

const claimFrozen = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export const persistentVolumeClaimRules = rules<PersistentVolumeClaim>({
  warn: ({ metadata, spec }) => [
    ...("volume.beta.kubernetes.io/storage-class" in (metadata.annotations ?? {})
      ? ['metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead']
      : []),
    ...claimSpecWarnings(spec, "spec"),
  ],
  names: subdomainName,
  ownMeta: true,
  counts: false,
  status: () => ({ phase: "Pending" }),
  defaults: defaultPersistentVolumeClaim,
  prepare: {
    create: (claim) => normalizeDataSources(claim.spec),
    update: (claim, old) => normalizeDataSources(claim.spec, old.spec),
  },
  check: {
    create: ({ spec = {} }, problems) => validateClaimSpec(spec, "spec", problems),
    update(next, old, problems) {
      const { spec = {} } = next;
      const before = old.spec ?? {};
      metaOfUpdate(next, old, problems);
      metaAsNew(next, problems, { namespaced: true });
      validateClaimSpec(spec, "spec", problems);
      const munged: AnyObject = { ...spec };
      if (!before.volumeName) munged.volumeName = before.volumeName;
      if (before.storageClassName === undefined && spec.storageClassName !== undefined) munged.storageClassName = undefined;
      const bound = old.status?.phase === "Bound";
      if (bound && spec.resources?.requests) {
        const storage = before.resources?.requests?.storage ?? "0";
        munged.resources = { ...spec.resources, requests: { ...spec.resources.requests, storage } };
      }
      if (bound) munged.volumeAttributesClassName = before.volumeAttributesClassName;
      if (!semanticEqual(munged, before))
        problems.forbidden("spec", `${claimFrozen}\n${internalDifference(PersistentVolumeClaimSpec, before, munged)}`);
      const sizeOf = (amount: unknown) => quantityOf((amount ?? "0") as string);
      const [size, sizeBefore] = [spec.resources?.requests?.storage, before.resources?.requests?.storage];
      if (
        compareQuantity(sizeOf(size), sizeOf(sizeBefore)) < 0 &&
        compareQuantity(sizeOf(size), sizeOf(old.status?.capacity?.storage)) <= 0
      )
        problems.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
      // Upstream's path begins so.
      immutable(spec.volumeMode, before.volumeMode, "volumeMode", problems);
      if (old.status?.currentVolumeAttributesClassName === undefined || spec.volumeAttributesClassName) return;
      const to = spec.volumeAttributesClassName === undefined ? "nil" : "empty string";
      problems.forbidden(
        "spec.volumeAttributesClassName",
        `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`,
      );
    },
  },
  cells: (o, now) => {
    const bound = Boolean(o.spec?.volumeName);
    return [
      nameOf(o),
      o.metadata.deletionTimestamp ? "Terminating" : (o.status?.phase ?? ""),
      o.spec?.volumeName ?? "",
      bound ? (o.status?.capacity?.storage ?? "0") : "",
      bound ? accessModesText(o.status?.accessModes) : "",
      o.spec?.storageClassName ?? "",
      o.spec?.volumeAttributesClassName ?? unset,
      ageOf(o, now),
      o.spec?.volumeMode ?? unset,
    ];
  },
  deletion: { answers: "object" },
});

/**
 * dataSource and dataSourceRef say the same where both can. Other namespaces are behind a feature that is off, and what stands in
 * dataSource alone must be a claim or a snapshot: the rest is dropped without a word.
 */
function normalizeDataSources(spec: AnyObject | undefined, before?: AnyObject): void {
  if (!spec) return;
  if (spec.dataSourceRef?.namespace && !before?.dataSourceRef) delete spec.dataSourceRef;
  if (spec.dataSource && !spec.dataSourceRef && !before?.dataSource && !isOldSource(spec.dataSource)) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { namespace: _, ...source } = dataSourceRef;
    spec.dataSource = source;
  }
}

const isOldSource = ({ apiGroup, kind }: AnyObject): boolean =>
  (!apiGroup && kind === "PersistentVolumeClaim") || (apiGroup === "snapshot.storage.k8s.io" && kind === "VolumeSnapshot");
