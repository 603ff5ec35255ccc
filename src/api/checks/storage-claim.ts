/** What a claim may ask for; also in templates of claims. */

import { checkDns1123Subdomain } from "#codec/mod.ts";
import type { PersistentVolumeClaim } from "../core/persistent-volume-claim.ts";
import { PersistentVolumeClaimSpec } from "../core/persistent-volume-claim.ts";
import type { AnyObject } from "../rules.ts";
import { enumOf } from "./declared.ts";
import { oneOfOrAbsent, quantityOf, validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";

export const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

export function validateClaimSpec(spec: AnyObject, field: string, problems: Problems): void {
  const modes: string[] = spec.accessModes ?? [];
  if (modes.length === 0) problems.required(`${field}.accessModes`, "at least 1 access mode is required");
  validateLabelSelector(spec.selector, `${field}.selector`, problems);
  for (const mode of modes) if (!accessModes.includes(mode)) problems.notSupported(`${field}.accessModes`, mode, accessModes);
  if (modes.includes("ReadWriteOncePod") && modes.length > 1)
    problems.forbidden(`${field}.accessModes`, "may not use ReadWriteOncePod with other access modes");
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) problems.required(`${field}.resources[storage]`);
  else if (quantityOf(storage).nanos <= 0n) problems.invalid(`${field}.resources[storage]`, storage, "must be greater than zero");
  if (spec.storageClassName)
    problems.invalids(`${field}.storageClassName`, spec.storageClassName, checkDns1123Subdomain(spec.storageClassName));
  oneOfOrAbsent(spec.volumeMode, enumOf(PersistentVolumeClaimSpec, "volumeMode"), `${field}.volumeMode`, problems);
  for (const key of ["dataSource", "dataSourceRef"]) {
    const source = spec[key];
    if (!source) continue;
    if (!source.name) problems.required(`${field}.${key}.name`);
    if (!source.kind) problems.required(`${field}.${key}.kind`);
    if (!source.apiGroup && source.kind !== "PersistentVolumeClaim")
      problems.invalid(`${field}.${key}`, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
  }
}

export function defaultPersistentVolumeClaim(claim: PersistentVolumeClaim): void {
  if (claim.spec) claim.spec.volumeMode ??= "Filesystem";
  claim.status ??= {};
  claim.status.phase ||= "Pending";
}
