/** What a claim may ask for; also in templates of claims. */

import type { PersistentVolumeClaim } from "../core/persistent-volume-claim.ts";
import { PersistentVolumeClaimSpec } from "../core/persistent-volume-claim.ts";
import type { AnyObject } from "../rules.ts";
import { enumOf } from "./declared.ts";
import { dnsLabel, dnsSubdomain, oneOfOrAbsent, quantityOf, validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";

export const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

export function validateClaimSpec(spec: AnyObject, field: string, problems: Problems): void {
  const modes: string[] = spec.accessModes ?? [];
  if (modes.length === 0) problems.required(`${field}.accessModes`, "at least 1 access mode is required");
  validateLabelSelector(spec.selector, `${field}.selector`, problems);
  for (const mode of modes) if (!accessModes.includes(mode)) problems.notSupported(`${field}.accessModes`, mode, accessModes);
  if (modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod" && accessModes.includes(mode)))
    problems.forbidden(`${field}.accessModes`, "may not use ReadWriteOncePod with other access modes");
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) problems.required(`${field}.resources[storage]`);
  else if (quantityOf(storage).nanos <= 0n) problems.invalid(`${field}.resources[storage]`, storage, "must be greater than zero");
  if (spec.storageClassName) dnsSubdomain(spec.storageClassName, `${field}.storageClassName`, problems);
  oneOfOrAbsent(spec.volumeMode, enumOf(PersistentVolumeClaimSpec, "volumeMode"), `${field}.volumeMode`, problems);
  const { dataSource, dataSourceRef } = spec;
  if (dataSource) validateSource(dataSource, `${field}.dataSource`, problems);
  if (dataSourceRef) {
    validateSource(dataSourceRef, `${field}.dataSourceRef`, problems);
    if (dataSourceRef.namespace) dnsLabel(dataSourceRef.namespace, `${field}.dataSourceRef.namespace`, problems);
  }
  // What is shown here is a path, which has nothing to show.
  if (dataSource && dataSourceRef?.namespace) problems.invalid(field, {}, "may not be specified when dataSourceRef.namespace is specified");
  else if (dataSource && dataSourceRef && ["apiGroup", "kind", "name"].some((key) => dataSource[key] !== dataSourceRef[key]))
    problems.invalid(field, {}, "must match dataSourceRef");
  if (spec.volumeAttributesClassName) dnsSubdomain(spec.volumeAttributesClassName, `${field}.volumeAttributesClassName`, problems);
}

function validateSource({ name, kind, apiGroup }: AnyObject, at: string, problems: Problems): void {
  if (!name) problems.required(`${at}.name`);
  if (!kind) problems.required(`${at}.kind`);
  if (apiGroup) dnsSubdomain(apiGroup, `${at}.apiGroup`, problems);
  else if (kind !== "PersistentVolumeClaim")
    problems.invalid(at, kind ?? "", "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
}

export function defaultPersistentVolumeClaim(claim: PersistentVolumeClaim): void {
  if (claim.spec) claim.spec.volumeMode ??= "Filesystem";
  claim.status ??= {};
  claim.status.phase ||= "Pending";
}
